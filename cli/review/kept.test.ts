import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Output } from '../output.js';
import { keptFolder, keptOr } from './kept.js';

/** A file that nobody has written just now. */
const SETTLED = 'LICENSE';

describe('reviews that are kept', () => {
  let folder = '';
  let runs = 0;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    runs = 0;
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  async function ask(asked: string, read: readonly string[], keeps = folder): Promise<readonly string[]> {
    const told: string[] = [];
    const output: Output = {
      out: (text) => told.push(text),
      err: (line) => told.push(`err ${line}`),
      progress: () => undefined,
      keeps,
    };
    const code = await keptOr(asked, output, async (to, watch) => {
      for (const file of read) watch(file);
      runs++;
      to.err('said');
      to.out(`answer to ${asked}`);
      await Promise.resolve();
      return 1;
    });
    return [...told, `code ${code}`];
  }

  it('are printed again, all of it, where the same is asked of the same files', async () => {
    const first = await ask('a', [SETTLED]);
    assert.deepEqual(first, ['err said', 'answer to a', 'code 1']);
    assert.deepEqual(await ask('a', [SETTLED]), first);
    assert.equal(runs, 1);
    await ask('b', [SETTLED]);
    assert.equal(runs, 2);
  });

  it('are made anew where a file was written, or is there that was not', async () => {
    const late = path.join(folder, 'late');
    await ask('a', [SETTLED, late]);
    await ask('a', [SETTLED, late]);
    assert.equal(runs, 1);
    fs.writeFileSync(late, 'x');
    await ask('a', [SETTLED, late]);
    assert.equal(runs, 2);
    // What was written just now may be written again and look the same: nothing is kept of it.
    await ask('a', [SETTLED, late]);
    assert.equal(runs, 3);
  });

  it('of no use, or in a folder that cannot be, are as if there were none', async () => {
    await ask('a', [SETTLED]);
    const [name] = fs.readdirSync(folder);
    for (const text of ['', '{', 'null', '{"marks":[],"out":1}']) {
      fs.writeFileSync(path.join(folder, name!), text);
      assert.deepEqual(await ask('a', [SETTLED]), ['err said', 'answer to a', 'code 1'], text);
    }
    assert.equal(runs, 5);
    assert.equal((await ask('a', [SETTLED], path.join(folder, name!, 'x'))).length, 3);
  });

  it('are few, and for the user alone to read', async () => {
    for (let i = 0; i < 25; i++) await ask(String(i), [SETTLED]);
    const names = fs.readdirSync(folder);
    assert.equal(names.length, 20);
    if (process.platform === 'win32') return;
    for (const name of names) assert.equal(fs.statSync(path.join(folder, name)).mode & 0o077, 0);
  });

  it('lie where the system has what can be made again', () => {
    const env = { HOME: '/users/a', XDG_CACHE_HOME: '' };
    assert.equal(keptFolder(env, 'linux'), path.join('/users/a', '.cache', 'shimtrace', 'reviews'));
    assert.equal(
      keptFolder({ ...env, XDG_CACHE_HOME: '/c' }, 'linux'),
      path.join('/c', 'shimtrace', 'reviews'),
    );
    assert.equal(keptFolder({ XDG_CACHE_HOME: 'relative' }, 'linux'), undefined);
    assert.equal(keptFolder({}, 'linux'), undefined);
  });
});
