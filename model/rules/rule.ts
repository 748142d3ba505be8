/** What a rule is: its texts, what it needs from a trace, and the listener that judges. One file per rule. */
import { LimitMet } from '../../parsers/base/limits.js';
import { copyOf } from '../../parsers/base/copy.js';
import { kindId } from '../../parsers/events/kinds.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { EventRow, Gfn, Pgoff } from '../../parsers/base/units.js';
import type {
  Evidence,
  EvidenceRole,
  Finding,
  PageRange,
  ProfileId,
  Reason,
  RuleStatus,
  Severity,
  UndecidedReason,
  Verdict,
} from '../findings/finding.js';
import type { Dialect } from '../findings/dialect.js';
import { canRecord, howToRecord, howToRecordAny } from '../findings/howToRecord.js';
import type { Listener } from '../world/facts.js';
import type { SpteRec } from '../world/spte.js';
import type { Conv, Inode, Vm } from '../world/state.js';
import type { World } from '../world/world.js';
import { Fork } from './fork.js';
import { isKind, type Missing, unshown } from './missing.js';
import { bothOf, type Detail, inOrder, joinReason, type OpenReason, undecidedText } from './reasons.js';

export interface RuleDef {
  readonly id: string;
  readonly name: string;
  readonly profile: ProfileId;
  readonly severity: Severity;
  /** `invariant`: can be violated; `suspicion`: at most suspicious. */
  readonly nature: 'invariant' | 'suspicion';
  /** The rule in one sentence. */
  readonly statement: string;
  /** Kernel function or mail that lays it down. */
  readonly source: string;
  /**
   * Event kinds without which a violation could not be found: every group needs one of its kinds, the one to
   * record first.
   */
  readonly needs: readonly (readonly EventKind[])[];
  /** Groups that are needed as well where the trace shows one of some kinds. */
  readonly needsWith?: readonly {
    readonly where: readonly EventKind[];
    readonly needs: readonly (readonly EventKind[])[];
  }[];
  /**
   * Kinds of `needs` that a trace need not have, since it shows otherwise what they would: asked when the
   * whole trace has been seen.
   */
  readonly shownOtherwise?: (w: World) => readonly EventKind[];
  /**
   * Kinds that show whether what looks broken is legal. A check that needs one asks for it by itself: it is
   * undecided where none of its group is recorded.
   */
  readonly excuses?: readonly (readonly EventKind[])[];
  /**
   * Kinds any of which shows that there is something to judge, besides the rule's own witnesses: where none
   * occurs and no events were lost, the rule is not applicable.
   */
  readonly about: readonly EventKind[];
  /** How to fix what it finds. */
  readonly fix: string;
  readonly listen: (run: RuleRun) => Listener;
}

export interface Ruling {
  readonly row: number;
  readonly message: string;
  readonly evidence?: readonly (readonly [row: number, role: EvidenceRole, note: string])[];
  readonly pages?: PageRange;
}

/** Findings that are kept in case that the trace shows a kind of event later. */
const MOST_IN_CASE = 10_000;

/** What a rule had said at some moment. */
export interface SaidSoFar {
  readonly held: number;
  readonly broken: number;
  readonly open: number;
  readonly findings: number;
  readonly reasons: ReadonlyMap<Reason, OpenReason>;
  readonly forks: readonly (readonly SaidSoFar[])[];
}

/** One rule on one trace: counts its checks and collects what it finds. */
export class RuleRun {
  private held = 0;
  private broken = 0;
  private open = 0;
  readonly findings: Finding[] = [];
  private reasons = new Map<Reason, OpenReason>();
  /** What was last said not to be recorded, of every event of a kind mostly, and the first of it not read. */
  private askedKinds: readonly Missing[] | undefined;
  private askedUnread = -1;
  private readonly forks: Fork<RuleRun>[] = [];
  /** True while what it finds may count for nothing. */
  private isInCase = (): boolean => false;

  constructor(
    readonly def: RuleDef,
    readonly w: World,
    /** The names of the kernel that the trace is of. */
    private kernel: Dialect,
    /** Why no violation can be told in this trace at all; undefined where one can. */
    private readonly missingContext: string | undefined,
  ) {}

  get dialect(): Dialect {
    return this.kernel;
  }

  /** The trace goes on, and tells more of its kernel; its machine, by which checks go, stays the same. */
  becomeOf(dialect: Dialect): void {
    this.kernel = dialect;
    for (const { both } of this.forks) for (const run of both) run.becomeOf(dialect);
  }

  /** What was said so far; see {@link takeBack}. */
  saidSoFar(): SaidSoFar {
    const { held, broken, open, findings } = this;
    const forks = this.forks.map(({ both }) => both.map((run) => run.saidSoFar()));
    return { held, broken, open, findings: findings.length, reasons: copyOf(this.reasons), forks };
  }

  /** Takes back all that was said since. */
  takeBack({ held, broken, open, findings, reasons, forks }: SaidSoFar): void {
    this.held = held;
    this.broken = broken;
    this.open = open;
    this.findings.length = findings;
    this.reasons = new Map(reasons);
    // The end of a trace may have asked, which is no question for all of what follows.
    this.askedKinds = undefined;
    for (const [i, { both }] of this.forks.entries())
      for (const [k, run] of both.entries()) run.takeBack(forks[i]![k]!);
  }

  /**
   * Two to say things to, by whether the trace shows these kinds, of each group one: what the other was told
   * counts for nothing.
   */
  fork(...groups: readonly (readonly EventKind[])[]): Fork<RuleRun> {
    const ids = groups.map((kinds) => kinds.map(kindId));
    const make = (): RuleRun => new RuleRun(this.def, this.w, this.kernel, this.missingContext);
    const fork: Fork<RuleRun> = new Fork(
      this.w.survey,
      ids,
      make,
      ({ findings }) => findings.length > MOST_IN_CASE,
    );
    for (const run of fork.both) run.isInCase = () => fork.isOpen || this.isInCase();
    this.forks.push(fork);
    return fork;
  }

  /** All that was said, of forks what holds. */
  private whole(): RuleRun {
    if (this.forks.length === 0) return this;
    const whole = new RuleRun(this.def, this.w, this.kernel, this.missingContext);
    for (const run of [this, ...this.forks.map(({ said }) => said.whole())]) whole.join(run);
    return whole;
  }

  private join({ held, broken, open, findings, reasons }: RuleRun): void {
    this.held += held;
    this.broken += broken;
    this.open += open;
    for (const finding of findings) this.findings.push(finding);
    for (const [reason, said] of reasons) {
      const known = this.reasons.get(reason);
      const isOfSameWords = known?.detail === said.detail && known.row <= said.row;
      this.reasons.set(reason, known ? bothOf(known, isOfSameWords ? { ...said, missing: [] } : said) : said);
    }
  }

  /** True where something was found. */
  get hasFound(): boolean {
    return this.found > 0;
  }

  /** How many violations and suspicions it has found. */
  get found(): number {
    return this.forks.reduce((sum, { said }) => sum + said.found, this.findings.length);
  }

  recorded(...kinds: EventKind[]): boolean {
    for (const k of kinds) if (this.w.recorded(kindId(k))) return true;
    return false;
  }

  /** The same, for where it is asked often. */
  shown(...kinds: EventKind[]): () => boolean {
    const { survey } = this.w;
    const ids = kinds.map(kindId);
    return () => {
      for (const id of ids) if (survey.recorded(id)) return true;
      return false;
    };
  }

  /** The check came out well. */
  ok(): void {
    this.held++;
  }

  violation(ruling: Ruling): void {
    if (this.hasUnreadExcuse(ruling)) return;
    if (this.missingContext !== undefined) {
      this.undecided('order', ruling.row, this.missingContext, ['options/context-info']);
      return;
    }
    this.broken++;
    this.add(this.def.nature === 'invariant' ? 'violation' : 'suspicious', ruling);
  }

  /**
   * A violation where what it follows from, `since`, is certainly before it; else undecided, as `unordered`
   * says.
   */
  violationSince(since: number, ruling: Ruling, unordered: Detail): void {
    if (this.w.ordered(since, ruling.row)) this.violation(ruling);
    else this.undecided('order', ruling.row, unordered, ['a global trace_clock'], ruling.pages);
  }

  suspicious(ruling: Ruling): void {
    if (this.hasUnreadExcuse(ruling)) return;
    this.broken++;
    this.add('suspicious', ruling);
  }

  /**
   * The check could not be decided. `missing` are event kinds, or
   * probes and options in words that can be copied.
   */
  undecided(
    reason: Reason,
    row: number,
    detail: Detail,
    missing: readonly Missing[] = [],
    pages?: PageRange,
  ): void {
    this.open++;
    const entry = this.reasons.get(reason);
    if (entry && row >= entry.row) {
      entry.count++;
      if (entry.detail !== detail) for (const what of missing) entry.more.add(what);
      return;
    }
    const said: OpenReason = { count: 1, row, missing, more: new Set(), detail, pages };
    this.reasons.set(reason, entry ? bothOf(entry, said) : said);
  }

  /**
   * True, and counted as undecided, when an event that could not be read may be the excuse: any amid the
   * evidence, or one before it that the rule reads.
   */
  private hasUnreadExcuse({ row, evidence = [] }: Ruling): boolean {
    const { survey } = this.w;
    const rows = [row, ...evidence.map(([at]) => at).filter((at) => at >= 0)];
    const last = Math.max(...rows);
    if (survey.unreadBetween(0, last) < 0) return false;
    const amid = survey.unreadBetween(Math.min(...rows), last);
    const before = (kind: number): boolean =>
      survey.firstUnread(kind) >= 0 && survey.firstUnread(kind) <= row;
    const kind = amid >= 0 ? this.w.table.kind(amid) : this.firstRead(before);
    if (kind < 0) return false;
    this.notRead(kind);
    return true;
  }

  /** The first kind of event that the rule reads by itself of which that is true; -1 where there is none. */
  private firstRead(is: (kind: number) => boolean): number {
    const { needs, needsWith = [], excuses = [], about } = this.def;
    const further = needsWith.flatMap((more) => {
      const kinds = more.needs.flat();
      // Asked only where it matters: what was asked has all judged anew where it changes.
      return this.firstOf(kinds, is) >= 0 && this.recorded(...more.where) ? kinds : [];
    });
    return this.firstOf([...needs.flat(), ...further, ...excuses.flat(), ...about], is);
  }

  /** The first of these kinds of which that is true, as its number; -1 where there is none. */
  private firstOf(kinds: readonly EventKind[], is: (kind: number) => boolean): number {
    return kinds.map(kindId).find(is) ?? -1;
  }

  /** The first kind that is missing of which some event of the trace could not be read; -1 for none. */
  private unreadOf(missing: readonly Missing[]): number {
    for (const what of missing) {
      const { kind, unless } = unshown(what);
      const isUnread = kind >= 0 && this.w.survey.isUnread(kind);
      if (isUnread && !unless.some((other) => this.w.recorded(other))) return kind;
    }
    return -1;
  }

  /** Undecided because events of a kind could not be read. */
  private notRead(kind: number): void {
    this.undecided('not-read', this.w.survey.firstUnread(kind), { unread: kind });
  }

  private textOf(detail: Detail): string {
    return typeof detail === 'string' ? detail : this.unreadText(detail.unread);
  }

  private unreadText(kind: number): string {
    const { survey, table } = this.w;
    const name = table.name(survey.firstUnread(kind));
    return `${survey.unread[kind]!} of ${survey.counts[kind]!} events of ${name} could not be read.`;
  }

  /** Undecided because these kinds do not fire in the trace, or none of their events could be read. */
  notRecorded(row: number, detail: string, kinds: readonly Missing[], pages?: PageRange): void {
    if (kinds !== this.askedKinds) {
      this.askedKinds = kinds;
      this.askedUnread = this.unreadOf(kinds);
    }
    if (this.askedUnread >= 0) {
      this.notRead(this.askedUnread);
      return;
    }
    this.undecided('not-recorded', row, detail, kinds, pages);
  }

  /** The same of an SPTE; where it is said of each that is installed, all but the first are only counted. */
  notRecordedOf(vm: Vm, { row, gfn }: SpteRec, detail: string, kinds: readonly Missing[]): void {
    const isSame = kinds === this.askedKinds && this.askedUnread < 0;
    const entry = isSame ? this.reasons.get('not-recorded') : undefined;
    if (entry?.detail === detail && row >= entry.row) {
      this.open++;
      entry.count++;
    } else this.notRecorded(row, detail, kinds, this.gfns(vm, gfn));
  }

  /** True, and counted as undecided, when events are missing between two rows. */
  lost(fromRow: number, row: number, pages?: PageRange): boolean {
    if (!this.w.gapBetween(Math.max(0, Math.min(fromRow, row)), Math.max(fromRow, row))) return false;
    this.undecided('lost', row, 'Events are missing between the evidence and this event.', [], pages);
    return true;
  }

  pagesOfConv(conv: Conv): PageRange {
    return {
      vm: conv.vm?.index ?? -1,
      inode: conv.inode?.index ?? -1,
      unit: conv.scope === 'vm' ? 'gfn' : 'pgoff',
      first: conv.first,
      count: conv.end - conv.first,
    };
  }

  pagesOf(inode: Inode, first: Pgoff, count = 1): PageRange {
    return { vm: -1, inode: inode.index, unit: 'pgoff', first, count };
  }

  gfns(vm: Vm, first: Gfn, count = 1): PageRange {
    return { vm: vm.index, inode: -1, unit: 'gfn', first, count };
  }

  private add(verdict: Verdict, ruling: Ruling): void {
    if (!this.isInCase()) {
      if (this.w.findingsLeft <= 0) throw new LimitMet('there are as many findings as there is memory for');
      this.w.findingsLeft--;
    }
    const evidence: Evidence[] = [{ row: ruling.row as EventRow, role: 'witness', note: ruling.message }];
    for (const [row, role, note] of ruling.evidence ?? []) {
      if (row >= 0 && row < this.w.table.length && row !== ruling.row)
        evidence.push({ row: row as EventRow, role, note });
    }
    evidence.sort((a, b) => a.row - b.row);
    const { def } = this;
    this.findings.push({
      id: '',
      rule: def.id,
      profile: def.profile,
      verdict,
      severity: def.severity,
      message: ruling.message,
      at: ruling.row as EventRow,
      evidence,
      ...(ruling.pages ? { pages: ruling.pages } : {}),
    });
  }

  /**
   * What the rule says of the trace as a whole, with its findings and one more for each reason of undecided
   * checks.
   */
  close(): { status: RuleStatus; findings: readonly Finding[] } {
    return this.whole().closeAsItIs();
  }

  private closeAsItIs(): ReturnType<RuleRun['close']> {
    const { def, held, broken, open } = this;
    const reasons = this.checkReasons().sort(inOrder);
    const undecided = reasons.map((reason) => this.undecidedFinding(reason));
    const blind = broken === 0 ? this.blindReasons() : [];
    for (const reason of blind) joinReason(reasons, reason);
    reasons.sort(inOrder);
    return {
      status: {
        id: def.id,
        profile: def.profile,
        status: this.statusWord(blind.length > 0),
        checks: held + broken + open,
        held,
        broken,
        undecided: open,
        reasons,
      },
      findings: [...this.findings, ...undecided],
    };
  }

  /** What it has found by now; its status tells what came of the checks alone. */
  closeSoFar(): { status: RuleStatus; findings: readonly Finding[] } {
    const { def, held, broken, open, findings } = this.whole();
    const { id, profile } = def;
    const counts = { checks: held + broken + open, held, broken, undecided: open };
    const status: RuleStatus = { id, profile, status: 'undecidable', ...counts, reasons: [] };
    return { status, findings };
  }

  /** Of a kernel with pages of which the rule knows too little: what was found may be wrong. */
  closeUnread(detail: string): { status: RuleStatus; findings: readonly Finding[] } {
    const { id, profile } = this.def;
    const reason: UndecidedReason = { reason: 'not-read', count: 0, row: 0 as EventRow, missing: [], detail };
    const counts = { checks: 0, held: 0, broken: 0, undecided: 0 };
    return { status: { id, profile, status: 'undecidable', ...counts, reasons: [reason] }, findings: [] };
  }

  /** A rule that could not have found anything is not judged, whatever came out well. */
  private statusWord(isBlind: boolean): RuleStatus['status'] {
    if (isBlind) return 'undecidable';
    if (this.held + this.broken > 0) return 'judged';
    return this.open > 0 ? 'undecidable' : 'not-applicable';
  }

  /** Why checks stayed undecided. */
  private checkReasons(): UndecidedReason[] {
    return [...this.reasons].map(([reason, r]) => ({
      reason,
      count: r.count,
      row: r.row as EventRow,
      missing: this.recordable([...r.missing, ...r.more]).sort(),
      detail: this.textOf(r.detail),
    }));
  }

  /**
   * Why the rule could not have found what it looks for. Where the trace shows what it is about, every group
   * of its needs must occur. That nothing is about it is a claim too: where events were lost or could not be
   * read, nobody knows that.
   */
  private blindReasons(): UndecidedReason[] {
    const { def, w, dialect } = this;
    const groups = [...def.needs, ...this.furtherNeeds()];
    const checks = this.held + this.open;
    // What this kernel has nothing of cannot have happened on it.
    if (checks === 0 && groups.some((group) => group.every((kind) => !canRecord(kind, dialect)))) return [];
    const isAbout = checks > 0 || this.recorded(...def.about);
    const otherwise = def.shownOtherwise?.(w) ?? [];
    const isShown = (group: readonly EventKind[]): boolean =>
      this.recorded(...group) || group.some((kind) => otherwise.includes(kind));
    const unseen = isAbout ? groups.filter((group) => !isShown(group)) : [];
    const reasons: UndecidedReason[] = [];
    if (unseen.length > 0)
      reasons.push({
        reason: 'not-recorded',
        count: 0,
        row: 0 as EventRow,
        missing: unseen
          .map((group) => this.withWhy(group, howToRecordAny(group, dialect)))
          .filter((text) => text !== ''),
        detail: 'What would trigger or decide this rule is not in the trace.',
      });
    const unread = this.firstRead((kind) => w.survey.isUnread(kind));
    if (unread >= 0)
      reasons.push({
        reason: 'not-read',
        count: 0,
        row: w.survey.firstUnread(unread) as EventRow,
        missing: [],
        detail: this.unreadText(unread),
      });
    const loss = w.table.losses[0];
    if (checks === 0 && loss)
      reasons.push({
        reason: 'lost',
        count: 0,
        row: Math.max(0, Math.min(loss.row, w.table.length - 1)) as EventRow,
        missing: [],
        detail: 'Events were lost, and what this rule is about may be among them.',
      });
    return reasons;
  }

  /** Needs that come with what else the trace shows. */
  private furtherNeeds(): (readonly EventKind[])[] {
    return (this.def.needsWith ?? []).flatMap(({ where, needs }) => (this.recorded(...where) ? needs : []));
  }

  /** What is missing in this kernel's own names. */
  private recordable(missing: Iterable<Missing>): string[] {
    const texts: string[] = [];
    for (const what of missing) {
      const { name, unless } = unshown(what);
      if (unless.some((kind) => this.w.recorded(kind))) continue;
      const text = this.recordableText(name);
      if (text !== undefined && !texts.includes(text)) texts.push(text);
    }
    return texts;
  }

  private recordableText(what: Missing): string | undefined {
    const [kind, ...argument] = what.split(' ') as [Missing, ...string[]];
    if (!isKind(kind)) return what;
    const probe = howToRecord(kind, this.dialect);
    return probe === undefined ? undefined : this.withWhy([kind], [probe, ...argument].join(' '));
  }

  /** With why nothing of these kinds is there, where whoever recorded the trace says it. */
  private withWhy(kinds: readonly EventKind[], text: string): string {
    if (text === '' || this.recorded(...kinds)) return text;
    const { unseen } = this.w.table.meta;
    const whys = new Set(kinds.flatMap((kind) => unseen?.get(kind)?.why ?? []));
    return whys.size === 0 ? text : `${text} (${[...whys].join('; ')})`;
  }

  private undecidedFinding(r: UndecidedReason): Finding {
    const { def } = this;
    const pages = this.reasons.get(r.reason)?.pages;
    return {
      id: '',
      rule: def.id,
      profile: def.profile,
      verdict: 'undecidable',
      severity: def.severity,
      reason: r.reason,
      at: r.row,
      message: undecidedText(r),
      evidence: [{ row: r.row, role: 'witness', note: 'first check that could not be decided' }],
      ...(pages ? { pages } : {}),
    };
  }
}
