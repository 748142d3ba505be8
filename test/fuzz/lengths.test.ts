/**
 * Lengths that lie, in every binary format and compression that is read: whatever number stands in a file, no
 * reader asks for more memory than a small multiple of the file. And compressed files, damaged as a whole.
 * SEED=n replays one, FUZZ=n runs that many.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import type { TraceFormat } from '../../parsers/reader.js';
import { nodeCodecs, type Codecs } from '../../shell/codecs.node.js';
import { largestAllocation } from '../support/allocation.js';
import { fuzzFormat, throwing, type Limits } from '../support/damage.js';
import { mutate } from '../support/mutate.js';
import { everyForm } from '../support/perfettoWriter.js';
import { smallTrace, VARIANTS } from '../support/tracedatSamples.js';
import { patience, tries } from '../support/tries.js';

const RUNS = tries('FUZZ', 12, 200);
const HEAD = 4096;
/**
 * What a reader takes for the smallest trace: a segment of the table, its stage, the windows that it reads
 * by.
 */
const BASE_BYTES = 20 << 20;
const PER_BYTE = 64;

/** All that reads a file, from its first bytes on. */
const ANY: TraceFormat = { id: 'any', sniff: () => 1, read: readTrace };
/** Compressed text: a bit of the file may be a line. */
const LIMITS: Limits = { rowsPerByte: 8, isTime: Number.isFinite };

const u32 = (n: number): number[] => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24];
const u64 = (n: number): number[] => [...u32(n % 2 ** 32), ...u32(Math.floor(n / 2 ** 32))];

/** Where {@link qemuSimple} has the length of the event's name. */
const NAME_LENGTH_AT = 40;

/** What QEMU's simple backend writes: a header, the name of each event once, and records. */
function qemuSimple(): Uint8Array {
  const name = [...Buffer.from('memory_region_ops_write')];
  const out = [...new Array<number>(8).fill(0xff), 0xb4, 0x29, 0xa4, 0x0a, 0xcb, 0x77, 0xb1, 0xf2, ...u64(4)];
  out.push(...u64(0), ...u64(7), ...u32(name.length), ...name);
  for (let i = 0; i < 40; i++)
    out.push(
      ...u64(1),
      ...u64(7),
      ...u64(1000 + i),
      ...u32(24 + 40),
      ...u32(99),
      ...u64(1),
      ...u64(2),
      ...u64(3),
      ...u64(4),
      ...u64(5),
    );
  return Uint8Array.from(out);
}

const FILES: readonly (readonly [title: string, bytes: () => Uint8Array])[] = [
  ...VARIANTS.map((variant) => [`trace.dat, ${variant.title}`, () => smallTrace(variant)] as const),
  ...[
    'tracecmd/conv.cut.v7-zlib.dat',
    'tracecmd/conv.cut.v7-zstd.dat',
    'perf/7.2.13/conv.restrictedmem.perf.data',
    'perf/7.2.13/conv_small.zstd.perf.data',
    'perfetto/M2.p.pftrace',
    'compressed/M2.p.txt.gz',
    'compressed/M2.p.txt.zst',
    'compressed/M2.p.frames.txt.zst',
    'compressed/M2.p.txt.xz',
    'compressed/M2.p.txt.bz2',
  ].map((file) => [file, () => new Uint8Array(fs.readFileSync(`sample-traces/${file}`))] as const),
  ["a recording of QEMU's simple backend", qemuSimple],
  ['a Perfetto trace with events of every form', everyForm],
];

describe('lengths that lie', function () {
  this.timeout(patience(120_000));
  let codecs: Codecs;
  before(async () => {
    codecs = await nodeCodecs();
  });

  /** Damaged forms of the bytes that make the reader ask for too much, one line a seed. */
  function greedy(format: TraceFormat, bytes: Uint8Array): string[] {
    const limit = BASE_BYTES + PER_BYTE * bytes.length;
    const one = process.env['SEED'];
    const seeds = one === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(one)];
    return seeds.flatMap((seed) => {
      const damaged = mutate(bytes, seed, HEAD);
      const asked = largestAllocation(() => {
        const trace = format.read(new MemorySource(damaged), { cancel: NEVER_CANCELLED, ...codecs });
        if (trace.table.length > 0) trace.describe(trace.table.length - 1);
      });
      return asked > limit ? [`SEED=${seed}: ${asked} bytes at once for a file of ${damaged.length}`] : [];
    });
  }

  for (const [title, bytes] of FILES)
    it(`make no reader ask for memory: ${title}`, () => assert.deepEqual(greedy(ANY, bytes()), []));

  it('would be noticed', () => {
    assert.equal(readTrace(new MemorySource(qemuSimple()), { cancel: NEVER_CANCELLED }).table.length, 40);
    const believing: TraceFormat = {
      ...ANY,
      read: (source, options) => {
        const bytes = source.read(NAME_LENGTH_AT, 4);
        const length =
          bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) % 2 ** 27;
        assert.equal(new Uint8Array(length).length, length);
        return ANY.read(source, options);
      },
    };
    assert.ok(greedy(believing, qemuSimple().slice(0, 64)).length > 0);
  });

  for (const [title, bytes] of FILES.slice(VARIANTS.length)) {
    it(`and other damage are read over: ${title}`, () =>
      assert.deepEqual(fuzzFormat(ANY, bytes(), codecs, LIMITS, RUNS), []));
  }

  it('and a reader that throws would be noticed', () => {
    assert.ok(
      fuzzFormat(throwing(ANY), qemuSimple(), codecs, LIMITS, RUNS).some((line) => line.includes('canary')),
    );
  });

  it('a compressed file cut anywhere keeps what precedes the cut', () => {
    for (const name of ['txt.gz', 'txt.zst', 'txt.xz', 'txt.bz2']) {
      const bytes = new Uint8Array(fs.readFileSync(`sample-traces/compressed/M2.p.${name}`));
      const rows = (length: number): number =>
        readTrace(new MemorySource(bytes.subarray(0, length)), { cancel: NEVER_CANCELLED, ...codecs }).table
          .length;
      const whole = rows(bytes.length);
      let before = 0;
      for (let eighth = 1; eighth < 8; eighth++) {
        const now = rows(Math.floor((bytes.length * eighth) / 8));
        assert.ok(
          now >= before && now < whole,
          `${name}: ${now} rows of ${whole} at ${eighth} eighths, ${before} before`,
        );
        before = now;
      }
      // bzip2 and xz decompress whole blocks, of which a small file has one.
      if (name === 'txt.gz' || name === 'txt.zst') assert.ok(before > 0, name);
    }
  });
});
