/**
 * Threads on the patch: what a review says of each function, below the last line that a hunk changes of it,
 * what others wrote in replies, and the reviewer's own remarks.
 */
import * as vscode from 'vscode';
import { code } from '../escape.js';
import type { ReviewedPatch } from '../protocol/review.js';
import { MARK_WORDS } from './marks.js';
import type { Remarks } from './remarks.js';
import { hunksOf, type Reviews, type ReviewShown } from './reviews.js';
import { functionText } from './sentences.js';

const CONTROLLER = 'shimtrace.review';
/** Beyond this, lenses and the tree tell. */
const THREADS_MAX = 500;
/** As many as one would read at once are open. */
const OPEN_MAX = 12;
/** For menus on a remark of one's own. */
const OWN = 'remark';

/** A thread with what it is about, for the commands on it. */
interface ReviewThread extends vscode.CommentThread {
  said?: Said;
}

export class Threads implements vscode.Disposable {
  private readonly controller: vscode.CommentController;
  private threads: ReviewThread[] = [];
  private readonly disposables: vscode.Disposable[];

  constructor(
    private readonly reviews: Reviews,
    private readonly remarks: Remarks,
  ) {
    this.controller = vscode.comments.createCommentController(CONTROLLER, 'Shimtrace');
    this.controller.options = {
      prompt: vscode.l10n.t('Add a remark to the review'),
      placeHolder: vscode.l10n.t('What you would write below this line of the patch'),
    };
    this.controller.commentingRangeProvider = {
      provideCommentingRanges: (document) => {
        const shown = reviews.shownIn(document);
        return (
          shown && hunksOf(shown).map((hunk) => new vscode.Range(hunk.line - 1, 0, hunk.lastLine - 1, 0))
        );
      },
    };
    this.disposables = [this.controller, remarks.onDidChange(() => this.show())];
    this.show();
  }

  /** From the box below a thread, or from a new one. */
  async add(reply: unknown): Promise<void> {
    const { thread, text } = (reply ?? {}) as Partial<vscode.CommentReply>;
    if (!thread?.range || typeof text !== 'string') return;
    const line = thread.range.end.line + 1;
    // What VS Code made for a new remark makes place for the one that shows the file.
    if (!this.threads.includes(thread)) thread.dispose();
    await this.remarks.change({ kind: 'add', line, text });
  }

  /** Takes a remark of one's own away. */
  async remove(comment: unknown): Promise<void> {
    const { line } = (comment ?? {}) as Partial<OwnComment>;
    if (typeof line === 'number') await this.remarks.change({ kind: 'replace', line, text: '' });
  }

  /** Says nothing of the functions of a thread, or says it again. */
  async quiet(thread: unknown, isQuiet: boolean): Promise<void> {
    const { said } = (thread ?? {}) as ReviewThread;
    for (const index of said?.functions ?? [])
      await this.remarks.change({ kind: 'quiet', function: index, isQuiet });
  }

  private show(): void {
    for (const thread of this.threads) thread.dispose();
    const { current } = this.reviews;
    this.threads = current ? this.threadsOf(current) : [];
  }

  private threadsOf(shown: ReviewShown): ReviewThread[] {
    const out: ReviewThread[] = [];
    for (const said of this.allSaid(shown)) {
      if (out.length === THREADS_MAX) return out;
      const range = new vscode.Range(said.line - 1, 0, said.line - 1, 0);
      const thread: ReviewThread = this.controller.createCommentThread(shown.document, range, said.comments);
      thread.said = said;
      thread.label = said.label;
      thread.canReply = true;
      const isQuiet =
        said.functions.length > 0 && said.functions.every((i) => this.remarks.view.quiet.includes(i));
      thread.state = isQuiet ? vscode.CommentThreadState.Resolved : vscode.CommentThreadState.Unresolved;
      if (said.functions.length > 0) thread.contextValue = isQuiet ? 'quiet' : 'told';
      const { Collapsed, Expanded } = vscode.CommentThreadCollapsibleState;
      const isOpen = said.isTelling && !isQuiet && out.length < OPEN_MAX;
      thread.collapsibleState = isOpen ? Expanded : Collapsed;
      out.push(thread);
    }
    return [...out, ...this.sourceThreads(shown, THREADS_MAX - out.length)];
  }

  /** On the kernel's source, at the functions as they are there. */
  private sourceThreads(shown: ReviewShown, most: number): ReviewThread[] {
    const { tree, view } = shown;
    if (!tree) return [];
    const there = view.functions.flatMap((f, index) => (f.sourceLine > 0 ? [{ f, index }] : []));
    return there.slice(0, most).map(({ f, index }) => {
      const range = new vscode.Range(f.sourceLine - 1, 0, f.sourceLine - 1, 0);
      const comments = [comment('Shimtrace', f.touch, functionText(index, shown))];
      const thread = this.controller.createCommentThread(vscode.Uri.joinPath(tree, f.path), range, comments);
      thread.label = `${f.name}(): ${MARK_WORDS[f.mark]}`;
      thread.canReply = false;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Collapsed;
      return thread;
    });
  }

  private allSaid(shown: ReviewShown): readonly Said[] {
    const byLine = new Map<number, Said>();
    for (const patch of shown.view.patches) addPatch(byLine, patch, shown);
    for (const { line, text, quote } of this.remarks.view.remarks) {
      // What is about no line is about the series: it stands where that begins.
      const said = saidAt(byLine, line || 1, vscode.l10n.t('Remark'));
      said.comments.push(ownComment(line, quote === '' ? text : `> ${quote}\n\n${text}`));
      said.isTelling = true;
    }
    return [...byLine.values()];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

/** What stands at one line. */
interface Said {
  /** 1-based, of the document. */
  readonly line: number;
  readonly label: string;
  readonly comments: vscode.Comment[];
  /** Indexes of the functions that it tells of. */
  readonly functions: number[];
  /** Whether traces show something, or somebody has said something. */
  isTelling: boolean;
}

function saidAt(byLine: Map<number, Said>, line: number, label: string): Said {
  const said = byLine.get(line) ?? { line, label, comments: [], functions: [], isTelling: false };
  byLine.set(line, said);
  return said;
}

/** What traces show of the functions that end at a line, and what others wrote below it. */
function addPatch(byLine: Map<number, Said>, patch: ReviewedPatch, shown: ReviewShown): void {
  for (const { functions } of patch.files.flatMap((file) => file.hunks))
    for (const { index, line } of functions) {
      const f = shown.view.functions[index]!;
      const said = saidAt(byLine, line, `${f.name}(): ${MARK_WORDS[f.mark]}`);
      said.comments.push(comment('Shimtrace', f.touch, functionText(index, shown)));
      said.functions.push(index);
      if (f.mark !== 'unseen') said.isTelling = true;
    }
  for (const { from, line, text } of patch.remarks) {
    if (line === 0) continue;
    const said = saidAt(byLine, line, from);
    said.comments.push(comment(from, vscode.l10n.t('in a reply'), plainText(text)));
    said.isTelling = true;
  }
}

interface OwnComment extends vscode.Comment {
  /** 1-based line of the document, 0 for none. */
  readonly line: number;
}

function ownComment(line: number, text: string): OwnComment {
  const label = line === 0 ? vscode.l10n.t('about no line of this version') : '';
  return { ...comment(vscode.l10n.t('You'), label, plainText(text)), contextValue: OWN, line };
}

function comment(name: string, label: string, body: vscode.MarkdownString): vscode.Comment {
  return { author: { name }, label, body, mode: vscode.CommentMode.Preview };
}

/** What somebody wrote, line by line as it stands. */
function plainText(text: string): vscode.MarkdownString {
  const lines = text.split('\n').map((line) => (line === '' ? '' : code(line)));
  return new vscode.MarkdownString(lines.join('  \n'));
}
