/**
 * An analysis as plain data that can be written down and read back, without its operations. What is read back
 * may have been damaged on the way: nothing gets through that the rules would not have said, as far as its
 * form tells.
 */
import type { Analysis, Conversion, InodeInfo, RefusedSlot, SlotInfo, VmInfo } from '../analysis.js';
import {
  PROFILES,
  type Evidence,
  type EvidenceRole,
  type Finding,
  type PageRange,
  type Reason,
  type RuleStatus,
  type Severity,
  type Verdict,
} from '../findings/finding.js';
import type { OpLog } from '../ops/oplog.js';
import { big, fields, finite, listOf, maybe, oneOf, text, truth, whole } from '../../parsers/base/shape.js';
import type { Shape, Shaped } from '../../parsers/base/shape.js';

const index = whole(-1);
const count = whole(0);

const isPages: Shape<PageRange> = fields({
  vm: index,
  inode: index,
  unit: oneOf<PageRange['unit']>(['gfn', 'pgoff']),
  first: finite,
  count: finite,
});
const isEvidence = fields({
  row: whole(),
  role: oneOf<EvidenceRole>(['witness', 'state', 'cause', 'missing-since', 'confirms', 'related']),
  note: text,
}) as Shape<Evidence>;
const REASONS: readonly Reason[] = [
  'lost',
  'not-recorded',
  'not-read',
  'order',
  'vm-identity',
  'unknown-start',
];
const isFinding = fields({
  id: text,
  rule: text,
  profile: oneOf(PROFILES),
  verdict: oneOf<Verdict>(['violation', 'suspicious', 'undecidable']),
  severity: oneOf<Severity>([1, 2, 3, 4]),
  message: text,
  reason: maybe(oneOf(REASONS)),
  at: count,
  pages: maybe(isPages),
  evidence: listOf(isEvidence),
}) as Shape<Finding>;
const isReason = fields({
  reason: oneOf(REASONS),
  count: count,
  row: whole(),
  missing: listOf(text),
  detail: text,
});
const isRule = fields({
  id: text,
  profile: oneOf(PROFILES),
  status: oneOf<RuleStatus['status']>(['judged', 'undecidable', 'not-applicable']),
  checks: count,
  held: count,
  broken: count,
  undecided: count,
  reasons: listOf(isReason),
}) as unknown as Shape<RuleStatus>;
const isVm = fields({
  kvm: big,
  tgid: index,
  label: text,
  attributesOf: oneOf<VmInfo['attributesOf']>(['vm', 'inode', 'none']),
  fromRow: whole(),
});
const isInode: Shape<InodeInfo> = fields({
  ino: finite,
  provider: oneOf<InodeInfo['provider']>(['guest_memfd', 'restrictedmem']),
  pageCount: finite,
  label: text,
  fromRow: whole(),
});
const isSlot = fields({
  vm: index,
  slot: finite,
  baseGfn: finite,
  pageCount: finite,
  pgoff: finite,
  inode: index,
  fromRow: whole(),
  untilRow: whole(),
}) as unknown as Shape<SlotInfo>;
const isRefused = fields({
  vm: index,
  slot: finite,
  baseGfn: finite,
  pageCount: finite,
  fd: finite,
  pgoff: finite,
  errno: finite,
  row: whole(),
  holder: maybe(
    fields({
      slot: finite,
      row: whole(),
      clash: oneOf<'file' | 'memory' | 'gfns'>(['file', 'memory', 'gfns']),
    }),
  ),
}) as unknown as Shape<RefusedSlot>;
/** Its verdicts, and what they are about; of conversions, how many there are (conversions.ts). */
export const isAnalysisData = fields({
  profiles: listOf(oneOf(PROFILES)),
  profileReason: text,
  rules: listOf(isRule),
  findings: listOf(isFinding),
  vms: listOf(isVm),
  inodes: listOf(isInode),
  slots: listOf(isSlot),
  refusedSlots: listOf(isRefused),
  conversionCount: count,
  rowCount: count,
  pageBytes: whole(1),
  understood: finite,
  unread: finite,
  unknown: finite,
  ofKvm: finite,
  shows: fields({ mappings: truth, references: truth }),
});
export type AnalysisData = Shaped<typeof isAnalysisData>;

/** Undefined for an analysis that was cancelled: it is not what the trace says. */
export function dataOf({ ops: _, conversions, cancelled, vms, ...rest }: Analysis): AnalysisData | undefined {
  const kvms = vms.map((vm) => ({ ...vm, kvm: vm.kvm.toString() }));
  return cancelled ? undefined : { ...rest, conversionCount: conversions.length, vms: kvms };
}

/** What is read at the first question. */
export interface Later {
  ops(): OpLog;
  conversions(): readonly Conversion[];
}

export function analysisOf({ vms, conversionCount: _, ...rest }: AnalysisData, later: Later): Analysis {
  const known = { ...rest, vms: vms.map((vm) => ({ ...vm, kvm: BigInt(vm.kvm) })), cancelled: false };
  const get = { enumerable: true, configurable: true };
  Object.defineProperties(known, {
    ops: { ...get, get: () => later.ops() },
    conversions: { ...get, get: () => later.conversions() },
  });
  return known as unknown as Analysis;
}

/**
 * True where what the data points at is there: rules that there are, VMs and files of the lists, rows of the
 * trace.
 */
export function isConsistent(data: AnalysisData, rules: readonly string[]): boolean {
  const { vms, inodes, rowCount } = data;
  const isPage = ({ vm, inode }: PageRange): boolean => vm < vms.length && inode < inodes.length;
  const isOwned = ({ vm, inode }: { readonly vm: number; readonly inode: number }): boolean =>
    vm < vms.length && inode < inodes.length;
  return (
    data.rules.every(({ id }) => rules.includes(id)) &&
    data.findings.every(
      ({ rule, at, pages, evidence }) =>
        data.rules.some(({ id }) => id === rule) &&
        at < rowCount &&
        (pages === undefined || isPage(pages)) &&
        evidence.length > 0 &&
        evidence.every(({ row }) => row < rowCount),
    ) &&
    data.slots.every(isOwned) &&
    data.refusedSlots.every(({ vm }) => vm < vms.length)
  );
}

/** The rows that a report of the analysis names. */
export function* rowsNamed({ findings, rules }: Pick<AnalysisData, 'findings' | 'rules'>): Generator<number> {
  yield 0;
  for (const { at, evidence } of findings) {
    yield at;
    for (const { row } of evidence) yield row;
  }
  for (const { reasons } of rules) for (const { row } of reasons) yield row;
}
