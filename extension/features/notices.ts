/**
 * One clear message for an input that cannot be judged,
 * and progress with a way to cancel for work that takes long.
 */
import * as vscode from 'vscode';
import type { TraceSession } from '../analysis/client.js';
import type { Report, ReportedIssue } from '../protocol/report.js';
import type { JobError } from '../protocol/requests.js';
import type { App, Feature } from '../app.js';
import { hasOwnTab } from '../tabs.js';
import { SYNC_LIMIT_BYTES } from './recognise.js';
import { progressText, unusable } from './status.js';
import { fileName } from '../../parsers/base/fileName.js';

/** Of a limit that was met: not all of the trace was read, or judged. */
const LIMITS: ReadonlySet<ReportedIssue['code']> = new Set(['limit-met', 'not-all-judged'] as const);

/** Work that takes longer than this gets a notification of its own. */
const LONG_MS = 1500;

export const notices: Feature = (app) => {
  const told = new WeakMap<object, true>();
  const busy = new Map<TraceSession, Run>();
  return app.sessions.onDidChange((session) => {
    followRun(app, busy, session);
    tell(app, told, session);
  });
};

/** Tells once per outcome: a state or report is announced several times. */
function tell(app: App, told: WeakMap<object, true>, session: TraceSession): void {
  const { state, report } = session;
  if (state.kind === 'failed' && !told.has(state)) {
    told.set(state, true);
    void showFailure(app, session.uri, state.error);
  }
  if (state.kind === 'done' && report) void offerWindow(session.uri, report);
  const issue = state.kind === 'done' && report ? unusable(report) : undefined;
  if (report && issue && !told.has(report)) {
    told.set(report, true);
    void showUnusable(session.uri, issue);
  }
  const limit =
    state.kind === 'done' && !issue ? report?.issues.find((each) => LIMITS.has(each.code)) : undefined;
  if (report && limit && !told.has(report)) {
    told.set(report, true);
    void showLimit(session.uri, limit);
  }
}

/** Large texts that the offer was made of. */
const offered = new Set<string>();

/** VS Code shows a large text without any of our features, or not at all: a window into it has them. */
async function offerWindow(uri: vscode.Uri, { sizeBytes, shown, files, events }: Report): Promise<void> {
  const isLarge = shown === 'file' && files === undefined && sizeBytes > SYNC_LIMIT_BYTES;
  if (!isLarge || events.total === 0 || offered.has(uri.toString()) || !hasOwnTab(uri)) return;
  offered.add(uri.toString());
  const open = vscode.l10n.t('Open a Window into This Trace');
  const text = vscode.l10n.t(
    '{0} is too large for hovers, lenses and breakpoints in it. A window of 4,000 lines around a place has them.',
    fileName(uri.path),
  );
  if ((await vscode.window.showInformationMessage(text, open)) === open)
    await vscode.commands.executeCommand('shimtrace.openWindow', undefined, uri);
}

async function showUnusable(uri: vscode.Uri, issue: ReportedIssue): Promise<void> {
  const detail = issue.detail === '' ? '' : ` (${issue.detail})`;
  await vscode.window.showWarningMessage(`${fileName(uri.path)}: ${issue.sentence}${detail} ${issue.advice}`);
}

/** What can be done takes more words than a message has: they are with the verdicts. */
async function showLimit(uri: vscode.Uri, { sentence, detail, line }: ReportedIssue): Promise<void> {
  const place = line > 0 ? `${fileName(uri.path)}:${line}` : fileName(uri.path);
  const whatToDo = vscode.l10n.t('What to Do');
  const told = await vscode.window.showWarningMessage(`${place}: ${sentence} (${detail})`, whatToDo);
  if (told === whatToDo) await vscode.commands.executeCommand('shimtrace.showRules', uri);
}

async function showFailure(app: App, uri: vscode.Uri, error: JobError): Promise<void> {
  app.log.error(`${uri.toString()}: ${error.code}: ${error.message}`);
  const text =
    error.code === 'internal'
      ? vscode.l10n.t(
          '{0}: Shimtrace failed on this trace by a mistake of its own. The log has the details.',
          fileName(uri.path),
        )
      : vscode.l10n.t('{0} could not be checked: {1}', fileName(uri.path), error.message);
  const showLog = vscode.l10n.t('Show Log');
  if ((await vscode.window.showErrorMessage(text, showLog)) === showLog) app.log.show();
}

interface Run {
  readonly timer: number;
  done: () => void;
}

function followRun(app: App, busy: Map<TraceSession, Run>, session: TraceSession): void {
  const run = busy.get(session);
  if (session.state.kind === 'running') {
    if (!run) {
      const started: Run = {
        timer: setTimeout(() => showProgress(app, started, session), LONG_MS),
        done: () => undefined,
      };
      busy.set(session, started);
    }
    return;
  }
  if (!run) return;
  busy.delete(session);
  clearTimeout(run.timer);
  run.done();
}

function showProgress(app: App, run: Run, session: TraceSession): void {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Shimtrace: ${fileName(session.uri.path)}`,
    cancellable: true,
  };
  void vscode.window.withProgress(
    options,
    (progress, token) =>
      new Promise<void>((done) => {
        let percent = 0;
        const watch = session.onDidChange(() => {
          if (session.state.kind !== 'running' || !session.state.progress) return;
          const { done: got, total, stage } = session.state.progress;
          // Reading is shown as the first half of the bar, judging as the second.
          const now = (stage === 'reading' ? 0 : 50) + (50 * Math.min(got, total)) / Math.max(1, total);
          progress.report({
            message: progressText(session.state.progress),
            increment: Math.max(0, now - percent),
          });
          percent = Math.max(percent, now);
        });
        run.done = () => {
          watch.dispose();
          done();
        };
        token.onCancellationRequested(() => {
          app.log.info(`cancelled: ${session.uri.toString()}`);
          session.cancel();
        });
      }),
  );
}
