import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from './run.js';

const main = path.resolve('out/cli/main.js');

describe('shimtrace lab', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  /** On a system that has none of the tools, whatever this one has. */
  const bare = (...args: readonly string[]) => {
    const env = { PATH: path.join(folder, 'none'), HOME: folder };
    return spawnSync(process.execPath, [main, 'lab', ...args], { env, encoding: 'utf8' });
  };

  it('says in a sentence where it cannot be, and leaves nothing there', () => {
    for (const args of [['shell'], ['record', '-o', path.join(folder, 'x.txt'), '--', 'workload']]) {
      const { status, stdout, stderr } = bare(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^shimtrace: no virtual machine: .*(?:has no apt-get|takes Linux|takes an amd64)/);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    }
    assert.match(bare('--needs').stdout, /^cannot +be had here: /);
    assert.deepEqual(fs.readdirSync(folder), []);
  });

  it('takes a machine, then what is to be done in it', async () => {
    const err: string[] = [];
    const output = {
      out: assert.fail,
      err: (line: string) => void err.push(line),
      progress: () => undefined,
    };
    assert.equal(await run(['lab', 'vax'], { ...output, keeps: path.join(folder, 'kept') }), 2);
    assert.match(err.join(), /lab takes a machine \(x86, .*arm64.*\), then shell or record, not 'vax'/);
    assert.equal(await run(['lab', 'x86', 'fly'], { ...output, keeps: path.join(folder, 'kept') }), 2);
    assert.match(err.join(), /not 'fly'/);
  });
});
