/** Pasted texts as files that lie on no disk: a document and a worker read them by their names. */
import * as vscode from 'vscode';

export const PASTE_SCHEME = 'shimtrace-paste';
/** Pastes that are kept for tabs that come back; the oldest goes first. */
const KEPT = 20;

interface PastedFile {
  readonly bytes: Uint8Array;
  readonly mtime: number;
}

export class PastedFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly files = new Map<string, PastedFile>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private count = 0;

  /** `name` is what it is called, with the ending that says its language: `Pasted trace`, `.txt`. */
  add(bytes: Uint8Array, name: string, ending: string): vscode.Uri {
    this.count++;
    const uri = vscode.Uri.from({ scheme: PASTE_SCHEME, path: `/${name} ${this.count}${ending}` });
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
