import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  extensionFile,
  findings,
  G9_LINE,
  open,
  SAMPLE,
  until,
  withSetting,
  workspaceFile,
} from '../support.js';

const PATCH = 'test/review/in-use.patch';
const AFTER = 'sample-traces/labelled/inplace/N.p.txt';
const file = (name: string): vscode.Uri => vscode.Uri.file(extensionFile(name));
const RECORDINGS = { without: [file(SAMPLE)], with: [file(AFTER)] };

function start(target: vscode.Uri | undefined, recordings: object = RECORDINGS): Thenable<unknown> {
  return vscode.commands.executeCommand('shimtrace.review.start', target, recordings);
}

function lenses(uri: vscode.Uri): Thenable<vscode.CodeLens[]> {
  return vscode.commands.executeCommand('vscode.executeCodeLensProvider', uri);
}

/** The line that is shown, as it stands. */
function here(): string {
  const editor = vscode.window.activeTextEditor!;
  return editor.document.lineAt(editor.selection.active.line).text;
}

/** Quotes the event at the cursor below the first part of the patch that the list offers. */
async function quote(): Promise<void> {
  const quoted = vscode.commands.executeCommand('shimtrace.review.quoteLine');
  await new Promise((done) => setTimeout(done, 500));
  await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  await quoted;
}

describe('a review', () => {
  before(app);
  afterEach(async () => {
    await vscode.commands.executeCommand('shimtrace.review.end');
    await closeAll();
  });

  it('annotates a patch where it lies, and walks its hunks', async () => {
    const uri = file(PATCH);
    await start(uri);
    assert.equal(vscode.window.activeTextEditor!.document.uri.toString(), uri.toString());
    const titles = (await lenses(uri)).map(({ command }) => command!.title);
    assert.ok(
      titles.includes('__kvm_gmem_set_attributes(): ran 5× · -11 ×3 · 0 ×2 · 1 violation without'),
      titles.join('\n'),
    );
    await vscode.commands.executeCommand('shimtrace.review.nextHunk');
    assert.match(here(), /^@@ -31,6 \+31,15 @@/);
    await vscode.commands.executeCommand('shimtrace.review.nextHunk');
    assert.match(here(), /^@@ -42,9 \+51,14 @@/);
    await vscode.commands.executeCommand('shimtrace.review.previousHunk');
    assert.match(here(), /^@@ -31,6 \+31,15 @@/);
  });

  it('takes the text of the clipboard, and lets go of it', async () => {
    const text = (await vscode.workspace.openTextDocument(file(PATCH))).getText();
    await vscode.env.clipboard.writeText(`Hello,\n\n${text.replace(/^/gm, '> ')}`);
    await start(undefined);
    const { uri } = vscode.window.activeTextEditor!.document;
    assert.equal(uri.scheme, 'shimtrace-paste');
    const titles = (await lenses(uri)).map(({ command }) => command!.title);
    assert.ok(titles.some((title) => title.startsWith('__kvm_gmem_set_attributes(): ran 5×')));
    await vscode.commands.executeCommand('shimtrace.review.end');
    assert.equal((await lenses(uri)).length, 0);
  });

  it('keeps remarks beside the patch, as the reply that it copies', async () => {
    const uri = workspaceFile('in-use.patch', { copyOf: PATCH });
    await start(uri);
    const document = vscode.window.activeTextEditor!.document;
    const line = document.getText().split('\n').indexOf('+\t\treturn -EAGAIN;');
    const thread = { range: new vscode.Range(line, 0, line, 0), dispose: () => undefined };
    await vscode.commands.executeCommand('shimtrace.review.addRemark', { thread, text: 'Why not wait?' });
    const review = uri.with({ path: uri.path.replace('.patch', '.review') });
    const kept = (): Thenable<string> =>
      vscode.workspace.fs.readFile(review).then((b) => Buffer.from(b).toString());
    assert.match(
      await kept(),
      /^Shimtrace-Review: 1\nPatch: in-use-1@example\.org [0-9a-f]{8}\nTrace: without M2\.p\.txt [0-9a-f]{12}\n/,
    );
    assert.match(await kept(), /\n> \+\t\treturn -EAGAIN;\n\nWhy not wait\?\n/);

    const editor = await open(file(SAMPLE));
    await findings(file(SAMPLE));
    const at = new vscode.Position(G9_LINE - 1, 0);
    editor.selection = new vscode.Selection(at, at);
    await quote();
    assert.match(await kept(), /\n> \+}\n\n \[M2\.p\.txt:702 G9@\d+\]\n/);

    await vscode.commands.executeCommand('shimtrace.review.copyReply');
    const reply = await vscode.env.clipboard.readText();
    assert.match(reply, /^Subject: Re: \[PATCH\] KVM: guest_memfd: Refuse/);
    assert.match(reply, /\n> \+}\n\n CPU 0\/KVM-275 \[0\] 62\.292357 /);

    await vscode.commands.executeCommand('shimtrace.review.openRemarks');
    const remarks = vscode.window.activeTextEditor!.document;
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      'vscode.executeLinkProvider',
      remarks.uri,
    );
    assert.ok(links.some(({ target }) => target!.path === 'shimtrace.internal.goToLine'));
    const edit = new vscode.WorkspaceEdit();
    edit.insert(remarks.uri, new vscode.Position(remarks.lineCount, 0), 'And thanks.\n');
    await vscode.workspace.applyEdit(edit);
    await until('the edit in the reply', async () => {
      await vscode.commands.executeCommand('shimtrace.review.copyReply');
      return (await vscode.env.clipboard.readText()).includes('And thanks.') ? true : undefined;
    });
    await remarks.save();
  });

  it('leads from an event to the hunk and to the kernel source', async () => {
    await withSetting('shimtrace.review.tree', extensionFile('test/review/tree'), async () => {
      const uri = file(PATCH);
      await start(uri);
      const editor = await open(file(SAMPLE));
      await findings(file(SAMPLE));
      const at = new vscode.Position(G9_LINE - 1, 0);
      editor.selection = new vscode.Selection(at, at);
      await vscode.commands.executeCommand('shimtrace.review.toHunk');
      assert.equal(here(), '+out:');
      await open(file(SAMPLE));
      await vscode.commands.executeCommand('shimtrace.review.toSource');
      assert.match(here(), /__kvm_gmem_set_attributes\(struct inode/);
      const source = vscode.window.activeTextEditor!.document;
      // Frames are named by the trace: what is no name in C is looked for nowhere.
      await vscode.commands.executeCommand('shimtrace.review.toSource', '(__kvm_gmem_set_attributes');
      assert.equal(vscode.window.activeTextEditor!.document, source);
      assert.ok(source.uri.path.endsWith('/test/review/tree/virt/kvm/guest_memfd.c'));
      const titles = (await lenses(source.uri)).map(({ command }) => command!.title);
      assert.ok(titles.includes('Review: ran 5× · -11 ×3 · 0 ×2 · 1 violation without'), titles.join('\n'));
      assert.ok(titles.includes('ran 2× · 0 ×2'), titles.join('\n'));
      assert.ok(titles.includes('G9 violation'), titles.join('\n'));
      // Without any patch the trace alone tells of the source.
      await vscode.commands.executeCommand('shimtrace.review.end');
      const alone = (await lenses(source.uri)).map(({ command }) => command!.title);
      assert.ok(alone.includes('ran 2× · 0 ×2') && !alone.some((title) => title.startsWith('Review')));
    });
  });

  it('takes a diff that an editor shows', async () => {
    const before = file('test/review/tree/virt/kvm/guest_memfd.c');
    const text = (await vscode.workspace.openTextDocument(before)).getText();
    const after = workspaceFile(
      'guest_memfd.c',
      text.replace('\tlock_range(mapping);', '\tlock_range(mapping);\n\tset();'),
    );
    await vscode.commands.executeCommand('vscode.diff', before, after, 'diff');
    await start(undefined);
    const document = vscode.window.activeTextEditor!.document;
    assert.match(document.getText(), /^--- a\/guest_memfd\.c\n\+\+\+ b\/guest_memfd\.c\n@@ /);
    const titles = (await lenses(document.uri)).map(({ command }) => command!.title);
    assert.ok(
      titles.some((title) => title.startsWith('__kvm_gmem_set_attributes(): ran 5×')),
      titles.join('\n'),
    );
  });

  it('says before and after side by side, with what was claimed', async () => {
    await start(file(PATCH));
    const uri = vscode.Uri.parse('shimtrace-review:/Before and After.md');
    const table = await vscode.workspace.openTextDocument(uri);
    assert.match(table.getText(), /\| G9 \| \*\*broken 1\/1\*\* \| held 0\/1 \|/);
    assert.match(table.getText(), /## What this does not show\n/);
    await vscode.commands.executeCommand('shimtrace.review.addClaim', 'G9 never');
    const claim = '- G9 never: supported; broken in 1 of 1 checks';
    await until('the claim', () => (table.getText().includes(claim) ? true : undefined));
    // It is remembered with the series.
    await vscode.commands.executeCommand('shimtrace.review.end');
    await start(file(PATCH));
    await vscode.commands.executeCommand('shimtrace.review.copyReply');
    assert.match(await vscode.env.clipboard.readText(), /\nClaim "G9 never": supported;/);
    await vscode.commands.executeCommand('shimtrace.review.removeClaim', { label: 'G9 never' });
    await vscode.commands.executeCommand('shimtrace.review.copyReply');
    assert.doesNotMatch(await vscode.env.clipboard.readText(), /\nClaim /);
  });

  it('has the lines of a vmlinux, where it is told of one', async () => {
    const probe = 'in: (__kvm_gmem_set_attributes+0x45/0x52) a=1';
    const trace = workspaceFile('inner.txt', `            bash-12      [000] .....   331.037598: ${probe}\n`);
    // Tools that stand for those of a kernel with debug information, which is too large to be shipped.
    const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-tools-'));
    fs.writeFileSync(path.join(tools, 'vmlinux'), '');
    const tool = (name: string, body: string): void =>
      fs.writeFileSync(path.join(tools, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    tool('nm', `echo "__kvm_gmem_set_attributes|ffffffff81000100| t | FUNC|0000000000000052| |.text"`);
    tool('addr2line', `echo "$5"; echo /build/virt/kvm/guest_memfd.c:57`);
    const before = process.env['PATH'];
    process.env['PATH'] = `${tools}:${before}`;
    try {
      await withSetting('shimtrace.review.vmlinux', path.join(tools, 'vmlinux'), async () => {
        await start(file(PATCH), { without: [], with: [trace] });
        await vscode.commands.executeCommand('shimtrace.review.copyReply');
        const reply = (await vscode.env.clipboard.readText()).replace(/\s+/g, ' ');
        assert.match(reply, /was active at 1 event, at virt\/kvm\/guest_memfd.c:57 once;/);
      });
      await withSetting('shimtrace.review.vmlinux', path.join(tools, 'none'), async () => {
        await start(file(PATCH));
        const uri = vscode.Uri.parse('shimtrace-review:/Before and After.md');
        const table = await vscode.workspace.openTextDocument(uri);
        const said = '## What the reader noticed\n\n- shimtrace.review.vmlinux names no file: ';
        await until('that it is not there', () => (table.getText().includes(said) ? true : undefined));
      });
    } finally {
      process.env['PATH'] = before;
      fs.rmSync(tools, { recursive: true });
    }
  });
});
