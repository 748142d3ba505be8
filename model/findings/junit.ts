/**
 * Findings as JUnit XML: a suite per trace, a test case per rule, so that CI systems show each rule's
 * verdict.
 */
import type { Finding, RuleStatus } from './finding.js';
import { outcomeOf, reportHeadline } from './headline.js';
import { address, reasonText, ruleOf, type TraceReport } from './report.js';

/** All judged traces of one call, asked for one at a time, as one document that ends in a newline. */
export function renderJunit(reports: Iterable<TraceReport>): string {
  const suites = Array.from(reports, suite);
  const total = (key: 'tests' | 'failures' | 'skipped'): number => suites.reduce((n, s) => n + s[key], 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="shimtrace" tests="${total('tests')}" failures="${total('failures')}" errors="0">`,
    ...suites.map((s) => s.xml),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
  readonly xml: string;
}

function suite(report: TraceReport): Suite {
  const cases = report.analysis.rules.map((status) => testCase(report, status));
  const failures = cases.filter((c) => c.outcome === 'failure').length;
  const skipped = cases.filter((c) => c.outcome === 'skipped').length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const head = `  <testsuite name="${escapeXml(report.path)}" ${counts} time="0">`;
  const properties = [
    '    <properties>',
    `      <property name="headline" value="${escapeXml(reportHeadline(report).text)}"/>`,
    '    </properties>',
  ];
  return {
    tests: cases.length,
    failures,
    skipped,
    xml: [head, ...properties, ...cases.map((c) => c.xml), '  </testsuite>'].join('\n'),
  };
}

function testCase(
  report: TraceReport,
  status: RuleStatus,
): { readonly outcome: 'pass' | 'failure' | 'skipped'; readonly xml: string } {
  const mine = report.analysis.findings.filter((f) => f.rule === status.id && f.profile === status.profile);
  const violations = mine.filter((f) => f.verdict === 'violation');
  const name = `${status.id} ${ruleOf(report, status.id)?.name ?? ''}`.trim();
  const open = `    <testcase classname="${escapeXml(status.profile)}" name="${escapeXml(name)}" time="0">`;
  const body: string[] = [];
  for (const f of violations) {
    const attributes = `message="${escapeXml(f.message)}" type="${escapeXml(f.rule)}"`;
    body.push(`      <failure ${attributes}>${escapeXml(findingText(report, f))}</failure>`);
  }
  const outcome = outcomeOf(status);
  const undecided = violations.length === 0 && (outcome === 'undecided' || outcome === 'not-applicable');
  if (undecided) {
    const why =
      outcome === 'not-applicable'
        ? 'not applicable to this trace'
        : status.reasons.map((r) => reasonText(report.table, r)).join(' ');
    body.push(`      <skipped message="${escapeXml(why)}"/>`);
  }
  const notes = mine.filter((f) => f.verdict === 'suspicious');
  if (notes.length > 0)
    body.push(
      `      <system-out>${escapeXml(notes.map((f) => findingText(report, f)).join('\n'))}</system-out>`,
    );
  const xml = [open, ...body, '    </testcase>'].join('\n');
  if (violations.length > 0) return { outcome: 'failure', xml };
  return { outcome: undecided ? 'skipped' : 'pass', xml };
}

function findingText(report: TraceReport, finding: Finding): string {
  const evidence = finding.evidence.map(
    (e) => `  ${address(report, e.row)}: ${e.note} (${report.table.name(e.row)})`,
  );
  return [`${address(report, finding.at)}: ${finding.message} (${finding.id})`, ...evidence].join('\n');
}

/** XML 1.0 has no way to write most control characters: they become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot hold
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    )
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
