/** What a function is told by: the results that it had, its events, what was found in it. */
import type { Finding } from '../../model/findings/finding.js';
import type { FunctionEvidence } from '../../model/review/evidence.js';
import type { ReviewTrace } from '../../model/review/report.js';
import { escapeControls } from '../../model/review/safeText.js';
import { traceLine } from '../../model/review/traceLine.js';
import type { ReviewedFinding } from '../protocol/review.js';
import type { Judged } from './judged.js';
import { spotOf } from './place.js';

const EVENT_COLUMNS = 120;
/** Results of a function that its lens names. */
const RESULTS_SHOWN = 3;

/** A finding that passes through a function, beside its code. */
export function findingView(
  { id, rule, verdict, message, at }: Finding,
  judged: Pick<Judged, 'source' | 'trace' | 'shown' | 'files'>,
): Omit<ReviewedFinding, 'file'> {
  return { id, rule, verdict, message: escapeControls(message), spot: spotOf(judged, at) };
}

/** `-11 ×3`, each. */
export function resultTexts(results: FunctionEvidence['results']): readonly string[] {
  return [...results].slice(0, RESULTS_SHOWN).map(([result, count]) => `${result} ×${count}`);
}

export function eventText({ table, describe }: ReviewTrace, row: number): string {
  const options = { width: EVENT_COLUMNS, raw: false };
  return traceLine(table, row, describe(row, 'text').text, '', options).trim();
}
