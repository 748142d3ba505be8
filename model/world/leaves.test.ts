import assert from 'node:assert/strict';
import { asGfn, asPfn } from '../../parsers/base/units.js';
import { Leaves } from './leaves.js';
import { Pointers } from './pointers.js';
import type { SpteRec } from './spte.js';

let row = 0;
function leaf(gfn: number, level = 1, asId = 0): SpteRec {
  return {
    gfn: asGfn(gfn),
    level,
    asId,
    pfn: asPfn(gfn + 0x1000),
    row: row++,
    side: -1,
    root: -1,
    vmSure: true,
    doubtful: false,
    pending: undefined,
    next: undefined,
  };
}

describe('leaves', () => {
  it('keeps the records of one leaf in the order in which they came', () => {
    const leaves = new Leaves();
    const [a, b, c] = [leaf(5), leaf(5), leaf(5)];
    for (const rec of [a, b, c]) leaves.add(rec);
    leaves.remove(b);
    assert.deepEqual([...leaves.all()], [a, c]);
    leaves.remove(a);
    assert.equal(leaves.first(0, 1, asGfn(5)), c);
    leaves.remove(c);
    assert.deepEqual([leaves.first(0, 1, asGfn(5)), leaves.count], [undefined, 0]);
  });

  it('tells levels and address spaces apart', () => {
    const leaves = new Leaves();
    const recs = [leaf(512), leaf(512, 2), leaf(512, 1, 1)];
    for (const rec of recs) leaves.add(rec);
    const first = (asId: number, level: number): SpteRec | undefined => leaves.first(asId, level, asGfn(512));
    assert.deepEqual([first(0, 1), first(0, 2), first(1, 1), first(1, 2)], [...recs, undefined]);
  });

  it('finds what covers a range, whether the range or the VM is the larger', () => {
    const leaves = new Leaves();
    const huge = leaf(512, 2);
    const all = [leaf(511), leaf(512), leaf(600), leaf(1024), huge];
    for (const rec of all) leaves.add(rec);
    const gfns = (first: number, end: number): string[] =>
      leaves.covering(asGfn(first), asGfn(end), []).map((r) => `${r.level}:${r.gfn}`);
    assert.deepEqual(gfns(600, 601), ['1:600', '2:512']);
    assert.deepEqual(gfns(512, 1024), ['1:512', '1:600', '2:512']);
    assert.deepEqual(gfns(0, 2 ** 40), ['1:511', '1:512', '1:600', '1:1024', '2:512']);
    assert.deepEqual(gfns(700, 700), []);
    leaves.clear();
    assert.deepEqual(gfns(0, 2 ** 40), []);
  });
});

describe('pointers', () => {
  it('are told apart in all their 48 bits', () => {
    const pointers = new Pointers<string>();
    const keys = [0xea0004000040, 0xea0004000080, 0xea0104000040, 0xffffffffffff, 0x40];
    for (const key of keys) pointers.set(key, key.toString(16));
    assert.deepEqual(
      keys.map((key) => pointers.get(key)),
      keys.map((key) => key.toString(16)),
    );
    assert.deepEqual(
      [pointers.has(0xea0004000041), pointers.has(0xea0104000080), pointers.has(-1)],
      [false, false, false],
    );
    pointers.set(0x40, 'again');
    assert.equal(pointers.get(0x40), 'again');
  });
});
