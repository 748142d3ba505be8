/** The status bar item: the verdict of the trace in the active tab, its progress while it is read. */
import * as vscode from 'vscode';
import type { Headline } from '../../model/findings/headline.js';
import type { SessionState, TraceSession } from '../analysis/client.js';
import type { Report, ReportedFinding } from '../protocol/report.js';
import type { Progress } from '../protocol/requests.js';
import type { Feature } from '../app.js';
import { headlineOfReport, headlineSoFar, STATE_ICONS } from '../headline.js';
import type { Sorted, SuppressionStore } from '../suppressions.js';
import { firstFinding } from '../faults.js';
import { activeTabUri, fileOf, onDidChangeActiveTab, revealLine } from '../tabs.js';
import { traceLine } from '../window.js';
import { plural } from '../../parsers/base/plural.js';

export const status: Feature = ({ sessions, suppressions }) => {
  const item = vscode.window.createStatusBarItem('shimtrace.verdict', vscode.StatusBarAlignment.Left, 50);
  item.name = vscode.l10n.t('Shimtrace: verdict of the trace');
  const update = (): void => {
    const session = sessions.runOf(activeTabUri()) ?? sessions.find(activeTabUri());
    const { uri, report } = session ?? {};
    const sorted = uri && report && suppressions.sort(uri, report);
    const headline = report && sorted && headlineOfReport(report, sorted);
    setContext(session, headline);
    if (!session) {
      item.hide();
      return;
    }
    const { kind } = session.state;
    // What was judged last stands until it is judged again, also where that was cancelled.
    const stands = kind === 'done' || kind === 'idle';
    if (stands && report && sorted && headline) paintVerdict(item, report, sorted, headline);
    else paintState(item, session.state, firstText(session, suppressions));
    item.accessibilityInformation = { label: item.text.replace(/\$\([^)]*\) ?/, ''), role: 'button' };
    item.show();
  };
  update();
  return vscode.Disposable.from(
    item,
    vscode.commands.registerCommand(CLICKED, () => {
      const session = sessions.runOf(activeTabUri()) ?? sessions.find(activeTabUri());
      const { uri, report } = session ?? {};
      return uri && report ? goOn(uri, suppressions.sort(uri, report).open) : undefined;
    }),
    suppressions.onDidChange(update),
    sessions.onDidChange(update),
    sessions.onDidClose(update),
    onDidChangeActiveTab(update),
  );
};

const CLICKED = 'shimtrace.internal.statusClicked';

/** To the first finding; from there, and where there is none, to the verdicts. */
async function goOn(trace: vscode.Uri, open: readonly ReportedFinding[]): Promise<void> {
  const first = firstFinding(open.filter(({ verdict }) => verdict !== 'undecidable'));
  const editor = vscode.window.activeTextEditor;
  const at = editor && traceLine(editor.document, editor.selection.active.line);
  const isThere =
    at?.line === first?.at.line && at?.trace.toString() === fileOf(trace, first?.at.file).toString();
  if (!first || isThere) await vscode.commands.executeCommand('shimtrace.showRules', trace);
  else await revealLine(fileOf(trace, first.at.file), first.at.line, first.at.startColumn);
}

let lastContext = '';

/** `when` clauses of commands and menus ask for these. */
function setContext(session: TraceSession | undefined, headline: Headline | undefined): void {
  const isTrace = session !== undefined;
  const isRunning = session?.state.kind === 'running';
  const hasFindings = (session?.report?.findings.length ?? 0) > 0;
  const judged = headline?.state ?? '';
  const context = `${isTrace} ${isRunning} ${hasFindings} ${judged}`;
  if (context === lastContext) return;
  lastContext = context;
  void vscode.commands.executeCommand('setContext', 'shimtrace.isTrace', isTrace);
  void vscode.commands.executeCommand('setContext', 'shimtrace.running', isRunning);
  void vscode.commands.executeCommand('setContext', 'shimtrace.hasFindings', hasFindings);
  void vscode.commands.executeCommand('setContext', 'shimtrace.judged', judged);
}

function paintVerdict(item: vscode.StatusBarItem, report: Report, sorted: Sorted, headline: Headline): void {
  item.text = `$(${STATE_ICONS[headline.state]}) Shimtrace: ${headline.text}`;
  item.tooltip = tooltip(report, sorted, headline);
  item.backgroundColor = undefined;
  item.command = CLICKED;
}

/** What was found of a trace that has no report, '' where nothing was. */
function firstText({ uri, first }: TraceSession, suppressions: SuppressionStore): string {
  return first ? headlineSoFar(first, suppressions.sort(uri, first.report)) : '';
}

function paintState(item: vscode.StatusBarItem, state: SessionState, found: string): void {
  const { text, tooltip, command, isWarning } = lookOf(state, found);
  item.text = text;
  item.tooltip = tooltip;
  item.command = command;
  item.backgroundColor = isWarning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
}

interface Look {
  readonly text: string;
  readonly tooltip: string;
  readonly command: string;
  readonly isWarning?: boolean;
}

/** While there is no verdict, or none any more; `found`: what was found so far. */
export function lookOf(state: SessionState, found: string): Look {
  if (state.kind === 'running') {
    const soFar = found === '' ? '' : ` · ${found}`;
    return {
      text: `$(sync~spin) Shimtrace: ${progressText(state.progress)}${soFar}`,
      tooltip: vscode.l10n.t('Click to cancel'),
      command: 'shimtrace.cancel',
    };
  }
  if (state.kind === 'failed')
    return {
      text: '$(warning) Shimtrace: not judged',
      tooltip: state.error.message,
      command: 'shimtrace.showLog',
      isWarning: true,
    };
  if (found !== '')
    return {
      text: `$(circle-slash) Shimtrace: cancelled · ${found}`,
      tooltip: vscode.l10n.t('What follows that line was not judged. Click to check all of this trace'),
      command: 'shimtrace.check',
    };
  return {
    text: '$(circle-slash) Shimtrace: not checked',
    tooltip: vscode.l10n.t('Click to check this trace'),
    command: 'shimtrace.check',
  };
}

export function progressText(progress: Progress | undefined): string {
  if (!progress) return 'starting';
  const percent = Math.min(100, Math.floor((100 * progress.done) / Math.max(1, progress.total)));
  return `${progress.stage} ${percent}%`;
}

/** An input that could not be used as it is: the first issue that says so. */
export function unusable(report: Report): Report['issues'][number] | undefined {
  return report.events.total === 0
    ? (report.issues.find((i) => i.severity === 'error') ?? report.issues[0])
    : undefined;
}

function tooltip(
  { profiles, events, issues }: Report,
  { stale }: Sorted,
  { text, rules }: Headline,
): vscode.MarkdownString {
  const losses = issues.filter((issue) => issue.severity === 'dataLoss').length;
  const notApplicable = rules['not-applicable'];
  const outcomes = `${rules.held} held, ${rules.broken} broken, ${rules.undecided} undecided`;
  const all = plural(events.total, 'event');
  const lines = [
    `**${text}** · ${profiles.join(', ')}`,
    `${all}, ${events.understood} understood, ${events.ofKvm} of KVM or guest_memfd`,
    `rules: ${outcomes}, ${notApplicable} not applicable`,
  ];
  if (losses > 0) lines.push(`events are missing in ${plural(losses, 'place')}`);
  if (stale.length > 0) lines.push(`${plural(stale.length, 'stale suppression')}: see the list of findings`);
  lines.push('Click for the first finding, again for the verdict of every rule');
  return new vscode.MarkdownString(lines.join('\n\n'));
}
