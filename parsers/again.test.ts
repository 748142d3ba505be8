/** Rows of binary traces, told by what was kept of their places as by who has read all records. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { nodeCodecs } from '../shell/codecs.node.js';
import { memorySpool } from '../test/support/memorySpool.js';
import { filesBelow } from '../test/support/files.js';
import { isThorough } from '../test/support/tries.js';
import { NEVER_CANCELLED } from './base/cancel.js';
import { MemorySource } from './base/source.js';
import { openRecords, readTrace } from './registry.js';

const SOME = [
  'sample-traces/tracecmd/conv_small.v7-stack.dat',
  'sample-traces/tracecmd/conv.restrictedmem.dat',
  'sample-traces/perf/7.2.13/M2.p.perf.data',
  'sample-traces/perf/7.2.13/conv_small.zstd.perf.data',
];
/** Of long samples. */
const ROWS = 400;

describe('rows of a trace that was read before', () => {
  const files = isThorough()
    ? filesBelow('sample-traces').filter((file) => /\.(dat|data)$/.test(file))
    : SOME;
  for (const file of files)
    it(`are told as by who reads ${file}`, async () => {
      const source = new MemorySource(fs.readFileSync(file));
      const options = { cancel: NEVER_CANCELLED, ...(await nodeCodecs()) };
      const open = readTrace(source, options);
      const places = open.recordPlaces?.();
      const again = places && openRecords(source, options, open.table, places);
      if (!again) {
        // A pipe's formats stand among its records, and a latency trace is a text.
        assert.ok(isThorough(), 'it has no places');
        return;
      }
      const step = Math.ceil(open.table.length / ROWS);
      for (let row = open.table.length - 1; row >= 0; row -= step) {
        assert.deepEqual(again.describe(row), open.describe(row), `row ${row}`);
        assert.deepEqual(again.describe(row, 'text').text, open.describe(row, 'text').text);
      }
      assert.deepEqual(again.symbolOf?.(0xffffffff81000000n), open.symbolOf?.(0xffffffff81000000n));
    });

  it('are told without what is before them, once that was put where any place can be read', async () => {
    const source = new MemorySource(fs.readFileSync(SOME[3]!));
    const codecs = await nodeCodecs();
    const open = readTrace(source, { cancel: NEVER_CANCELLED, ...codecs });
    let given = 0;
    function* counted(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
      for (const piece of codecs.unzstdStream(pieces)) {
        given++;
        yield piece;
      }
    }
    for (const room of [Infinity, 1 << 16, 0]) {
      const options = { cancel: NEVER_CANCELLED, ...codecs, unzstdStream: counted };
      const again = openRecords(source, options, open.table, open.recordPlaces!())!;
      const steps = again.spoolInto!(() => memorySpool(room));
      const step = Math.ceil(open.table.length / 60);
      given = 0;
      for (let row = open.table.length - 1; row >= 0; row -= step) {
        steps.next();
        assert.deepEqual(again.describe(row), open.describe(row), `row ${row}, ${room}`);
      }
      while (!steps.next().done);
      const all = given;
      if (room < Infinity) continue;
      for (let row = open.table.length - 1; row >= 0; row -= step)
        assert.deepEqual(again.describe(row), open.describe(row));
      assert.ok(all > 0);
      assert.equal(given, all, 'it was decompressed once');
    }
  });

  it('are not told by places that are none of the source', async () => {
    const source = new MemorySource(fs.readFileSync(SOME[0]!));
    const options = { cancel: NEVER_CANCELLED, ...(await nodeCodecs()) };
    const { table, recordPlaces } = readTrace(source, options);
    const [words] = recordPlaces!();
    for (const change of [
      (all: Float64Array) => all.fill(Number.NaN),
      (all: Float64Array) => all.fill(-1),
      (all: Float64Array) => all.fill(source.size + 1, 0, 1),
      (all: Float64Array) => all.fill(2 ** 40, 2, 3),
      (all: Float64Array) => all.fill(0, 3, 4),
      (all: Float64Array) => all.subarray(1),
    ])
      assert.equal(openRecords(source, options, table, [change(words!.slice())]), undefined);
    assert.equal(openRecords(source, options, table, []), undefined);
    const perf = new MemorySource(fs.readFileSync(SOME[3]!));
    const read = readTrace(perf, options);
    assert.equal(openRecords(perf, options, read.table, []), undefined);
    const beyond = openRecords(perf, options, read.table, [new Float64Array(1 << 16).fill(2 ** 60)])!;
    assert.equal(beyond.describe(0).text, '', 'no such record');
  });
});
