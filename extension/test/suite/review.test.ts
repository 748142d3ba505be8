import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { app, closeAll, extensionFile, SAMPLE } from '../support.js';

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
});
