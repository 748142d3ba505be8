import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  codeOf,
  extensionFile,
  findings,
  G9_LINE,
  open,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';

const CLEAN = 'sample-traces/labelled/inplace/N.p.txt';

describe('several traces at once', () => {
  afterEach(async () => {
    await closeAll();
    const { sessions } = await app();
    // A trace is let go a moment after its tab.
    await until('no trace', () => (sessions.all().length === 0 ? true : undefined));
  });

  const errors = (uri: vscode.Uri): vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(uri).filter((d) => d.severity === vscode.DiagnosticSeverity.Error);

  it('have findings, answers and settings of their own', async () => {
    const { sessions } = await app();
    const [broken, clean, copy] = [
      workspaceFile('one.txt', { copyOf: SAMPLE }),
      workspaceFile('two.txt', { copyOf: CLEAN }),
      workspaceFile('three.txt', { copyOf: SAMPLE }),
    ];
    for (const uri of [broken, clean, copy]) await open(uri);
    await findings(broken);
    await findings(copy);
    await until('a report of the clean one', () => sessions.find(clean)?.report);
    assert.equal(sessions.all().length, 3);
    assert.deepEqual(errors(broken).map(codeOf), ['G9']);
    assert.deepEqual(errors(clean), []);
    const asked = await Promise.all(
      [broken, clean].map((uri) => sessions.find(uri)!.request('eventAtLine', { line: G9_LINE })),
    );
    const texts = [SAMPLE, CLEAN].map(
      (file) => fs.readFileSync(extensionFile(file), 'utf8').split('\n')[G9_LINE - 1]!,
    );
    asked.forEach((event, i) => {
      if (event) assert.ok(texts[i]!.includes(event.place.time), `${event.place.time}: ${texts[i]!}`);
    });
    assert.notEqual(asked[0]!.place.time, asked[1]?.place.time);
  });

  it('close one without the other', async () => {
    const { sessions } = await app();
    const [first, second] = [
      workspaceFile('one.txt', { copyOf: SAMPLE }),
      workspaceFile('three.txt', { copyOf: SAMPLE }),
    ];
    await open(first);
    await open(second);
    await findings(first);
    await findings(second);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await until('one session less', () => (sessions.find(second) ? undefined : true));
    assert.deepEqual(errors(second), []);
    assert.equal(errors(first).length, 1);
    assert.ok(await sessions.find(first)!.request('eventAtLine', { line: G9_LINE }));
  });

  it('cancel one without the other', async () => {
    const { sessions } = await app();
    const [first, second] = [
      workspaceFile('one.txt', { copyOf: SAMPLE }),
      workspaceFile('two.txt', { copyOf: CLEAN }),
    ];
    const runs = [sessions.check(first), sessions.check(second)];
    sessions.find(first)!.cancel();
    assert.equal(await runs[0], undefined);
    assert.equal((await runs[1])!.findings.filter((finding) => finding.verdict === 'violation').length, 0);
    for (const uri of [first, second]) sessions.close(uri);
  });
});
