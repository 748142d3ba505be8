/** A finding explained, and what to record for the next one. */
import { explainFinding } from '../../model/findings/explain.js';
import { missingKinds, recordingRecipe } from '../../model/findings/recipe.js';
import { headingOf, pagesTold } from '../../model/findings/title.js';
import { tellEvent } from '../../parsers/told.js';
import { RULES } from './core.js';
import { spotOf } from './place.js';
import type { FindingExplanation } from '../protocol/shapes.js';
import type { Judged } from './judged.js';

export function explain(judged: Judged, id: string): FindingExplanation | null {
  const { trace, analysis } = judged;
  const finding = analysis.findings.find((found) => found.id === id);
  if (!finding) return null;
  const report = { path: '', table: trace.table, analysis, rules: RULES };
  const { steps, ...of } = explainFinding(report, finding, (row) => tellEvent(trace, row));
  return {
    ...of,
    id,
    name: RULES.find((rule) => rule.id === finding.rule)?.name ?? '',
    title: headingOf(analysis, finding),
    verdict: finding.verdict,
    message: finding.message,
    pages: pagesTold(analysis, finding.pages, finding.at),
    steps: steps.map(({ row, line: _line, ...step }) => ({ spot: spotOf(judged, row), ...step })),
  };
}

/** What the trace does not hold, as commands that record it. */
export function recipe({ trace }: Judged): string {
  return `${recordingRecipe(missingKinds(trace.table)).join('\n')}\n`;
}
