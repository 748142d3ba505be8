/**
 * *Open Pasted Trace*: what is selected, else what the clipboard holds, as a document of its own that is
 * judged like any other: a whole mail with its prose will do. It lies in memory alone, in both hosts;
 * *Save As* keeps it.
 */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { LANGUAGE } from './recognise.js';

export const PASTE_SCHEME = 'shimtrace-paste';
/** Pastes that are kept for tabs that come back; the oldest goes first. */
const KEPT = 20;

export const pasted: Feature = (app) => {
  const files = new PastedFiles();
  return vscode.Disposable.from(
    files,
    vscode.workspace.registerFileSystemProvider(PASTE_SCHEME, files, { isCaseSensitive: true }),
    vscode.commands.registerCommand('shimtrace.openPasted', async (text?: unknown) =>
      openPasted(app, files, typeof text === 'string' ? text : await textAtHand()),
    ),
  );
};

async function openPasted(app: App, files: PastedFiles, text: string): Promise<vscode.Uri | undefined> {
  if (text.trim() === '') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Select the text of a trace, or copy it, and run this again.'),
    );
    return undefined;
  }
  const uri = files.add(new TextEncoder().encode(text));
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: false });
  // Prose may come first: the first lines do not tell that it is a trace.
  await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  await app.sessions.report(uri);
  return uri;
}

/** What is selected in the active editor, else what was copied. */
async function textAtHand(): Promise<string> {
  const editor = vscode.window.activeTextEditor;
  const selected = (editor?.selections ?? [])
    .filter((selection) => !selection.isEmpty)
    .map((selection) => editor!.document.getText(selection));
  return selected.length > 0 ? selected.join('\n') : vscode.env.clipboard.readText();
}

interface PastedFile {
  readonly bytes: Uint8Array;
  readonly mtime: number;
}

/** Pasted texts as files that lie on no disk: a document and a worker read them by their names. */
class PastedFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly files = new Map<string, PastedFile>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private count = 0;

  add(bytes: Uint8Array): vscode.Uri {
    this.count++;
    const uri = vscode.Uri.from({ scheme: PASTE_SCHEME, path: `/Pasted trace ${this.count}.txt` });
    this.files.set(uri.path, { bytes, mtime: 0 });
    const [oldest] = this.files.keys();
    if (this.files.size > KEPT && oldest !== undefined) this.files.delete(oldest);
    return uri;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    if (uri.path === '/') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    const { bytes, mtime } = this.at(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime, size: bytes.length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.at(uri).bytes;
  }

  /** Also what is set aside of a paste, which is kept beside it. */
  writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    const before = this.files.get(uri.path);
    this.files.set(uri.path, { bytes, mtime: (before?.mtime ?? 0) + 1 });
    const type = before ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created;
    this.changed.fire([{ type, uri }]);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [...this.files.keys()].map((name) => [name.slice(1), vscode.FileType.File]);
  }

  delete(uri: vscode.Uri): void {
    this.files.delete(uri.path);
  }

  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions('Pasted traces have no folders');
  }

  rename(): void {
    throw vscode.FileSystemError.NoPermissions('A pasted trace is saved under another name');
  }

  dispose(): void {
    this.changed.dispose();
    this.files.clear();
  }

  private at(uri: vscode.Uri): PastedFile {
    const file = this.files.get(uri.path);
    if (!file) throw vscode.FileSystemError.FileNotFound(uri);
    return file;
  }
}
