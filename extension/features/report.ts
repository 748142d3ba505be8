/** The report of a trace as a read-only Markdown document: every rule's verdict, and what the trace lacked. */
import * as vscode from 'vscode';
import { countsText } from '../../model/findings/counts.js';
import type { TraceSession } from '../analysis/client.js';
import type { IssueView, Report, RuleView } from '../protocol/requests.js';
import type { Feature } from '../app.js';
import { code, escapeMarkdown, showMarkdown } from '../markdown.js';
import { traceOf } from './target.js';
import { plural, verdictText } from './status.js';

export const REPORT_SCHEME = 'shimtrace-report';

/** Address of the report on a trace. */
export function reportUri(trace: vscode.Uri): vscode.Uri {
  const name = trace.path.slice(trace.path.lastIndexOf('/') + 1);
  return vscode.Uri.from({ scheme: REPORT_SCHEME, path: `/Verdicts of ${name}.md`, query: trace.toString() });
}

export const report: Feature = ({ sessions, log }) => {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  return vscode.Disposable.from(
    changed,
    sessions.onDidChange((session) => changed.fire(reportUri(session.uri))),
    vscode.workspace.registerTextDocumentContentProvider(REPORT_SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => reportText(sessions.find(vscode.Uri.parse(uri.query, true))),
    }),
    vscode.commands.registerCommand('shimtrace.showRules', async (target?: unknown) => {
      const trace = traceOf(target);
      if (!trace || !(await sessions.report(trace))) return;
      await showMarkdown(reportUri(trace), log);
    }),
  );
};

function reportText(session: TraceSession | undefined): string {
  if (!session) return 'The trace was closed. Open it again to judge it.\n';
  if (!session.report) return 'The trace has not been judged yet.\n';
  return markdownOf(session.uri, session.report);
}

export function markdownOf(trace: vscode.Uri, { rules, issues, events, ...of }: Report): string {
  const name = trace.path.slice(trace.path.lastIndexOf('/') + 1);
  const full = { rules, issues, events, ...of };
  const out = [
    `# ${escapeMarkdown(name)}: ${verdictText(full)}`,
    `${of.format}, clock ${of.clock}, ${plural(events.total, 'event')} (${countsText(events)}), ${of.sizeBytes} bytes.`,
    `Judged by ${of.profiles.join(', ')}: ${escapeMarkdown(of.profileReason)}.`,
    '## Rules',
    '| rule | profile | verdict | checks |\n|---|---|---|--:|',
  ];
  const table = rules.map(
    (rule) =>
      `| ${rule.id} ${escapeMarkdown(rule.name)} | ${rule.profile} | ${ruleVerdict(full, rule)} | ${rule.checks} |`,
  );
  out[out.length - 1] += `\n${table.join('\n')}`;
  const undecided = rules.filter((rule) => rule.reasons.length > 0);
  if (undecided.length > 0)
    out.push('## What could not be decided, and why', ...undecided.map(undecidedText));
  if (issues.length > 0) out.push('## What the reader noticed', issues.map(issueLine).join('\n'));
  return `${out.join('\n\n')}\n`;
}

function ruleVerdict(report: Report, rule: RuleView): string {
  const found = report.findings.filter(
    (finding) => finding.rule === rule.id && finding.profile === rule.profile,
  );
  const violations = found.filter((finding) => finding.verdict === 'violation');
  const suspicious = found.filter((finding) => finding.verdict === 'suspicious');
  if (violations.length > 0)
    return `**${plural(violations.length, 'violation')}**, first in line ${violations[0]!.at.line}`;
  if (suspicious.length > 0)
    return `${suspicious.length} suspicious, first in line ${suspicious[0]!.at.line}`;
  if (rule.status === 'judged')
    return rule.reasons.length > 0 ? 'no violation where it could be decided' : 'no violation';
  return rule.status === 'undecidable' ? 'undecidable' : 'not applicable';
}

function undecidedText(rule: RuleView): string {
  const lines = rule.reasons.map((reason) => {
    const times = reason.count > 0 ? [`${reason.count}×`] : [];
    const from = reason.count > 0 && reason.at.line > 0 ? [`first in line ${reason.at.line}`] : [];
    const where = [...times, ...from].join(', ');
    const missing = reason.missing.length > 0 ? ` Missing: ${reason.missing.map(code).join(', ')}.` : '';
    return `- ${reason.reason}${where === '' ? '' : ` (${where})`}: ${escapeMarkdown(reason.detail)}${missing}`;
  });
  return `**${rule.id} ${escapeMarkdown(rule.name)}**: ${escapeMarkdown(rule.statement)}\n\n${lines.join('\n')}`;
}

function issueLine(issue: IssueView): string {
  const at = issue.line > 0 ? `line ${issue.line}` : `byte ${issue.offset}`;
  const count = issue.count > 1 ? `, ${issue.count} times` : '';
  const detail = issue.detail === '' ? '' : ` (${escapeMarkdown(issue.detail)})`;
  return `- ${issue.severity} at ${at}${count}: ${escapeMarkdown(issue.sentence)}${detail} ${escapeMarkdown(issue.advice)}`;
}
