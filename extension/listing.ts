/**
 * The texts behind windows and listings, as files that cannot be written:
 * a window that is opened again finds them again.
 */
import * as vscode from 'vscode';
import type { TraceSession } from './analysis/client.js';
import type { Report } from './protocol/report.js';
import type { App } from './app.js';
import { firstOf, lastOf } from './debugger/parts.js';
import { unusable } from './features/status.js';
import { rememberListing, rememberWindow, WINDOW_LINES, WINDOW_SCHEME, windowAddress } from './window.js';

export class Listings implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  /**
   * Which reading of a trace its texts are of: the file's stamp with the times it was forgotten, and a number
   * that grows with each new one.
   */
  private readonly contents = new Map<string, { readonly reading: string; readonly version: number }>();
  private readonly disposables: vscode.Disposable;

  constructor(private readonly app: App) {
    this.disposables = vscode.Disposable.from(
      this.changed,
      vscode.workspace.registerFileSystemProvider(WINDOW_SCHEME, this, {
        isReadonly: true,
        isCaseSensitive: true,
      }),
      app.sessions.onDidChange((session) => this.follow(session)),
    );
  }

  dispose(): void {
    this.disposables.dispose();
  }

  /** What was read anew is shown anew. */
  private follow({ uri, report, state, stamp, forgotten }: TraceSession): void {
    if (state.kind !== 'done' || !report) return;
    rememberListing(uri, report);
    const known = this.contents.get(uri.toString());
    const reading = `${forgotten} ${stamp}`;
    if (known?.reading === reading) return;
    this.contents.set(uri.toString(), { reading, version: (known?.version ?? 0) + 1 });
    if (!known) return;
    const shown = vscode.workspace.textDocuments.filter(
      (document) => windowAddress(document.uri)?.trace.toString() === uri.toString(),
    );
    this.changed.fire(shown.map((document) => ({ type: vscode.FileChangeType.Changed, uri: document.uri })));
  }

  /** What is shown in place of its text is to go once it is read. */
  private awaitReading(trace: vscode.Uri): void {
    const version = this.contents.get(trace.toString())?.version ?? 0;
    this.contents.set(trace.toString(), { reading: '', version });
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const address = windowAddress(uri);
    if (!address) throw vscode.FileSystemError.FileNotFound(uri);
    const mtime = this.contents.get(address.trace.toString())?.version ?? 0;
    return {
      type: vscode.FileType.File,
      ctime: 0,
      mtime,
      size: 0,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const trace = windowAddress(uri)?.trace;
    const held = trace && this.app.sessions.hold(trace);
    try {
      return new TextEncoder().encode(await this.textOf(uri));
    } finally {
      held?.dispose();
    }
  }

  /** Reads the trace where it is not open yet. */
  private async textOf(uri: vscode.Uri): Promise<string> {
    const address = windowAddress(uri);
    if (!address) throw vscode.FileSystemError.FileNotFound(uri);
    const report = await this.app.sessions.report(address.trace);
    const session = this.app.sessions.open(address.trace);
    if (!report) {
      if (session.state.kind === 'failed')
        throw vscode.FileSystemError.Unavailable(session.state.error.message);
      this.awaitReading(address.trace);
      return `# ${vscode.l10n.t('The reading was cancelled. Run "Shimtrace: Check This Trace" to read it.')}`;
    }
    if ('around' in address) {
      const { firstLine, text } = await session.request('window', {
        line: address.around,
        lines: WINDOW_LINES,
      });
      rememberWindow(uri, firstLine);
      return text;
    }
    const issue = unusable(report);
    if (issue)
      return [issue.sentence, issue.detail, issue.advice]
        .filter((part) => part !== '')
        .map((part) => `# ${part}`)
        .join('\n');
    return session.request('listing', { first: firstOf(address.part), last: lastLine(address.part, report) });
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}

/** Lines of a text behind its last event, a stack for example, belong to its last part. */
const TAIL_LINES = 1000;

function lastLine(part: number, { shown, lines }: Report): number {
  const last = lastOf(part, lines);
  return (shown === 'content' || shown === 'compact') && last === lines ? last + TAIL_LINES : last;
}
