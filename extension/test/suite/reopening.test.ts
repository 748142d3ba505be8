import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as vscode from 'vscode';
import { ReportIndex } from '../../reportIndex.js';
import type { Report } from '../../protocol/report.js';
import { fillerLine } from '../../../test/support/filler.js';
import {
  app,
  closeAll,
  extensionFile,
  findings,
  G9_LINE,
  open,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';

/** The sample with enough behind it to be worth an index. */
function largeTrace(): string {
  const tail = Array.from({ length: 50000 }, (_, i) => `${fillerLine(100_000_000 + i * 1000)}\n`);
  return (
    fs
      .readFileSync(extensionFile(SAMPLE), 'utf8')
      .replace(/entries-written: \d+\/\d+/, 'entries-written: 60000/60000') + tail.join('')
  );
}

describe('reopening a large trace', () => {
  let uri: vscode.Uri;
  const indexFolder = async (): Promise<vscode.Uri> =>
    vscode.Uri.joinPath((await app()).context.globalStorageUri, 'index');
  const indexFiles = async (): Promise<string[]> =>
    vscode.workspace.fs.readDirectory(await indexFolder()).then(
      (all) => all.map(([name]) => name).filter((name) => name.endsWith('.json')),
      () => [],
    );
  const reopened = async (): Promise<{ readMs: number; id: string }> => {
    const { sessions } = await app();
    sessions.close(uri);
    const report = await sessions.check(uri);
    return { readMs: report!.tookMs.read, id: report!.findings.find((finding) => finding.rule === 'G9')!.id };
  };

  const kept = process.env['SHIMTRACE_CACHE'];
  before(async () => {
    // The index is for what the worker's own cache does not keep.
    process.env['SHIMTRACE_CACHE'] = '';
    await (await app()).index.clear();
    uri = workspaceFile('reopened.txt', largeTrace());
    await open(uri);
    await findings(uri);
  });
  after(async () => {
    if (kept === undefined) delete process.env['SHIMTRACE_CACHE'];
    else process.env['SHIMTRACE_CACHE'] = kept;
    await closeAll();
  });

  it("takes the report from the index, which lies in the user's storage", async () => {
    const first = (await app()).sessions.find(uri)!.report!;
    // It is written behind the verdicts' back.
    await until('the index', async () => ((await indexFiles()).length === 1 ? true : undefined));
    const again = await reopened();
    // A report that was made anew would have times of its own.
    assert.equal(again.readMs, first.tookMs.read);
    assert.ok(
      !fs
        .readdirSync(vscode.workspace.workspaceFolders![0]!.uri.fsPath)
        .some((name) => name.includes('index')),
    );
  });

  it('still answers questions about its events', async () => {
    const event = await (await app()).sessions.find(uri)!.request('eventAtLine', { line: G9_LINE });
    assert.equal(event?.name.split(':').at(-1), 'kvm_gmem_store_attributes');
  });

  it('builds a corrupt index anew', async () => {
    const name = await until('the index', async () => (await indexFiles())[0]);
    const file = vscode.Uri.joinPath(await indexFolder(), name);
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode('{"format": "shimtr'));
    assert.match((await reopened()).id, /^G9@/);
  });

  it("builds the index of another version, and one under another trace's name, anew", async () => {
    const name = await until('the index', async () => (await indexFiles())[0]);
    const file = vscode.Uri.joinPath(await indexFolder(), name);
    const own = JSON.parse(new TextDecoder().decode(await vscode.workspace.fs.readFile(file))) as {
      readonly report: Report;
    };
    const foreign = { ...own.report, findings: [] };
    for (const change of [
      { version: '0.0.0' },
      { digest: 'f'.repeat(64) },
      { format: 'other/1' },
      { options: '{"skewNs":1}' },
    ]) {
      await vscode.workspace.fs.writeFile(
        file,
        new TextEncoder().encode(JSON.stringify({ ...own, ...change, report: foreign })),
      );
      assert.match((await reopened()).id, /^G9@/, JSON.stringify(change));
      await until('the index anew', async () => ((await indexFiles()).includes(name) ? true : undefined));
    }
  });

  it('knows a trace by its content, wherever it lies', async () => {
    const { sessions } = await app();
    const first = sessions.find(uri)!.report!;
    const elsewhere = workspaceFile('moved.txt', fs.readFileSync(uri.fsPath, 'utf8'));
    const report = await sessions.check(elsewhere);
    assert.deepEqual(report!.tookMs, first.tookMs);
    sessions.close(elsewhere);
  });

  it('is bounded in size: the oldest goes first', async () => {
    const { context, log, sessions } = await app();
    const report = sessions.find(uri)!.report!;
    const size = JSON.stringify(report).length;
    await (await app()).index.clear();
    const index = new ReportIndex(context, log, 3.5 * size);
    for (const digest of ['a', 'b', 'c', 'd', 'e']) {
      await index.keep(digest, {}, report);
      await new Promise((done) => setTimeout(done, 20));
    }
    assert.deepEqual((await indexFiles()).map((name) => name[0]).sort(), ['c', 'd', 'e']);
    await index.keep('f', {}, { ...report, producer: 'x'.repeat(4 * size) });
    assert.equal(await index.find('f', {}), undefined, 'one that alone is too large is not kept');
    assert.ok(await index.find('e', {}), 'and drives out none');
  });

  it('is written by several windows at once and stays whole', async () => {
    const { context, log, sessions } = await app();
    const report = sessions.find(uri)!.report!;
    const size = JSON.stringify(report).length;
    const windows = [1, 2, 3].map(() => new ReportIndex(context, log, 4.5 * size));
    await Promise.all(
      windows.flatMap((index, window) =>
        Array.from({ length: 12 }, async (_, i) => {
          await index.keep(`d${i % 6}`, {}, { ...report, producer: `window ${window}` });
          const found = await index.find(`d${i % 6}`, {});
          // Another window may have driven it out; what is there is a whole report of one of them.
          if (found) assert.deepEqual({ ...found, producer: '' }, { ...report, producer: '' });
        }),
      ),
    );
    const names = await vscode.workspace.fs.readDirectory(await indexFolder());
    assert.ok(names.length > 0);
    for (const [name] of names) {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(await indexFolder(), name));
      assert.doesNotThrow(() => JSON.parse(new TextDecoder().decode(bytes)), name);
    }
  });

  it('forgets it all when told to', async () => {
    void vscode.commands.executeCommand('shimtrace.clearCache');
    await until('an empty cache', async () => ((await indexFiles()).length === 0 ? true : undefined));
  });
});

describe('a trace that was read before', () => {
  const kept = process.env['SHIMTRACE_CACHE'];
  let folder = '';
  let uri: vscode.Uri;
  const entries = (): readonly string[] =>
    fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith('.kept')) : [];
  /** Closed and judged again, and its event where the violation is. */
  const reopened = async (): Promise<{ id: string; judgeMs: number; event: string | undefined }> => {
    const { sessions } = await app();
    sessions.close(uri);
    const report = await sessions.check(uri);
    const event = await sessions.find(uri)!.request('eventAtLine', { line: G9_LINE });
    return {
      id: report!.findings.find((finding) => finding.rule === 'G9')!.id,
      judgeMs: report!.tookMs.judge,
      event: event?.name.split(':').at(-1),
    };
  };

  before(async () => {
    folder = fs.mkdtempSync(`${os.tmpdir()}/shimtrace-kept-`);
    process.env['SHIMTRACE_CACHE'] = folder;
    await (await app()).index.clear();
    uri = workspaceFile('kept.txt', largeTrace());
    // One that was just written could be written again and look the same.
    await new Promise((done) => setTimeout(done, 2100));
    await open(uri);
    await findings(uri);
    await until('an entry', async () => (entries().length === 1 ? true : undefined));
  });
  after(async () => {
    if (kept === undefined) delete process.env['SHIMTRACE_CACHE'];
    else process.env['SHIMTRACE_CACHE'] = kept;
    await closeAll();
    fs.rmSync(folder, { recursive: true });
  });

  it('is not read again: its report and its events are there', async () => {
    const again = await reopened();
    assert.match(again.id, /^G9@/);
    assert.equal(again.judgeMs, 0, 'it was not judged');
    assert.equal(again.event, 'kvm_gmem_store_attributes');
  });

  it('is read again where it is another one', async () => {
    fs.appendFileSync(uri.fsPath, `${fillerLine(200_000_000)}\n`);
    assert.ok((await reopened()).judgeMs > 0);
  });

  it('is forgotten when told to', async () => {
    void vscode.commands.executeCommand('shimtrace.clearCache');
    await until('an empty cache', async () => (entries().length === 0 ? true : undefined));
  });
});
