import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  codeOf,
  findings,
  G9_LINE,
  open,
  PIN_LINE,
  SAMPLE,
  until,
  withSetting,
  workspaceFile,
} from '../support.js';

describe('findings', () => {
  let uri: vscode.Uri;
  let files = 0;
  beforeEach(async () => {
    await app();
    // A file of its own: one that is written anew while it is open is read again, at some moment.
    uri = workspaceFile(`judged-${++files}.txt`, { copyOf: SAMPLE });
    await open(uri);
  });
  afterEach(closeAll);

  const violation = async (): Promise<vscode.Diagnostic> => {
    const found = (await findings(uri)).filter((d) => d.severity === vscode.DiagnosticSeverity.Error);
    assert.equal(found.length, 1);
    return found[0]!;
  };

  it('stands on the event that broke the rule, over its text', async () => {
    const found = await violation();
    assert.equal(found.range.start.line, G9_LINE - 1);
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(found.range), /^kvm_gmem_store_attributes: .* attrs=0x8$/);
    assert.equal(
      found.message,
      'gfn 0x100004 private while pinned: pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned',
    );
  });

  it('links the rule to its page and the evidence to its lines', async () => {
    const found = await violation();
    assert.equal((found.code as { value: unknown }).value, 'G9 refs-safe');
    const { target } = found.code as { target: vscode.Uri };
    assert.equal(target.scheme, 'command');
    assert.equal(target.path, 'shimtrace.openRule');
    const lines = found.relatedInformation!.map((info) => info.location.range.start.line + 1);
    assert.ok(lines.includes(PIN_LINE), `evidence in lines ${lines.join(', ')}`);
    assert.ok(!lines.includes(G9_LINE), 'the finding does not cite itself');
  });

  it('shows a severity as the settings say, at once', async () => {
    await violation();
    await withSetting('shimtrace.severity.violation', 'warning', async () => {
      await until('a warning', () =>
        vscode.languages
          .getDiagnostics(uri)
          .find((d) => codeOf(d) === 'G9' && d.severity === vscode.DiagnosticSeverity.Warning),
      );
    });
    await withSetting('shimtrace.severity.violation', 'off', async () => {
      await until('no violation', () =>
        vscode.languages.getDiagnostics(uri).every((d) => codeOf(d) !== 'G9') ? true : undefined,
      );
    });
  });

  it('judges by another profile without reading the file again', async () => {
    await violation();
    const session = (await app()).sessions.find(uri)!;
    const before = session.report!;
    // What is on disk now is not read: the verdicts come from the table that the worker holds.
    await withSetting('shimtrace.profiles', ['sean-2022'], async () => {
      await until('R5', () => vscode.languages.getDiagnostics(uri).find((d) => codeOf(d) === 'R5'));
      assert.deepEqual(session.report!.profiles, ['sean-2022']);
      assert.equal(session.report!.tookMs.read, before.tookMs.read);
    });
  });

  it('follows a file that changes on disk', async () => {
    await violation();
    const text = fs.readFileSync(uri.fsPath, 'utf8').split('\n');
    fs.writeFileSync(uri.fsPath, `${text.slice(0, G9_LINE - 2).join('\n')}\n`);
    await until('the violation to go', () =>
      vscode.languages.getDiagnostics(uri).every((d) => codeOf(d) !== 'G9') ? true : undefined,
    );
  });

  it('goes with the file', async () => {
    await violation();
    await closeAll();
    await until('no diagnostics', () =>
      vscode.languages.getDiagnostics(uri).length === 0 ? true : undefined,
    );
  });
});
