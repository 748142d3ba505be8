import assert from 'node:assert/strict';
import { BlockTable } from './blockTable.js';
import { asGfn, type Gfn } from './units.js';

describe('a table in blocks', () => {
  /** Gfns far apart: each needs a block of its own. */
  const FAR = 1000;
  const MANY = 40;

  it('gives back what was put, however many blocks that takes', () => {
    const table = new BlockTable<Gfn>(1);
    for (let i = 0; i < MANY; i++) table.set(asGfn(i * FAR), i + 1);
    const found: number[] = [];
    table.all((value, gfn) => found.push(value, gfn));
    assert.deepEqual(found, Array.from({ length: MANY }, (_, i) => [i + 1, i * FAR]).flat());
    for (let i = 0; i < MANY; i++) assert.equal(table.get(asGfn(i * FAR)), i + 1);
    assert.deepEqual([table.get(asGfn(1)), table.get(asGfn(MANY * FAR)), table.get(asGfn(-1))], [0, 0, 0]);
  });

  it('finds what lies in a range, whether the range or the table is the larger', () => {
    const span = 8;
    const table = new BlockTable<Gfn>(span);
    // Blocks have 64 entries of 8 gfns: three blocks, that of the middle last.
    const gfns = [1024, 1016, 0, 8, 504, 512];
    for (const [i, gfn] of gfns.entries()) table.set(asGfn(gfn), i + 1);
    const within = (first: number, end: number): readonly number[] => {
      const found: number[] = [];
      table.within(asGfn(first), asGfn(end), (value, gfn) => {
        assert.equal(gfns[value - 1], gfn);
        found.push(gfn);
      });
      return found;
    };
    assert.deepEqual(within(0, 2048), [0, 8, 504, 512, 1016, 1024]);
    assert.deepEqual(within(0, 1 << 20), [0, 8, 504, 512, 1016, 1024], 'more blocks than there are');
    assert.deepEqual(within(8, 512), [8, 504]);
    assert.deepEqual(within(7, 9), [0, 8], 'an entry that covers a part of it');
    assert.deepEqual(within(505, 513), [504, 512]);
    assert.deepEqual([within(16, 504), within(1032, 1 << 20), within(511, 512)], [[], [], [504]]);
    for (const gfn of [512, 1016]) table.set(asGfn(gfn), 0);
    assert.deepEqual(within(0, 1 << 20), [0, 8, 504, 1024], 'what has gone');
    assert.deepEqual(within(508, 1024), [504]);
    table.set(asGfn(512), 4);
    assert.deepEqual([table.get(asGfn(513)), table.get(asGfn(520))], [4, 0]);
  });

  it('has nothing where what was put has gone, and does not take a gfn that is not known', () => {
    const table = new BlockTable<Gfn>(512);
    table.set(asGfn(512), 3);
    table.set(asGfn(512), 4);
    table.set(asGfn(513), 0);
    table.all(() => assert.fail('it has gone'));
    table.within(asGfn(0), asGfn(FAR), () => assert.fail('it has gone'));
    assert.throws(() => table.set(asGfn(-1), 1), /an entry for page -1/);
  });
});
