/**
 * While a trace is replayed, whatever event is selected in it can be gone to: a button in the status
 * bar offers the line of the cursor. The timeline and the lists select by moving that cursor, so it
 * offers what was selected there too; the lists have a command of their own besides, which begins a
 * replay where there is none.
 */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { startReplay } from '../debugger/config.js';
import { goToInReplay, onDidMoveReplay, type Instant } from '../debugger/factory.js';
import { activeTabUri } from '../tabs.js';
import { traceLine } from '../window.js';

const COMMAND = 'shimtrace.replay.goTo';

/** A node of a list: a finding, a conversion, a page, a reference, each with the event where it begins. */
interface Node {
  readonly finding?: string;
  readonly context?: string;
  readonly spot?: { readonly row: number };
}

/** From where a list points: a replay that is under way goes there, otherwise one begins there. */
async function replayNode(app: App, target: unknown): Promise<void> {
  const node = (typeof target === 'object' && target !== null ? target : {}) as Node;
  const row = node.spot?.row ?? -1;
  const trace = traceOfNode(app, node);
  if (!trace || row < 0 || (await goToInReplay(trace, { row }))) return;
  const from = node.finding === undefined ? { row } : { finding: node.finding };
  await startReplay({ trace, from, ...(node.context === 'pages' && { follow: 'page' }) });
}

/** Lists show the trace of the active tab, or the one that was looked at last. */
function traceOfNode(app: App, { finding }: Node): vscode.Uri | undefined {
  const active = activeTabUri();
  const judged = app.sessions.all().filter((session) => session.report);
  const own = judged.find((session) => session.uri.toString() === active?.toString());
  const fitting =
    finding === undefined
      ? judged
      : judged.filter((session) => session.report!.findings.some(({ id }) => id === finding));
  return (own ?? fitting.at(-1))?.uri;
}

/**
 * The selected line of a trace: in the active editor,
 * else in one that shows it while the timeline or a list has the focus.
 */
function selectedLine(trace: vscode.Uri): number | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  for (const editor of activeTextEditor ? [activeTextEditor] : visibleTextEditors) {
    const place = traceLine(editor.document, editor.selection.active.line);
    if (place?.trace.toString() === trace.toString()) return place.line;
  }
  return undefined;
}

export const replayOffer: Feature = (app) => {
  const item = vscode.window.createStatusBarItem('shimtrace.replayOffer', vscode.StatusBarAlignment.Left, 10);
  item.name = vscode.l10n.t('Shimtrace: go to in the replay');
  let here: Instant | undefined;

  const update = (): void => {
    const line = here && selectedLine(here.uri);
    if (!here || here.line === 0 || line === undefined || line === here.line) {
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
    vscode.commands.registerCommand('shimtrace.replayNode', (node: unknown) => replayNode(app, node)),
    vscode.commands.registerCommand(COMMAND, async (uri?: unknown, line?: unknown) => {
      if (uri instanceof vscode.Uri && typeof line === 'number') await goToInReplay(uri, { line });
      else {
        const editor = vscode.window.activeTextEditor;
        const place = editor && traceLine(editor.document, editor.selection.active.line);
        if (place) await goToInReplay(place.trace, { line: place.line });
      }
    }),
  );
};
