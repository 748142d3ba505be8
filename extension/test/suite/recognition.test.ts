import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { app, closeAll, open, SAMPLE, until, workspaceFile } from '../support.js';

const EVENT =
  ' qemu-system-x86-274     [001] .....    62.263697: ' +
  'kvm_vm_set_mem_attributes: 0x00000000000100 -- 0x00000000000200 [0x8]\n';

async function languageOf(name: string, content: string | { readonly copyOf: string }): Promise<string> {
  const uri = workspaceFile(name, content);
  await open(uri);
  // Language changes take a moment; a file that is left alone is given the same moment.
  await new Promise((done) => setTimeout(done, 600));
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())!
    .languageId;
}

describe('recognition', () => {
  before(app);
  afterEach(closeAll);

  const check = (
    title: string,
    name: string,
    content: string | { readonly copyOf: string },
    expect: string,
  ): void => {
    it(title, async () => assert.equal(await languageOf(name, content), expect));
  };
  check('a trace in a .txt file', 'recording.txt', { copyOf: SAMPLE }, 'ftrace');
  check('a trace without an extension', 'recording', { copyOf: SAMPLE }, 'ftrace');
  check('a trace in a .log file', 'recording.log', { copyOf: SAMPLE }, 'ftrace');
  check('events without a header', 'pipe.txt', EVENT.repeat(3), 'ftrace');
  check(
    'events behind console time stamps',
    'dump.txt',
    EVENT.repeat(3).replace(/^/gm, '[   62.3] ').trimEnd(),
    'ftrace',
  );
  check('prose stays what it is', 'notes.txt', 'A note about nothing\n'.repeat(20), 'plaintext');
  check(
    'prose that quotes one event stays what it is',
    'mail.txt',
    `${'Dear list,\n'.repeat(12)}${EVENT}`,
    'plaintext',
  );
  check('source code stays what it is', 'main.c', 'int main(void) { return 0; }\n', 'c');
  check('an empty file stays what it is', 'empty.txt', '', 'plaintext');

  it('opens no session for what is no trace, and closes that of a closed trace', async () => {
    const { sessions } = await app();
    await until('the sessions of before to close', () => (sessions.all().length === 0 ? true : undefined));
    await languageOf('notes.txt', 'A note about nothing\n'.repeat(20));
    assert.equal(sessions.all().length, 0);
    await languageOf('recording.txt', { copyOf: SAMPLE });
    assert.equal(sessions.all().length, 1);
    await closeAll();
    await until('the session to close', () => (sessions.all().length === 0 ? true : undefined));
  });
});
