/** What Problems has of a report, in any editor: an entry for each event of a fault, each open question. */
import { byMessage, evidenceOnce } from '../model/findings/shows.js';
import type { Report, ReportedEvidence, ReportedFinding } from './protocol/report.js';
import { faultsIn, rowOf, rulesText, type ReportedFault } from './faults.js';

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

/** In the order of the trace. */
export function problemsOf(
  { rules }: Pick<Report, 'rules'>,
  open: readonly ReportedFinding[],
): readonly Problem[] {
  const undecided = open
    .filter(({ verdict }) => verdict === 'undecidable')
    .map((finding) => problemOf(rules, [finding], undefined, 0));
  const faults = faultsIn(open).flatMap((fault) =>
    fault.sights.map(({ findings }, i) => problemOf(rules, findings, fault, i + 1)),
  );
  return [...faults, ...undecided].sort((a, b) => a.lead.at.row - b.lead.at.row);
}

function problemOf(
  rules: Report['rules'],
  findings: readonly ReportedFinding[],
  fault: ReportedFault | undefined,
  nth: number,
): Problem {
  return {
    lead: findings[0]!,
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
