/**
 * Damaged perf.data: cut anywhere, bits flipped, lengths that lie. Nothing may throw, hang, or allocate far beyond the
 * file; what came out must be whole. SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { perfData } from '../../parsers/perf/perfdata.js';
import { perfScript } from '../../parsers/perf/script/format.js';
import type { TraceFormat } from '../../parsers/reader.js';
import { mutate } from '../support/mutate.js';
import { loadZstd, unzstdStream } from '../support/zstd.js';

const FOLDER = 'sample-traces/perf/7.2.13';
const HEAD = 4096;
const RUNS = Number(process.env['FUZZ'] ?? 60);
const SLOW_MS = 5000;

/** What is wrong with how `format` reads the damaged bytes; undefined for nothing. */
function verdict(format: TraceFormat, bytes: Uint8Array): string | undefined {
  const started = performance.now();
  try {
    const { table, describe } = format.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, unzstdStream });
    for (const row of [0, table.length >> 1, table.length - 1]) if (row >= 0 && row < table.length) describe(row);
    // A record of a sample takes 40 bytes at least, and a decompressed byte costs some bits.
    if (table.length > bytes.length) return `${table.length} rows of ${bytes.length} bytes`;
    for (let row = 0; row < table.length; row++) {
      if (!Number.isFinite(table.ts(row)) || table.nameId(row) >= table.names.size) return `row ${row} is not whole`;
    }
    for (const loss of table.losses) if (loss.row > table.length) return `loss at row ${loss.row}`;
    for (const stack of table.stacks) if (stack.row >= table.length) return `stack of row ${stack.row}`;
    if (table.length === 0 && table.issues.length === 0) return 'neither rows nor issues';
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : 'threw';
  }
  const took = performance.now() - started;
  return took > SLOW_MS ? `took ${took} ms` : undefined;
}

function fuzz(format: TraceFormat, name: string): readonly string[] {
  const bytes = new Uint8Array(fs.readFileSync(path.join(FOLDER, name)));
  const one = process.env['SEED'];
  const seeds = one === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(one)];
  return seeds.flatMap((seed) => {
    const wrong = verdict(format, mutate(bytes, seed, HEAD));
    return wrong === undefined ? [] : [`SEED=${seed}: ${wrong}`];
  });
}

describe('damaged perf traces', () => {
  before(loadZstd);
  for (const name of ['conv.restrictedmem.perf.data', 'conv_small.zstd.perf.data', 'shared.g.perf.data']) {
    it(`reads ${name} whatever is broken`, () => assert.deepEqual(fuzz(perfData, name), [])).timeout(120_000);
  }
  for (const name of ['conv.restrictedmem.perf-script.txt', 'conv.lost.perf-script.txt']) {
    it(`reads ${name} whatever is broken`, () => assert.deepEqual(fuzz(perfScript, name), []));
  }

  it('keeps what precedes the damage', () => {
    const bytes = new Uint8Array(fs.readFileSync(path.join(FOLDER, 'shared.g.perf.data')));
    const read = (b: Uint8Array) => perfData.read(new MemorySource(b), { cancel: NEVER_CANCELLED, unzstdStream }).table;
    const whole = read(bytes);
    // A record in the middle of the data that claims to have no bytes: what follows it cannot be found.
    const broken = bytes.slice();
    const at = whole.at(whole.length >> 1);
    broken[at + 6] = broken[at + 7] = 0;
    const table = read(broken);
    assert.ok(table.length > 0 && table.length < whole.length);
    assert.ok(table.issues.some((issue) => issue.code === 'bad-record' && issue.offset === at));
    assert.ok(table.losses.some((loss) => loss.row === table.length));
    const names = new Set(Array.from({ length: whole.length }, (_, row) => `${whole.at(row)} ${whole.name(row)} ${whole.absoluteTime(row)}`));
    for (let row = 0; row < table.length; row++) assert.ok(names.has(`${table.at(row)} ${table.name(row)} ${table.absoluteTime(row)}`));
  });

  it('would notice a reader that throws', () => {
    const canary: TraceFormat = {
      ...perfData,
      read: (source, options) => {
        if (source.size % 8 !== 0) throw new RangeError('canary');
        return perfData.read(source, options);
      },
    };
    assert.ok(fuzz(canary, 'conv.restrictedmem.perf.data').some((line) => line.includes('canary')));
  });
});
