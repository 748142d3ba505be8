/**
 * Judges a trace: replays the table through the model of the shim and collects what the rules say. Pure and
 * repeatable.
 */
import type { ClockName, EventTable } from '../parsers/events/table.js';
import { UNKNOWN_CPU, withIssue } from '../parsers/events/table.js';
import { limitMetBy } from '../parsers/base/limits.js';
import type { Segment } from '../parsers/events/segment.js';
import { asPgoff } from '../parsers/base/units.js';
import { KIND_GUEST, KIND_UNKNOWN, kindId, kindSlots } from '../parsers/events/kinds.js';
import type { EventKind } from '../parsers/events/vocabulary.js';
import type {
  Analysis,
  AnalyzeOptions,
  Conversion,
  InodeInfo,
  RefusedSlot,
  SlotInfo,
  VmInfo,
} from './analysis.js';
import type { Finding, ProfileId, RuleStatus } from './findings/finding.js';
import { chooseProfiles } from './profiles.js';
import { countOfKvm } from './rules/ofKvm.js';
import { dialectOf, type Dialect } from './findings/dialect.js';
import { placeOf } from './findings/report.js';
import { replay } from './replay.js';
import { RULES } from './rules/registry.js';
import { pointerText } from './rules/texts.js';
import { RuleRun } from './rules/rule.js';
import { FactBus } from './world/facts.js';
import type { Refusal } from './world/regions.js';
import type { Conv, Inode, Vm } from './world/state.js';
import { type PageUnit, pageUnitOf } from './world/pageSize.js';
import { Survey } from './world/survey.js';
import { World } from './world/world.js';

/** Clocks whose times on different CPUs can be compared. */
const GLOBAL_CLOCKS: readonly ClockName[] = [
  'global',
  'mono',
  'mono_raw',
  'boot',
  'tai',
  'x86-tsc',
  'counter',
  'perf',
  'realtime',
];
const GLOBAL_SKEW_NS = 1_000;
const LOCAL_SKEW_NS = 20_000;

/** Bits of a kvm pointer that are its key. */
const KVM_KEY_BITS = 52n;

const REFERENCE_KINDS = ['GupRet', 'GrabFolio', 'GrabFolioFast', 'GetPfnRet'] as const;

export function analyze(table: EventTable, options: AnalyzeOptions = {}): Analysis {
  const judging = new Judging(table, options);
  judging.world.findingsLeft = options.mostFindings ?? Infinity;
  const cancelled = judging.replay(0, options);
  return judging.conclude(cancelled);
}

/**
 * What is found in a trace that goes on behind this table: violations and suspicions; undefined for none.
 * Nothing is said of its end.
 */
export function analyzeSoFar(table: EventTable, options: AnalyzeOptions = {}): Analysis | undefined {
  const judging = new Judging(table, options);
  judging.replay(0, options);
  return judging.soFar();
}

/** What a trace asks for before it is judged, as its survey tells it. */
export interface Outlook {
  readonly profiles: readonly ProfileId[];
  /** Why these, one clause. */
  readonly reason: string;
  readonly dialect: Dialect;
  /** Why no violation can be told at all; undefined where one can. */
  readonly whyNone: string | undefined;
  /** Cross-CPU pairs closer than this are not ordered. */
  readonly skew: number;
  /** What the traced kernel counts frames and pages of files in. */
  readonly pages: PageUnit;
}

export function outlookOf(table: EventTable, survey: Survey, options: AnalyzeOptions): Outlook {
  const clock = options.clock ?? table.meta.clock;
  const dialect = dialectOf(table, survey.counts);
  return {
    ...chooseProfiles(survey, options.profiles),
    dialect,
    whyNone: missingContext(table),
    skew: options.skewNs ?? (GLOBAL_CLOCKS.includes(clock) ? GLOBAL_SKEW_NS : LOCAL_SKEW_NS),
    pages: pageUnitOf(table, survey.counts, options.pageBytes, dialect.machine === 'arm64'),
  };
}

/** One trace in the course of being judged. */
export class Judging {
  readonly world: World;
  outlook: Outlook;
  readonly runs: readonly RuleRun[];
  private readonly bus = new FactBus();
  /** The row that was last looked at, and the limit that was met there. */
  private at = 0;
  private limit: string | undefined;

  constructor(
    private readonly table: EventTable,
    options: AnalyzeOptions,
    survey = new Survey(table),
    outlook = outlookOf(table, survey, options),
  ) {
    this.outlook = outlook;
    const w = new World(table, outlook.skew, this.bus, survey, outlook.pages);
    this.world = w;
    const judging = RULES.filter(
      (rule) => outlook.profiles.includes(rule.profile) && (options.rules?.includes(rule.id) ?? true),
    );
    this.runs = judging.map((def) => new RuleRun(def, w, outlook.dialect, outlook.whyNone));
    for (const run of this.runs) {
      this.bus.listen(run.def.listen(run));
      if (run.def.about.some(namesFiles))
        this.bus.listen({ contested: (inode, row) => undecidedFile(run, inode, row) });
    }
  }

  /** The trace goes on, and tells more of its kernel, which only what is said at its end goes by. */
  goOnAs(outlook: Outlook): void {
    this.outlook = outlook;
    for (const run of this.runs) run.becomeOf(outlook.dialect);
  }

  /** Judges the rows from `from` on, up to row `end`; returns true when cancelled. */
  replay(from: number, { cancel, progress, soFar }: AnalyzeOptions, end = this.table.length): boolean {
    const told = (row: number): void => {
      this.at = row;
      progress?.(row);
      soFar?.(row, () => this.soFar());
    };
    let cancelled = true;
    const limit = limitMetBy(() => {
      cancelled = replay(this.world, this.table, { progress: told, ...(cancel && { cancel }) }, from, end);
    });
    this.limit = limit ?? (cancelled ? cancel?.limit : undefined);
    return cancelled;
  }

  /** Tells the end of the trace, and what came of it. All rules have heard the end then. */
  conclude(cancelled: boolean): Analysis {
    // What follows a limit may decide any check, and break any rule: nothing is told of the trace's end.
    this.limit ??= limitMetBy(() => this.bus.tell.finish(Math.max(0, this.table.length - 1)));
    const { limit } = this;
    if (limit !== undefined)
      for (const run of this.runs)
        run.undecided('lost', this.at, `The events from here on were not judged: ${limit}.`);
    const why = this.world.pages.doubt;
    return this.told(
      this.runs.map((run) => {
        const own = run.close();
        return why === undefined || own.status.status === 'not-applicable' ? own : run.closeUnread(why);
      }),
      cancelled,
    );
  }

  /**
   * What was found so far, in the rows that were judged: violations and suspicions; undefined where nothing
   * was. What a rule says of the trace as a whole, and what it leaves undecided, is known at its end only.
   */
  soFar(): Analysis | undefined {
    // Of a kernel with pages of which too little is known, what was found may be wrong.
    const isDoubted = this.world.pages.doubt !== undefined;
    if (isDoubted || !this.runs.some((run) => run.hasFound)) return undefined;
    return this.told(
      this.runs.map((run) => run.closeSoFar()),
      true,
    );
  }

  private told(closed: readonly ReturnType<RuleRun['close']>[], cancelled: boolean): Analysis {
    const { table, world: w, outlook, limit } = this;
    const unread = table.unread.reduce((sum, { count }) => sum + count, 0);
    return {
      profiles: outlook.profiles,
      profileReason: outlook.reason,
      rules: closed.map((c): RuleStatus => c.status),
      findings: inOrderWithIds(
        table,
        closed.flatMap((c) => c.findings),
      ),
      vms: w.vms.map((vm) => vmInfo(vm, w)),
      inodes: w.inodes.map(inodeInfo),
      slots: w.slots.map(
        (s): SlotInfo => ({
          vm: s.vm.index,
          slot: s.id,
          baseGfn: s.baseGfn,
          pageCount: s.npages,
          pgoff: s.pgoff,
          inode: s.inode?.index ?? -1,
          fromRow: s.fromRow,
          untilRow: s.untilRow >= 0 ? s.untilRow : table.length,
        }),
      ),
      refusedSlots: w.refusals.map(refusedSlot),
      conversions: conversionInfos(w.conversions),
      ops: w.ops,
      rowCount: table.length,
      pageBytes: w.pages.bytes,
      understood: table.length - w.survey.counts[KIND_UNKNOWN]! - w.survey.counts[KIND_GUEST]! - unread,
      unread,
      unknown: w.survey.counts[KIND_UNKNOWN]!,
      ofKvm: countOfKvm(w.survey.counts),
      shows: {
        mappings: w.recorded(kindId('RmapAdd')),
        references: REFERENCE_KINDS.some((kind) => w.recorded(kindId(kind))),
      },
      cancelled: cancelled || limit !== undefined,
      ...(limit !== undefined && { limit: { row: this.at, what: limit } }),
    };
  }
}

/** The table that was judged, with the limit as an issue that was met while it was. */
export function withLimit(table: EventTable, { limit }: Pick<Analysis, 'limit'>): EventTable {
  if (limit === undefined) return table;
  const place = { offset: table.at(limit.row), line: table.line(limit.row) };
  const issue = { code: 'not-all-judged', ...place, count: 1, detail: limit.what } as const;
  return withIssue(table, issue);
}

/** True for a kind of event that names a file by its inode number. */
function namesFiles(kind: EventKind): boolean {
  return kindSlots(kindId(kind)).includes('ino');
}

/** Nothing is decided of files that cannot be told apart. */
function undecidedFile(run: RuleRun, inode: Inode, row: number): void {
  const pages = run.pagesOf(inode, asPgoff(0), Math.max(1, inode.pageCount));
  const detail = `Two files have the inode number ${inode.ino} at once: which one an event means is not known.`;
  run.undecided('vm-identity', row, detail, [], pages);
}

/** Why no violation can be told in this trace at all; undefined where one can. */
function missingContext(table: EventTable): string | undefined {
  if (table.length === 0) return undefined;
  if (table.meta.timeUnit === 'none')
    return table.cpu(0) === UNKNOWN_CPU
      ? 'The trace has neither tasks nor times, so no order can be decided.'
      : undefined;
  return table.segments.every(hasNoContext)
    ? 'The trace has neither tasks nor CPUs, so which events belong together cannot be decided.'
    : undefined;
}

/** True where no event of a segment says which task or which CPU it is of. */
function hasNoContext({ length, tid, cpu }: Segment): boolean {
  for (let i = 0; i < length; i++) if (tid[i]! >= 0 || cpu[i] !== UNKNOWN_CPU) return false;
  return true;
}

/**
 * Sorts by row, rule, verdict and first page, and gives each finding its id, by its line: `G7@12`, with
 * `?reason` where it is undecidable, and `.2`, `.3` for further ones that the rule has there.
 */
function inOrderWithIds(table: EventTable, findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort(
    (a, b) =>
      a.at - b.at ||
      compare(a.rule, b.rule) ||
      compare(a.verdict, b.verdict) ||
      (a.pages?.first ?? 0) - (b.pages?.first ?? 0),
  );
  const seen = new Map<string, number>();
  return sorted.map((f) => {
    const why = f.verdict === 'undecidable' ? `?${f.reason ?? ''}` : '';
    const base = `${f.rule}@${placeOf(table, f.at).line}${why}`;
    const n = seen.get(base) ?? 0;
    seen.set(base, n + 1);
    return { ...f, id: n === 0 ? base : `${base}.${n + 1}` };
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function vmInfo(vm: Vm, { survey }: World): VmInfo {
  const kvm = vm.kvm >= 0 ? (BigInt(survey.topOfKvm(vm.kvm)) << KVM_KEY_BITS) | BigInt(vm.kvm) : 0n;
  return { kvm, tgid: vm.tgid, label: vmLabel(vm, kvm), attributesOf: vm.attributesOf, fromRow: vm.fromRow };
}

function vmLabel(vm: Vm, kvm: bigint): string {
  if (vm.kvm >= 0) return `kvm:0x${kvm.toString(16)}`;
  return vm.tgid >= 0 ? `tgid:${vm.tgid}` : 'vm?';
}

function inodeInfo(inode: Inode): InodeInfo {
  return {
    ino: inode.ino,
    provider: inode.provider,
    pageCount: inode.pageCount,
    label: inode.ino >= 0 ? `ino:${inode.ino}` : `file:${pointerText(inode.file)}`,
    fromRow: inode.namedRow,
  };
}

function refusedSlot({ vm, region, errno, row, holder }: Refusal): RefusedSlot {
  return {
    vm: vm.index,
    slot: region.id,
    baseGfn: region.baseGfn,
    pageCount: region.npages,
    fd: region.fd,
    pgoff: region.pgoff,
    errno,
    row,
    holder: holder && { slot: holder.region.id, row: holder.region.row, clash: holder.clash },
  };
}

function conversionInfos(all: readonly Conv[]): Conversion[] {
  const parts = new Map<Conv, number[]>();
  for (const conv of all) {
    const before = conv.partBefore;
    if (!before) continue;
    const request = parts.get(before) ?? [before.index];
    request.push(conv.index);
    parts.set(before, request).set(conv, request);
  }
  // A request whose last part is not seen has more of them than these.
  const isWhole = (request: readonly number[]): boolean => !all[request[request.length - 1]!]!.hasNextPart;
  return all.map((conv) => {
    const request = parts.get(conv);
    return conversionInfo(conv, request && isWhole(request) ? request : NO_PARTS);
  });
}
const NO_PARTS: readonly number[] = [];

function conversionInfo(c: Conv, parts: readonly number[]): Conversion {
  const failed = c.result !== undefined && c.result < 0;
  return {
    index: c.index,
    scope: c.scope,
    vm: c.vm?.index ?? -1,
    inode: c.inode?.index ?? -1,
    first: c.first,
    count: Math.max(0, c.end - c.first),
    toPrivate: c.toPrivate,
    tid: c.tid,
    fromRow: c.fromRow,
    untilRow: c.endRow,
    result: c.result,
    phaseRows: [
      c.fromRow,
      c.blockedRow,
      c.unmapRow,
      c.safeRow,
      c.invOpenRow,
      c.zapRow,
      c.storeRow,
      c.invCloseRow,
      failed ? -1 : c.endRow,
      failed ? c.endRow : -1,
    ],
    parts,
  };
}
