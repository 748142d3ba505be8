/** The status bar item: the verdict of the trace in the active tab, its progress while it is read. */
import * as vscode from 'vscode';
import type { TraceSession } from '../analysis/client.js';
import type { Verdict } from '../../model/findings/finding.js';
import type { Report } from '../protocol/report.js';
import type { Progress } from '../protocol/requests.js';
import type { Feature } from '../app.js';
import type { Sorted } from '../suppressions.js';
import { activeTabUri, onDidChangeActiveTab } from '../tabs.js';

export const status: Feature = ({ sessions, suppressions }) => {
  const item = vscode.window.createStatusBarItem('shimtrace.verdict', vscode.StatusBarAlignment.Left, 50);
  item.name = vscode.l10n.t('Shimtrace: verdict of the trace');
  const update = (): void => {
    const session = sessions.runOf(activeTabUri()) ?? sessions.find(activeTabUri());
    setContext(session);
    if (!session) {
      item.hide();
      return;
    }
    paint(item, session, session.report && suppressions.sort(session.uri, session.report));
    item.show();
  };
  update();
  return vscode.Disposable.from(
    item,
    suppressions.onDidChange(update),
    sessions.onDidChange(update),
    sessions.onDidClose(update),
    onDidChangeActiveTab(update),
  );
};

let lastContext = '';

/** `when` clauses of commands and menus ask for these. */
function setContext(session: TraceSession | undefined): void {
  const isTrace = session !== undefined;
  const isRunning = session?.state.kind === 'running';
  const hasFindings = (session?.report?.findings.length ?? 0) > 0;
  const context = `${isTrace} ${isRunning} ${hasFindings}`;
  if (context === lastContext) return;
  lastContext = context;
  void vscode.commands.executeCommand('setContext', 'shimtrace.isTrace', isTrace);
  void vscode.commands.executeCommand('setContext', 'shimtrace.running', isRunning);
  void vscode.commands.executeCommand('setContext', 'shimtrace.hasFindings', hasFindings);
}

function paint(item: vscode.StatusBarItem, session: TraceSession, sorted: Sorted | undefined): void {
  const { state } = session;
  const report = session.report && sorted && { ...session.report, findings: sorted.open };
  item.backgroundColor = undefined;
  item.command = 'shimtrace.showRules';
  if (state.kind === 'running') {
    item.text = `$(sync~spin) Shimtrace: ${progressText(state.progress)}`;
    item.tooltip = vscode.l10n.t('Click to cancel');
    item.command = 'shimtrace.cancel';
  } else if (state.kind === 'failed') {
    item.text = '$(warning) Shimtrace: not judged';
    item.tooltip = state.error.message;
    item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    item.command = 'shimtrace.showLog';
  } else if (report) {
    const aside = sorted && sorted.aside.length > 0 ? `, ${sorted.aside.length} set aside` : '';
    item.text = `$(${iconOf(report)}) Shimtrace: ${verdictText(report)}${aside}`;
    item.tooltip = tooltip(report);
  } else {
    item.text = '$(circle-slash) Shimtrace: not checked';
    item.tooltip = vscode.l10n.t('Click to check this trace');
    item.command = 'shimtrace.check';
  }
  item.accessibilityInformation = { label: item.text.replace(/\$\([^)]*\) ?/, ''), role: 'button' };
}

export function progressText(progress: Progress | undefined): string {
  if (!progress) return 'starting';
  const percent = Math.min(100, Math.floor((100 * progress.done) / Math.max(1, progress.total)));
  return `${progress.stage} ${percent}%`;
}

export function countVerdict(report: Report, verdict: Verdict): number {
  return report.findings.filter((finding) => finding.verdict === verdict).length;
}

/** An input that could not be used as it is: the first issue that says so. */
export function unusable(report: Report): Report['issues'][number] | undefined {
  return report.events.total === 0
    ? (report.issues.find((i) => i.severity === 'error') ?? report.issues[0])
    : undefined;
}

function iconOf(report: Report): string {
  if (unusable(report)) return 'warning';
  if (countVerdict(report, 'violation') > 0) return 'error';
  return countVerdict(report, 'suspicious') > 0 ? 'warning' : 'pass';
}

export function verdictText(report: Report): string {
  if (unusable(report)) return 'not judged';
  const violations = countVerdict(report, 'violation');
  const suspicious = countVerdict(report, 'suspicious');
  const parts = [violations === 0 ? 'no violation' : plural(violations, 'violation')];
  if (suspicious > 0) parts.push(`${suspicious} suspicious`);
  return parts.join(', ');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function tooltip(report: Report): vscode.MarkdownString {
  const of = (wanted: string): number => report.rules.filter((rule) => rule.status === wanted).length;
  const lossCount = report.issues.filter((issue) => issue.severity === 'dataLoss').length;
  const lines = [
    `**${verdictText(report)}** · ${report.profiles.join(', ')}`,
    `${plural(report.events.total, 'event')}, ${report.events.understood} understood`,
    `rules: ${of('judged')} judged, ${of('undecidable')} undecidable, ${of('not-applicable')} not applicable`,
  ];
  if (lossCount > 0) lines.push(`events are missing in ${plural(lossCount, 'place')}`);
  lines.push("Click for every rule's verdict");
  return new vscode.MarkdownString(lines.join('\n\n'));
}
