/**
 * A review as SARIF 2.1.0: a result per rule and function, on a changed line of the file after the patch,
 * with the lines of the trace as related locations.
 */
import { placeOf } from '../findings/report.js';
import { sarifLog, toUri } from '../findings/sarif.js';
import { lastChangedLine } from './checks.js';
import {
  findingsInLast,
  lastSet,
  type FunctionReport,
  type ReviewFinding,
  type ReviewReport,
  type TraceSet,
} from './report.js';

export function renderReviewSarif(report: ReviewReport, version: string): string {
  const last = lastSet(report);
  const found = last ? report.functions.flatMap((f) => resultsOf(report, f, last)) : [];
  const rules = [...new Set(found.map((each) => each.ruleId))].sort();
  const base = report.series.patches.find((patch) => patch.baseCommit !== '')?.baseCommit;
  const parts = sarifLog([
    {
      tool: { driver: { name: 'shimtrace', version, rules: rules.map((id) => ({ id })) } },
      invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications(report) }],
      columnKind: 'utf16CodeUnits',
      // Its repository is not said, without which SARIF takes no revision.
      ...(base !== undefined && { properties: { baseCommit: base } }),
      results: found.map((each) => ({ ...each, ruleIndex: rules.indexOf(each.ruleId) })),
    },
  ]);
  return [...parts].join('');
}

interface Result {
  readonly ruleId: string;
}

/** One result per rule: what the function does again and again is one fault. */
function resultsOf(report: ReviewReport, f: FunctionReport, last: TraceSet): readonly Result[] {
  const line = lastChangedLine(report, f.hunks);
  if (line === 0) return [];
  const byRule = new Map<string, ReviewFinding[]>();
  for (const each of findingsInLast(report, f))
    byRule.set(each.finding.rule, [...(byRule.get(each.finding.rule) ?? []), each]);
  return [...byRule].map(([ruleId, findings]) => {
    const { finding, trace } = findings[0]!;
    const { table, path, pathOf } = last.traces[trace]!;
    const more = findings.length > 1 ? ` (${findings.length} times)` : '';
    return {
      ruleId,
      kind: 'fail',
      level: finding.verdict === 'violation' ? 'error' : 'warning',
      message: { text: `${f.name}(): ${finding.message}${more}` },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: toUri(f.path) }, region: { startLine: line } },
          logicalLocations: [{ name: f.name, kind: 'function' }],
        },
      ],
      relatedLocations: finding.evidence.map(({ row, note }, id) => ({
        id,
        message: { text: note },
        physicalLocation: {
          artifactLocation: { uri: toUri(pathOf?.(row) ?? path) },
          region: { startLine: placeOf(table, row).line },
        },
      })),
      partialFingerprints: { 'shimtraceReview/v1': `${ruleId}:${f.path}:${f.name}` },
    };
  });
}

/** What is left out, and what is not shown. */
function notifications(report: ReviewReport): readonly object[] {
  const shown = new Set(
    report.functions.flatMap((f) => f.inSets.flatMap((s) => s.findings.map(({ finding }) => finding))),
  );
  const all = lastSet(report)?.traces.flatMap((trace) => trace.analysis.findings) ?? [];
  const elsewhere = all.filter((finding) => finding.verdict !== 'undecidable' && !shown.has(finding)).length;
  const texts = [...report.notShown];
  if (elsewhere > 0) texts.push(`${elsewhere} findings touch no changed line and are left out.`);
  return texts.map((text) => ({ descriptor: { id: 'not-shown' }, level: 'note', message: { text } }));
}
