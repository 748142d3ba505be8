/** The headline of a report, as every part of the editor says it: first of all what could be judged. */
import { headlineOf, type Headline } from '../model/findings/headline.js';
import { faultsIn } from './faults.js';
import type { Report } from './protocol/report.js';
import type { Sorted } from './suppressions.js';

export function headlineOfReport(report: Report, { open, aside }: Pick<Sorted, 'open' | 'aside'>): Headline {
  return headlineOf({
    rules: report.rules,
    findings: open,
    faults: faultsIn(open).filter(({ verdict }) => verdict === 'violation').length,
    setAside: aside.filter(({ finding }) => finding.verdict !== 'undecidable').length,
    issues: report.issues,
    events: report.events,
  });
}

/** A tick is for a trace alone of which every rule that applies was decided. */
export const STATE_ICONS: Readonly<Record<Headline['state'], string>> = {
  'nothing-judged': 'warning',
  violation: 'error',
  suspicious: 'warning',
  undecided: 'question',
  held: 'pass',
};
