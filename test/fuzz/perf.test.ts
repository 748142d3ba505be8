/**
 * Damaged perf.data, and the texts and JSON that tools make of it and of trace.dat: cut anywhere, bits
 * flipped, lengths that lie. Nothing may throw, hang, or allocate far beyond the file; what came out must be
 * whole. SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { perfData } from '../../parsers/perf/format.js';
import { perfJson } from '../../parsers/perf/json/format.js';
import { perfScript } from '../../parsers/perf/script/format.js';
import { qemuLog } from '../../parsers/qemu/logFormat.js';
import type { TraceFormat } from '../../parsers/reader.js';
import { traceCmdReport } from '../../parsers/tracecmdtext/format.js';
import { fuzzFormat, readBytes, throwing, type Limits } from '../support/damage.js';
import { loadZstd, readMaybeZstd, unzstdStream } from '../support/zstd.js';
import { patience, tries } from '../support/tries.js';

const FOLDER = 'sample-traces/perf/7.2.13';
const OTHERS: readonly (readonly [TraceFormat, string])[] = [
  [perfJson, 'sample-traces/perf/7.2.13/inplace.g.perf.json.zst'],
  [traceCmdReport, 'sample-traces/tracecmd/conv.restrictedmem.report.txt'],
  [traceCmdReport, 'sample-traces/tracecmd/conv.v6.cut.report-R.txt.zst'],
  [qemuLog, 'sample-traces/qemu/11.1.3/q35-seabios.log'],
];
const RUNS = tries('FUZZ', 30, 300);

/** A record of a sample takes 40 bytes at least, and a decompressed byte costs some bits. */
const LIMITS: Limits = { rowsPerByte: 1, isTime: Number.isFinite };

function fuzz(format: TraceFormat, file: string): readonly string[] {
  // A text's worth of damage needs no more than its first part.
  const bytes = readMaybeZstd(file).slice(0, 1 << 19);
  return fuzzFormat(format, bytes, { unzstdStream }, LIMITS, RUNS);
}

describe('damaged perf traces', () => {
  before(loadZstd);
  for (const name of ['conv.restrictedmem.perf.data', 'conv_small.zstd.perf.data', 'shared.g.perf.data']) {
    it(`reads ${name} whatever is broken`, () =>
      assert.deepEqual(fuzz(perfData, path.join(FOLDER, name)), [])).timeout(patience(120_000));
  }
  for (const name of ['conv.restrictedmem.perf-script.txt', 'conv.lost.perf-script.txt']) {
    it(`reads ${name} whatever is broken`, () =>
      assert.deepEqual(fuzz(perfScript, path.join(FOLDER, name)), []));
  }

  for (const [format, file] of OTHERS) {
    it(`reads ${file} whatever is broken`, () => assert.deepEqual(fuzz(format, file), [])).timeout(
      patience(120_000),
    );
  }

  it('keeps what precedes the damage', () => {
    const bytes = new Uint8Array(fs.readFileSync(path.join(FOLDER, 'shared.g.perf.data')));
    const read = (b: Uint8Array) => readBytes(perfData, b, { unzstdStream }).table;
    const whole = read(bytes);
    // A record in the middle of the data that claims to have no bytes: what follows it cannot be found.
    const broken = bytes.slice();
    const at = whole.at(whole.length >> 1);
    broken[at + 6] = broken[at + 7] = 0;
    const table = read(broken);
    assert.ok(table.length > 0 && table.length < whole.length);
    assert.ok(table.issues.some((issue) => issue.code === 'bad-record' && issue.offset === at));
    assert.ok(table.losses.some((loss) => loss.row === table.length));
    const names = new Set(
      Array.from(
        { length: whole.length },
        (_, row) => `${whole.at(row)} ${whole.name(row)} ${whole.absoluteTime(row)}`,
      ),
    );
    for (let row = 0; row < table.length; row++)
      assert.ok(names.has(`${table.at(row)} ${table.name(row)} ${table.absoluteTime(row)}`));
  });

  it('would notice a reader that throws', () => {
    assert.ok(
      fuzz(throwing(perfData), path.join(FOLDER, 'conv.restrictedmem.perf.data')).some((line) =>
        line.includes('canary'),
      ),
    );
  });
});
