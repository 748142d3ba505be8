/** A text trace without its padding, as a listing with the same line numbers. */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { editorAtHand, revealLine } from '../tabs.js';
import { traceLine, windowAddress } from '../window.js';
import { showListing } from './openListing.js';
import { traceOf } from './target.js';

export const compact: Feature = (app) =>
  vscode.Disposable.from(
    vscode.commands.registerCommand('shimtrace.showCompact', (target?: unknown) => toggle(app, target)),
    // Whoever opens the text itself has it as it is.
    vscode.window.tabGroups.onDidChangeTabs(({ opened }) => {
      for (const { input } of opened)
        if (input instanceof vscode.TabInputText && app.sessions.isCompact(input.uri))
          void app.sessions.showCompact(input.uri, false);
    }),
  );

/** To the compact listing, or back to the text; the line stays. */
async function toggle(app: App, target: unknown): Promise<void> {
  const trace = traceOf(target);
  if (!trace || !app.sessions.find(trace)?.report) return;
  const editor = editorAtHand();
  const at = editor && traceLine(editor.document, editor.selection.active.line);
  const line = at?.trace.toString() === trace.toString() ? at.line : 1;
  if (app.sessions.isCompact(trace)) await showText(app, trace);
  else if (!(await showCompact(app, trace))) return;
  const event = await app.sessions.open(trace).request('eventAtLine', { line });
  await revealLine(trace, line, event?.place.line === line ? event.place.startColumn : 0);
}

async function showCompact(app: App, trace: vscode.Uri): Promise<boolean> {
  const report = await app.sessions.showCompact(trace, true);
  if (report?.shown === 'compact') {
    await showListing(trace, {});
    return true;
  }
  await app.sessions.showCompact(trace, false);
  await vscode.window.showInformationMessage(
    vscode.l10n.t('Only the text of a single trace has a compact listing.'),
  );
  return false;
}

async function showText(app: App, trace: vscode.Uri): Promise<void> {
  await app.sessions.showCompact(trace, false);
  const listed = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputText &&
        windowAddress(input.uri)?.trace.toString() === trace.toString(),
    );
  await vscode.commands.executeCommand('vscode.open', trace, {
    viewColumn: listed[0]?.group.viewColumn ?? vscode.ViewColumn.Active,
  });
  await vscode.window.tabGroups.close(listed, true);
}
