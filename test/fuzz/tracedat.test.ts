/**
 * Damaged trace.dat: cut anywhere, bits flipped, lengths that lie. Nothing may throw, hang, or allocate far beyond the
 * file; what came out must be whole. SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { OpenTrace, TraceFormat } from '../../parsers/reader.js';
import { traceDat } from '../../parsers/tracedat/index.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { mutate } from '../support/mutate.js';
import { smallTrace, VARIANTS } from '../support/tracedatSamples.js';

const FOLDER = 'sample-traces/tracecmd';
const BROKEN = 'sample-traces/broken';
const HEAD = 4096;
const RUNS = Number(process.env['FUZZ'] ?? 40);
const SLOW_MS = 5000;
/** A decompressed record takes at least some bits of the file; zeros compress a thousandfold, but hold no records. */
const ROWS_PER_BYTE = 4;

let codecs: Codecs;
const read = (format: TraceFormat, bytes: Uint8Array): OpenTrace => format.read(new MemorySource(bytes), { cancel: NEVER_CANCELLED, ...codecs });

/** What is wrong with how `format` reads the damaged bytes; undefined for nothing. */
function verdict(format: TraceFormat, bytes: Uint8Array): string | undefined {
  const started = performance.now();
  try {
    const trace = read(format, bytes);
    const { table } = trace;
    for (const row of [0, table.length >> 1, table.length - 1]) if (row >= 0 && row < table.length) trace.describe(row);
    if (table.length > bytes.length * ROWS_PER_BYTE) return `${table.length} rows of ${bytes.length} bytes`;
    for (let row = 0; row < table.length; row++) {
      if (!Number.isInteger(table.ts(row)) || table.nameId(row) >= table.names.size) return `row ${row} is not whole`;
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

function fuzz(format: TraceFormat, bytes: Uint8Array, runs: number): readonly string[] {
  const one = process.env['SEED'];
  const seeds = one === undefined ? Array.from({ length: runs }, (_, i) => i + 1) : [Number(one)];
  return seeds.flatMap((seed) => {
    const wrong = verdict(format, mutate(bytes, seed, HEAD));
    return wrong === undefined ? [] : [`SEED=${seed}: ${wrong}`];
  });
}

describe('damaged trace.dat', () => {
  before(async () => {
    codecs = await nodeCodecs();
  });

  for (const name of ['conv.restrictedmem.dat', 'multibuf.dat', 'conv.v6.cut.dat']) {
    it(`reads ${name} whatever is broken`, () => {
      assert.deepEqual(fuzz(traceDat, new Uint8Array(fs.readFileSync(path.join(FOLDER, name))), RUNS), []);
    }).timeout(120_000);
  }

  for (const variant of VARIANTS) {
    it(`reads a small trace, ${variant.title}, whatever is broken`, () => {
      assert.deepEqual(fuzz(traceDat, smallTrace(variant), RUNS * 5), []);
    }).timeout(120_000);
  }

  it('reads a file cut anywhere', () => {
    const bytes = smallTrace(VARIANTS[0]!);
    const whole = read(traceDat, bytes).table;
    let rows = 0;
    for (let length = 0; length < bytes.length; length += length < 600 ? 1 : 37) {
      const table = read(traceDat, bytes.subarray(0, length)).table;
      assert.ok(table.issues.length > 0 || table.length === whole.length, `cut at ${length}: no issue`);
      rows = Math.max(rows, table.length);
    }
    assert.ok(rows > 0 && rows <= whole.length);
  }).timeout(120_000);

  it('keeps what precedes a tear', () => {
    const bytes = new Uint8Array(fs.readFileSync(path.join(FOLDER, 'conv.v6.cut.dat')));
    const whole = read(traceDat, bytes).table;
    const table = read(traceDat, bytes.subarray(0, bytes.length - 10_000)).table;
    assert.ok(table.length > whole.length / 2 && table.length < whole.length);
    assert.ok(table.issues.some((issue) => issue.code === 'torn-tail'));
    assert.equal(table.absoluteTime(0), whole.absoluteTime(0));
  });

  for (const name of fs.readdirSync(BROKEN).filter((file) => file.endsWith('.dat'))) {
    it(`still reads ${name}`, () => {
      assert.equal(verdict(traceDat, new Uint8Array(fs.readFileSync(path.join(BROKEN, name)))), undefined);
    });
  }

  it('would notice a reader that throws', () => {
    const canary: TraceFormat = {
      ...traceDat,
      read: (source, options) => {
        if (source.size % 8 !== 0) throw new RangeError('canary');
        return traceDat.read(source, options);
      },
    };
    assert.ok(fuzz(canary, smallTrace(VARIANTS[0]!), RUNS * 5).some((line) => line.includes('canary')));
  });
});
