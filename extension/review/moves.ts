/** Moving through a review: from hunk to hunk, and from a function to its events. */
import * as vscode from 'vscode';
import type { Spot } from '../protocol/place.js';
import { revealSpot } from '../tabs.js';
import { hunksOf } from './lenses.js';
import type { Reviews, ReviewShown } from './reviews.js';

/** Events of one function that are listed at once. */
const EVENTS_AT_ONCE = 200;

/** Shows a 1-based line of the series. */
export async function showLine({ document }: ReviewShown, line: number): Promise<void> {
  const at = new vscode.Position(Math.max(0, line - 1), 0);
  const editor = await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** The next (or previous) hunk that traces show something of, from the cursor on. */
export async function moveToHunk(reviews: Reviews, forward: boolean): Promise<void> {
  const { current } = reviews;
  if (!current) return;
  const editor = vscode.window.activeTextEditor;
  const isThere = editor?.document.uri.toString() === current.document.toString();
  const from = isThere ? editor!.selection.active.line + 1 : 0;
  const told = hunksOf(current).filter(({ mark }) => mark !== undefined && mark !== 'unseen');
  const next = forward
    ? told.find(({ line }) => line > from)
    : [...told].reverse().find(({ line }) => line < from);
  if (next) await showLine(current, next.line);
  else
    vscode.window.setStatusBarMessage(
      forward ? vscode.l10n.t('No later hunk with evidence') : vscode.l10n.t('No earlier hunk with evidence'),
      3000,
    );
}

interface Entry extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
  readonly spot?: Spot;
}

/** The events of a function as a list; walking over them walks over the recordings. */
export async function showEvents(reviews: Reviews, target: unknown): Promise<void> {
  const { current } = reviews;
  const { function: index, set } = (target ?? {}) as { readonly function?: unknown; readonly set?: unknown };
  if (!current || typeof index !== 'number' || typeof set !== 'number') return;
  const { review, view } = current;
  const ask = { function: index, set, first: 0, count: EVENTS_AT_ONCE };
  const { total, events } = await review.request('reviewEvents', ask);
  const list = vscode.window.createQuickPick<Entry>();
  const name = view.functions[index]?.name ?? '';
  list.title = `${name}(): ${view.sets[set]?.title ?? ''}`;
  list.placeholder =
    total > events.length
      ? vscode.l10n.t('The first {0} of {1} events', events.length, total)
      : vscode.l10n.t('Each entry leads to the event in its recording');
  list.items = events.map(({ file, spot, text }) => ({
    label: text,
    description: vscode.l10n.t('line {0}', spot.line),
    uri: review.recordings[file]!,
    spot,
  }));
  list.onDidChangeActive(([entry]) => void revealSpot(entry?.uri, entry?.spot));
  list.onDidAccept(() => list.hide());
  list.onDidHide(() => list.dispose());
  list.show();
}
