/**
 * The judging of a trace that is judged again and again while it grows. What was judged is kept, and goes on
 * with the rows that came: what it says is what judging all of them says. That holds as long as all that
 * rules and model have asked of the trace as a whole (whether it has a kind of event, of how many VMs, where
 * events are missing, on which clock) is answered as before; where anything of that is not, all of it is
 * judged anew. What a rule says for either answer (rules/fork.ts) needs none.
 */
import { withMarks, type EventTable, type TableGrowth, type TraceMeta } from '../parsers/events/table.js';
import type { LossMark } from '../parsers/events/issues.js';
import type { Analysis, AnalyzeOptions } from './analysis.js';
import { analyze, Judging, outlookOf, type Outlook } from './analyze.js';
import type { SaidSoFar } from './rules/rule.js';
import type { PageUnit } from './world/pageSize.js';
import { Survey } from './world/survey.js';

interface Kept {
  readonly judging: Judging;
  /** The table that is judged, which becomes each later one; all of it was looked at. */
  readonly table: EventTable;
  /** Goes on with the table's rows. */
  readonly scan: Survey;
  /** Rows that were judged. */
  readonly rows: number;
  /** What each rule had said before it heard the trace's end. */
  readonly said: readonly SaidSoFar[];
  readonly options: AnalyzeOptions;
}

/** Rows up to the last one, or up to where it was cancelled. */
interface Judged {
  readonly judging: Judging;
  readonly cancelled: boolean;
}

export class GrowingAnalysis {
  /** Row from which on the last judging was; why it was of all, '' where it was not. */
  from = { row: 0, why: 'first' };
  private kept: Kept | undefined;

  /** How much is copied at each look at a table that goes on; 0 where the next look begins anew. */
  get extent(): number {
    return this.kept?.scan.extent ?? 0;
  }

  /**
   * Judges a table, of which `growth` says how it goes on from the one that was judged last. The analysis of
   * that one must not be used any more: it shares its operations.
   */
  analyze(table: EventTable, growth: TableGrowth | undefined, options: AnalyzeOptions = {}): Analysis {
    const { judging, cancelled } = this.judged(table, growth, options);
    const analysis = judging.world.survey.aside(() => judging.conclude(cancelled));
    if (findingsLeft(judging, options) > 0) return analysis;
    // Which of them there is no room for shows where none is told in case that it will count.
    this.kept = undefined;
    this.from = { row: 0, why: 'there are as many findings as there is memory for' };
    return analyze(table, options);
  }

  /**
   * Judges the rows up to `end` of a table of which more will be read for sure: nothing is told of its end.
   * What is asked of the whole trace is answered by all of its rows.
   */
  judgeOn(
    table: EventTable,
    growth: TableGrowth | undefined,
    options: AnalyzeOptions = {},
    end = table.length,
  ): void {
    this.judged(table, growth, options, end);
  }

  private judged(
    table: EventTable,
    growth: TableGrowth | undefined,
    options: AnalyzeOptions,
    end = table.length,
  ): Judged {
    const isAsRead = growth?.segments === table.segments;
    const { kept } = this;
    this.kept = undefined;
    if (!growth || !isAsRead || !kept) return this.anew(table, growth, options, end, 'first');
    if (!growth.goesOn) return this.anew(table, growth, options, end, 'read anew');
    const why = whyNotBy(kept, table, options);
    if (why !== '') return this.anew(table, growth, options, end, why);
    const { judging, scan } = kept;
    kept.table.become(table);
    const survey = scan.ended();
    const differs = judging.world.survey.whatDiffers(survey, kept.rows);
    if (differs !== '') return this.anew(table, growth, options, end, differs);
    const outlook = outlookOf(table, survey, options);
    if (!isJudgedAlike(judging.outlook, outlook))
      return this.anew(table, growth, options, end, 'the trace tells otherwise what kernel it is of');
    judging.world.survey.become(survey);
    judging.goOnAs(outlook);
    for (const [i, run] of judging.runs.entries()) run.takeBack(kept.said[i]!);
    this.from = { row: kept.rows, why: '' };
    return this.goOn(judging, kept.table, scan, growth, options, end);
  }

  private anew(
    read: EventTable,
    growth: TableGrowth | undefined,
    options: AnalyzeOptions,
    end: number,
    why: string,
  ): Judged {
    this.from = { row: 0, why };
    // One of its own: others have the one that was read.
    const table = withMarks(read, {});
    const scan = new Survey(table, true);
    const survey = scan.ended();
    const judging = new Judging(table, options, survey, outlookOf(read, survey, options));
    return this.goOn(judging, table, scan, growth, options, end);
  }

  private goOn(
    judging: Judging,
    table: EventTable,
    scan: Survey,
    growth: TableGrowth | undefined,
    options: AnalyzeOptions,
    end: number,
  ): Judged {
    const rows = Math.max(end, this.from.row);
    judging.world.findingsLeft = findingsLeft(judging, options);
    const cancelled = judging.replay(this.from.row, options, rows);
    const said = judging.runs.map((run) => run.saidSoFar());
    const isAsRead = growth?.segments === table.segments;
    // A row that the file's end made may be another one when the file goes on.
    if (!cancelled && isAsRead && growth.lastingRows === table.length)
      this.kept = { judging, table, scan, rows, said, options };
    return { judging, cancelled };
  }
}

/** Findings for which there is room besides those that count; below 0 where there are too many. */
function findingsLeft({ runs }: Judging, { mostFindings = Infinity }: AnalyzeOptions): number {
  return runs.reduce((left, { found }) => left - found, mostFindings);
}

/** Why a table is not to be judged on from where the one before was; '' where it is. */
function whyNotBy(kept: Kept, table: EventTable, options: AnalyzeOptions): string {
  if (!sameOptions(kept.options, options)) return 'judged otherwise';
  if (!sameMeta(kept.table.meta, table.meta)) return 'the trace tells otherwise how it was recorded';
  const known = kept.table.length;
  if (table.length < known || !sameLosses(kept.table.losses, table.losses, known))
    return 'other events are missing before';
  return '';
}

function sameOptions(a: AnalyzeOptions, b: AnalyzeOptions): boolean {
  return (
    sameList(a.profiles, b.profiles) &&
    sameList(a.rules, b.rules) &&
    a.clock === b.clock &&
    a.skewNs === b.skewNs &&
    a.pageBytes === b.pageBytes
  );
}

function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a?.join(' ') === b?.join(' ');
}

/**
 * What no event is judged by: which functions its probes are on, of which more show as they fire, how times
 * are printed, and what is said of the whole recording.
 */
const NOT_JUDGED_BY = ['symbols', 't0', 'resolution', 'cpus', 'said'] as const satisfies (keyof TraceMeta)[];

/** All else that is said of a recording. */
function sameMeta(a: Readonly<TraceMeta>, b: Readonly<TraceMeta>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof TraceMeta>;
  for (const key of NOT_JUDGED_BY) keys.delete(key);
  return [...keys].every((key) => isSame(a[key], b[key]));
}

/** Of plain data: another thread's is a copy. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Set && b instanceof Set)
    return a.size === b.size && [...a].every((member) => b.has(member));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isSame(value, b.get(key)));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [one, other] = [Object.entries(a), b as Record<string, unknown>];
  return (
    one.length === Object.keys(b).length &&
    one.every(([key, value]) => Object.hasOwn(other, key) && isSame(value, other[key]))
  );
}

function samePages(a: PageUnit, b: PageUnit): boolean {
  return a.bytes === b.bytes && a.doubt === b.doubt;
}

function sameLosses(a: readonly LossMark[], b: readonly LossMark[], rows: number): boolean {
  const isBefore = ({ row }: LossMark): boolean => row < rows;
  const [old, now] = [a.filter(isBefore), b.filter(isBefore)];
  const isSame = (one: LossMark, other: LossMark): boolean =>
    one.row === other.row &&
    one.cpu === other.cpu &&
    one.count === other.count &&
    one.offset === other.offset &&
    one.line === other.line &&
    one.fromStart === other.fromStart;
  return old.length === now.length && old.every((mark, i) => isSame(mark, now[i]!));
}

/** True where nothing differs that events are judged by, before the end. */
function isJudgedAlike(a: Outlook, b: Outlook): boolean {
  return (
    a.profiles.join(' ') === b.profiles.join(' ') &&
    a.whyNone === b.whyNone &&
    a.skew === b.skew &&
    samePages(a.pages, b.pages) &&
    a.dialect.machine === b.dialect.machine
  );
}
