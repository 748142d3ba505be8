import assert from 'node:assert/strict';
import { Spooling, type Spool } from './spool.js';

class MemorySpool implements Spool {
  isClosed = false;
  private all: number[] = [];
  add(bytes: Uint8Array): boolean {
    this.all.push(...bytes);
    return true;
  }
  read(offset: number, length: number): Uint8Array {
    return Uint8Array.from(this.all.slice(offset, offset + length));
  }
  close(): void {
    this.isClosed = true;
  }
}

function* pieces(count: number, isBroken = false): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Uint8Array.of(2 * i, 2 * i + 1);
  if (isBroken) throw new Error('no such device');
}

/** Puts all of it there, and says whether it could. */
function isPut(spooling: Spooling): boolean {
  const steps = spooling.rest(() => true);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

describe('a content that is put elsewhere', () => {
  it('is there as a whole, or as far as it was before', () => {
    for (const [most, bytes] of [
      [Infinity, 6],
      [6, 6],
      [3, 3],
    ] as const) {
      const spooling = new Spooling(new MemorySpool(), pieces(3), most);
      assert.equal(isPut(spooling), true);
      assert.deepEqual([spooling.isWhole, spooling.bytes], [true, bytes]);
      assert.deepEqual([...spooling.read(1, 2)!], [1, 2]);
    }
  });

  it('is none where there is less of it than before', () => {
    for (const isBroken of [false, true]) {
      const spool = new MemorySpool();
      assert.equal(isPut(new Spooling(spool, pieces(2, isBroken), 6)), false);
      assert.ok(spool.isClosed);
      assert.equal(new Spooling(new MemorySpool(), pieces(2, isBroken), 6).read(3, 2), undefined);
    }
  });

  it('ends where it is damaged, of which nobody knows how long it is', () => {
    const spooling = new Spooling(new MemorySpool(), pieces(2, true));
    assert.equal(isPut(spooling), true);
    assert.equal(spooling.bytes, 4);
  });
});
