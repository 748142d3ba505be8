import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { app, closeAll, codeOf, extensionFile, findings, G9_LINE, SAMPLE, until } from '../support.js';

const MAIL = 'sample-traces/pastes/P08-double-bind-mail-qp.eml';

/** The first violation of the sample, as it stands in a reply: with prose before, quoted twice. */
function reply(): string {
  const lines = fs.readFileSync(extensionFile(SAMPLE), 'utf8').split('\n');
  return ['Hello,', '', 'what is this?', '', ...lines.map((line) => `> > ${line}`), '', 'Thanks'].join('\n');
}
const PROSE_LINES = 4;

async function run(): Promise<vscode.Uri> {
  const uri = await vscode.commands.executeCommand<vscode.Uri | undefined>('shimtrace.openPasted');
  assert.ok(uri, 'it opened something');
  return uri;
}

describe('a pasted trace', () => {
  before(app);
  afterEach(closeAll);

  it('comes from the clipboard, and is judged with the prose around it', async () => {
    await vscode.env.clipboard.writeText(reply());
    const uri = await run();
    const [first] = (await findings(uri)).filter((d) => d.severity === vscode.DiagnosticSeverity.Error);
    assert.deepEqual([codeOf(first!), first!.range.start.line + 1], ['G9', G9_LINE + PROSE_LINES]);
    const shown = vscode.window.activeTextEditor!.document;
    assert.equal(shown.uri.toString(), uri.toString());
    assert.equal(shown.languageId, 'ftrace');
    assert.equal(shown.getText(), reply());
  });

  it('comes from the selection, where there is one, whatever the document', async () => {
    await vscode.env.clipboard.writeText('nothing of the kind');
    const content = `int main(void);\n${reply()}\nint other(void);\n`;
    const document = await vscode.workspace.openTextDocument({ language: 'c', content });
    const editor = await vscode.window.showTextDocument(document);
    const last = document.lineCount - 3;
    editor.selection = new vscode.Selection(1, 0, last, document.lineAt(last).text.length);
    const uri = await run();
    const errors = (await findings(uri)).filter((d) => d.severity === vscode.DiagnosticSeverity.Error);
    assert.deepEqual(
      errors.map((d) => [codeOf(d), d.range.start.line + 1]),
      [['G9', G9_LINE + PROSE_LINES]],
    );
    assert.equal(document.languageId, 'c');
  });

  it('may be a raw mail, encoded and quoted', async () => {
    await vscode.env.clipboard.writeText(fs.readFileSync(extensionFile(MAIL), 'utf8'));
    const uri = await run();
    const session = await until('the session', async () => (await app()).sessions.find(uri));
    const report = await until('the report', () => session.report);
    assert.equal(report.events.total, 12);
  });

  it('opens nothing where there is nothing', async () => {
    await vscode.env.clipboard.writeText(' \n');
    const opened = await vscode.commands.executeCommand('shimtrace.openPasted');
    assert.equal(opened, undefined);
  });

  it('is let go when its tab is closed', async () => {
    await vscode.env.clipboard.writeText(reply());
    const uri = await run();
    await closeAll();
    await until('the session to close', async () =>
      (await app()).sessions.find(uri) ? undefined : (true as const),
    );
  });
});
