/** The review that is under way: one at a time, told of to everything that shows it. */
import * as vscode from 'vscode';
import { RequestFailed } from '../analysis/channel.js';
import type { App } from '../app.js';
import type { ReviewedHunk } from '../protocol/review.js';
import { Review, SERIES_SCHEME, type Reviewed, type ReviewInput } from './review.js';

/** A review that something is shown of. */
export interface ReviewShown extends Reviewed {
  readonly review: Review;
}

export function hunksOf({ view }: ReviewShown): readonly ReviewedHunk[] {
  return view.patches.flatMap(({ files }) => files.flatMap((file) => file.hunks));
}

const EDIT_REST_MS = 500;

export class Reviews implements vscode.Disposable {
  private review: Review | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly texts = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[];
  private timer: number | undefined;

  constructor(private readonly app: App) {
    this.disposables = [
      this.changed,
      this.texts,
      vscode.workspace.registerTextDocumentContentProvider(SERIES_SCHEME, {
        onDidChange: this.texts.event,
        provideTextDocumentContent: (uri) => this.textOf(uri),
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && this.isPatch(document.uri)) this.againSoon();
      }),
    ];
  }

  get current(): ReviewShown | undefined {
    const { review } = this;
    return review?.now && { ...review.now, review };
  }

  /** The review whose series a document shows. */
  shownIn(document: Pick<vscode.TextDocument, 'uri'>): ReviewShown | undefined {
    const { current } = this;
    return current?.document.toString() === document.uri.toString() ? current : undefined;
  }

  /** Takes the place of the review that was there. Says itself what went wrong. */
  async start(input: ReviewInput): Promise<ReviewShown | undefined> {
    this.review?.dispose();
    this.review = new Review(this.app, input);
    return this.make(this.review, (why) => this.say(why));
  }

  /** With the patch, the tree and the settings as they are now. */
  async again(): Promise<void> {
    if (this.review) await this.make(this.review, (why) => this.say(why));
  }

  end(): void {
    this.review?.dispose();
    this.review = undefined;
    this.tell();
  }

  private say(why: string): void {
    void vscode.window.showErrorMessage(
      vscode.l10n.t('The patch could not be reviewed: {0}', firstLine(why)),
    );
  }

  /** `fail` is told why there is none, unless another review has taken its place. */
  private async make(review: Review, fail: (why: string) => void): Promise<ReviewShown | undefined> {
    try {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Shimtrace reviews') },
        (progress) => {
          review.onProgress = ({ stage, done, total }) =>
            progress.report({ message: `${stage} ${total > 0 ? Math.floor((100 * done) / total) : 0} %` });
          return review.make();
        },
      );
    } catch (error) {
      if (this.review !== review) return undefined;
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof RequestFailed && error.error.code === 'internal') this.app.log.error(why);
      fail(why);
      return undefined;
    }
    if (this.review !== review) return undefined;
    this.tell();
    return this.current;
  }

  private tell(): void {
    void vscode.commands.executeCommand('setContext', 'shimtrace.reviewing', this.review !== undefined);
    const { current } = this;
    if (current?.facts.text !== undefined) this.texts.fire(current.document);
    this.changed.fire();
  }

  private isPatch(uri: vscode.Uri): boolean {
    return this.review?.input.patch.toString() === uri.toString();
  }

  private againSoon(): void {
    clearTimeout(this.timer);
    // What is half written is often no patch: nobody is told so at every stroke.
    this.timer = setTimeout(() => {
      if (this.review) void this.make(this.review, (why) => this.app.log.debug(`not reviewed: ${why}`));
    }, EDIT_REST_MS);
  }

  private textOf(uri: vscode.Uri): string {
    const { current } = this;
    const isIt = current?.document.toString() === uri.toString();
    return (isIt ? current?.facts.text : undefined) ?? vscode.l10n.t('This review is over.');
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.review?.dispose();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

const firstLine = (text: string): string => text.split('\n')[0]!;
