import assert from 'node:assert/strict';
import { memorySpool } from '../../test/support/memorySpool.js';
import { Spooling } from './spool.js';
import { allSteps } from './steps.js';

function* pieces(count: number, isBroken = false): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Uint8Array.of(2 * i, 2 * i + 1);
  if (isBroken) throw new Error('no such device');
}

describe('a content that is put elsewhere', () => {
  it('is there as a whole, or as far as it was before', () => {
    for (const [most, bytes] of [
      [Infinity, 6],
      [6, 6],
      [3, 3],
    ] as const) {
      const spooling = new Spooling(memorySpool(), pieces(3), most);
      assert.equal(allSteps(spooling.rest(() => true)), true);
      assert.deepEqual([spooling.isWhole, spooling.bytes], [true, bytes]);
      assert.deepEqual([...spooling.read(1, 2)!], [1, 2]);
    }
  });

  it('is none where there is less of it than before', () => {
    for (const isBroken of [false, true]) {
      let isClosed = false;
      const close = (): void => {
        isClosed = true;
      };
      const spool = { ...memorySpool(), close };
      assert.equal(allSteps(new Spooling(spool, pieces(2, isBroken), 6).rest(() => true)), false);
      assert.ok(isClosed);
      assert.equal(new Spooling(memorySpool(), pieces(2, isBroken), 6).read(3, 2), undefined);
    }
  });

  it('ends where it is damaged, of which nobody knows how long it is', () => {
    const spooling = new Spooling(memorySpool(), pieces(2, true));
    assert.equal(allSteps(spooling.rest(() => true)), true);
    assert.equal(spooling.bytes, 4);
  });
});
