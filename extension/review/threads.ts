/** What a review says of each function, as threads below the last line that a hunk changes of it. */
import * as vscode from 'vscode';
import { code } from '../escape.js';
import type { ReviewedPatch } from '../protocol/review.js';
import { MARK_WORDS } from './marks.js';
import type { Reviews, ReviewShown } from './reviews.js';
import { functionText } from './sentences.js';

export const CONTROLLER = 'shimtrace.review';
/** Beyond this, lenses and the tree tell. */
const THREADS_MAX = 500;
/** As many as one would read at once are open. */
const OPEN_MAX = 12;

export class Threads implements vscode.Disposable {
  private readonly controller: vscode.CommentController;
  private threads: vscode.CommentThread[] = [];
  private readonly change: vscode.Disposable;

  constructor(private readonly reviews: Reviews) {
    this.controller = vscode.comments.createCommentController(CONTROLLER, 'Shimtrace');
    this.change = reviews.onDidChange(() => this.show());
    this.show();
  }

  private show(): void {
    for (const thread of this.threads) thread.dispose();
    const { current } = this.reviews;
    this.threads = current ? this.threadsOf(current) : [];
  }

  private threadsOf(shown: ReviewShown): vscode.CommentThread[] {
    const out: vscode.CommentThread[] = [];
    for (const patch of shown.view.patches) {
      for (const { line, comments, label, isTelling } of saidOf(patch, shown)) {
        if (out.length === THREADS_MAX) return out;
        const range = new vscode.Range(line - 1, 0, line - 1, 0);
        const thread = this.controller.createCommentThread(shown.document, range, comments);
        thread.label = label;
        thread.canReply = false;
        const { Collapsed, Expanded } = vscode.CommentThreadCollapsibleState;
        thread.collapsibleState = isTelling && out.length < OPEN_MAX ? Expanded : Collapsed;
        out.push(thread);
      }
    }
    return out;
  }

  dispose(): void {
    this.change.dispose();
    this.controller.dispose();
  }
}

interface Said {
  /** 1-based line of the document. */
  readonly line: number;
  readonly label: string;
  readonly comments: vscode.Comment[];
  /** Whether traces show something, or somebody has said something. */
  readonly isTelling: boolean;
}

/** By line: what traces show of the functions that end there, and what others wrote. */
function saidOf(patch: ReviewedPatch, shown: ReviewShown): readonly Said[] {
  const byLine = new Map<number, Said>();
  const at = (line: number, label: string): Said => {
    const said = byLine.get(line) ?? { line, label, comments: [], isTelling: false };
    byLine.set(line, said);
    return said;
  };
  for (const { functions } of patch.files.flatMap((file) => file.hunks))
    for (const { index, line } of functions) {
      const f = shown.view.functions[index]!;
      const said = at(line, `${f.name}(): ${MARK_WORDS[f.mark]}`);
      said.comments.push(comment('Shimtrace', f.touch, functionText(index, shown)));
      if (f.mark !== 'unseen') byLine.set(line, { ...said, isTelling: true });
    }
  for (const { from, line, text } of patch.remarks) {
    if (line === 0) continue;
    const said = at(line, from);
    said.comments.push(comment(from, vscode.l10n.t('in a reply'), plainText(text)));
    byLine.set(line, { ...said, isTelling: true });
  }
  return [...byLine.values()];
}

function comment(name: string, label: string, body: vscode.MarkdownString): vscode.Comment {
  return { author: { name }, label, body, mode: vscode.CommentMode.Preview };
}

/** What somebody wrote in a mail, line by line as it stands. */
export function plainText(text: string): vscode.MarkdownString {
  return new vscode.MarkdownString(
    text
      .split('\n')
      .map((line) => (line === '' ? '' : code(line)))
      .join('  \n'),
  );
}
