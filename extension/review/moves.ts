/** Moving through a review: from hunk to hunk, and from a function to its events. */
import * as vscode from 'vscode';
import { pickEvents } from './pickEvents.js';
import { hunksOf, type Reviews, type ReviewShown } from './reviews.js';

/** Shows a 1-based line of the series. */
export function showLine({ document }: ReviewShown, line: number): Promise<void> {
  return showLineOf(document, line);
}

/** Shows a 1-based line of a file, with what is around it. */
export async function showLineOf(file: vscode.Uri, line: number): Promise<void> {
  const at = new vscode.Position(Math.max(0, line - 1), 0);
  const editor = await vscode.window.showTextDocument(file, { selection: new vscode.Range(at, at) });
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

/** The events of a function in one set, in its recordings. */
export async function showEvents(reviews: Reviews, target: unknown): Promise<void> {
  const { current } = reviews;
  const { function: index, set } = (target ?? {}) as { readonly function?: unknown; readonly set?: unknown };
  if (!current || typeof index !== 'number' || typeof set !== 'number') return;
  const { review, view } = current;
  const title = `${view.functions[index]?.name ?? ''}(): ${view.sets[set]?.title ?? ''}`;
  await pickEvents(title, async (first, count) => {
    const { total, events } = await review.request('reviewEvents', { function: index, set, first, count });
    return { total, events: events.map((event) => ({ ...event, uri: review.recordings[event.file]! })) };
  });
}
