/** What Problems has of a report, in any editor: an entry for each event of a fault, each open question. */
import { byMessage, evidenceOnce } from '../model/findings/shows.js';
import type { Report, ReportedEvidence, ReportedFinding } from './protocol/report.js';
import { rank } from '../model/findings/rank.js';
import { plural } from '../parsers/base/plural.js';
import { faultsIn, rowOf, rulesText, type ReportedFault } from './faults.js';

/** So many are listed of a file, and one that says so: VS Code shows a thousand. */
const LISTED_MAX = 999;
/** So many other events of a fault are listed at each. */
const OTHERS_MAX = 20;

export interface Problem {
  readonly lead: ReportedFinding;
  readonly findings: readonly ReportedFinding[];
  /** The rules that are broken, with their names. */
  readonly rules: string;
  /** Which time it is that its fault is seen, of how many; 0 of 0 for what is undecided. */
  readonly nth: number;
  readonly times: number;
  /** What shows it, each event's part once, in the order of the trace. */
  readonly evidence: readonly ReportedEvidence[];
  /** The same fault at other events, the nearest of them: what leads there. */
  readonly others: readonly ReportedFinding[];
}

/** A problem before it is told: the findings of a fault at one event, or one that could not be decided. */
export interface Entry extends Pick<Problem, 'lead' | 'findings' | 'nth'> {
  readonly fault?: ReportedFault;
}

/** What Problems could have, in the order of the trace. */
export function entriesOf(open: readonly ReportedFinding[]): readonly Entry[] {
  const undecided = open
    .filter(({ verdict }) => verdict === 'undecidable')
    .map((lead): Entry => ({ lead, findings: [lead], nth: 0 }));
  const faults = faultsIn(open).flatMap((fault) =>
    fault.sights.map(({ findings }, i): Entry => ({ lead: findings[0]!, findings, nth: i + 1, fault })),
  );
  return [...faults, ...undecided].sort(inOrder);
}

function inOrder(a: Entry, b: Entry): number {
  return a.lead.at.row - b.lead.at.row;
}

/**
 * The problems of a file in the order of the trace: the worst where there are very many, and how many more
 * there would be.
 */
export function problemsOf(
  { rules }: Pick<Report, 'rules'>,
  entries: readonly Entry[],
): { readonly listed: readonly Problem[]; readonly unlisted: number } {
  const unlisted = Math.max(0, entries.length - LISTED_MAX);
  const listed = unlisted === 0 ? entries : worstFirst(entries).slice(0, LISTED_MAX).sort(inOrder);
  return { listed: listed.map((entry) => problemOf(rules, entry)), unlisted };
}

/** Of those that are as bad, the first of the trace first. */
function worstFirst(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => rank(a.lead) - rank(b.lead));
}

/** What stands at the top of a file of which not all is listed. */
export function unlistedMessage(unlisted: number): string {
  return `${plural(unlisted, 'more event')} with findings, not listed here: shimtrace check lists all`;
}

function problemOf(rules: Report['rules'], { lead, findings, nth, fault }: Entry): Problem {
  return {
    lead,
    findings,
    rules: rulesText(rules, findings),
    nth,
    times: fault?.sights.length ?? 0,
    evidence: evidenceOnce<ReportedEvidence, ReportedFinding>(findings, rowOf),
    others: fault ? othersNear(fault, nth - 1) : [],
  };
}

/** What leads at the sights around one: a fault may be seen so often that all by all is no list any more. */
function othersNear({ sights }: ReportedFault, at: number): ReportedFinding[] {
  const from = Math.max(0, Math.min(at - OTHERS_MAX / 2, sights.length - OTHERS_MAX - 1));
  return sights
    .slice(from, from + OTHERS_MAX + 1)
    .filter((sight) => sight !== sights[at])
    .map(({ findings }) => findings[0]!);
}

/** The title, which time it is that the fault is seen, and what each rule says. */
export function problemMessage({ lead, findings, nth, times }: Problem): string {
  if (times === 0) return lead.message;
  const said = byMessage(findings)
    .map(([message]) => message)
    .join('; ');
  return `${lead.title}${times > 1 ? ` (${nth} of ${times})` : ''}: ${said}`;
}
