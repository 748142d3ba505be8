import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TABLE_NAMES } from '../model/tables/schema.js';
import { run } from './run.js';

const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';

async function exported(...argv: string[]): Promise<{ code: number; err: string }> {
  let err = '';
  const code = await run(['export', ...argv], {
    out: () => undefined,
    err: (line) => (err += `${line}\n`),
    progress: () => undefined,
  });
  return { code, err };
}

describe('shimtrace export', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('writes a trace for Perfetto, whole or not at all, the same bytes each time', async () => {
    const out = path.join(folder, 'out.pftrace');
    const { code, err } = await exported('--perfetto', out, SAMPLE);
    assert.equal(code, 0);
    const bytes = fs.readFileSync(out);
    assert.equal(err, `${out}: 1727 events, ${bytes.length} bytes\n`);
    assert.deepEqual(fs.readdirSync(folder), ['out.pftrace']);
    assert.equal((await exported('--perfetto', out, '--force', SAMPLE)).code, 0);
    assert.deepEqual(fs.readFileSync(out), bytes);
  });

  it('writes over nothing, so that a trace in the place of the output stays', async () => {
    const trace = path.join(folder, 'trace.txt');
    fs.copyFileSync(SAMPLE, trace);
    const { code, err } = await exported('--perfetto', trace, SAMPLE);
    assert.deepEqual([code, /there is something of this name already/.test(err)], [2, true]);
    assert.deepEqual(fs.readFileSync(trace), fs.readFileSync(SAMPLE));
  });

  it('says what it wants, and where it cannot write', async () => {
    assert.equal((await exported(SAMPLE)).code, 2);
    const { code, err } = await exported('--perfetto', path.join(folder, 'none/out.pftrace'), SAMPLE);
    assert.deepEqual([code, /ENOENT/.test(err)], [2, true]);
  });

  it('writes the tables as Parquet and as CSV', async () => {
    const [parquet, csv] = [path.join(folder, 'parquet'), path.join(folder, 'csv')];
    const { code, err } = await exported('--parquet', parquet, '--csv', csv, SAMPLE);
    assert.equal(code, 0);
    assert.match(err, /parquet: trace 1, events 1727, pages 35, .*\n.*csv: trace 1, events 1727, /);
    const names = TABLE_NAMES.map(String).sort();
    assert.deepEqual(fs.readdirSync(parquet).sort(), names.map((name) => `${name}.parquet`).sort());
    assert.deepEqual(fs.readdirSync(csv).sort(), names.map((name) => `${name}.csv`).sort());
    const [head, first, ...rest] = fs.readFileSync(path.join(csv, 'findings.csv'), 'utf8').split('\n');
    assert.match(head!, /^finding,rule,profile,verdict,reason,severity,message,row,/);
    assert.match(first!, /^G9@702,G9,guest-memfd,violation,,1,pages 0x4\.\.0x5 of inode 268 became private /);
    assert.deepEqual(rest, ['']);
    const magic = fs.readFileSync(path.join(parquet, 'loss.parquet')).subarray(0, 4).toString();
    assert.equal(magic, 'PAR1');
    assert.equal((await exported('--csv', csv, SAMPLE)).code, 2, 'they are there already');
  });

  it('has a track for each page that is asked for', async () => {
    const [some, more] = [path.join(folder, 'some'), path.join(folder, 'more')];
    await exported('--perfetto', some, SAMPLE);
    await exported('--perfetto', more, '--inode', '268:0-3', SAMPLE);
    assert.ok(fs.statSync(more).size > fs.statSync(some).size);
  });
});
