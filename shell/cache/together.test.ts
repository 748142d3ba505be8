import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../cli/run.js';
import type { CacheDone, CacheWork } from '../../test/support/cacheProcess.js';
import { isThorough } from '../../test/support/tries.js';
import { TraceCache } from './traceCache.node.js';

const SAMPLE = 'sample-traces/scenarios/05-stored-while-pinned.txt';
const PROCESS = new URL('../../test/support/cacheProcess.js', import.meta.url);
const MOST_ENTRIES = 3;

/** What a process has done; rejects where it ends by an error of its own. */
function ended(child: ChildProcess): Promise<CacheDone | undefined> {
  return new Promise((done, fail) => {
    let told: CacheDone | undefined;
    child.on('message', (message) => {
      told = message as CacheDone;
    });
    child.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') done(told);
      else fail(new Error(`a process ended with ${code ?? signal}`));
    });
  });
}

describe('a cache that several processes use', () => {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it('gives each what is kept of its file or nothing, while all write, find, clear and evict', async function () {
    this.timeout(isThorough() ? 3_600_000 : 60_000);
    const [processes, rounds] = isThorough() ? [8, 5_000] : [3, 150];
    const files = ['a', 'b', 'c', 'd', 'e'].map((name) => path.join(folder, `${name}.txt`));
    for (const file of files) fs.writeFileSync(file, file.repeat(100));
    const trace = path.join(folder, 'trace.txt');
    fs.copyFileSync(SAMPLE, trace);
    let report = '';
    const silent = { err: () => undefined, progress: () => undefined };
    await run(['check', trace], { ...silent, out: (text) => (report += text) });
    const settings = {
      ...{ folder: path.join(folder, 'kept'), build: 'one', leastBytes: 0, youngMs: -1000 },
      ...{ mostEntries: MOST_ENTRIES, mostBytes: 600_000 },
    };
    const work = (seed: number): CacheWork => ({ settings, files, trace, report, rounds, seed });
    const start = (seed: number): ChildProcess => fork(PROCESS, [JSON.stringify(work(seed))]);
    const killed = start(99);
    const isGone = ended(killed);
    // It ends while others are at work: what it was writing stays behind.
    killed.once('spawn', () => setTimeout(() => killed.kill('SIGKILL'), isThorough() ? 10_000 : 1200));
    const all = await Promise.all([...Array(processes).keys()].map((seed) => ended(start(seed))));
    killed.kill('SIGKILL');
    await isGone;
    const sum = (of: keyof CacheDone): number => all.reduce((total, done) => total + done![of], 0);
    for (const of of ['kept', 'found', 'cleared', 'checked'] as const)
      assert.ok(sum(of) >= processes, `${of}: ${sum(of)}`);
    // Whoever wrote last has looked at all that there was.
    const names = fs.readdirSync(settings.folder);
    const entries = names.filter((name) => name.endsWith('.kept'));
    assert.ok(entries.length <= MOST_ENTRIES, names.join(' '));
    assert.ok(names.length - entries.length <= 1, `one draft at most: ${names.join(' ')}`);
    for (const { about } of new TraceCache(settings).entries()) assert.ok(about, 'a whole entry');
  });
});
