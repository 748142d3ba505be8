import assert from 'node:assert/strict';
import fc from 'fast-check';
import { memorySpool } from '../../test/support/memorySpool.js';
import { MemorySource } from '../base/source.js';
import type { Spool } from '../base/spool.js';
import { PlainSource } from './plainSource.js';

const PIECE = 64;
const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 251);

/** A decompressor that gives what it gets in small pieces; damaged from byte `until` on. */
function source(until = Infinity): { readonly plain: PlainSource; begun(): number; given(): number } {
  let [begun, given] = [0, 0];
  function* decompress(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    begun++;
    for (const piece of pieces)
      for (let at = 0; at < piece.length; at += PIECE) {
        if (at >= until) throw new Error('damaged');
        given++;
        yield piece.slice(at, at + PIECE);
      }
  }
  const plain = new PlainSource(new MemorySource(BYTES), decompress);
  return { plain, begun: () => begun, given: () => given };
}

/** Ranges that are read before and between the steps, and what they were. */
function readBetween(
  plain: PlainSource,
  spool: Spool | undefined,
  ranges: readonly (readonly [number, number])[],
): readonly (readonly number[])[] {
  const steps = plain.spoolInto(() => spool);
  return ranges.map(([offset, length], i) => {
    if (i > 0) steps.next();
    return [...plain.read(offset, length)];
  });
}

describe('the content of a compressed source', () => {
  const anyRanges = fc.array(fc.tuple(fc.nat(1100), fc.nat(200)), { maxLength: 30 });

  it('is the same at any place while it is put elsewhere, behind that, and where that cannot be', () => {
    const rooms = fc.constantFrom(Infinity, 500, 0);
    const reads = fc.constantFrom(Infinity, 7, 0);
    fc.assert(
      fc.property(anyRanges, rooms, reads, fc.boolean(), (ranges, room, times, isDamaged) => {
        const end = isDamaged ? 448 : BYTES.length;
        const { plain } = source(isDamaged ? 400 : Infinity);
        const wanted = ranges.map(([offset, length]) => [
          ...BYTES.slice(offset, Math.min(end, offset + length)),
        ]);
        assert.deepEqual(readBetween(plain, memorySpool(room, times), ranges), wanted);
        assert.deepEqual([...plain.read(0, 2000)], [...BYTES.slice(0, end)]);
        assert.equal(plain.size, end);
      }),
      { numRuns: 300 },
    );
  });

  it('is decompressed once more for that, and never again', () => {
    const { plain, begun, given } = source();
    plain.read(0, 2000);
    const spool = memorySpool();
    const steps = [...plain.spoolInto(() => spool)].length;
    assert.ok(steps > 10, `${steps}`);
    assert.ok(plain.isAtHand);
    for (const at of [900, 10, 500, 0]) plain.read(at, 20);
    assert.deepEqual([begun(), given()], [2, 2 * Math.ceil(BYTES.length / PIECE)]);
  });

  it('is at hand where no place of it takes long, which of a long one is known once it lies somewhere', () => {
    const { plain } = source();
    assert.equal(plain.isAtHand, false, 'of nothing is known how long it is');
    plain.read(500, 10);
    assert.equal(plain.isAtHand, false);
    plain.read(0, 2000);
    assert.equal(plain.isAtHand, true, 'all of it is in memory');
    const [long, short] = [source().plain, source().plain];
    long.giveSize(1 << 21);
    short.giveSize(BYTES.length);
    assert.deepEqual([long.isAtHand, short.isAtHand], [false, true], 'as they were before');
  });
});
