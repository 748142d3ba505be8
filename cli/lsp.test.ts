/** The language server as a client sees it: over streams, with the worker of the bundle. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { lengthened } from '../test/support/filler.js';
import { frame, MessageReader } from './dapFraming.js';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly Diagnostic[];
    readonly value?: { readonly kind: string };
  };
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

interface Diagnostic {
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
  readonly severity: number;
  readonly code: string;
  readonly message: string;
  readonly relatedInformation: readonly {
    readonly location: { readonly range: Diagnostic['range'] };
    readonly message: string;
  }[];
}

const CLI = path.resolve('out/cli/main.js');
/** A text that is read in pieces. */
const LONG_BYTES = 70 << 20;
const PINNED = path.resolve('sample-traces/labelled/inplace/M2.p.txt');
const AGAIN = path.resolve('sample-traces/labelled/base/M10.va.txt');

class Client {
  private readonly process: ChildProcessWithoutNullStreams;
  private nextId = 1;
  private readonly seen: Message[] = [];
  private wake: () => void = () => undefined;

  constructor() {
    this.process = spawn(process.execPath, [CLI, 'lsp']);
    const reader = new MessageReader((raw) => {
      const message = raw as Message;
      this.seen.push(message);
      // What the server asks of a client is answered as any does.
      if (message.id !== undefined && message.method !== undefined)
        this.process.stdin.write(frame({ jsonrpc: '2.0', id: message.id, result: null }));
      this.wake();
    });
    this.process.stdout.on('data', (bytes: Buffer) => reader.push(bytes));
  }

  get exited(): Promise<number> {
    return new Promise((done) => this.process.once('exit', (code) => done(code ?? -1)));
  }

  notify(method: string, params: object): void {
    this.process.stdin.write(frame({ jsonrpc: '2.0', method, params }));
  }

  send(method: string, params: object): number {
    const id = this.nextId++;
    this.process.stdin.write(frame({ jsonrpc: '2.0', id, method, params }));
    return id;
  }

  async ask<T>(method: string, params: object): Promise<T> {
    const id = this.send(method, params);
    const reply = await this.until((message) => message.id === id && message.method === undefined);
    assert.equal(reply.error, undefined, JSON.stringify(reply.error));
    return reply.result as T;
  }

  async until(is: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.seen.findIndex(is);
      if (found >= 0) return this.seen.splice(found, 1)[0]!;
      await new Promise<void>((done) => (this.wake = done));
    }
  }

  open(file: string): string {
    return this.openText(file, fs.readFileSync(file, 'utf8'));
  }

  openText(file: string, text: string): string {
    const uri = pathToFileURL(file).href;
    this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'ftrace', version: 1, text } });
    return uri;
  }

  async diagnostics(uri: string): Promise<readonly Diagnostic[]> {
    const { params } = await this.until(
      ({ method, params: of }) => method === 'textDocument/publishDiagnostics' && of?.uri === uri,
    );
    return params!.diagnostics!;
  }

  kill(): void {
    this.process.kill();
  }
}

describe('the language server', () => {
  let client: Client;
  let uri = '';
  before(async () => {
    client = new Client();
    const { capabilities } = await client.ask<{ capabilities: Record<string, unknown> }>('initialize', {
      processId: null,
      rootUri: null,
      capabilities: { window: { workDoneProgress: true } },
    });
    assert.equal(capabilities['hoverProvider'], true);
    client.notify('initialized', {});
    uri = client.open(PINNED);
  });
  after(() => client.kill());

  const on = (line: number): object => ({
    textDocument: { uri },
    position: { line: line - 1, character: 0 },
  });
  const whole = (): object => ({ textDocument: { uri } });

  it('says what is wrong, where, by which rule, and what shows it', async () => {
    const [found, ...undecided] = await client.diagnostics(uri);
    assert.deepEqual(
      [found!.range.start.line, found!.severity, found!.code, found!.message],
      [
        701,
        1,
        'G9 refs-safe',
        'gfn 0x100004 private while pinned: pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned',
      ],
    );
    const lines = found!.relatedInformation.map(({ location }) => location.range.start.line + 1);
    assert.deepEqual(lines, [662, 682, 778]);
    assert.ok(undecided.every(({ severity }) => severity === 3));
  });

  it('tells of its progress, from beginning to end', async () => {
    for (const kind of ['begin', 'end'])
      await client.until(({ method, params }) => method === '$/progress' && params?.value?.kind === kind);
  });

  it('has the page before and after an event under the mouse', async () => {
    const hover = await client.ask<{ contents: { value: string } }>('textDocument/hover', on(702));
    assert.match(hover.contents.value, /^\*\*kvm\\_gmem\\_store\\_attributes\*\* /);
    assert.match(
      hover.contents.value,
      /- `gfns 0x100004\.\.0x100005 \(pages 0x4\.\.0x5 of inode 268\)`: shared, .* → private, /,
    );
    assert.equal(await client.ask('textDocument/hover', on(1)), null);
  });

  it('leads to what made a page so, and over its life', async () => {
    type Places = readonly { readonly range: Diagnostic['range'] }[];
    const origin = await client.ask<Places>('textDocument/definition', on(778));
    assert.ok(
      origin.some(({ range }) => range.start.line === 661),
      JSON.stringify(origin),
    );
    const life = await client.ask<Places>('textDocument/references', { ...on(702), context: {} });
    assert.ok(life.length > 4 && life.some(({ range }) => range.start.line === 701));
  });

  it('has conversions as symbols, folds and lenses, and hints behind events', async () => {
    type Symbols = readonly {
      readonly name: string;
      readonly children: readonly { readonly name: string }[];
    }[];
    const symbols = await client.ask<Symbols>('textDocument/documentSymbol', whole());
    assert.equal(symbols[0]!.name, 'pages 0x4..0x5 of ino:268 to private');
    assert.ok(symbols[0]!.children.some(({ name }) => name === 'stored'));
    const folds = await client.ask<readonly { readonly startLine: number; readonly kind: string }[]>(
      'textDocument/foldingRange',
      whole(),
    );
    assert.deepEqual(folds[0], { startLine: 0, endLine: folds[0]!['endLine' as never], kind: 'comment' });
    assert.ok(folds.some(({ startLine }) => startLine === 681));
    const lenses = await client.ask<readonly { readonly command: { readonly title: string } }[]>(
      'textDocument/codeLens',
      whole(),
    );
    assert.match(lenses[0]!.command.title, /^2 pages to private, .*, done, 1 violation$/);
    const range = { start: { line: 695, character: 0 }, end: { line: 705, character: 0 } };
    const hints = await client.ask<readonly { readonly label: string }[]>('textDocument/inlayHint', {
      ...whole(),
      range,
    });
    assert.ok(hints.some(({ label }) => label.startsWith('private, converting to private (stored)')));
  });

  it('colours without a grammar', async () => {
    const { data } = await client.ask<{ data: readonly number[] }>(
      'textDocument/semanticTokens/full',
      whole(),
    );
    assert.equal(data.length % 5, 0);
    assert.ok(data.length > 5000);
    for (let i = 0; i < data.length; i += 5)
      assert.ok(data[i]! >= 0 && data[i + 1]! >= 0 && data[i + 2]! > 0);
  });

  it('explains a finding by a code action', async () => {
    const range = { start: { line: 701, character: 0 }, end: { line: 701, character: 0 } };
    const [action] = await client.ask<readonly { readonly title: string; readonly command: object }[]>(
      'textDocument/codeAction',
      { ...whole(), range, context: { diagnostics: [] } },
    );
    assert.equal(action!.title, 'Explain G9 refs-safe');
    const text = await client.ask<string>('workspace/executeCommand', action!.command);
    assert.match(
      text,
      /^gfn 0x100004 private while pinned\nviolation, G9 refs-safe: pages 0x4\.\.0x5 of inode 268/,
    );
    assert.match(text, /\n662: gup_longterm_ret: [^\n]*\n {4}state: |\n662: gup_longterm_ret/);
  });

  it('shows a fault that was seen four times at each event, with the others', async () => {
    const other = client.open(AGAIN);
    const found = (await client.diagnostics(other)).filter(({ severity }) => severity === 1);
    assert.deepEqual(
      found.map(({ range }) => range.start.line + 1),
      [852, 938, 1007, 1179],
    );
    assert.match(found[1]!.message, /^gfn 0x100001 converted before its zap \(2 of 4\): /);
    const again = found[1]!.relatedInformation.filter(({ message }) => message.startsWith('the same fault'));
    assert.equal(again.length, 3);
  });

  it('tells nothing of an edited trace, and all again once it is saved', async () => {
    const change = (text: string): void =>
      client.notify('textDocument/didChange', {
        textDocument: { uri, version: 2 },
        contentChanges: [{ text }],
      });
    change('nothing');
    assert.deepEqual(await client.diagnostics(uri), []);
    assert.equal(await client.ask('textDocument/hover', on(702)), null);
    change(fs.readFileSync(PINNED, 'utf8'));
    client.notify('textDocument/didSave', { textDocument: { uri }, text: fs.readFileSync(PINNED, 'utf8') });
    assert.equal((await client.diagnostics(uri))[0]!.range.start.line, 701);
  });

  it('is silent on what is no trace, and refuses what it does not know', async () => {
    const page = client.open(path.resolve('README.md'));
    assert.equal(
      await client.ask('textDocument/hover', {
        textDocument: { uri: page },
        position: { line: 0, character: 0 },
      }),
      null,
    );
    const id = client.send('textDocument/rename', on(1));
    const { error } = await client.until((message) => message.id === id);
    assert.equal(error!.code, -32601);
  });

  it('tells of a binary trace above its bytes, by the numbers of events', async () => {
    const binary = client.open(path.resolve('sample-traces/perf/7.2.13/M2.p.perf.data'));
    const [found] = (await client.diagnostics(binary)).filter(({ severity }) => severity === 1);
    assert.equal(found!.range.start.line, 0);
    assert.match(found!.message, /^event \d+: gfn 0x100004 private while pinned: /);
    const place = { textDocument: { uri: binary }, position: { line: 0, character: 0 } };
    assert.equal(await client.ask('textDocument/hover', place), null);
  });

  it('says of a patch what the recordings show that its .review names', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    try {
      const patch = path.join(folder, 'in-use.patch');
      fs.copyFileSync('test/review/in-use.patch', patch);
      fs.copyFileSync(PINNED, path.join(folder, 'before.txt'));
      fs.copyFileSync('sample-traces/labelled/inplace/N.p.txt', path.join(folder, 'after.txt'));
      const head = 'Shimtrace-Review: 1\nPatch: - 0\n';
      fs.writeFileSync(
        path.join(folder, 'in-use.review'),
        `${head}Trace: without before.txt\nTrace: with after.txt\n`,
      );
      const at = client.open(patch);
      const found = await client.diagnostics(at);
      const broken = found.filter(({ relatedInformation }) => relatedInformation.length > 0);
      assert.deepEqual(
        broken.map(({ message, severity, code }) => [message, severity, code]),
        [['__kvm_gmem_set_attributes(): ran 5× · -11 ×3 · 0 ×2 · 1 violation without', 2, 'G9']],
      );
      assert.equal(broken[0]!.relatedInformation[0]!.location.range.start.line, 701);
      const on = { textDocument: { uri: at }, position: broken[0]!.range.start };
      const hover = await client.ask<{ contents: { value: string } }>('textDocument/hover', on);
      assert.match(hover.contents.value, /Without the patch: ran twice.*\n {2}- G9 violation: .*`line 702`/);
      const events = await client.ask<readonly object[]>('textDocument/references', on);
      assert.ok(events.length > 1);
      const lenses = await client.ask<readonly { command: { title: string } }[]>('textDocument/codeLens', {
        textDocument: { uri: at },
      });
      assert.ok(lenses.some(({ command }) => /^__kvm_gmem_set_attributes\(\): ran/.test(command.title)));
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('tells what is found first while the rest of a long text is read', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-lsp-'));
    const file = path.join(folder, 'long.txt');
    for (const piece of lengthened(fs.readFileSync(PINNED, 'utf8'), LONG_BYTES))
      fs.appendFileSync(file, piece);
    const long = client.openText(file, '');
    // It is published once more at least: with the verdict of all of it.
    for (const diagnostics of [await client.diagnostics(long), await client.diagnostics(long)])
      assert.deepEqual(
        diagnostics.map(({ severity, range }) => [severity, range.start.line + 1]),
        [[1, 702]],
      );
    fs.rmSync(folder, { recursive: true });
  });

  it('gives up what is cancelled', async () => {
    const reopened = client.open(AGAIN);
    const id = client.send('textDocument/documentSymbol', { textDocument: { uri: reopened } });
    client.notify('$/cancelRequest', { id });
    const { error } = await client.until((message) => message.id === id && message.method === undefined);
    assert.equal(error!.code, -32800);
  });

  it('ends when it is told to', async () => {
    await client.ask('shutdown', {});
    const { exited } = client;
    client.notify('exit', {});
    assert.equal(await exited, 0);
  });
});
