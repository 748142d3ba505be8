/** What every renderer of findings starts from, and how they all name places, events and times. */
import { NS_PER_SECOND, secondDigits } from '../../parsers/base/units.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { UNKNOWN_CPU, type EventTable } from '../../parsers/events/table.js';
import { ISSUE_KINDS, type Issue } from '../../parsers/events/issues.js';
import type { Analysis } from '../analysis.js';
import type { Finding, PageRange, ProfileId, Severity, UndecidedReason, Verdict } from './finding.js';
import { hex } from '../pages/state.js';

/** The facts of a rule that reports show. */
export interface RuleInfo {
  readonly id: string;
  readonly name: string;
  readonly profile: ProfileId;
  readonly statement: string;
  readonly source: string;
  readonly severity: Severity;
  /** `invariant`: can be violated; `suspicion`: at most suspicious. */
  readonly nature: 'invariant' | 'suspicion';
  /** Event kinds without which a violation could not be found: every group needs one of its kinds. */
  readonly needs: readonly (readonly EventKind[])[];
  /** Kinds that show whether what looks broken is legal, asked for check by check. */
  readonly excuses?: readonly (readonly EventKind[])[];
  readonly fix: string;
}

/** What a severity means. */
export const SEVERITY_WORDS = ['', 'isolation broken', 'contract broken', 'harmful', 'hygiene'] as const;

/** One judged trace, under the path that the user gave. */
export interface TraceReport {
  readonly path: string;
  readonly table: EventTable;
  readonly analysis: Analysis;
  /** Every rule there is; those of other profiles are not shown. */
  readonly rules: readonly RuleInfo[];
  /** Only findings of these verdicts are listed; what is counted and summed up stays. Absent: all. */
  readonly verdicts?: readonly Verdict[];
  /** At most so many findings are listed, in JUnit of each rule; the others are counted. Absent: all. */
  readonly maxFindings?: number;
  /** Findings that were set aside with a reason: not among those of the analysis. */
  readonly suppressed?: readonly SuppressedFinding[];
  /** What is written down for this trace and sets nothing of it aside. */
  readonly stale?: readonly StaleSuppression[];
  /** The files of a trace that was merged from several, in their order. */
  readonly files?: readonly string[];
  /** The file that a row came from, where there are several. */
  readonly pathOf?: (row: number) => string;
}

/** The findings that are listed. */
export function listedFindings(report: TraceReport): readonly Finding[] {
  const wanted = wantedFindings(report);
  return report.maxFindings === undefined ? wanted : wanted.slice(0, report.maxFindings);
}

/** How many findings of the wanted verdicts are only counted. */
export function unlistedCount(report: TraceReport): number {
  return Math.max(0, wantedFindings(report).length - (report.maxFindings ?? Infinity));
}

function wantedFindings({ analysis, verdicts }: TraceReport): readonly Finding[] {
  return verdicts === undefined
    ? analysis.findings
    : analysis.findings.filter(({ verdict }) => verdicts.includes(verdict));
}

export interface SuppressedFinding {
  readonly finding: Finding;
  readonly reason: string;
}

/** Why an entry sets nothing aside. */
export type StaleReason = 'unbound' | 'other-recording' | 'not-found';

export interface StaleSuppression {
  /** A rule and its message, or the id of a finding. */
  readonly about: string;
  readonly reason: string;
  readonly why: StaleReason;
}

/** What there is to know and to do about a stale entry. */
export const STALE_TEXTS: Readonly<Record<StaleReason, string>> = {
  unbound:
    'it names a file and a row, which the next recording of that name has too, and sets nothing aside: ' +
    'look at the finding again, and set it aside anew',
  'other-recording':
    'it was for another recording of this name: look at what this one has, and set that aside by itself',
  'not-found': 'this recording no longer has what it was about: remove it',
};

/** Place of an event: in text a line, in a binary trace the event's number as `shimtrace events` lists it. */
export interface Place {
  readonly line: number;
  /** Byte offset in the source. */
  readonly offset: number;
}

export function placeOf(table: EventTable, row: number): Place {
  if (row < 0 || row >= table.length) return { line: 0, offset: 0 };
  const line = table.line(row);
  return { line: line > 0 ? line : row + 1, offset: table.at(row) };
}

/** `path:line:column`, with column 1: an event is its whole line. */
export function address(report: TraceReport, row: number): string {
  return `${report.pathOf?.(row) ?? report.path}:${placeOf(report.table, row).line}:1`;
}

const PER_SECOND = 1_000_000_000n;

/** What times are printed by. */
export type TimeMeta = Pick<EventTable['meta'], 't0' | 'timeUnit' | 'resolution'>;

/** The start of a trace in whole seconds and the rest in nanoseconds, NaN where it is before zero. */
interface Start {
  readonly t0: bigint;
  readonly seconds: number;
  readonly rest: number;
}

let lastStart: Start = { t0: 0n, seconds: 0, rest: 0 };

/** By numbers, and the last one kept: a listing prints the times of millions of events of one trace. */
export function startOf({ t0 }: Pick<TimeMeta, 't0'>): Start {
  if (lastStart.t0 !== t0)
    lastStart = { t0, seconds: Number(t0 / PER_SECOND), rest: t0 < 0n ? NaN : Number(t0 % PER_SECOND) };
  return lastStart;
}

/**
 * Time as the trace prints it: seconds with the trace's own number of digits, ticks as they are, '' without a
 * clock.
 */
export function timeText(table: EventTable, row: number): string {
  return row < 0 || row >= table.length ? '' : textOfTime(table.meta, table.ts(row));
}

/** The same of a time since the trace's t0. */
export function textOfTime(meta: TimeMeta, ts: number): string {
  const { timeUnit, resolution, t0 } = meta;
  if (timeUnit === 'none') return '';
  if (timeUnit === 'ticks') return String(t0 + BigInt(ts));
  const digits = secondDigits(resolution);
  const start = startOf(meta);
  const rest = start.rest + ts;
  if (rest >= 0 && Number.isSafeInteger(rest)) {
    const seconds = Math.floor(rest / NS_PER_SECOND);
    return `${start.seconds + seconds}.${String(rest - seconds * NS_PER_SECOND)
      .padStart(9, '0')
      .slice(0, digits)}`;
  }
  const t = t0 + BigInt(ts);
  const magnitude = t < 0n ? -t : t;
  const fraction = String(magnitude % PER_SECOND)
    .padStart(9, '0')
    .slice(0, digits);
  return `${t < 0n ? '-' : ''}${magnitude / PER_SECOND}.${fraction}`;
}

/** `[001] qemu-274` or what of it is known. */
export function actorText(table: EventTable, row: number): string {
  const cpu = table.cpu(row);
  const tid = table.tid(row);
  const comm = table.comm(row);
  const task = tid >= 0 ? `${comm === '' ? 'tid' : comm}-${tid}` : comm;
  return [cpu === UNKNOWN_CPU ? '' : `[${String(cpu).padStart(3, '0')}]`, task]
    .filter((s) => s !== '')
    .join(' ');
}

/** `kvm:0xffff8881009cc000 gfn 0x100001..0x100002`; '' when a finding is about no page. */
export function pagesText(analysis: Analysis, pages: PageRange | undefined): string {
  if (!pages || !(pages.count > 0)) return '';
  const owner = pages.unit === 'gfn' ? analysis.vms[pages.vm]?.label : analysis.inodes[pages.inode]?.label;
  const last = pages.count > 1 ? `..${hex(pages.first + pages.count - 1)}` : '';
  return `${owner === undefined ? '' : `${owner} `}${pages.unit} ${hex(pages.first)}${last}`;
}

/** Compilers' words, so that editors step through them: an undecidable finding is information. */
export function verdictWord(verdict: Verdict): 'error' | 'warning' | 'info' {
  if (verdict === 'violation') return 'error';
  return verdict === 'suspicious' ? 'warning' : 'info';
}

/** What an issue says, with its facts and what to do. */
export function issueText(issue: Issue): string {
  const kind = ISSUE_KINDS[issue.code];
  const detail = issue.detail === '' ? '' : ` (${issue.detail})`;
  const times = issue.count > 1 ? ` ${issue.count} times from here on.` : '';
  return `${kind.sentence}${detail}${times} ${kind.advice}`;
}

/**
 * `not-recorded ×3 from line 120: sentence Missing: a, b`; without a count where no check was ever triggered.
 */
export function reasonText(table: EventTable, reason: UndecidedReason): string {
  const from =
    reason.count > 0 && reason.row < table.length
      ? ` ×${reason.count} from line ${placeOf(table, reason.row).line}`
      : '';
  const missing = reason.missing.length === 0 ? '' : ` Missing: ${reason.missing.join(', ')}.`;
  return `${reason.reason}${from}: ${reason.detail}${missing}`;
}

/** The rule of a finding or status; undefined where the report has none of this id. */
export function ruleOf<T extends Pick<RuleInfo, 'id'>>(
  { rules }: { readonly rules: readonly T[] },
  id: string,
): T | undefined {
  return rules.find((rule) => rule.id === id);
}

/** `G9 refs-safe`. */
export function ruleTitle(
  report: { readonly rules: readonly Pick<RuleInfo, 'id' | 'name'>[] },
  id: string,
): string {
  return `${id} ${ruleOf(report, id)?.name ?? ''}`.trim();
}
