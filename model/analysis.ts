/** The result of judging a trace: plain data that every shell shows. */
import type { ClockName } from '../parsers/events/table.js';
import type { Finding, ProfileId, RuleStatus } from './findings/finding.js';
import type { OpLog } from './ops/oplog.js';
import type { Gfn, Pgoff } from '../parsers/base/units.js';
import type { CancelToken } from '../parsers/base/cancel.js';

export interface AnalyzeOptions {
  /** Profiles to judge by; undefined: chosen from what the trace holds. */
  readonly profiles?: readonly ProfileId[] | undefined;
  /** Ids of the rules to judge by, of those profiles; undefined: all of them. */
  readonly rules?: readonly string[] | undefined;
  /** Overrides what the trace says of its clock. */
  readonly clock?: ClockName | undefined;
  /**
   * Cross-CPU pairs closer than this are not ordered. undefined: 20 µs on a
   * local or unknown clock, 1 µs on a global one.
   */
  readonly skewNs?: number | undefined;
  /** Bytes of a page of the traced kernel; undefined: as the trace, or what lies beside it, says or shows. */
  readonly pageBytes?: number | undefined;
  /** Findings for which there is room; undefined: any number. */
  readonly mostFindings?: number | undefined;
  readonly cancel?: CancelToken;
  readonly progress?: (rowsDone: number) => void;
  /**
   * Called as often; `found` makes what was found in these rows, without a word on any rule as a whole, and
   * undefined where that is nothing.
   */
  readonly soFar?: (rowsDone: number, found: () => Analysis | undefined) => void;
}

export interface VmInfo {
  /** `kvm` pointer, 0n when the trace gives none and the VM is a thread group. */
  readonly kvm: bigint;
  /** Thread group that owns it, -1 unknown. */
  readonly tgid: number;
  /** How findings name it: `kvm:0xffff8881009cc000`, `tgid:493` or `vm?`. */
  readonly label: string;
  /**
   * Where attributes come from: the VM (KVM_SET_MEMORY_ATTRIBUTES), the guest_memfd inode, or nowhere seen.
   */
  readonly attributesOf: 'vm' | 'inode' | 'none';
  /** Row of the first event of it. Another VM may have had the same names before. */
  readonly fromRow: number;
}

export interface InodeInfo {
  readonly ino: number;
  /** guest_memfd, or the restricted memfd of the 2022 trees. */
  readonly provider: 'guest_memfd' | 'restrictedmem';
  /** Size in pages, -1 unknown. */
  readonly pageCount: number;
  readonly label: string;
  /** Row of the first event that names it. Another file may have had the same number before. */
  readonly fromRow: number;
}

export interface SlotInfo {
  readonly vm: number;
  readonly slot: number;
  readonly baseGfn: Gfn;
  readonly pageCount: number;
  /** First page of the file, -1 unknown. */
  readonly pgoff: Pgoff;
  /** Index into inodes, -1 unknown. */
  readonly inode: number;
  /** Rows between which it lives; untilRow is the table's length when it never goes. */
  readonly fromRow: number;
  readonly untilRow: number;
}

/** A memslot that the kernel refused. */
export interface RefusedSlot {
  readonly vm: number;
  readonly slot: number;
  readonly baseGfn: Gfn;
  readonly pageCount: number;
  /** File descriptor of its guest_memfd and the first page of that; -1 unknown, or none. */
  readonly fd: number;
  readonly pgoff: Pgoff;
  /** Negative. */
  readonly errno: number;
  readonly row: number;
  /** The memslot that has what it asks for: pages of the file, memory of the VMM or guest frames. */
  readonly holder:
    | { readonly slot: number; readonly row: number; readonly clash: 'file' | 'memory' | 'gfns' }
    | undefined;
}

/** One conversion of a range between shared and private. */
export interface Conversion {
  readonly index: number;
  /** `vm`: guest frames of `vm`; `inode`: pages of `inode`. */
  readonly scope: 'vm' | 'inode';
  readonly vm: number;
  readonly inode: number;
  /** In gfns or pgoffs, by scope. */
  readonly first: number;
  readonly count: number;
  readonly toPrivate: boolean;
  readonly tid: number;
  readonly fromRow: number;
  /** Row of the last event that belongs to it; -1 while in flight at the end of the trace. */
  readonly untilRow: number;
  /** 0 done, negative errno failed, undefined not known. */
  readonly result: number | undefined;
  /** Rows at which phases were entered, by Phase; -1 not seen. */
  readonly phaseRows: readonly number[];
  /**
   * Conversions that are parts of one request with this one, itself included; empty where it is whole, or the
   * last of them is not seen.
   */
  readonly parts: readonly number[];
}

/** Probes of what is made of a page, as far as they fire. */
export interface Shown {
  /** User mappings: the rmap. */
  readonly mappings: boolean;
  /** References: GUP and its grabs, or get_pfn's. */
  readonly references: boolean;
}

export interface Analysis {
  readonly profiles: readonly ProfileId[];
  /** Why these profiles, one clause. */
  readonly profileReason: string;
  readonly rules: readonly RuleStatus[];
  /** Sorted by row, then rule. */
  readonly findings: readonly Finding[];
  readonly vms: readonly VmInfo[];
  readonly inodes: readonly InodeInfo[];
  readonly slots: readonly SlotInfo[];
  readonly refusedSlots: readonly RefusedSlot[];
  readonly conversions: readonly Conversion[];
  readonly ops: OpLog;
  /** Rows of the table that was judged: the row past its last event. */
  readonly rowCount: number;
  /** Bytes of a page of the traced kernel, in which frames and pages of files are counted. */
  readonly pageBytes: number;
  /**
   * Events that were understood, that are known by their names alone since what their kind needs could not be
   * read, and that nobody knows. A guest's own, beside its host's, are none of these.
   */
  readonly understood: number;
  readonly unread: number;
  readonly unknown: number;
  /** Events of KVM, guest_memfd or a restricted memfd: without one, nothing can be judged. */
  readonly ofKvm: number;
  /** What the trace shows when it is made: of anything else, that none is seen says nothing. */
  readonly shows: Shown;
  /** True when the work was cancelled: the result holds what was done until then. */
  readonly cancelled: boolean;
  /** The row from which on nothing was judged, and the limit that was met there, as a clause. */
  readonly limit?: { readonly row: number; readonly what: string } | undefined;
}

/** The same with other findings. What is read when it is asked for, as operations may be, is left alone. */
export function withFindings(analysis: Analysis, findings: readonly Finding[]): Analysis {
  const parts = Object.getOwnPropertyDescriptors(analysis);
  const other = { ...parts, findings: { value: findings, enumerable: true, configurable: true } };
  return Object.defineProperties({}, other) as Analysis;
}
