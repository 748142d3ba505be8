import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { allCommands } from './commands.js';
import { completionScript, SHELLS } from './completion.js';

const COMMANDS = await allCommands();

/** What bash offers for these words, the last of them unfinished. */
function offered(...words: readonly string[]): readonly string[] {
  const line = [
    completionScript('bash', COMMANDS),
    `COMP_WORDS=(shimtrace ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`,
    `_shimtrace; printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  it('offers commands, options and their words in bash', () => {
    assert.deepEqual(offered('ch'), ['check']);
    assert.ok(offered('').includes('timeline'));
    assert.deepEqual(offered('check', '--str'), ['--strict']);
    assert.deepEqual(offered('check', '--format', 's'), ['sarif']);
    assert.deepEqual(offered('timeline', '--format', ''), ['table', 'json', 'csv']);
    assert.deepEqual(offered('check', 'tra'), [], 'file names are left to the shell');
  });

  for (const shell of SHELLS)
    it(`is a script that ${shell} reads`, function () {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
      const file = path.join(folder, `completion.${shell}`);
      fs.writeFileSync(file, completionScript(shell, COMMANDS));
      const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
      fs.rmSync(folder, { recursive: true });
      if (error !== undefined) this.skip();
      assert.equal(status, 0, stderr);
    });

  it('names every option of every command in each shell', () => {
    for (const shell of SHELLS) {
      const script = completionScript(shell, COMMANDS);
      for (const { options } of COMMANDS)
        for (const name of Object.keys(options))
          assert.ok(script.includes(shell === 'fish' ? `-l ${name} ` : `--${name}`), `${shell}: ${name}`);
    }
  });
});
