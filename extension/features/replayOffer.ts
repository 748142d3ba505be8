/**
 * While a trace is replayed, whatever event is selected in it can be gone to: a button in the status bar offers the line
 * of the cursor. The timeline and the lists select by moving that cursor, so it offers what was selected there too.
 */
import * as vscode from 'vscode';
import type { Feature } from '../app.js';
import { goToInReplay, onDidMoveReplay, type Instant } from '../debugger/factory.js';

const COMMAND = 'shimtrace.replay.goTo';

export const replayOffer: Feature = () => {
  const item = vscode.window.createStatusBarItem('shimtrace.replayOffer', vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t('Shimtrace: go to in the replay');
  let here: Instant | undefined;

  const update = (): void => {
    const editor = vscode.window.activeTextEditor;
    const line = editor && editor.selection.active.line + 1;
    if (!here || here.line === 0 || line === undefined || line === here.line || editor?.document.uri.toString() !== here.uri.toString()) {
      item.hide();
      return;
    }
    item.text = `$(debug-alt) ${vscode.l10n.t('Go to line {0}', line)}`;
    item.tooltip = vscode.l10n.t('The replay stands at line {0}; take it to the selected event', here.line);
    item.command = { command: COMMAND, title: item.text, arguments: [here.uri, line] };
    item.show();
  };

  return vscode.Disposable.from(
    item,
    onDidMoveReplay((instant) => {
      here = instant;
      update();
    }),
    vscode.window.onDidChangeTextEditorSelection(update),
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.commands.registerCommand(COMMAND, async (uri?: unknown, line?: unknown) => {
      if (uri instanceof vscode.Uri && typeof line === 'number') await goToInReplay(uri, { line });
      else if (vscode.window.activeTextEditor) await goToInReplay(vscode.window.activeTextEditor.document.uri, { line: vscode.window.activeTextEditor.selection.active.line + 1 });
    }),
  );
};
