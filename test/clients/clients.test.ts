/** The language server in the editors that people use it from: their built-in clients, without a screen. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
const HERE = 'test/clients';
const MESSAGE =
  'gfn 0x100004 private while pinned: pages 0x4..0x5 of inode 268 became private while page 0x4 is pinned';

function isThere(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** What an editor prints as its last line, as JSON. */
function told(program: string, args: readonly string[], home: string): Record<string, unknown> {
  const ran = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 110_000,
    env: {
      ...process.env,
      HOME: home,
      SHIMTRACE_NODE: process.execPath,
      SHIMTRACE_CLI: path.resolve('out/cli/main.js'),
      SHIMTRACE_TRACE: path.resolve(PINNED),
    },
  });
  const line = ran.stdout.trim().split('\n').at(-1) ?? '';
  assert.ok(line.startsWith('{'), `${ran.stdout}\n${ran.stderr}`);
  return JSON.parse(line) as Record<string, unknown>;
}

describe('the language server in an editor', function () {
  this.timeout(120_000);
  let home = '';
  before(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(home, { recursive: true }));

  it('Neovim: findings, hover, definition, references, symbols, lenses and actions', function () {
    if (!isThere('nvim', '--version')) this.skip();
    const script = path.join(HERE, 'neovim.lua');
    const out = told('nvim', ['--headless', '-n', '-u', 'NONE', '-c', `luafile ${script}`, PINNED], home);
    assert.deepEqual(out['diagnostics'], [{ line: 702, message: MESSAGE, code: 'G9 refs-safe' }]);
    assert.match(String(out['hover']), /gfns 0x100004\.\.0x100005 \(pages 0x4\.\.0x5 of inode 268\)/);
    assert.ok((out['definitions'] as readonly number[]).includes(662));
    assert.ok(Number(out['references']) > 4);
    assert.ok(Number(out['listed']) > 4);
    assert.equal(out['symbols'], 'pages 0x4..0x5 of ino:268 to private');
    assert.match(String(out['lens']), /1 violation$/);
    assert.equal(out['action'], 'Explain G9 refs-safe');
  });

  it('Emacs: findings by flymake, hover, references and the index, by eglot', function () {
    const hasEglot = '(progn (package-initialize) (kill-emacs (if (locate-library "eglot") 0 1)))';
    if (!isThere('emacs', '--batch', '--eval', hasEglot)) this.skip();
    const out = told('emacs', ['--batch', '-l', path.join(HERE, 'emacs.el')], home);
    assert.deepEqual([out['line'], out['message']], [702, `shimtrace [G9 refs-safe]: ${MESSAGE}`]);
    assert.match(String(out['hover']), /pages 0x4\.\.0x5 of inode 268/);
    assert.ok(Number(out['references']) > 4);
    assert.ok(Number(out['symbols']) > 0);
  });
});
