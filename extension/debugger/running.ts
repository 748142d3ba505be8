/**
 * The replays that are under way, by their trace.
 * The editor itself tells only which debug session is the active one.
 */
import * as vscode from 'vscode';

export const DEBUG_TYPE = 'shimtrace';

/** The newest replay of a trace is the last one. */
const sessions: vscode.DebugSession[] = [];

/** The trace of a configuration: a URI, or a path as users write it. */
export function traceUri(configuration: vscode.DebugConfiguration): vscode.Uri | undefined {
  const trace: unknown = configuration['trace'];
  if (typeof trace !== 'string' || trace === '') return undefined;
  // One letter before the colon is a drive, not a scheme.
  return /^[A-Za-z][\w+.-]+:\//.test(trace) ? vscode.Uri.parse(trace, true) : vscode.Uri.file(trace);
}

/** The replay that the editor's debug commands mean: the active session, if it is one. */
export function currentReplay(): vscode.DebugSession | undefined {
  const active = vscode.debug.activeDebugSession;
  return active?.type === DEBUG_TYPE ? active : undefined;
}

/** The replay of a trace, if there is one: the active one, else the newest. */
export function replayOf(uri: vscode.Uri): vscode.DebugSession | undefined {
  const ofTrace = sessions.filter(
    ({ configuration }) => traceUri(configuration)?.toString() === uri.toString(),
  );
  return ofTrace.find((session) => session.id === vscode.debug.activeDebugSession?.id) ?? ofTrace.at(-1);
}

/** VS Code opens it at the first stop that is no entry: a replay is at its event from the start. */
async function showRunView(): Promise<void> {
  if (vscode.workspace.getConfiguration('debug').get('openDebug') === 'neverOpen') return;
  await vscode.commands.executeCommand('workbench.view.debug');
  await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
}

/** Keeps the list. */
export function runningReplays(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.debug.onDidStartDebugSession((session) => {
      if (session.type !== DEBUG_TYPE) return;
      sessions.push(session);
      void showRunView();
    }),
    vscode.debug.onDidTerminateDebugSession(({ id }) => {
      const at = sessions.findIndex((session) => session.id === id);
      if (at >= 0) sessions.splice(at, 1);
    }),
  );
}
