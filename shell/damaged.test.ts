import assert from 'node:assert/strict';
import fs from 'node:fs';
import v8 from 'node:v8';
import vm from 'node:vm';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { MemorySource } from '../parsers/base/source.js';
import type { StreamCodec } from '../parsers/compressed/detect.js';
import type { Decompress } from '../parsers/compressed/plainSource.js';
import { readTrace } from '../parsers/index.js';
import { nodeCodecs, type Codecs } from './codecs.node.js';
import { patience, tries } from '../test/support/tries.js';

/** The same 40 lines each. */
const FILES: readonly (readonly [codec: StreamCodec, file: string])[] = [
  ['gzip', 'M2.p.first40.txt.gz'],
  ['zstd', 'M2.p.first40.txt.zst'],
  ['xz', 'M2.p.first40.txt.xz'],
  ['bzip2', 'M2.p.first40.txt.bz2'],
];
/** Of each compressed kind. */
const COPIES = tries('DAMAGED', 100, 2000);
/** Fewer do where each would leave much. */
const FEW = 40;
/** What an instance of a decoder may keep while nobody uses it. */
const KEPT_BYTES = 40 << 20;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Bytes in use, garbage aside. */
function inUse(): number {
  // Buffers whose owners went in one collection go in the next.
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A copy with one bit flipped or the end cut off, each copy at another place. */
function damaged(bytes: Uint8Array, i: number): Uint8Array {
  const at = 4 + ((i * 7919) % (bytes.length - 4));
  if (i % 4 === 0) return bytes.slice(0, at);
  const copy = bytes.slice();
  copy[at]! ^= 1 << (i & 7);
  return copy;
}

/**
 * Reads damaged copies one after another; returns how much more memory is in use afterwards, and how many
 * were damaged.
 */
function growth(
  bytes: Uint8Array,
  codec: StreamCodec,
  decompress: Decompress,
  copies = COPIES,
): { readonly more: number; readonly faults: number } {
  const read = (copy: Uint8Array): boolean =>
    readTrace(new MemorySource(copy), {
      cancel: NEVER_CANCELLED,
      decompress: { [codec]: decompress },
    }).table.issues.some((issue) => issue.code === 'decompress-failed');
  read(bytes);
  const before = inUse();
  let faults = 0;
  for (let i = 0; i < copies; i++) if (read(damaged(bytes, i))) faults++;
  return { more: inUse() - before, faults };
}

describe('decompressors that met damage', () => {
  let codecs: Codecs;
  before(async () => {
    codecs = await nodeCodecs();
  });

  for (const [codec, file] of FILES) {
    const bytes = new Uint8Array(fs.readFileSync(`sample-traces/compressed/${file}`));

    it(`hold no more memory after ${COPIES} damaged files of ${codec}`, () => {
      const { more, faults } = growth(bytes, codec, codecs.decompress[codec]);
      assert.ok(faults > COPIES / 2, `${faults} of ${COPIES} are damaged`);
      assert.ok(more < KEPT_BYTES, `${more} bytes more are in use`);
    }).timeout(patience(120_000));

    it(`hold no more memory when nobody reads ${codec} to its end`, () => {
      const { decompress } = codecs;
      const before = inUse();
      for (let i = 0; i < FEW; i++) decompress[codec]([bytes])[Symbol.iterator]().next();
      assert.ok(inUse() - before < KEPT_BYTES);
    });
  }

  it('give back what a window of 128 MiB took', () => {
    const bytes = new Uint8Array(fs.readFileSync('sample-traces/compressed/M2.p.first40.window27.txt.zst'));
    const { more, faults } = growth(bytes, 'zstd', codecs.decompress.zstd, FEW);
    assert.ok(faults > FEW / 2);
    assert.ok(more < KEPT_BYTES, `${more} bytes more are in use`);
  }).timeout(60_000);

  it('would be seen if they kept a little of each', () => {
    const kept: Uint8Array[] = [];
    const bytes = new Uint8Array(fs.readFileSync('sample-traces/compressed/M2.p.first40.txt.gz'));
    const keeping: Decompress = function* (pieces) {
      kept.push(new Uint8Array((2 * KEPT_BYTES) / FEW));
      yield* codecs.decompress.gzip(pieces);
    };
    const { more } = growth(bytes, 'gzip', keeping, FEW);
    assert.equal(kept.length, FEW + 1);
    assert.ok(more > KEPT_BYTES);
  });
});
