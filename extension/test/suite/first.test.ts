import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { lookOf } from '../../features/status.js';
import { headlineSoFar } from '../../headline.js';
import { lengthened } from '../../../test/support/filler.js';
import { app, closeAll, extensionFile, G9_LINE, SAMPLE, until, workspaceFile } from '../support.js';

/** A text that is read in pieces: longer than one that may be mended as a paste. */
const LONG_BYTES = 70 << 20;

/** Lines of squiggles that say error, 1-based. */
function errorLines(uri: vscode.Uri): readonly number[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error)
    .map(({ range }) => range.start.line + 1);
}

describe('what is found first', () => {
  const uri = workspaceFile('long.txt', '');
  before(() => {
    for (const piece of lengthened(fs.readFileSync(extensionFile(SAMPLE), 'utf8'), LONG_BYTES))
      fs.appendFileSync(uri.fsPath, piece);
  });
  after(async () => {
    await closeAll();
    fs.rmSync(uri.fsPath);
  });

  it('has its squiggle while the rest is read, keeps it when that is cancelled, and then is part of all', async () => {
    const { sessions } = await app();
    const session = sessions.open(uri);
    const checked = sessions.check(uri);
    const first = await until('something found', () => session.first);
    assert.equal(session.state.kind, 'running');
    assert.equal(session.report, undefined);
    assert.deepEqual(
      first.report.findings.map(({ at }) => at.line),
      [G9_LINE],
    );
    assert.deepEqual(errorLines(uri), [G9_LINE]);
    const waiting = sessions.report(uri);
    session.cancel();
    assert.equal(await checked, undefined);
    assert.equal(await waiting, undefined, 'who waits for it does not begin it again');
    assert.equal(session.state.kind, 'idle');
    const said = headlineSoFar(session.first!, { open: session.first!.report.findings });
    assert.match(said, /^1 violation up to line \d+$/);
    const { text, command } = lookOf(session.state, said);
    assert.deepEqual([text, command], [`$(circle-slash) Shimtrace: cancelled · ${said}`, 'shimtrace.check']);
    assert.deepEqual(errorLines(uri), [G9_LINE], 'what was certain stands');
    const report = await sessions.check(uri);
    assert.ok(report!.lines > first.untilLine);
    assert.equal(session.first, undefined);
    assert.deepEqual(errorLines(uri), [G9_LINE]);
  });
});
