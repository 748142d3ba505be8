/** One review: a patch, recordings without and with it, and what the worker said of them. */
import * as vscode from 'vscode';
import { CANCELLED, Channel } from '../analysis/channel.js';
import type { App } from '../app.js';
import { checkOptions } from '../config.js';
import type { Method, Methods, Progress } from '../protocol/requests.js';
import type { ReviewView, SeriesFacts } from '../protocol/review.js';
import { openDocument } from '../openDocument.js';
import { InTurn } from './inTurn.js';
import { findTree, readTree, vmlinuxHere } from './kernelTree.js';
import { CLAIMS } from './memory.js';
import { fileName } from '../../parsers/base/fileName.js';

export interface ReviewInput {
  readonly patch: vscode.Uri;
  readonly without: readonly vscode.Uri[];
  readonly with: readonly vscode.Uri[];
  /** Instead of the tree that is open. */
  readonly tree?: vscode.Uri | undefined;
}

export const SERIES_SCHEME = 'shimtrace-series';

/** What a review is at a moment. */
export interface Reviewed {
  readonly facts: SeriesFacts;
  readonly view: ReviewView;
  readonly tree: vscode.Uri | undefined;
  /** What shows the series: the patch itself, or its text of our own. */
  readonly document: vscode.Uri;
}

export class Review implements vscode.Disposable {
  now: Reviewed | undefined;
  /** All recordings, by the indexes that the worker knows them by. */
  readonly recordings: readonly vscode.Uri[];
  /** What the worker is at, where it says so. */
  onProgress: (progress: Progress) => void = () => undefined;
  private channel: Promise<Channel> | undefined;
  private isOver = false;
  private readonly turns = new InTurn(() => this.makeNow());

  constructor(
    private readonly app: App,
    readonly input: ReviewInput,
  ) {
    this.recordings = [...input.without, ...input.with];
  }

  /**
   * Reads and judges what was not yet, and the patch as it is now: after an older review, whose lines of a
   * vmlinux may take long, so that it never takes the place of a newer one. Rejects with RequestFailed.
   */
  make(): Promise<Reviewed> {
    return this.turns.run();
  }

  private async makeNow(): Promise<Reviewed> {
    const { patch: uri, without } = this.input;
    const patch = await bytesOf(uri);
    const read = await this.request('series', { patch });
    const root = this.input.tree ?? (await findTree());
    const tree = root && (await readTree(root, read.paths, read.folders));
    const indexes = this.recordings.map((_, i) => i);
    const sets = [
      { role: 'without' as const, files: indexes.slice(0, without.length) },
      { role: 'with' as const, files: indexes.slice(without.length) },
    ].filter(({ files }) => files.length > 0);
    const { vmlinux, issue } = await vmlinuxHere(this.app.platform);
    const claims = CLAIMS.of(this.app, read.key) ?? [];
    const view = await this.request('review', {
      patch,
      tree,
      sets,
      check: checkOptions(uri),
      claims,
      vmlinux,
    });
    const facts = issue === '' ? read : { ...read, issues: [...read.issues, issue] };
    this.now = { facts, view, tree: root, document: read.text === undefined ? uri : seriesUri(uri) };
    return this.now;
  }

  async request<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    this.channel ??= this.start();
    return (await this.channel).request(method, params);
  }

  private async start(): Promise<Channel> {
    const worker = await this.app.platform.startReview(this.recordings);
    const channel = new Channel(worker, (told) => {
      if ('progress' in told) this.onProgress(told.progress);
    });
    worker.onExit((error) => {
      channel.end(error);
      this.channel = undefined;
    });
    if (this.isOver) channel.end(CANCELLED);
    return channel;
  }

  dispose(): void {
    this.isOver = true;
    void this.channel?.then(
      (channel) => channel.end(CANCELLED),
      () => undefined,
    );
  }
}

/** The bytes of a file, or what is being written in it. */
async function bytesOf(uri: vscode.Uri): Promise<Uint8Array> {
  const open = openDocument(uri);
  return open?.isDirty ? new TextEncoder().encode(open.getText()) : vscode.workspace.fs.readFile(uri);
}

/** By its ending it is a diff, and shown as one. */
function seriesUri(patch: vscode.Uri): vscode.Uri {
  const name = fileName(patch.path);
  return vscode.Uri.from({ scheme: SERIES_SCHEME, path: `/${name}.patch`, query: patch.toString() });
}
