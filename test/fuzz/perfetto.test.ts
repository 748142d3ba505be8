/**
 * Damaged Perfetto traces: cut anywhere, bits flipped, lengths that lie. Nothing may throw, hang, or give
 * what is no event; SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { PerfettoWriter, generic, everyForm } from '../support/perfettoWriter.js';
import { WireReader } from '../../parsers/base/protobuf.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import { ftracePackets } from '../../shell/perfetto/ftrace.js';
import { PrintedFields } from '../../shell/perfetto/printedFields.js';
import { perfettoTrace } from '../../parsers/perfetto/format.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { fuzzFormat, readBytes, throwing, type Limits } from '../support/damage.js';
import { patience, tries } from '../support/tries.js';

const SAMPLE = 'sample-traces/perfetto/M2.p.pftrace';
const RUNS = tries('FUZZ', 20, 300);
const LIMITS: Limits = { rowsPerByte: 4, isTime: Number.isInteger };

/** Our own export of a small trace. */
function exportedSample(): Uint8Array {
  const bytes = fs.readFileSync('sample-traces/scenarios/20-pin-with-loss.txt');
  const open = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
  const { table } = open;
  const fields = new PrintedFields(table, (row) => open.describe(row, 'fields').fields);
  const pieces: Uint8Array[] = [];
  for (const piece of ftracePackets(table, fields)) pieces.push(piece.slice());
  return new Uint8Array(Buffer.concat(pieces));
}

describe('damaged Perfetto traces', function () {
  this.timeout(patience(120_000));
  let codecs: Codecs;
  before(async () => {
    codecs = await nodeCodecs();
  });

  it('are read whatever is broken', () => {
    const bytes = new Uint8Array(fs.readFileSync(SAMPLE));
    assert.deepEqual(fuzzFormat(perfettoTrace, bytes, codecs, LIMITS, RUNS), []);
    assert.deepEqual(fuzzFormat(perfettoTrace, everyForm(), codecs, LIMITS, RUNS * 20), []);
    assert.deepEqual(fuzzFormat(perfettoTrace, exportedSample(), codecs, LIMITS, RUNS * 10), []);
  });

  it('say so where they are cut', () => {
    const bytes = everyForm();
    const whole = readBytes(perfettoTrace, bytes, codecs).table.length;
    const packets = new WireReader(bytes);
    const ends = new Set<number>();
    while (packets.next()) ends.add(packets.at);
    for (let length = 1; length < bytes.length; length++) {
      // Nothing is missing of a file that ends behind a packet, as far as that can be seen.
      if (ends.has(length)) continue;
      const { table } = readBytes(perfettoTrace, bytes.subarray(0, length), codecs);
      assert.ok(table.length <= whole && table.issues.length > 0, `cut at ${length}`);
    }
  });

  it('take time as they are long, whatever they repeat', () => {
    const took = (count: number, cpus = 1): number => {
      const events = Array.from({ length: count }, (_, i) =>
        generic(BigInt(i), 1, `n${i}`, { [`f${i}`]: 1n }),
      );
      const writer = new PerfettoWriter();
      for (const [i, event] of events.entries()) writer.bundle(i % cpus, [event]);
      const bytes = writer.bytes();
      const started = performance.now();
      assert.equal(readBytes(perfettoTrace, bytes, codecs).table.length, count);
      return performance.now() - started;
    };
    took(1000);
    const [few, many] = [took(4000), took(32_000)];
    assert.ok(many < 64 * few + 20_000, `${few} ms, and ${many} ms for eight times as many`);
    const [some, all] = [took(4000, 4000), took(32_000, 32_000)];
    assert.ok(all < 64 * some + 20_000, `${some} ms, and ${all} ms for eight times as many CPUs`);
  });

  it('would be noticed by a reader that throws', () => {
    const found = fuzzFormat(throwing(perfettoTrace), everyForm(), codecs, LIMITS, RUNS * 5);
    assert.ok(found.some((line) => line.includes('canary')));
  });
});
