/**
 * The report of a trace as a read-only Markdown document: every rule's verdict, and what the trace lacked.
 */
import * as vscode from 'vscode';
import { countsText } from '../../model/findings/counts.js';
import { outcomeOf, type RuleOutcome } from '../../model/findings/headline.js';
import { STALE_TEXTS } from '../../model/findings/report.js';
import type { TraceSession } from '../analysis/client.js';
import type { EventPlace } from '../protocol/place.js';
import type {
  Report,
  ReportedFinding,
  ReportedIssue,
  ReportedReason,
  ReportedRule,
} from '../protocol/report.js';
import type { Feature } from '../app.js';
import { headlineOfReport } from '../headline.js';
import { code, escapeMarkdown } from '../escape.js';
import { lineLink } from '../links.js';
import { fileOf } from '../tabs.js';
import { registerTexts, showText } from '../textPage.js';
import type { Sorted, SuppressionStore } from '../suppressions.js';
import { traceOf } from './target.js';
import { plural } from '../../parsers/base/plural.js';
import { fileName } from '../../parsers/base/fileName.js';

export const REPORT_SCHEME = 'shimtrace-report';

/** Address of the report on a trace. */
export function reportUri(trace: vscode.Uri): vscode.Uri {
  const name = fileName(trace.path);
  return vscode.Uri.from({ scheme: REPORT_SCHEME, path: `/Verdicts of ${name}.md`, query: trace.toString() });
}

export const report: Feature = ({ sessions, suppressions, log }) => {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  return vscode.Disposable.from(
    changed,
    sessions.onDidChange((session) => changed.fire(reportUri(session.uri))),
    suppressions.onDidChange(() => {
      for (const { uri } of sessions.all()) changed.fire(reportUri(uri));
    }),
    registerTexts(REPORT_SCHEME, {
      onDidChange: changed.event,
      text: (uri) => reportText(sessions.find(vscode.Uri.parse(uri.query, true)), suppressions),
    }),
    vscode.commands.registerCommand('shimtrace.showRules', async (target?: unknown) => {
      const trace = traceOf(target);
      if (!trace || !(await sessions.report(trace))) return;
      await showText(reportUri(trace), log);
    }),
  );
};

function reportText(session: TraceSession | undefined, suppressions: SuppressionStore): string {
  if (!session) return 'The trace was closed. Open it again to judge it.\n';
  if (!session.report) return 'The trace has not been judged yet.\n';
  return markdownOf(session.uri, session.report, suppressions.sort(session.uri, session.report));
}

export function markdownOf(trace: vscode.Uri, report: Report, sorted: Sorted): string {
  const { rules, issues, events } = report;
  const name = fileName(trace.path);
  const counted = `${plural(events.total, 'event')} (${countsText(events)})`;
  const out = [
    `# ${escapeMarkdown(name)}: ${headlineOfReport(report, sorted).text}`,
    `${report.format}, clock ${report.clock}, ${counted}, ${report.sizeBytes} bytes.`,
    `Judged by ${report.profiles.join(', ')}: ${escapeMarkdown(report.profileReason)}.`,
    '## Rules',
    rulesTable(trace, report, sorted),
  ];
  const undecided = rules.filter((rule) => rule.reasons.length > 0);
  if (undecided.length > 0)
    out.push('## What could not be decided, and why', ...undecided.map((rule) => undecidedText(trace, rule)));
  const { aside, stale } = sorted;
  if (aside.length > 0)
    out.push('## What was set aside', aside.map((each) => asideLine(trace, each)).join('\n'));
  if (stale.length > 0) out.push('## What was set aside and no longer is', stale.map(staleLine).join('\n'));
  if (report.recorded.length > 0)
    out.push('## How it was recorded', report.recorded.map((line) => `- ${escapeMarkdown(line)}`).join('\n'));
  if (issues.length > 0)
    out.push(
      '## What the reader noticed',
      issues.map((issue) => issueLine(report.files ? undefined : trace, issue)).join('\n'),
    );
  return `${out.join('\n\n')}\n`;
}

/** What a reader looks for first. */
const ORDER: readonly RuleOutcome[] = ['broken', 'undecided', 'held', 'not-applicable'];

function rulesTable(trace: vscode.Uri, report: Report, sorted: Sorted): string {
  const place = (rule: ReportedRule): number => ORDER.indexOf(outcomeOf(rule));
  const rules = [...report.rules].sort((a, b) => place(a) - place(b));
  const rows = rules.map((rule) => {
    const cells = [
      `${rule.id} ${escapeMarkdown(rule.name)}`,
      rule.profile,
      ruleVerdict(trace, sorted, rule),
      rule.checks > 0 ? `${rule.held + rule.broken} of ${rule.checks}` : '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| rule | profile | verdict | checks decided |', '|---|---|---|--:|', ...rows].join('\n');
}

function ruleVerdict(trace: vscode.Uri, { open, aside }: Sorted, rule: ReportedRule): string {
  const isOf = (finding: ReportedFinding): boolean =>
    finding.rule === rule.id && finding.profile === rule.profile;
  const found = open.filter(isOf);
  const violations = found.filter((finding) => finding.verdict === 'violation');
  const suspicious = found.filter((finding) => finding.verdict === 'suspicious');
  const setAside = aside.filter(({ finding }) => isOf(finding) && finding.verdict !== 'undecidable').length;
  const also = setAside > 0 ? `, ${setAside} set aside` : '';
  if (violations.length > 0)
    return `**${plural(violations.length, 'violation')}**, ${firstIn(trace, violations)}${also}`;
  if (suspicious.length > 0) return `${suspicious.length} suspicious, ${firstIn(trace, suspicious)}${also}`;
  if (setAside > 0) return `${setAside} set aside`;
  switch (outcomeOf(rule)) {
    case 'undecided':
      return rule.status === 'judged' ? 'undecided; none found where it could be decided' : 'undecided';
    case 'not-applicable':
      return 'not applicable';
    default:
      return 'held';
  }
}

function asideLine(trace: vscode.Uri, { finding, entry }: Sorted['aside'][number]): string {
  const what = `${finding.rule} at ${linkOf(trace, finding.at)}: ${escapeMarkdown(finding.message)}`;
  return `- ${what} (${escapeMarkdown(entry.reason)})`;
}

function staleLine({ about, reason, why }: Sorted['stale'][number]): string {
  return `- ${escapeMarkdown(about)} (${escapeMarkdown(reason)}): ${STALE_TEXTS[why]}`;
}

function undecidedText(trace: vscode.Uri, rule: ReportedRule): string {
  const title = `**${rule.id} ${escapeMarkdown(rule.name)}**: ${escapeMarkdown(rule.statement)}`;
  return `${title}\n\n${rule.reasons.map((reason) => reasonLine(trace, reason)).join('\n')}`;
}

function reasonLine(trace: vscode.Uri, { reason, count, at, detail, missing }: ReportedReason): string {
  const times = count > 0 ? [`${count}×`] : [];
  const from = count > 0 && at.line > 0 ? [`first at ${linkOf(trace, at)}`] : [];
  const where = [...times, ...from].join(', ');
  const lacks = missing.length > 0 ? ` Missing: ${missing.map(alternatives).join(', ')}.` : '';
  return `- ${reason}${where === '' ? '' : ` (${where})`}: ${escapeMarkdown(detail)}${lacks}`;
}

/** Of a trace of several files it is not known which one an issue is of. */
function issueLine(file: vscode.Uri | undefined, issue: ReportedIssue): string {
  const { line, offset } = issue;
  const link = file ? lineLink(file, { line, column: 0, row: -1 }) : `line ${line}`;
  const at = line > 0 ? link : `byte ${offset}`;
  const count = issue.count > 1 ? `, ${issue.count} times` : '';
  const detail = issue.detail === '' ? '' : ` (${escapeMarkdown(issue.detail)})`;
  const text = `${escapeMarkdown(issue.sentence)}${detail} ${escapeMarkdown(issue.advice)}`;
  return `- ${issue.severity} at ${at}${count}: ${text}`;
}

function firstIn(trace: vscode.Uri, [first]: readonly ReportedFinding[]): string {
  return `first at ${linkOf(trace, first!.at)}`;
}

function linkOf(trace: vscode.Uri, { row, line, startColumn, file }: EventPlace): string {
  return lineLink(fileOf(trace, file), { row, line, column: startColumn });
}

/** What would record it, each way as code: `a` or `b`. */
function alternatives(missing: string): string {
  return missing.split(' or ').map(code).join(' or ');
}
