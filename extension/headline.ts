/** The headline of a report, as every part of the editor says it: first of all what could be judged. */
import { headlineOf, type Headline } from '../model/findings/headline.js';
import { violatedFaultsIn } from './faults.js';
import { plural } from '../parsers/base/plural.js';
import type { FirstReport, Report } from './protocol/report.js';
import type { Sorted } from './suppressions.js';

export function headlineOfReport(report: Report, { open, aside }: Pick<Sorted, 'open' | 'aside'>): Headline {
  return headlineOf({
    rules: report.rules,
    findings: open,
    faults: violatedFaultsIn(open),
    setAside: aside.filter(({ finding }) => finding.verdict !== 'undecidable').length,
    issues: report.issues,
    events: report.events,
  });
}

/** What was found so far, and how far that is: nothing is said of what was not found. */
export function headlineSoFar({ untilLine, more }: FirstReport, { open }: Pick<Sorted, 'open'>): string {
  const of = (verdict: string): number => open.filter((finding) => finding.verdict === verdict).length;
  const counts = [
    ...(of('violation') > 0 ? [plural(of('violation'), 'violation')] : []),
    ...(of('suspicious') > 0 ? [`${of('suspicious')} suspicious`] : []),
    ...(more > 0 ? [`${more} more`] : []),
  ];
  return `${counts.length > 0 ? counts.join(', ') : 'all set aside'} up to line ${untilLine}`;
}

/** A tick is for a trace alone of which every rule that applies was decided. */
export const STATE_ICONS: Readonly<Record<Headline['state'], string>> = {
  'nothing-judged': 'warning',
  violation: 'error',
  suspicious: 'warning',
  undecided: 'question',
  held: 'pass',
};
