/**
 * Findings as SARIF 2.1.0 (OASIS, errata 01): a run per trace, a result per finding with its evidence as a
 * code flow whose steps hold the page's state after each event; a rule that was not decided is a result of
 * kind `open`.
 */
import { ISSUE_KINDS } from '../../parsers/events/issues.js';
import type { Finding, RuleStatus, Verdict } from './finding.js';
import { reportHeadline, type Headline } from './headline.js';
import { jsonParts, Lazily, mapped } from './jsonParts.js';
import {
  issueText,
  listedFindings,
  reasonText,
  unlistedCount,
  type RuleInfo,
  type TraceReport,
} from './report.js';
import { describeDimension, DIMENSIONS } from '../pages/state.js';
import { pageOf, stateAtRow } from '../pages/query.js';

const SCHEMA_URI =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/**
 * All judged traces of one call, asked for one at a time, as the parts of one log that ends in a newline.
 * `version` is this tool's.
 */
export function renderSarif(reports: Iterable<TraceReport>, version: string): Generator<string> {
  return sarifLog(mapped(reports, (report) => run(report, version)));
}

/** Runs as the parts of one log that ends in a newline. */
export function* sarifLog(runs: Iterable<object>): Generator<string> {
  yield* jsonParts({ $schema: SCHEMA_URI, version: '2.1.0', runs: new Lazily(runs) });
  yield '\n';
}

function run(report: TraceReport, version: string): object {
  const profiles = new Set<string>(report.analysis.profiles);
  const rules = report.rules.filter((rule) => profiles.has(rule.profile));
  const headline = reportHeadline(report);
  return {
    tool: { driver: { name: 'shimtrace', version, rules: rules.map(descriptor) } },
    invocations: [
      {
        executionSuccessful: !report.table.issues.some(
          (issue) => ISSUE_KINDS[issue.code].severity === 'error',
        ),
        toolExecutionNotifications: [
          headlineNotification(headline),
          ...report.table.issues.map((issue) => notification(report, issue)),
        ],
        properties: {
          headline: headline.text,
          state: headline.state,
          ...(report.maxFindings !== undefined && { unlistedFindings: unlistedCount(report) }),
        },
      },
    ],
    artifacts: (report.files ?? [report.path]).map((file) => ({
      location: { uri: toUri(file) },
      roles: ['analysisTarget'],
    })),
    columnKind: 'utf16CodeUnits',
    results: new Lazily(results(report, rules)),
  };
}

function* results(report: TraceReport, rules: readonly RuleInfo[]): Generator<object> {
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  for (const finding of listedFindings(report)) yield result(report, finding, indexOf.get(finding.rule));
  for (const status of report.analysis.rules)
    if (status.status !== 'judged') yield openResult(report, status, indexOf.get(status.id));
}

function descriptor(rule: RuleInfo): object {
  return {
    id: rule.id,
    name: rule.name,
    shortDescription: { text: rule.statement },
    fullDescription: { text: `${rule.statement} Source: ${rule.source}` },
    help: { text: `To fix: ${rule.fix}` },
    defaultConfiguration: { level: rule.severity <= 2 ? 'error' : 'warning' },
    properties: { profile: rule.profile, severity: rule.severity },
  };
}

const NOTIFICATION_LEVELS = { error: 'error', dataLoss: 'warning', notice: 'note', info: 'note' } as const;
/** A kind other than `fail` must have level `none` (SARIF 3.27.10). */
const RESULT_LEVELS: Readonly<Record<Verdict, string>> = {
  violation: 'error',
  suspicious: 'warning',
  undecidable: 'none',
};

/** What could be judged, first of all that a viewer shows of the run. */
function headlineNotification({ text, state }: Headline): object {
  return {
    descriptor: { id: 'headline' },
    level: state === 'nothing-judged' ? 'warning' : 'note',
    message: { text },
  };
}

function notification(report: TraceReport, issue: TraceReport['table']['issues'][number]): object {
  const { severity } = ISSUE_KINDS[issue.code];
  return {
    descriptor: { id: issue.code },
    level: NOTIFICATION_LEVELS[severity],
    message: { text: issueText(issue) },
    locations: [{ physicalLocation: physical(report, issue.line, issue.offset, issue.file) }],
  };
}

function result(report: TraceReport, finding: Finding, ruleIndex: number | undefined): object {
  const kind = finding.verdict === 'undecidable' ? 'open' : 'fail';
  return {
    ruleId: finding.rule,
    ...(ruleIndex !== undefined && { ruleIndex }),
    kind,
    level: RESULT_LEVELS[finding.verdict],
    message: { text: finding.message },
    locations: [location(report, finding.at)],
    partialFingerprints: { 'shimtraceFindingId/v1': finding.id },
    codeFlows: [
      {
        threadFlows: [{ locations: finding.evidence.map((e, i) => step(report, finding, e.row, e.note, i)) }],
      },
    ],
    properties: {
      profile: finding.profile,
      verdict: finding.verdict,
      severity: finding.severity,
      ...(finding.reason ? { reason: finding.reason } : {}),
    },
  };
}

function openResult(report: TraceReport, status: RuleStatus, ruleIndex: number | undefined): object {
  const notApplicable = status.status === 'not-applicable';
  const reasons = status.reasons.map((reason) => reasonText(report.table, reason)).join(' ');
  const text = notApplicable
    ? `${status.id} does not apply to this trace.`
    : `${status.id} could not be decided: ${reasons}`;
  const first = status.reasons[0];
  return {
    ruleId: status.id,
    ...(ruleIndex !== undefined && { ruleIndex }),
    kind: notApplicable ? 'notApplicable' : 'open',
    level: 'none',
    message: { text },
    ...(first && first.row < report.table.length ? { locations: [location(report, first.row)] } : {}),
    properties: { profile: status.profile, checks: status.checks },
  };
}

function step(report: TraceReport, finding: Finding, row: number, note: string, index: number): object {
  return {
    executionOrder: index + 1,
    location: { ...location(report, row), message: { text: `${report.table.name(row)}: ${note}` } },
    state: stateOf(report, finding, row),
  };
}

/** The first page of the finding after `row`, a word or two for each dimension. */
function stateOf(report: TraceReport, finding: Finding, row: number): Record<string, { text: string }> {
  const page = finding.pages && pageOf(finding.pages);
  if (!page) return {};
  const state = stateAtRow(report.analysis, page, row);
  const out: Record<string, { text: string }> = {};
  for (const dimension of DIMENSIONS) {
    const text = describeDimension(state, dimension);
    if (text !== '') out[dimension] = { text };
  }
  return out;
}

function location(report: TraceReport, row: number): object {
  const { table } = report;
  return {
    physicalLocation: physical(
      report,
      row < table.length ? table.line(row) : 0,
      row < table.length ? table.at(row) : 0,
      report.pathOf?.(row),
    ),
  };
}

/** A line in text; a byte offset where there are no lines. */
function physical(report: TraceReport, line: number, offset: number, file = report.path): object {
  const region = line > 0 ? { startLine: line } : { byteOffset: offset };
  return {
    artifactLocation: { uri: toUri(file), index: Math.max(0, report.files?.indexOf(file) ?? 0) },
    region,
  };
}

/** A path as a URI reference: relative stays relative, absolute becomes file://. */
export function toUri(path: string): string {
  const encoded = path
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}
