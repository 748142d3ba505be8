import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { app, closeAll, codeOf, extensionFile, findings, G9_LINE, open, SAMPLE, until } from '../support.js';

/** A file system that lies on no disk, as those of virtual workspaces do. */
class MemoryFiles implements vscode.FileSystemProvider {
  readonly files = new Map<string, { bytes: Uint8Array; mtime: number }>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;

  put(uri: vscode.Uri, bytes: Uint8Array): void {
    const type = this.files.has(uri.path) ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created;
    this.files.set(uri.path, { bytes, mtime: (this.files.get(uri.path)?.mtime ?? 0) + 1 });
    this.changed.fire([{ type, uri }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const file = this.files.get(uri.path);
    if (file) return { type: vscode.FileType.File, ctime: 0, mtime: file.mtime, size: file.bytes.length };
    if (uri.path === '/') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    throw vscode.FileSystemError.FileNotFound(uri);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [...this.files.keys()].map((name) => [name.slice(1), vscode.FileType.File]);
  }

  readFile(uri: vscode.Uri): Uint8Array {
    const file = this.files.get(uri.path);
    if (!file) throw vscode.FileSystemError.FileNotFound(uri);
    return file.bytes;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    this.put(uri, content);
  }

  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions('no folders here');
  }

  delete(uri: vscode.Uri): void {
    this.files.delete(uri.path);
  }

  rename(): void {
    throw vscode.FileSystemError.NoPermissions('no renaming here');
  }
}

describe('a virtual file system', () => {
  const files = new MemoryFiles();
  const uri = vscode.Uri.parse('shimtrace-memory:/trace.txt');
  let registered: vscode.Disposable;
  before(async () => {
    await app();
    registered = vscode.workspace.registerFileSystemProvider(uri.scheme, files, { isCaseSensitive: true });
    files.put(uri, fs.readFileSync(extensionFile(SAMPLE)));
    await open(uri);
    await findings(uri);
  });
  after(async () => {
    await closeAll();
    registered.dispose();
  });

  it('holds a trace that is judged', async () => {
    const errors = vscode.languages
      .getDiagnostics(uri)
      .filter((d) => d.severity === vscode.DiagnosticSeverity.Error);
    assert.deepEqual(
      errors.map((d) => [codeOf(d), d.range.start.line + 1]),
      [['G9', G9_LINE]],
    );
  });

  it('holds a trace that is hovered, asked and looked into through a window', async () => {
    const session = (await app()).sessions.find(uri)!;
    assert.ok(
      (
        await vscode.commands.executeCommand<vscode.Hover[]>(
          'vscode.executeHoverProvider',
          uri,
          new vscode.Position(G9_LINE - 1, 70),
        )
      ).length > 0,
    );
    assert.ok((await session.request('answer', { line: G9_LINE, question: 'holds' }))!.statements.length > 0);
    assert.match(
      (await session.request('window', { line: G9_LINE, lines: 10 })).text,
      /kvm_gmem_store_attributes/,
    );
    assert.ok((await session.request('timeline', { ask: 'meta', params: {} })) !== null);
  });

  it('holds a trace that is replayed', async () => {
    await vscode.commands.executeCommand('shimtrace.replay', { trace: uri });
    await until('the replay', () => vscode.debug.activeDebugSession);
    await until('its first stop', () => vscode.debug.activeStackItem);
    await vscode.debug.stopDebugging();
    await until('the end', () => (vscode.debug.activeDebugSession ? undefined : true));
  });

  it('keeps a reason beside the trace', async () => {
    const { suppressions, sessions } = await app();
    const report = sessions.find(uri)!.report!;
    const finding = report.findings.find(({ rule }) => rule === 'G9')!;
    await suppressions.add(uri, report, finding, 'known here');
    assert.match(
      new TextDecoder().decode(files.readFile(uri.with({ path: '/.shimtrace.json' }))),
      /known here/,
    );
    await until('the diagnostic to go', () =>
      vscode.languages.getDiagnostics(uri).every((d) => codeOf(d) !== 'G9') ? true : undefined,
    );
    await suppressions.remove(uri, report, finding);
  });

  it('holds a trace that changes and is followed', async () => {
    const text = fs.readFileSync(extensionFile(SAMPLE), 'utf8').split('\n');
    files.put(uri, new TextEncoder().encode(`${text.slice(0, G9_LINE - 2).join('\n')}\n`));
    await until('the violation to go', () =>
      vscode.languages.getDiagnostics(uri).every((d) => codeOf(d) !== 'G9') ? true : undefined,
    );
  });
});
