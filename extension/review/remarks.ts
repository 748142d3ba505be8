/** The `.review` file beside a patch: the reviewer's own words, which are the reply itself. */
import * as vscode from 'vscode';
import type { NotesChange, NotesView } from '../protocol/review.js';
import { openDocument } from '../openDocument.js';
import type { Reviews, ReviewShown } from './reviews.js';
import { fileName } from '../../parsers/base/fileName.js';

const ENDING = '.review';
/** An edit of the file rests this long before it is read. */
const REST_MS = 300;
const NOTHING: NotesView = { text: '', remarks: [], quiet: [] };

export class Remarks implements vscode.Disposable {
  /** What the file says of the series as it is now. */
  view: NotesView = NOTHING;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly disposables: vscode.Disposable[];
  private watched: vscode.Disposable | undefined;
  private watchedUri = '';
  private timer: number | undefined;
  private reading = 0;

  constructor(private readonly reviews: Reviews) {
    this.disposables = [
      this.changed,
      reviews.onDidChange(() => {
        this.watch();
        void this.read();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.toString() === this.watchedUri) this.readSoon();
      }),
    ];
    this.watch();
    void this.read();
  }

  /** Where they are kept; undefined without a review. */
  get uri(): vscode.Uri | undefined {
    const patch = this.reviews.current?.review.input.patch;
    return patch?.with({ path: patch.path.replace(/\.[^./]*$/, '') + ENDING });
  }

  /** Changes the file, which is made with the first remark. */
  async change(change: NotesChange): Promise<void> {
    const { current } = this.reviews;
    const { uri } = this;
    if (!current || !uri) return;
    const { text } = await current.review.request('notes', { text: await textOf(uri), change });
    await write(uri, text);
    await this.read();
  }

  private readSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.read(), REST_MS);
  }

  private async read(): Promise<void> {
    const reading = ++this.reading;
    const view = await this.viewOf(this.reviews.current);
    // What was asked for meanwhile is newer.
    if (reading !== this.reading) return;
    this.view = view;
    this.changed.fire();
  }

  private async viewOf(current: ReviewShown | undefined): Promise<NotesView> {
    const { uri } = this;
    const text = uri ? await textOf(uri) : '';
    return current && text !== '' ? current.review.request('notes', { text, change: undefined }) : NOTHING;
  }

  /** Somebody else may write it: another window, a checkout. */
  private watch(): void {
    const { uri } = this;
    if (this.watchedUri === (uri?.toString() ?? '')) return;
    this.watched?.dispose();
    this.watched = undefined;
    this.watchedUri = uri?.toString() ?? '';
    if (!uri) return;
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), fileName(uri.path));
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const again = (): void => this.readSoon();
    this.watched = vscode.Disposable.from(
      watcher,
      watcher.onDidChange(again),
      watcher.onDidCreate(again),
      watcher.onDidDelete(again),
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watched?.dispose();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

/** '' where there is no file. What is being written in it counts. */
async function textOf(uri: vscode.Uri): Promise<string> {
  const open = openDocument(uri);
  if (open) return open.getText();
  return vscode.workspace.fs.readFile(uri).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  );
}

async function write(uri: vscode.Uri, text: string): Promise<void> {
  const open = openDocument(uri);
  if (!open) {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, new vscode.Range(0, 0, open.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
  await open.save();
}
