/** Reviews of patches: what recordings without and with them show, on the patch itself. */
import * as vscode from 'vscode';
import { askOnce, RequestFailed } from '../analysis/channel.js';
import type { App, Feature } from '../app.js';
import { registerTexts, showText } from '../textPage.js';
import { beforeAfterText, TABLE_SCHEME, TABLE_URI } from './beforeAfter.js';
import { codeFeature } from './code.js';
import { evidenceLinks } from './evidenceLinks.js';
import { addClaim, removeClaim } from './claims.js';
import { affectsKernel } from './kernelTree.js';
import { reviewLenses } from './lenses.js';
import { EVENTS } from '../links.js';
import { ReviewList, SHOW_LINE } from './list.js';
import { Gutter } from './marks.js';
import { moveToHunk, showEvents, showLine } from './moves.js';
import { patchAtHand } from './patchAtHand.js';
import { Quotes } from './quote.js';
import { recordPatch } from './record.js';
import { askRecordings, type Recordings } from './recordings.js';
import { Remarks } from './remarks.js';
import { copyPatchRecipe, copyReply, exportReview } from './reply.js';
import { Reviews, type ReviewShown } from './reviews.js';
import { Threads } from './threads.js';

/** Made up, on a self-written file; the recordings are of kernels without and with the check that it adds. */
const SAMPLE = {
  patch: 'test/review/in-use.patch',
  tree: 'test/review/tree',
  without: 'sample-traces/labelled/inplace/M2.p.txt',
  with: 'sample-traces/labelled/inplace/N.p.txt',
};

/** What shows a review: made with the first one, so that a window without any has nothing of it. */
class Shown implements vscode.Disposable {
  readonly remarks: Remarks;
  readonly threads: Threads;
  readonly quotes: Quotes;
  private readonly others: vscode.Disposable;

  constructor(app: App, reviews: Reviews) {
    this.remarks = new Remarks(reviews);
    this.threads = new Threads(reviews, this.remarks);
    this.quotes = new Quotes(app, reviews, this.remarks);
    this.others = vscode.Disposable.from(
      new Gutter(app.context.extensionUri, reviews),
      reviewLenses(reviews),
      evidenceLinks(reviews, this.remarks),
    );
  }

  dispose(): void {
    vscode.Disposable.from(this.others, this.quotes, this.threads, this.remarks).dispose();
  }
}

export const review: Feature = (app) => {
  const reviews = new Reviews(app);
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let shown: Shown | undefined;
  return vscode.Disposable.from(
    reviews,
    changed,
    reviews.onDidChange(() => {
      shown ??= new Shown(app, reviews);
      changed.fire(TABLE_URI);
    }),
    new vscode.Disposable(() => shown?.dispose()),
    new ReviewList(reviews),
    codeFeature(app, reviews),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (affectsKernel(event)) void reviews.again();
    }),
    registerTexts(TABLE_SCHEME, { onDidChange: changed.event, text: () => beforeAfterText(reviews.current) }),
    reviewCommands(app, reviews),
    remarkCommands(app, reviews, () => shown),
  );
};

function reviewCommands(app: App, reviews: Reviews): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('shimtrace.review.start', (...targets: unknown[]) =>
      start(app, reviews, targets),
    ),
    vscode.commands.registerCommand('shimtrace.review.sample', () => sample(app, reviews)),
    vscode.commands.registerCommand('shimtrace.review.recordings', () => otherRecordings(app, reviews)),
    vscode.commands.registerCommand('shimtrace.review.again', () => reviews.again()),
    vscode.commands.registerCommand('shimtrace.review.end', () => reviews.end()),
    vscode.commands.registerCommand('shimtrace.review.nextHunk', () => moveToHunk(reviews, true)),
    vscode.commands.registerCommand('shimtrace.review.previousHunk', () => moveToHunk(reviews, false)),
    vscode.commands.registerCommand('shimtrace.review.beforeAfter', () => showText(TABLE_URI, app.log)),
    vscode.commands.registerCommand('shimtrace.review.copyRecipe', () => copyPatchRecipe(reviews)),
    vscode.commands.registerCommand('shimtrace.review.record', (given: unknown) =>
      recordPatch(app, reviews, given),
    ),
    vscode.commands.registerCommand('shimtrace.review.addClaim', (given: unknown) =>
      addClaim(app, reviews, given),
    ),
    vscode.commands.registerCommand('shimtrace.review.removeClaim', (entry: unknown) =>
      removeClaim(app, reviews, entry),
    ),
    vscode.commands.registerCommand(EVENTS, (target: unknown) => showEvents(reviews, target)),
    vscode.commands.registerCommand(SHOW_LINE, async (line: unknown) => {
      if (reviews.current && typeof line === 'number') await showLine(reviews.current, line);
    }),
  );
}

/** Commands that need a review to be shown. */
function remarkCommands(app: App, reviews: Reviews, shown: () => Shown | undefined): vscode.Disposable {
  const withShown = async (run: (shown: Shown) => Promise<void>): Promise<void> => {
    const now = shown();
    if (now) await run(now);
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('shimtrace.review.addRemark', (reply: unknown) =>
      withShown(({ threads }) => threads.add(reply)),
    ),
    vscode.commands.registerCommand('shimtrace.review.removeRemark', (comment: unknown) =>
      withShown(({ threads }) => threads.remove(comment)),
    ),
    vscode.commands.registerCommand('shimtrace.review.openRemarks', () =>
      withShown(({ remarks }) => openRemarks(remarks)),
    ),
    vscode.commands.registerCommand('shimtrace.review.sayNothing', (thread: unknown) =>
      withShown(({ threads }) => threads.quiet(thread, true)),
    ),
    vscode.commands.registerCommand('shimtrace.review.sayAgain', (thread: unknown) =>
      withShown(({ threads }) => threads.quiet(thread, false)),
    ),
    vscode.commands.registerCommand('shimtrace.review.quoteLine', () =>
      withShown(({ quotes }) => quotes.quote()),
    ),
    vscode.commands.registerCommand('shimtrace.review.copyReply', () =>
      withShown(({ remarks }) => copyReply(app, reviews, remarks)),
    ),
    vscode.commands.registerCommand('shimtrace.review.export', () =>
      withShown(({ remarks }) => exportReview(app, reviews, remarks)),
    ),
  );
}

async function openRemarks({ uri, view }: Remarks): Promise<void> {
  if (!uri) return;
  if (view.text === '')
    await vscode.window.showInformationMessage(
      vscode.l10n.t('There is no remark yet: write one on a line of the patch.'),
    );
  else await vscode.window.showTextDocument(uri);
}

/** With what a menu gives; behind a file may be recordings, which then need no question. */
async function start(app: App, reviews: Reviews, targets: readonly unknown[]): Promise<void> {
  const patch = await patchAtHand(app, targets);
  if (!patch) return;
  const [, given] = targets;
  const recordings = isRecordings(given) ? given : await recordingsFor(app, patch);
  if (!recordings) return;
  await show(await reviews.start({ patch, ...recordings }));
}

/** What is in front stays as it is: somebody is at work in it. */
async function show(made: ReviewShown | undefined): Promise<void> {
  const isInFront = vscode.window.activeTextEditor?.document.uri.toString() === made?.document.toString();
  if (made && !isInFront) await showLine(made, 1);
}

function isRecordings(given: unknown): given is Recordings {
  return typeof given === 'object' && given !== null && 'with' in given && 'without' in given;
}

/** What the series was held against before, or what is chosen; undefined where it is no patch. */
async function recordingsFor(app: App, patch: vscode.Uri): Promise<Recordings | undefined> {
  try {
    const bytes = await vscode.workspace.fs.readFile(patch);
    const facts = await askOnce(app.platform, 'series', { patch: bytes });
    return await askRecordings(app, facts.key);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    await vscode.window.showErrorMessage(
      vscode.l10n.t('The patch could not be reviewed: {0}', error.message),
    );
    return undefined;
  }
}

async function otherRecordings(app: App, reviews: Reviews): Promise<void> {
  const { current } = reviews;
  if (!current) return;
  const recordings = await askRecordings(app, current.facts.key);
  if (recordings) await reviews.start({ ...current.review.input, ...recordings });
}

/** The patch is copied: remarks on it are kept beside it, and not where the extension lies. */
async function sample(app: App, reviews: Reviews): Promise<void> {
  const file = (name: string): vscode.Uri => vscode.Uri.joinPath(app.context.extensionUri, name);
  const patch = await vscode.workspace.fs.readFile(file(SAMPLE.patch));
  const made = await reviews.start({
    patch: app.pastes.add(patch, 'Sample', '.patch'),
    tree: file(SAMPLE.tree),
    without: [file(SAMPLE.without)],
    with: [file(SAMPLE.with)],
  });
  await show(made);
}
