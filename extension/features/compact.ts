/** A text trace without its padding, as a listing with the same line numbers. */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { editorAtHand, revealLine } from '../tabs.js';
import { traceLine, windowAddress } from '../window.js';
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
  const isCompact = !app.sessions.isCompact(trace);
  const report = await app.sessions.showCompact(trace, isCompact);
  if (isCompact && report?.shown !== 'compact') {
    await app.sessions.showCompact(trace, false);
    await vscode.window.showInformationMessage(
      vscode.l10n.t('Only the text of a single trace has a compact listing.'),
    );
    return;
  }
  const left = tabsOf(trace).map(addressOf);
  const event = await app.sessions.open(trace).request('eventAtLine', { line });
  await revealLine(trace, line, event?.place.line === line ? event.place.startColumn : 0);
  // A preview may have taken the place of what was shown before.
  await vscode.window.tabGroups.close(
    tabsOf(trace).filter((tab) => left.includes(addressOf(tab))),
    true,
  );
}

function tabsOf(trace: vscode.Uri): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => {
      if (!(input instanceof vscode.TabInputText)) return false;
      return (windowAddress(input.uri)?.trace ?? input.uri).toString() === trace.toString();
    });
}

function addressOf({ input }: vscode.Tab): string {
  return input instanceof vscode.TabInputText ? input.uri.toString() : '';
}
