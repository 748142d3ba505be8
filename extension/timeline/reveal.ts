/** Shows an event of a trace in the editor, in a column other than the timeline's. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { showName } from '../tabs.js';
import { shownAt, traceLine } from '../window.js';

/** The trace, or its listing, at a 1-based line; without one the event is only selected in the picture. */
export async function showEvent(
  app: App,
  uri: vscode.Uri,
  row: number,
  line: number,
  not: vscode.ViewColumn | undefined,
): Promise<void> {
  if (line <= 0) {
    app.log.debug(`event ${row} has no line`);
    return;
  }
  const place = shownAt(uri, line);
  const spot = await app.sessions.find(uri)?.request('spot', { row });
  const at = new vscode.Position(place.line, spot?.line === line ? spot.column : 0);
  await vscode.commands.executeCommand('vscode.open', place.uri, {
    selection: new vscode.Range(at, at),
    preserveFocus: true,
    preview: false,
    viewColumn: columnOf(place.uri, not) ?? vscode.ViewColumn.Beside,
  } satisfies vscode.TextDocumentShowOptions);
  const editor = vscode.window.visibleTextEditors.find(
    ({ document }) => document.uri.toString() === place.uri.toString(),
  );
  if (editor) showName(editor, at);
}

/** The column that shows the trace as text already, else any other than the timeline's. */
function columnOf(uri: vscode.Uri, not: vscode.ViewColumn | undefined): vscode.ViewColumn | undefined {
  const groups = vscode.window.tabGroups.all;
  const shown = groups.find((group) =>
    group.tabs.some(
      (tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString(),
    ),
  );
  return (shown ?? groups.find((group) => group.viewColumn !== not))?.viewColumn;
}

/** The event at the trace's cursor, which a page that opens beside it pushes out of sight. */
export function keepNameInSight(trace: vscode.Uri): void {
  for (const editor of vscode.window.visibleTextEditors) {
    const { active } = editor.selection;
    if (traceLine(editor.document, active.line)?.trace.toString() !== trace.toString()) continue;
    if (editor.visibleRanges.some((range) => range.contains(active.with({ character: 0 }))))
      showName(editor, active);
  }
}
