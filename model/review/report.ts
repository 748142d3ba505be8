/**
 * What traces show of a series, as plain data that every output is made of: functions with their evidence,
 * rules with their outcome, claims, and what none of it shows.
 */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import type { Series } from '../../parsers/patch/patch.js';
import type { Analysis } from '../analysis.js';
import type { Finding, RuleStatus } from '../findings/finding.js';
import {
  judgeFunction,
  judgeRule,
  type Claim,
  type ClaimResult,
  type FunctionFacts,
  type SetOutcome,
} from './claim.js';
import {
  EVIDENCE_KINDS,
  evidenceOf,
  type EvidenceKind,
  type EvidenceTrace,
  type FunctionEvidence,
} from './evidence.js';
import type { SeriesImages } from './images.js';
import { passage, type Passage } from './passage.js';
import type { SourceIndex } from './sourceIndex.js';
import type { TouchedFunction, TouchedSeries } from './touched.js';
import { workloadDifference, workloadOf, type Workload } from './workload.js';

/** One recording. */
export interface ReviewTrace extends EvidenceTrace {
  readonly path: string;
  /** SHA-256 of the file, '' where nobody made it. */
  readonly digest: string;
  readonly analysis: Analysis;
  /** Of a run of several files: the others, and the file of a row. */
  readonly others?: readonly { readonly path: string; readonly digest: string }[];
  readonly pathOf?: (row: number) => string;
}

/** Recordings of one kernel: without the patch, with it, or with one version of it. */
export interface TraceSet {
  readonly name: string;
  readonly role: 'without' | 'with';
  readonly traces: readonly ReviewTrace[];
}

export interface ReviewInput {
  readonly series: Series;
  readonly images: SeriesImages | undefined;
  readonly touched: TouchedSeries;
  readonly index: SourceIndex;
  readonly sets: readonly TraceSet[];
  readonly claims: readonly Claim[];
}

/** A violation or a suspicion, and the recording that has it. */
export interface ReviewFinding {
  readonly trace: number;
  readonly finding: Finding;
}

/** What one set shows of one function. */
export interface FunctionInSet {
  readonly kind: EvidenceKind;
  readonly runs: number;
  readonly returns: number;
  readonly results: ReadonlyMap<string, number>;
  readonly callers: ReadonlyMap<string, number>;
  /** In nanoseconds; -1 where nobody timed it. */
  readonly longestNs: number;
  readonly active: number;
  /** Places within it, as {@link FunctionEvidence} has them, and the lines that they are, if known. */
  readonly inner: ReadonlyMap<string, number>;
  readonly lines: ReadonlyMap<string, number>;
  readonly reached: ReadonlyMap<string, number>;
  readonly atLeast: readonly string[];
  readonly mayHave: readonly string[];
  /** Tracepoints that it alone emits, all recordings had, and none has an event of. */
  readonly notReached: readonly string[];
  /** Conversions during which it ran, of all. */
  readonly conversions: number;
  readonly conversionsOfAll: number;
  readonly tasks: readonly string[];
  readonly findings: readonly ReviewFinding[];
  /** Rows of its entries and returns, else of the events at which it was active, of each recording. */
  readonly rows: readonly (readonly number[])[];
}

export interface FunctionReport extends TouchedFunction {
  /** In the order of the sets. */
  readonly inSets: readonly FunctionInSet[];
}

export interface RuleRow {
  readonly id: string;
  readonly outcomes: readonly SetOutcome[];
}

export interface ReviewReport {
  readonly series: Series;
  readonly images: SeriesImages | undefined;
  readonly touched: TouchedSeries;
  readonly sets: readonly TraceSet[];
  readonly functions: readonly FunctionReport[];
  /** Rules of any set, in their order. */
  readonly rules: readonly RuleRow[];
  /** Each claim for each set with the patch. */
  readonly claims: readonly SetClaim[];
  /** Whether the sets can be compared: one sentence for each difference. */
  readonly differences: readonly string[];
  /** What this does not show, one sentence each. */
  readonly notShown: readonly string[];
}

/** A claim, held against one set with the patch. */
export interface SetClaim extends ClaimResult {
  readonly set: string;
}

export function reviewReport(input: ReviewInput): ReviewReport {
  const { series, images, touched, index, sets, claims } = input;
  const named = claims.flatMap((claim) => (claim.about === 'function' ? [claim.name] : (claim.within ?? [])));
  const names = [...new Set([...touched.functions.map((f) => f.name), ...named])];
  const shown = sets.map((set) => inSet(set, names, index));
  const functions = touched.functions.map((f) => ({
    ...f,
    inSets: shown.map((set, i) => whereItIs(f, sets[i]!, set.get(f.name)!)),
  }));
  const rules = ruleRows(sets);
  const report = { series, images, touched, sets, functions, rules };
  return {
    ...report,
    claims: claims.flatMap((claim) => claimsOf(claim, sets, rules, shown)),
    differences: differencesOf(sets),
    notShown: [...ambiguousNames(functions, index), ...notShownOf(report)],
  };
}

function inSet(
  set: TraceSet,
  names: readonly string[],
  index: SourceIndex,
): ReadonlyMap<string, FunctionInSet> {
  const shown = set.traces.map((trace) => {
    const evidence = evidenceOf(trace, names, index);
    return new Map([...evidence].map(([name, each]) => [name, { each, pass: passage(trace, each) }]));
  });
  const conversionsOfAll = sum(set.traces.map((trace) => trace.analysis.conversions.length));
  return new Map(
    names.map((name) => [
      name,
      together(
        shown.map((map) => map.get(name)!),
        conversionsOfAll,
      ),
    ]),
  );
}

/** What a patch adds is not there without it, and what it removes not with it, unless it was seen. */
function whereItIs({ touch }: TouchedFunction, { role }: TraceSet, shown: FunctionInSet): FunctionInSet {
  const isAbsent = role === 'without' ? touch === 'added' : touch === 'removed';
  return isAbsent && !PROVES_A_RUN.includes(shown.kind) ? { ...shown, kind: 'absent', mayHave: [] } : shown;
}

interface Shown {
  readonly each: FunctionEvidence;
  readonly pass: Passage;
}

/** Recordings of one set: counts of one kind are added, kinds are not. */
function together(shown: readonly Shown[], conversionsOfAll: number): FunctionInSet {
  const all = shown.map(({ each }) => each);
  const kind = EVIDENCE_KINDS.find((k) => all.some((each) => each.kind === k)) ?? 'not-observable';
  // That one recording has a probe and saw nothing is not what a recording without it says.
  const isOfAll = kind !== 'did-not-run' || all.every((each) => each.kind === 'did-not-run');
  return {
    kind: isOfAll ? kind : 'not-observable',
    runs: sum(all.map((each) => each.runs)),
    returns: sum(all.map((each) => each.returns)),
    results: addedUp(all.map((each) => each.results)),
    callers: addedUp(all.map((each) => each.callers)),
    longestNs: Math.max(-1, ...all.map((each) => each.longestNs)),
    active: sum(all.map((each) => each.active)),
    inner: addedUp(all.map((each) => each.inner)),
    lines: new Map(),
    reached: addedUp(all.map((each) => each.reached)),
    atLeast: [...new Set(all.flatMap((each) => each.atLeast))],
    mayHave: [...new Set(all.flatMap((each) => each.mayHave))],
    notReached: (all[0]?.notReached ?? []).filter((name) =>
      all.every((each) => each.notReached.includes(name)),
    ),
    conversions: sum(shown.map(({ pass }) => pass.conversions)),
    conversionsOfAll,
    tasks: [...new Set(shown.flatMap(({ pass }) => pass.tasks))],
    findings: shown.flatMap(({ pass }, trace) => pass.findings.map((finding) => ({ trace, finding }))),
    rows: all.map((each) => (each.rows.length > 0 ? each.rows : each.activeRows)),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function addedUp(maps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const map of maps) for (const [key, count] of map) out.set(key, (out.get(key) ?? 0) + count);
  return out;
}

function ruleRows(sets: readonly TraceSet[]): readonly RuleRow[] {
  const ids = new Set(
    sets.flatMap((set) => set.traces.flatMap((t) => t.analysis.rules.map((rule) => rule.id))),
  );
  return [...ids].map((id) => ({ id, outcomes: sets.map((set) => outcomeIn(set, id)) }));
}

const NOT_BY_PROFILE = 'a recording was not judged by the profile of this rule, which --rules names';

/** A check that was not decided counts neither as held nor as made. */
function outcomeIn({ traces }: TraceSet, id: string): SetOutcome {
  const all = traces.map((trace) => trace.analysis.rules.find((rule) => rule.id === id));
  const statuses = all.filter((status): status is RuleStatus => status !== undefined);
  const broken = sum(statuses.map((status) => status.broken));
  const held = sum(statuses.map((status) => status.held));
  const undecided = sum(statuses.map((status) => status.undecided));
  // A trace whose profile has no such rule was not judged by it.
  const isUnjudged = statuses.length < traces.length;
  const why = [
    ...(isUnjudged ? [NOT_BY_PROFILE] : []),
    ...new Set(statuses.flatMap(({ reasons }) => reasons.map(reasonOf))),
  ];
  const counts = { broken, decided: broken + held, undecided, why };
  if (broken > 0) return { ...counts, state: 'broken' };
  const isOpen = undecided > 0 || why.length > 0;
  if (isOpen) return { ...counts, state: 'undecided' };
  return { ...counts, state: held > 0 ? 'held' : 'no-occasion' };
}

function reasonOf({ detail, missing }: RuleStatus['reasons'][number]): string {
  return missing.length === 0 ? detail.replace(/\.$/, '') : `not recorded: ${missing.join(', ')}`;
}

function claimsOf(
  claim: Claim,
  sets: readonly TraceSet[],
  rules: readonly RuleRow[],
  shown: readonly ReadonlyMap<string, FunctionInSet>[],
): readonly SetClaim[] {
  return sets.flatMap(({ name, role }, i) =>
    role === 'with' ? [{ set: name, ...judgeClaim(claim, i, sets, rules, shown) }] : [],
  );
}

/** `withPatch` is the index of the set that the claim is about. */
function judgeClaim(
  claim: Claim,
  withPatch: number,
  sets: readonly TraceSet[],
  rules: readonly RuleRow[],
  shown: readonly ReadonlyMap<string, FunctionInSet>[],
): ClaimResult {
  const without = sets.findIndex((set) => set.role === 'without');
  if (claim.about === 'function') {
    const facts = factsOf(shown[withPatch]!.get(claim.name)!, sets[withPatch]!);
    return judgeFunction(claim, facts);
  }
  const row = rules.find((rule) => rule.id === claim.rule);
  const outcome = (set: number): SetOutcome | undefined => {
    if (set < 0) return undefined;
    const whole = row?.outcomes[set] ?? NOT_JUDGED;
    return claim.within === undefined
      ? whole
      : outcomeWithin(whole, claim.rule, shown[set]!.get(claim.within)!);
  };
  return judgeRule(claim, outcome(without), outcome(withPatch) ?? NOT_JUDGED);
}

const NOT_JUDGED: SetOutcome = {
  state: 'undecided',
  broken: 0,
  decided: 0,
  undecided: 0,
  why: [NOT_BY_PROFILE],
};

/** The rule's outcome in one function: its checks there are the function's runs. */
function outcomeWithin(whole: SetOutcome, rule: string, shown: FunctionInSet): SetOutcome {
  const broken = shown.findings.filter(({ finding }) => finding.rule === rule).length;
  const counts = {
    broken,
    decided: Math.max(shown.runs, broken),
    undecided: whole.undecided,
    why: whole.why,
  };
  if (broken > 0) return { ...counts, state: 'broken' };
  if (whole.state === 'undecided' || whole.undecided > 0) return { ...counts, state: 'undecided' };
  if (shown.kind === 'did-not-run') return { ...counts, state: 'no-occasion' };
  if (shown.runs === 0) return { ...counts, state: 'undecided', why: ['the function is not seen to run'] };
  return { ...counts, state: whole.state === 'no-occasion' ? 'no-occasion' : 'held' };
}

/** Kinds by which a function has run for certain. */
export const PROVES_A_RUN: readonly EvidenceKind[] = ['ran', 'active', 'reached', 'at-least'];

function factsOf({ kind, returns, results }: FunctionInSet, { traces }: TraceSet): FunctionFacts {
  return {
    hasRun: PROVES_A_RUN.includes(kind),
    didNotRun: kind === 'did-not-run',
    returns,
    results,
    isWhole: traces.every((trace) => trace.table.losses.length === 0),
  };
}

/** In what the sets differ besides the patch. */
function differencesOf(sets: readonly TraceSet[]): readonly string[] {
  const without = sets.find((set) => set.role === 'without');
  if (!without) return [];
  const before = aboutSet(without);
  return sets.flatMap((set) =>
    set.role === 'with' ? differencesTo(before, aboutSet(set), setText(set)) : [],
  );
}

/** What two sets are compared by. */
interface AboutSet {
  readonly kernels: string;
  readonly events: ReadonlySet<string>;
  readonly workload: Workload;
}

function aboutSet({ traces }: TraceSet): AboutSet {
  const kernels = new Set(traces.map(({ table }) => table.meta.kernel).filter((kernel) => kernel !== ''));
  const names = traces.flatMap(({ table }) =>
    Array.from({ length: table.names.size }, (_, i) => table.names.text(i)),
  );
  return {
    kernels: [...kernels].join(', '),
    events: new Set(names.filter((name) => name !== '')),
    workload: workloadOf(traces),
  };
}

/** `where` is `With the patch`, or `With v3`. */
function differencesTo(before: AboutSet, after: AboutSet, where: string): readonly string[] {
  const out: string[] = [];
  const inSentence = where.replace('With', 'with');
  if (before.kernels !== after.kernels && before.kernels !== '' && after.kernels !== '')
    out.push(`The kernels are ${before.kernels} without the patch and ${after.kernels} ${inSentence}.`);
  const workload = workloadDifference(before.workload, after.workload, inSentence);
  if (workload !== undefined) out.push(workload);
  const onlyBefore = [...before.events].filter((name) => !after.events.has(name)).sort();
  const onlyAfter = [...after.events].filter((name) => !before.events.has(name)).sort();
  if (onlyBefore.length > 0)
    out.push(`Without the patch there are events ${listed(onlyBefore)}, and none of them ${inSentence}.`);
  if (onlyAfter.length > 0) out.push(`Only ${inSentence} there are events ${listed(onlyAfter)}.`);
  return out;
}

const LISTED_MAX = 6;

export function listed(names: readonly string[]): string {
  const more = names.length - LISTED_MAX;
  return `${names.slice(0, LISTED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A static function of that name in another file may be what was recorded. */
function ambiguousNames(functions: readonly FunctionReport[], index: SourceIndex): readonly string[] {
  return functions.flatMap(({ name, inSets }) => {
    const files = new Set(index.definedIn(name).filter((path) => path.endsWith('.c')));
    const isSeen = inSets.some((shown) => PROVES_A_RUN.includes(shown.kind));
    if (files.size < 2 || !isSeen) return [];
    return [`${name}() is defined in ${files.size} files; which of them ran is not recorded.`];
  });
}

function notShownOf(report: Omit<ReviewReport, 'claims' | 'differences' | 'notShown'>): readonly string[] {
  const { sets, functions, rules, images, touched, series } = report;
  const out: string[] = [];
  if (images && images.until < series.patches.length) out.push(`${sentence(images.reason)}.`);
  for (const [i, set] of sets.entries()) {
    const where = setText(set);
    const kind = (wanted: EvidenceKind): readonly string[] =>
      functions.filter((f) => f.inSets[i]!.kind === wanted).map((f) => `${f.name}()`);
    const hidden = kind('not-observable');
    if (hidden.length > 0) out.push(`${where}, not observable: ${listed(hidden)}.`);
    const perhaps = kind('may-have');
    if (perhaps.length > 0) out.push(`${where}, may have run, which no event proves: ${listed(perhaps)}.`);
    const unreached = functions.flatMap((f) =>
      f.inSets[i]!.notReached.map((name) => `trace_${name}() of ${f.name}()`),
    );
    if (unreached.length > 0) out.push(`${where}, recorded and not reached: ${listed(unreached)}.`);
    const lost = set.traces
      .filter((trace) => trace.table.losses.length > 0)
      .map((trace) => fileNameOnDisk(trace.path));
    if (lost.length > 0) out.push(`${where}, events were lost in ${listed(lost)}.`);
    const open = rules.filter((rule) => rule.outcomes[i]!.state === 'undecided').map((rule) => rule.id);
    if (open.length > 0) out.push(`${where}, undecided: ${listed(open)}.`);
  }
  const single = sets.filter((set) => set.traces.length === 1).map((set) => set.name);
  if (single.length > 0) {
    const of = sets.length > 1 ? ` of ${listed(single)}` : '';
    out.push(`One recording${of}: what it does not show may happen in another.`);
  }
  if (touched.outside.length > 0) {
    const count = touched.outside.length;
    const hunks = count === 1 ? 'One hunk changes' : `${count} hunks change`;
    out.push(`${hunks} lines outside of functions, which no event stands for.`);
  }
  return out;
}

/** `Without the patch`, `With the patch`, or `With v3`. */
export function setText({ name, role }: TraceSet): string {
  if (role === 'without') return 'Without the patch';
  return name === 'with' ? 'With the patch' : `With ${name}`;
}

/** The set that a review comes to: of several versions, the last. */
export function lastSet({ sets }: Pick<ReviewReport, 'sets'>): TraceSet | undefined {
  return sets[lastIndex(sets)];
}

/** -1 where no set is with the patch. */
export function lastIndex(sets: readonly TraceSet[]): number {
  return sets.map((set) => set.role).lastIndexOf('with');
}

/** What the set that a review comes to has of one function. */
export function findingsInLast(
  { sets }: Pick<ReviewReport, 'sets'>,
  { inSets }: FunctionReport,
): readonly ReviewFinding[] {
  return inSets[lastIndex(sets)]?.findings ?? [];
}

/** Indexes of the patches that are asked for. */
export function wantedPatches({
  series,
  touched,
}: Pick<ReviewReport, 'series' | 'touched'>): readonly number[] {
  return touched.patches ?? series.patches.map((_, i) => i);
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
