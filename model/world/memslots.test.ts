import assert from 'node:assert/strict';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { gfnAt, gfnsAt, holdsPages, pgoffAt } from './memslots.js';
import { IntervalMap } from './intervalMap.js';
import { type Slot, Vm } from './state.js';

const slot: Slot = {
  vm: new Vm(0, -1, -1, 0),
  id: 1,
  baseGfn: asGfn(0x1000),
  npages: 4,
  sized: true,
  pgoff: asPgoff(10),
  inode: undefined,
  fd: -1,
  fromRow: 0,
  untilRow: -1,
};

describe('a memslot', () => {
  it('names a page on either side', () => {
    assert.deepEqual([pgoffAt(slot, asGfn(0x1003)), gfnAt(slot, asPgoff(13))], [13, 0x1003]);
  });

  it('shows what it holds of a range of pages', () => {
    const gfns = (first: number, end: number): [number, number] => {
      const range = gfnsAt(slot, asPgoff(first), asPgoff(end));
      return [range.first, range.end];
    };
    assert.deepEqual(
      [gfns(11, 13), gfns(0, 12), gfns(12, 99)],
      [
        [0x1001, 0x1003],
        [0x1000, 0x1002],
        [0x1002, 0x1004],
      ],
    );
  });

  it('holds the pages between its first and its last, while it lives and its file is known', () => {
    const holds = (s: Slot, first: number, end: number): boolean =>
      holdsPages(s, asPgoff(first), asPgoff(end));
    assert.deepEqual(
      [holds(slot, 9, 10), holds(slot, 9, 11), holds(slot, 13, 14), holds(slot, 14, 15)],
      [false, true, true, false],
    );
    assert.equal(holds({ ...slot, untilRow: 5 }, 10, 11), false);
    assert.equal(holds({ ...slot, pgoff: asPgoff(-1) }, 0, 1), false);
  });

  it('does not take a page of the file for a guest frame, nor the other way round', () => {
    const vm = new Vm(0, -1, -1, 0);
    // @ts-expect-error: a pgoff is not a gfn
    assert.equal(pgoffAt(slot, asPgoff(0x1000)), 10);
    // @ts-expect-error: nor a gfn a pgoff
    assert.equal(gfnAt(slot, asGfn(10)), 0x1000);
    // @ts-expect-error: attributes of a VM are by gfn
    assert.equal(vm.attr.get(asPgoff(1)), new IntervalMap(2, 0).get(1));
    // @ts-expect-error: SPTEs too
    assert.equal(vm.sptes.first(0, 1, asPgoff(1)), undefined);
    // @ts-expect-error: a number that nobody named is neither
    assert.equal(pgoffAt(slot, 0x1001), 11);
  });
});
