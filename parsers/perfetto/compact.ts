/**
 * Switches and wake-ups of threads in Perfetto's compact form: a column for each of their fields. Their rows
 * are called as the kernel's events; what the columns leave out is not known.
 */
import { BYTES, WireReader } from '../base/protobuf.js';
import { TWO_32 } from '../base/words.js';
import type { Interner } from '../base/intern.js';
import type { Content } from './content.js';
import type { CpuBundles } from './bundles.js';
import { COMPACT } from './protos.js';
import type { CpuState } from './streams.js';

/** The columns of one kind of event, by their fields: times, thread, name, and what else there is. */
export interface CompactColumns {
  readonly name: string;
  readonly time: number;
  readonly tid: number;
  readonly comm: number;
  readonly others: readonly { readonly name: string; readonly field: number }[];
  readonly tidName: string;
  readonly commName: string;
  readonly isSwitch: boolean;
}

export const SWITCHES: CompactColumns = {
  name: 'sched:sched_switch',
  time: COMPACT.switchTime,
  tid: COMPACT.switchNextPid,
  comm: COMPACT.switchNextName,
  others: [
    { name: 'prev_state', field: COMPACT.switchPrevState },
    { name: 'next_prio', field: COMPACT.switchNextPrio },
  ],
  tidName: 'next_pid',
  commName: 'next_comm',
  isSwitch: true,
};
export const WAKINGS: CompactColumns = {
  name: 'sched:sched_waking',
  time: COMPACT.wakingTime,
  tid: COMPACT.wakingPid,
  comm: COMPACT.wakingName,
  others: [
    { name: 'prio', field: COMPACT.wakingPrio },
    { name: 'target_cpu', field: COMPACT.wakingCpu },
  ],
  tidName: 'pid',
  commName: 'comm',
  isSwitch: false,
};

const NO_BYTES = new Uint8Array(0);

/** Walks over the events of one kind in a bundle's compact part. */
export class CompactReader {
  /** Words of the current event's time. */
  low = 0;
  high = 0;
  tid = 0;
  /** Values of the other columns. */
  readonly others: bigint[] = [];
  /** Range of its thread's name. */
  commStart = 0;
  commEnd = 0;
  /** Where its time stands in the bytes. */
  at = 0;
  /** True where one column ended before another. */
  isUneven = false;
  private readonly time = new WireReader(NO_BYTES);
  private readonly tids = new WireReader(NO_BYTES);
  private readonly comms = new WireReader(NO_BYTES);
  private readonly rest: readonly WireReader[];
  private starts: number[] = [];
  private ends: number[] = [];

  constructor(readonly columns: CompactColumns) {
    this.rest = columns.others.map(() => new WireReader(NO_BYTES));
  }

  /** Begins with the compact part of a bundle. */
  open(bytes: Uint8Array): void {
    const { columns, time, tids, comms, rest } = this;
    this.starts = [];
    this.ends = [];
    this.low = this.high = 0;
    for (const column of [time, tids, comms, ...rest]) column.reset(bytes, 0, 0);
    const parts = new WireReader(bytes);
    while (parts.next()) {
      if (parts.type !== BYTES) continue;
      if (parts.field === COMPACT.names) {
        this.starts.push(parts.start);
        this.ends.push(parts.end);
      }
      const other = columns.others.findIndex(({ field }) => field === parts.field);
      if (parts.field === columns.time) time.reset(bytes, parts.start, parts.end);
      else if (parts.field === columns.tid) tids.reset(bytes, parts.start, parts.end);
      else if (parts.field === columns.comm) comms.reset(bytes, parts.start, parts.end);
      else if (other >= 0) rest[other]!.reset(bytes, parts.start, parts.end);
    }
    this.isUneven = parts.isDamaged;
  }

  /** Steps to the next event; false at the end, or where it is not whole. */
  next(): boolean {
    const { time, tids, comms, rest } = this;
    if (time.at >= time.limit) {
      this.isUneven ||= [tids, comms, ...rest].some((column) => column.at < column.limit);
      return false;
    }
    this.at = time.at;
    const isWhole =
      time.varint() && tids.varint() && comms.varint() && rest.every((column) => column.varint());
    if (!isWhole || comms.number >= this.starts.length) {
      this.isUneven = true;
      time.at = time.limit;
      return false;
    }
    const low = this.low + time.low;
    this.high = (this.high + time.high + (low >= TWO_32 ? 1 : 0)) % TWO_32;
    this.low = low % TWO_32;
    this.tid = tids.low | 0;
    this.commStart = this.starts[comms.number]!;
    this.commEnd = this.ends[comms.number]!;
    for (let i = 0; i < rest.length; i++) this.others[i] = rest[i]!.signed;
    return true;
  }
}

/** One CPU's compact events of one kind, bundle after bundle. */
export class CompactStream {
  ts = 0;
  at = 0;
  /** The thread that the event is about, and the id of its name. */
  about = 0;
  comm = 0;
  lastTs = -Infinity;
  private next = 0;
  private bytes: Uint8Array = NO_BYTES;
  private base = 0;
  private baseHi = 0;
  private baseLo = 0;
  private readonly reader: CompactReader;

  constructor(
    readonly bundles: CpuBundles,
    readonly state: CpuState,
    readonly columns: CompactColumns,
    readonly nameId: number,
    private readonly content: Content,
    private readonly t0: bigint,
    private readonly comms: Interner,
    private readonly onUneven: (at: number) => void,
  ) {
    this.reader = new CompactReader(columns);
  }

  advance(): boolean {
    const { reader } = this;
    for (;;) {
      if (reader.next()) {
        this.ts = (reader.high - this.baseHi) * TWO_32 + (reader.low - this.baseLo);
        this.at = this.base + reader.at;
        this.about = reader.tid;
        this.comm = this.comms.intern(this.bytes, reader.commStart, reader.commEnd);
        return true;
      }
      if (reader.isUneven) this.onUneven(this.base);
      reader.isUneven = false;
      if (!this.open()) return false;
    }
  }

  private open(): boolean {
    const { bundles } = this;
    while (this.next < bundles.at.length && bundles.compactSize[this.next] === 0) this.next++;
    if (this.next >= bundles.at.length) return false;
    const i = this.next++;
    this.base = bundles.compactAt[i]!;
    this.bytes = this.content.read(this.base, bundles.compactSize[i]!).slice();
    const start = this.t0 - bundles.shift[i]!;
    this.baseHi = Number(start >> 32n);
    this.baseLo = Number(start & 0xffff_ffffn);
    this.reader.open(this.bytes);
    return true;
  }
}
