/**
 * Damaged trace.dat: cut anywhere, bits flipped, lengths that lie. Nothing may throw, hang, or allocate far
 * beyond the file; what came out must be whole. SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { EventTable } from '../../parsers/events/table.js';
import type { TraceFormat } from '../../parsers/reader.js';
import { traceDat } from '../../parsers/tracedat/format.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { fuzzFormat, readBytes, throwing, verdict, type Limits } from '../support/damage.js';
import { smallTrace, VARIANTS } from '../support/tracedatSamples.js';
import { patience, tries } from '../support/tries.js';

const FOLDER = 'sample-traces/tracecmd';
const BROKEN = 'sample-traces/broken';
const RUNS = tries('FUZZ', 20, 300);
/**
 * A decompressed record takes at least some bits of the file; zeros compress a thousandfold, but hold no
 * records.
 */
const LIMITS: Limits = { rowsPerByte: 4, isTime: Number.isInteger };

let codecs: Codecs;
const read = (bytes: Uint8Array): EventTable => readBytes(traceDat, bytes, codecs).table;
const fuzz = (format: TraceFormat, bytes: Uint8Array, runs: number): readonly string[] =>
  fuzzFormat(format, bytes, codecs, LIMITS, runs);

describe('damaged trace.dat', () => {
  before(async () => {
    codecs = await nodeCodecs();
  });

  for (const name of ['conv.restrictedmem.dat', 'multibuf.dat', 'conv.v6.cut.dat']) {
    it(`reads ${name} whatever is broken`, () => {
      assert.deepEqual(fuzz(traceDat, new Uint8Array(fs.readFileSync(path.join(FOLDER, name))), RUNS), []);
    }).timeout(patience(120_000));
  }

  for (const variant of VARIANTS) {
    it(`reads a small trace, ${variant.title}, whatever is broken`, () => {
      assert.deepEqual(fuzz(traceDat, smallTrace(variant), RUNS * 5), []);
    }).timeout(patience(120_000));
  }

  it('reads a file cut anywhere', () => {
    const bytes = smallTrace(VARIANTS[0]!);
    const whole = read(bytes);
    let rows = 0;
    for (let length = 0; length < bytes.length; length += length < 600 ? 1 : 37) {
      const table = read(bytes.subarray(0, length));
      assert.ok(table.issues.length > 0 || table.length === whole.length, `cut at ${length}: no issue`);
      rows = Math.max(rows, table.length);
    }
    assert.ok(rows > 0 && rows <= whole.length);
  }).timeout(patience(120_000));

  it('keeps what precedes a tear', () => {
    const bytes = new Uint8Array(fs.readFileSync(path.join(FOLDER, 'conv.v6.cut.dat')));
    const whole = read(bytes);
    const table = read(bytes.subarray(0, bytes.length - 10_000));
    assert.ok(table.length > whole.length / 2 && table.length < whole.length);
    assert.ok(table.issues.some((issue) => issue.code === 'torn-tail'));
    assert.equal(table.absoluteTime(0), whole.absoluteTime(0));
  });

  for (const name of fs.readdirSync(BROKEN).filter((file) => file.endsWith('.dat'))) {
    it(`still reads ${name}`, () => {
      assert.equal(
        verdict(traceDat, new Uint8Array(fs.readFileSync(path.join(BROKEN, name))), codecs, LIMITS),
        undefined,
      );
    });
  }

  it('would notice a reader that throws', () => {
    assert.ok(
      fuzz(throwing(traceDat), smallTrace(VARIANTS[0]!), RUNS * 5).some((line) => line.includes('canary')),
    );
  });
});
