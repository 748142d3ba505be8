import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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

  it('has a track for each page that is asked for', async () => {
    const [some, more] = [path.join(folder, 'some'), path.join(folder, 'more')];
    await exported('--perfetto', some, SAMPLE);
    await exported('--perfetto', more, '--inode', '268:0-3', SAMPLE);
    assert.ok(fs.statSync(more).size > fs.statSync(some).size);
  });
});
