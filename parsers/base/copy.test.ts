import assert from 'node:assert/strict';
import { copyOf } from './copy.js';

class Leaf {
  next: Leaf | undefined;
  constructor(readonly name: string) {}
  get loud(): string {
    return this.name.toUpperCase();
  }
}

describe('a copy', () => {
  it('has all that the original has, and leads to nothing of it', () => {
    const leaf = new Leaf('a');
    leaf.next = leaf;
    const words = new Uint32Array([1, 2, 3]);
    const sparse: (Leaf | undefined)[] = [leaf];
    sparse[2] = undefined;
    const root = {
      leaf,
      sparse,
      map: new Map([[leaf, words]]),
      set: new Set([leaf]),
      tail: words.subarray(1),
    };
    const copy = copyOf(root);
    assert.deepEqual(copy, root);
    assert.equal(copy.leaf.loud, 'A');
    assert.equal(copy.leaf.next, copy.leaf);
    assert.equal(1 in copy.sparse, false);
    assert.ok(copy.set.has(copy.leaf) && !copy.set.has(leaf));
    // Two views of one piece of memory are so again.
    copy.tail[0] = 7;
    assert.equal(copy.map.get(copy.leaf)![1], 7);
    assert.equal(words[1], 2);
  });

  it('has the same views of memory that threads share', () => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    assert.equal(copyOf({ shared }).shared, shared);
  });

  it('takes what it is given, and follows chains of any length', () => {
    const shared = new Leaf('shared');
    let chain = shared;
    for (let i = 0; i < 20_000; i++) {
      const next = new Leaf('link');
      next.next = chain;
      chain = next;
    }
    let copied = copyOf(chain, [[shared, shared]]);
    while (copied.next) copied = copied.next;
    assert.equal(copied, shared);
  });

  it('refuses functions', () => {
    assert.throws(() => copyOf({ call: () => 1 }), /function/);
  });
});
