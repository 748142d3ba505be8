/** What a review comes to, in one word and one sentence, for programs that want no more. */
import { claimText } from './body.js';
import { findingsInLast, lastSet, listed, type ReviewReport } from './report.js';

export type ReviewState = 'fail' | 'warning' | 'pass' | 'nothing';

export interface ReviewOutcome {
  readonly state: ReviewState;
  readonly summary: string;
  /** Further sentences. */
  readonly details: readonly string[];
}

/**
 * Of several versions the last counts. A claim that is contradicted or a violation with the patch fails; what
 * cannot be told or seen is a warning; a patch that touches no function comes to nothing.
 */
export function outcomeOf(report: ReviewReport): ReviewOutcome {
  const { functions } = report;
  const details = [...report.claims.map(claimText), ...report.notShown];
  const last = lastSet(report);
  const claims = report.claims.filter((claim) => claim.set === last?.name);
  const contradicted = claims.filter((claim) => claim.verdict === 'contradicts');
  if (contradicted.length > 0)
    return {
      state: 'fail',
      summary: `contradicted: ${listed(contradicted.map(({ claim }) => claim.text))}`,
      details,
    };
  const violations = violationsWith(report);
  if (violations.length > 0)
    return { state: 'fail', summary: `violations pass through it: ${listed(violations)}`, details };
  if (functions.length === 0 && claims.length === 0)
    return { state: 'nothing', summary: 'touches no function', details };
  const open = claims.filter((claim) => claim.verdict !== 'supports');
  if (open.length > 0)
    return {
      state: 'warning',
      summary: `not shown: ${listed(open.map(({ claim }) => claim.text))}`,
      details,
    };
  const hidden = functions.filter((f) => f.inSets.every((shown) => HIDDEN.has(shown.kind)));
  if (hidden.length > 0)
    return {
      state: 'warning',
      summary: `not observable: ${listed(hidden.map((f) => `${f.name}()`))}`,
      details,
    };
  return { state: 'pass', summary: 'no violation was found in what it touches', details };
}

const HIDDEN = new Set(['not-observable', 'may-have', 'not-seen', 'absent']);

/** `G9 in f()`, each once. */
function violationsWith(report: ReviewReport): readonly string[] {
  const names = report.functions.flatMap((f) =>
    findingsInLast(report, f)
      .filter(({ finding }) => finding.verdict === 'violation')
      .map(({ finding }) => `${finding.rule} in ${f.name}()`),
  );
  return [...new Set(names)];
}
