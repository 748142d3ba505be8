/**
 * Findings as JUnit XML: a suite per trace, a test case per rule, so that CI systems show each rule's
 * verdict.
 */
import type { Finding, RuleStatus } from './finding.js';
import { plural } from '../../parsers/base/plural.js';
import { outcomeOf, reportHeadline, type RuleOutcome } from './headline.js';
import { address, reasonText, ruleTitle, type TraceReport } from './report.js';

/**
 * All judged traces of one call, asked for one at a time, as the parts of one document that ends in a
 * newline. Only the suites have totals: those of all would have to be known before the first is judged.
 */
export function* renderJunit(reports: Iterable<TraceReport>): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="shimtrace">\n';
  for (const report of reports) yield* suite(report);
  yield '</testsuites>\n';
}

function* suite(report: TraceReport): Generator<string> {
  const cases = report.analysis.rules.map((status) => new TestCase(report, status));
  const count = (outcome: CaseOutcome): number => cases.filter((c) => c.outcome === outcome).length;
  const found = `failures="${count('failure')}" errors="0" skipped="${count('skipped')}"`;
  const counts = `tests="${cases.length}" ${found}`;
  yield `  <testsuite name="${escapeXml(report.path)}" ${counts} time="0">\n`;
  yield '    <properties>\n';
  yield `      <property name="headline" value="${escapeXml(reportHeadline(report).text)}"/>\n`;
  yield '    </properties>\n';
  for (const each of cases) yield* each.xml();
  yield '  </testsuite>\n';
}

type CaseOutcome = 'pass' | 'failure' | 'skipped';

/** One rule of a trace. */
class TestCase {
  readonly outcome: CaseOutcome;
  private readonly violations: readonly Finding[];
  private readonly notes: readonly Finding[];

  constructor(
    private readonly report: TraceReport,
    private readonly status: RuleStatus,
  ) {
    const mine = report.analysis.findings.filter((f) => f.rule === status.id && f.profile === status.profile);
    this.violations = mine.filter((f) => f.verdict === 'violation');
    this.notes = mine.filter((f) => f.verdict === 'suspicious');
    if (this.violations.length > 0) this.outcome = 'failure';
    else this.outcome = NOT_DECIDED.includes(outcomeOf(status)) ? 'skipped' : 'pass';
  }

  *xml(): Generator<string> {
    const { report, status } = this;
    const name = ruleTitle(report, status.id);
    yield `    <testcase classname="${escapeXml(status.profile)}" name="${escapeXml(name)}" time="0">\n`;
    // A case is a failure by its first violation: at least one is listed.
    const most = Math.max(1, report.maxFindings ?? Infinity);
    for (const f of this.violations.slice(0, most)) {
      const attributes = `message="${escapeXml(f.message)}" type="${escapeXml(f.rule)}"`;
      yield `      <failure ${attributes}>${escapeXml(failureText(report, f))}</failure>\n`;
    }
    if (this.outcome === 'skipped') yield `      <skipped message="${escapeXml(this.whySkipped())}"/>\n`;
    yield* this.systemOut(most);
    yield '    </testcase>\n';
  }

  private whySkipped(): string {
    if (outcomeOf(this.status) === 'not-applicable') return 'not applicable to this trace';
    return this.status.reasons.map((r) => reasonText(this.report.table, r)).join(' ');
  }

  private *systemOut(most: number): Generator<string> {
    const unlisted = Math.max(0, this.violations.length - most) + Math.max(0, this.notes.length - most);
    if (this.notes.length === 0 && unlisted === 0) return;
    let before = '      <system-out>';
    for (const note of this.notes.slice(0, most)) {
      yield `${before}${escapeXml(failureText(this.report, note))}`;
      before = '\n';
    }
    if (unlisted > 0) yield `${before}${plural(unlisted, 'more finding')}, not listed`;
    yield '</system-out>\n';
  }
}

const NOT_DECIDED: readonly RuleOutcome[] = ['undecided', 'not-applicable'];

function failureText(report: TraceReport, finding: Finding): string {
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
