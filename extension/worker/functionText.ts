/** What a function is told by in a line: the results that it had, and its events. */
import type { FunctionEvidence } from '../../model/review/evidence.js';
import type { ReviewTrace } from '../../model/review/report.js';
import { traceLine } from '../../model/review/traceLine.js';

const EVENT_COLUMNS = 120;
/** Results of a function that its lens names. */
const RESULTS_SHOWN = 3;

/** `-11 ×3`, each. */
export function resultTexts(results: FunctionEvidence['results']): readonly string[] {
  return [...results].slice(0, RESULTS_SHOWN).map(([result, count]) => `${result} ×${count}`);
}

export function eventText({ table, describe }: ReviewTrace, row: number): string {
  const options = { width: EVENT_COLUMNS, raw: false };
  return traceLine(table, row, describe(row, 'text').text, '', options).trim();
}
