import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { app, closeAll, measured, open, SAMPLE, until, workspaceFile } from '../support.js';

describe('input that cannot be judged', () => {
  afterEach(async () => {
    const { sessions } = await app();
    for (const session of sessions.all()) sessions.close(session.uri);
    await closeAll();
  });

  const issueOf = async (name: string, content: string): Promise<string | undefined> => {
    const { sessions } = await app();
    const uri = workspaceFile(name, content);
    await open(uri);
    await vscode.commands.executeCommand('shimtrace.check');
    return sessions.find(uri)?.report?.issues.find((issue) => issue.severity === 'error')?.code;
  };

  it('says that prose is no trace', async () =>
    assert.equal(await issueOf('prose.txt', 'A note about nothing\n'.repeat(5)), 'not-a-trace'));
  it('says that a file is empty', async () => assert.equal(await issueOf('nothing.txt', ''), 'empty'));
  it('says that binary is no trace', async () =>
    assert.equal(await issueOf('binary.txt', '\u0001\u0002\uffff\n'.repeat(50)), 'not-a-trace'));

  it('fails with a message on a file that is not there, and lives on', async () => {
    const { sessions } = await app();
    const gone = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, 'gone.txt');
    assert.equal(await sessions.check(gone), undefined);
    const { state } = sessions.find(gone)!;
    assert.equal(state.kind, 'failed');
    assert.equal(state.kind === 'failed' && state.error.code, 'io');
    assert.match(state.kind === 'failed' ? state.error.message : '', /gone\.txt/);
  });

  it('cancels a check and can check again', async () => {
    const { sessions } = await app();
    const uri = workspaceFile('cancelled.txt', { copyOf: SAMPLE });
    const session = sessions.open(uri);
    const running = sessions.check(uri);
    session.cancel();
    assert.equal(await running, undefined);
    assert.equal(session.state.kind, 'idle');
    assert.equal((await sessions.check(uri))?.events.total, 1727);
  });

  it('measures its own activation', async () => {
    const { activatedInMs } = await app();
    assert.ok(activatedInMs > 0);
    measured('activation', activatedInMs);
  });

  it('checks what a menu names, not what is open', async () => {
    const { sessions } = await app();
    await open(workspaceFile('open.txt', 'A note about nothing\n'.repeat(5)));
    const uri = workspaceFile('named', { copyOf: SAMPLE });
    await vscode.commands.executeCommand('shimtrace.check', uri);
    await until('a report', () => sessions.find(uri)?.report);
  });
});
