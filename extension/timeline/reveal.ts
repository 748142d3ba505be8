/** Shows an event of a trace in the editor, in a column other than the timeline's. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { shownAt } from '../window.js';

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
  const selection = new vscode.Range(place.line, 0, place.line, 0);
  await vscode.commands.executeCommand('vscode.open', place.uri, {
    selection,
    preserveFocus: true,
    preview: false,
    viewColumn: columnOf(place.uri, not) ?? vscode.ViewColumn.Beside,
  } satisfies vscode.TextDocumentShowOptions);
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
