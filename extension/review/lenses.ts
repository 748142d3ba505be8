/** Above each hunk: what traces show of the functions that it touches. */
import * as vscode from 'vscode';
import { EVENTS } from '../links.js';
import { SHOW_LINE } from './list.js';
import { hunksOf, type Reviews, type ReviewShown } from './reviews.js';
import type { ReviewedFunction, ReviewedHunk } from '../protocol/review.js';

/** Functions of one hunk that are told of above it. */
const FUNCTIONS_MAX = 4;
/** The document of a review is a diff, a mailbox or a text: any language. */
const ANY: vscode.DocumentSelector = { pattern: '**' };

export function reviewLenses(reviews: Reviews): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.languages.registerCodeLensProvider(ANY, {
      onDidChangeCodeLenses: reviews.onDidChange,
      provideCodeLenses: (document) => {
        const shown = reviews.shownIn(document);
        return shown ? hunksOf(shown).flatMap((hunk) => lensesOf(hunk, shown)) : [];
      },
    }),
    vscode.languages.registerFoldingRangeProvider(ANY, {
      onDidChangeFoldingRanges: reviews.onDidChange,
      provideFoldingRanges: (document) => {
        const shown = reviews.shownIn(document);
        return shown ? foldsOf(shown) : undefined;
      },
    }),
  );
}

/** Where a click on a function's lens leads: to its events in the last set that has any. */
export function eventsCommand(
  { inSets }: ReviewedFunction,
  index: number,
): Pick<vscode.Command, 'command' | 'arguments'> {
  const set = inSets.map(({ events }) => events > 0).lastIndexOf(true);
  return { command: set < 0 ? '' : EVENTS, arguments: [{ function: index, set }] };
}

function lensesOf(hunk: ReviewedHunk, { view }: ReviewShown): vscode.CodeLens[] {
  const range = new vscode.Range(hunk.line - 1, 0, hunk.line - 1, 0);
  const lenses = hunk.functions.slice(0, FUNCTIONS_MAX).map(({ index }) => {
    const f = view.functions[index]!;
    return new vscode.CodeLens(range, {
      title: `${f.name}(): ${f.short}`,
      tooltip: f.inSets.map(({ text }, i) => `${view.sets[i]!.title} ${f.name}() ${text}.`).join('\n'),
      ...eventsCommand(f, index),
    });
  });
  const more = hunk.functions.length - lenses.length;
  if (more > 0)
    lenses.push(
      new vscode.CodeLens(range, {
        title: vscode.l10n.t('{0} more functions', more),
        command: SHOW_LINE,
        arguments: [hunk.line],
      }),
    );
  return lenses;
}

/** By mail, file and hunk. */
function foldsOf({ view }: ReviewShown): vscode.FoldingRange[] {
  const parts = view.patches.flatMap((patch) => [
    patch,
    ...patch.files.flatMap((file) => [file, ...file.hunks]),
  ]);
  return parts
    .filter(({ line, lastLine }) => lastLine > line)
    .map(({ line, lastLine }) => new vscode.FoldingRange(line - 1, lastLine - 1));
}
