import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runFolder, runName } from './fleet/runName.js';
import type { RunStatus } from './fleet/status.js';
import { shardOf } from './fleet/traces.js';
import { run } from './run.js';

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
const SMALL = 'sample-traces/scenarios/20-pin-with-loss.txt';
/** No process has this number: it is above the most that Linux gives. */
const NO_PROCESS = 2 ** 22 + 1;

async function fleet(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(['fleet', ...argv], {
    out: (text) => (out += text),
    err: (line) => (err += `${line}\n`),
    progress: () => undefined,
  });
  return { code, out, err };
}

function statusOf(folder: string): RunStatus {
  return JSON.parse(fs.readFileSync(path.join(folder, 'status.json'), 'utf8')) as RunStatus;
}

describe('shimtrace fleet check', function () {
  this.timeout(60_000);
  let [folder, traces, out] = ['', '', ''];
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    [traces, out] = [path.join(folder, 'traces'), path.join(folder, 'out')];
    for (const host of ['alpha', "b'eta"])
      fs.mkdirSync(path.join(traces, host, 'day 1'), { recursive: true });
    fs.copyFileSync(PINNED, path.join(traces, 'alpha/day 1/pinned.txt'));
    fs.copyFileSync(SMALL, path.join(traces, "b'eta/small.txt"));
    fs.writeFileSync(path.join(traces, "b'eta/junk"), Buffer.alloc(300, 0x9c));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it('makes a folder of tables of each trace, and of a damaged one says why not', async () => {
    const { code, out: said, err } = await fleet('check', '--out', out, traces);
    assert.deepEqual([code, said], [0, '3 traces: 2 judged, 0 kept, 1 failed, 0 took too long\n']);
    assert.match(err, /junk: .*none of the formats/);
    const pinned = path.join(out, 'host=alpha/run=day%201%2Fpinned.txt');
    assert.ok(fs.existsSync(path.join(pinned, 'findings.parquet')));
    const { host, run: name, outcome, digest } = statusOf(pinned);
    assert.deepEqual([host, name, outcome, digest.length], ['alpha', 'day 1/pinned.txt', 'judged', 64]);
    assert.deepEqual(fs.readdirSync(path.join(out, 'host=b%27eta/run=junk')), [
      'status.json',
      'status.parquet',
    ]);
    assert.deepEqual(fs.readdirSync(out), ['host=alpha', 'host=b%27eta']);
  });

  it('keeps what is of the same bytes, and makes anew what is not', async () => {
    const small = path.join(traces, "b'eta/small.txt");
    fs.appendFileSync(small, '\n');
    const { out: said } = await fleet('check', '--out', out, traces);
    assert.equal(said, '3 traces: 1 judged, 2 kept, 0 failed, 0 took too long\n');
    const other = await fleet('check', '--out', out, '--rules', 'guest-memfd', traces);
    assert.match(other.out, /: 2 judged, 0 kept, 1 failed/);
  });

  it('goes on where it was killed', async () => {
    const left = path.join(out, `.part-${os.hostname()}-${NO_PROCESS}-0`);
    const elsewhere = path.join(out, `.part-another-machine-${NO_PROCESS}-0`);
    for (const part of [left, elsewhere]) fs.mkdirSync(part);
    fs.writeFileSync(path.join(out, 'host=alpha/run=day%201%2Fpinned.txt/status.json'), '{"digest": "cut');
    const { out: said } = await fleet('check', '--out', out, '--rules', 'guest-memfd', traces);
    assert.equal(said, '3 traces: 1 judged, 2 kept, 0 failed, 0 took too long\n');
    assert.deepEqual([fs.existsSync(left), fs.existsSync(elsewhere)], [false, true]);
  });

  it('ends a trace that takes too long, and tries it again the next time', async () => {
    const late = path.join(folder, 'late');
    const one = path.join(traces, 'alpha');
    const { out: said } = await fleet('check', '--out', late, '--time-limit', '0', one);
    assert.equal(said, '1 trace: 0 judged, 0 kept, 0 failed, 1 took too long\n');
    assert.match((await fleet('check', '--out', late, one)).out, /: 1 judged, 0 kept/);
  });

  it('takes lists of traces, and says what it wants', async () => {
    const list = path.join(folder, 'list.txt');
    fs.writeFileSync(list, `${SMALL}\n`);
    const { out: said } = await fleet('check', '--out', path.join(folder, 'of-list'), `@${list}`);
    assert.match(said, /^1 trace: 1 judged/);
    assert.ok(fs.existsSync(path.join(folder, 'of-list/host=sample-traces')));
    const manifest = path.join(folder, 'manifest.csv');
    fs.writeFileSync(manifest, `file,host,day\n${path.resolve(SMALL)},alpha,20261130\nnone.txt,beta,\n`);
    const byManifest = await fleet(
      'check',
      '--out',
      path.join(folder, 'of-manifest'),
      '--manifest',
      manifest,
    );
    assert.match(byManifest.out, /^2 traces: 1 judged, 0 kept, 1 failed/);
    assert.match(byManifest.err, /none\.txt: ENOENT/);
    assert.equal(statusOf(path.join(folder, 'of-manifest/host=beta/run=none.txt')).outcome, 'failed');
    for (const argv of [
      ['check', '--out', manifest, SMALL],
      ['check', '--out', out, '--manifest', manifest, traces],
      ['check', '--out', out, '--name', '{hots}', traces],
      ['check', traces],
      ['look', '--out', out, traces],
      ['check', '--out', out, '--shard', '3/2', traces],
    ])
      assert.equal((await fleet(...argv)).code, 2, argv.join(' '));
  });
});

describe('the parts of a fleet', () => {
  it('are each of one shard, whichever machine asks', () => {
    const all = Array.from({ length: 500 }, (_, i) => ({
      file: `/x/${i}`,
      relative: `host${i % 7}/run${i}`,
    }));
    const shards = [1, 2, 3].map((index) => shardOf(all, { index, count: 3 }));
    assert.deepEqual(
      shards
        .flat()
        .map(({ relative }) => relative)
        .sort(),
      all.map(({ relative }) => relative).sort(),
    );
    assert.ok(shards.every((shard) => shard.length > 100));
  });

  it('have names that stay in their folder', () => {
    assert.deepEqual(runName('a/b/c.txt'), { host: 'a', run: 'b/c.txt' });
    assert.deepEqual(runName('c.txt'), { host: '-', run: 'c.txt' });
    assert.equal(runFolder({ host: '..', run: '../../x y\n' }), 'host=../run=..%2F..%2Fx%20y%0A');
    const [long, other] = ['x'.repeat(5000), `${'x'.repeat(4999)}y`].map((run) =>
      runFolder({ host: 'h', run }),
    );
    assert.ok(long!.length < 220 && long !== other);
  });
});
