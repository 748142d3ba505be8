import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { app, closeAll, open, SAMPLE, until, workspaceFile } from '../support.js';

const EVENT =
  ' qemu-system-x86-274     [001] .....    62.263697: ' +
  'kvm_vm_set_mem_attributes: 0x00000000000100 -- 0x00000000000200 [0x8]\n';

/** A file that is left alone is given so long in which it could be taken. */
const MOMENT_MS = 600;

/** The language of a file that is opened, once it is `expected`, or after a moment if it is so at once. */
async function languageOf(
  name: string,
  content: string | { readonly copyOf: string },
  expected: string,
): Promise<string> {
  const uri = workspaceFile(name, content);
  await open(uri);
  const now = (): string =>
    vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())!.languageId;
  if (now() === expected) await new Promise((done) => setTimeout(done, MOMENT_MS));
  else await until(`${name} to be ${expected}`, () => (now() === expected ? true : undefined));
  return now();
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
    it(title, async () => assert.equal(await languageOf(name, content, expect), expect));
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
    await languageOf('notes.txt', 'A note about nothing\n'.repeat(20), 'plaintext');
    assert.equal(sessions.all().length, 0);
    await languageOf('recording.txt', { copyOf: SAMPLE }, 'ftrace');
    await until('a session', () => (sessions.all().length === 1 ? true : undefined));
    await closeAll();
    await until('the session to close', () => (sessions.all().length === 0 ? true : undefined));
  });
});
