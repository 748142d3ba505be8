import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { app, closeAll, extensionFile, findings, G9_LINE, open, SAMPLE, until, workspaceFile } from '../support.js';

/** The sample with enough behind it to be worth an index. */
function largeTrace(): string {
  const tail = Array.from({ length: 50000 }, (_, i) => ` qemu-system-x86-274     (    274) [000] d..2. ${String(100 + Math.floor(i / 1000)).padStart(5)}.${String((i % 1000) * 1000).padStart(6, '0')}: tlb_flush: pages:-1 reason:flush on task switch (0)\n`);
  return fs.readFileSync(extensionFile(SAMPLE), 'utf8').replace(/entries-written: \d+\/\d+/, 'entries-written: 60000/60000') + tail.join('');
}

describe('reopening a large trace', () => {
  let uri: vscode.Uri;
  const indexFolder = async (): Promise<vscode.Uri> => vscode.Uri.joinPath((await app()).context.globalStorageUri, 'index');
  const indexFiles = async (): Promise<string[]> => vscode.workspace.fs.readDirectory(await indexFolder()).then((all) => all.map(([name]) => name), () => []);
  const reopened = async (): Promise<{ readMs: number; id: string }> => {
    const { sessions } = await app();
    sessions.close(uri);
    const report = await sessions.check(uri);
    return { readMs: report!.tookMs.read, id: report!.findings.find((finding) => finding.rule === 'G9')!.id };
  };

  before(async () => {
    await (await app()).index.clear();
    uri = workspaceFile('reopened.txt', largeTrace());
    await open(uri);
    await findings(uri);
  });
  after(closeAll);

  it('takes the report from the index, which lies in the user\'s storage', async () => {
    const first = (await app()).sessions.find(uri)!.report!;
    // It is written behind the verdicts' back.
    await until('the index', async () => ((await indexFiles()).length === 1 ? true : undefined));
    const again = await reopened();
    // A report that was made anew would have times of its own.
    assert.equal(again.readMs, first.tookMs.read);
    assert.ok(!fs.readdirSync(vscode.workspace.workspaceFolders![0]!.uri.fsPath).some((name) => name.includes('index')));
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

  it('forgets it all when told to', async () => {
    await (await app()).index.clear();
    assert.deepEqual(await indexFiles(), []);
  });
});
