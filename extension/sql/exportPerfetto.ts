/** Writes a trace for Perfetto where the user says. */
import * as vscode from 'vscode';
import { RequestFailed } from '../analysis/channel.js';
import type { App, Feature } from '../app.js';
import { traceOf } from '../features/target.js';

export const exportPerfetto: Feature = (app) =>
  vscode.commands.registerCommand('shimtrace.exportPerfetto', (target, out) => write(app, target, out));

/** `out` is where a caller wants it; else the user is asked. */
async function write(app: App, target: unknown, out: unknown): Promise<void> {
  const trace = traceOf(target);
  if (!trace) {
    await vscode.window.showInformationMessage(vscode.l10n.t('Open a trace first.'));
    return;
  }
  const file = out instanceof vscode.Uri ? out : await askWhere(trace);
  if (!file) return;
  const title = vscode.l10n.t('Writing a trace for Perfetto');
  const bytes = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (_, cancelled) => {
      const session = app.sessions.open(trace);
      cancelled.onCancellationRequested(() => session.cancel());
      return bytesOf(app, trace);
    },
  );
  if (bytes) await vscode.workspace.fs.writeFile(file, bytes);
}

function askWhere(trace: vscode.Uri): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    defaultUri: trace.with({ path: `${trace.path}.pftrace` }),
    filters: { Perfetto: ['pftrace'] },
  });
}

/** Undefined where the trace cannot be read, which was said, or where the work was cancelled. */
async function bytesOf(app: App, trace: vscode.Uri): Promise<Uint8Array | undefined> {
  if (!(await app.sessions.report(trace))) return undefined;
  try {
    return await app.sessions
      .open(trace)
      .request('perfetto', { path: vscode.workspace.asRelativePath(trace) });
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (error.error.code !== 'cancelled') void vscode.window.showErrorMessage(error.error.message);
    return undefined;
  }
}
