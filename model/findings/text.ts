/**
 * Findings as compilers print theirs: `file:line:column: severity: message [rule]`, the evidence indented
 * below, and after the findings of a trace a table of its rules. Vim's quickfix and Emacs' compile mode step
 * through it.
 */
import { ISSUE_KINDS } from '../../parsers/events/issues.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { plural } from '../../parsers/base/plural.js';
import { hex } from '../pages/state.js';
import { countsText } from './counts.js';
import type { Finding, RuleStatus } from './finding.js';
import { outcomeOf, reportHeadline } from './headline.js';
import {
  address,
  issueText,
  listedFindings,
  pagesText,
  reasonText,
  ruleOf,
  STALE_TEXTS,
  verdictWord,
  type TraceReport,
} from './report.js';

export interface TextOptions {
  /** Lists what could not be decided as findings too, not only in the table of rules. */
  readonly undecidable?: boolean;
}

/** One judged trace as text, ending in a newline. */
export function renderText(report: TraceReport, options: TextOptions = {}): string {
  const lines: string[] = [];
  for (const finding of shownFindings(report, options.undecidable === true))
    lines.push(...findingLines(report, finding));
  lines.push(...suppressedLines(report), ...staleLines(report), ...issueLines(report));
  lines.push(...ruleTable(report), summary(report));
  return `${lines.map(visibleLine).join('\n')}\n`;
}

/** What could not be decided stands in the table of rules; it is listed only where a caller asks for it. */
function shownFindings(report: TraceReport, undecidable: boolean): readonly Finding[] {
  return listedFindings(report).filter((f) => undecidable || f.verdict !== 'undecidable');
}

function findingLines(report: TraceReport, finding: Finding): string[] {
  const reason = finding.reason === undefined ? '' : ` (undecidable: ${finding.reason})`;
  const pages = pagesText(report.analysis, finding.pages);
  // Most messages name their pages already.
  const isNamed =
    pages === '' || (finding.pages !== undefined && finding.message.includes(hex(finding.pages.first)));
  const about = isNamed ? '' : ` (${pages})`;
  const head = `${address(report, finding.at)}: ${verdictWord(finding.verdict)}`;
  const lines = [`${head}: ${finding.message}${about}${reason} [${finding.rule}]`];
  const others = finding.evidence.filter((e) => e.row !== finding.at || e.note !== finding.message);
  for (const e of others.length > 0 ? others : finding.evidence) {
    lines.push(`    ${address(report, e.row)}: note: ${e.note} (${report.table.name(e.row)})`);
  }
  const fix = ruleOf(report, finding.rule)?.fix ?? '';
  lines.push(`    ${finding.id}${fix === '' ? '' : `; fix: ${fix}`}`);
  return lines;
}

function suppressedLines(report: TraceReport): string[] {
  return (report.suppressed ?? []).map(({ finding, reason }) => {
    const what = `suppressed ${finding.verdict} ${finding.id}: ${finding.message} [${finding.rule}]`;
    return `${address(report, finding.at)}: info: ${what} (reason: ${reason})`;
  });
}

function staleLines({ path, stale = [] }: TraceReport): string[] {
  return stale.map(
    ({ about, reason, why }) =>
      `${path}:1:1: info: stale suppression ${about} (reason: ${reason}): ${STALE_TEXTS[why]}`,
  );
}

const SEVERITY_COMPILER_WORDS = { error: 'error', dataLoss: 'warning', notice: 'info' } as const;

/** What the reader noticed, worst kinds only: the rest is counted in `shimtrace info`. */
function issueLines(report: TraceReport): string[] {
  const lines: string[] = [];
  for (const issue of report.table.issues) {
    const severity = ISSUE_KINDS[issue.code].severity;
    if (severity === 'info') continue;
    const at = `${issue.file ?? report.path}:${Math.max(1, issue.line)}:1`;
    lines.push(`${at}: ${SEVERITY_COMPILER_WORDS[severity]}: ${issueText(issue)} [${issue.code}]`);
  }
  return lines;
}

const HEADINGS = ['rule', 'profile', 'status', 'checks', 'found', 'why not decided'] as const;
/** Columns of numbers, which stand at the right. */
const NUMBERS: readonly number[] = [HEADINGS.indexOf('checks'), HEADINGS.indexOf('found')];

function ruleTable(report: TraceReport): string[] {
  const rows: string[][] = [[...HEADINGS]];
  for (const status of report.analysis.rules) rows.push(...statusRows(report, status));
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return [
    '',
    ...rows.map((row) =>
      row
        .map((cell, c) => (NUMBERS.includes(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
        .join('  ')
        .trimEnd(),
    ),
    '',
  ];
}

function statusRows(report: TraceReport, status: RuleStatus): string[][] {
  const found = report.analysis.findings.filter(
    (f) => f.rule === status.id && f.profile === status.profile && f.verdict !== 'undecidable',
  ).length;
  const name = ruleOf(report, status.id)?.name ?? '';
  const reasons = status.reasons.map((reason) => reasonText(report.table, reason));
  const head = [
    `${status.id} ${name}`.trim(),
    status.profile,
    outcomeOf(status),
    String(status.checks),
    String(found),
    reasons[0] ?? '',
  ];
  return [head, ...reasons.slice(1).map((reason) => ['', '', '', '', '', reason])];
}

function summary(report: TraceReport): string {
  const { analysis, table } = report;
  const files = (report.files ?? [report.path]).join(' + ');
  const read = countsText({ ...analysis, total: table.length });
  const lost =
    table.losses.length === 0 ? 'no loss seen' : `${plural(table.losses.length, 'gap')} of lost events`;
  return [
    `${files}: ${reportHeadline(report).text}`,
    `${plural(table.length, 'event')} (${read}), ${lost}`,
    `profile ${analysis.profiles.join(', ')} (${analysis.profileReason})`,
  ].join('; ');
}
