import assert from 'node:assert/strict';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { Attr, Op, OpLog } from '../ops/oplog.js';
import { addSlot, gfnAt, gfnsAt, holdsPages, liveSlot, pgoffAt, removeSlot } from './memslots.js';
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

describe('the memslots of a VM', () => {
  const slotOf = (vm: Vm, id: number, more: Partial<Slot> = {}): Slot => ({ ...slot, vm, id, ...more });

  it('are found by id and base while they live', () => {
    const vm = new Vm(0, -1, -1, 0);
    const base = slot.baseGfn;
    const [gone, other, live] = [
      slotOf(vm, 1, { untilRow: 0 }),
      slotOf(vm, 1, { baseGfn: asGfn(0x2000) }),
      slotOf(vm, 1),
    ];
    for (const slot of [gone, slotOf(vm, 2)]) vm.slots.add(slot);
    assert.equal(liveSlot(vm, 1, base), undefined);
    for (const slot of [other, live]) vm.slots.add(slot);
    assert.equal(liveSlot(vm, 1, base), live);
  });

  it('end once, and with the last of them the VM may be over', () => {
    const ops = new OpLog();
    const all: Slot[] = [];
    const vm = new Vm(0, -1, -1, 0);
    const [a, b] = [slotOf(vm, 1), slotOf(vm, 2)];
    for (const one of [a, b]) addSlot(ops, all, one, 0);
    assert.deepEqual([vm.slots.all, all, ops.length], [[a, b], [a, b], 2]);
    removeSlot(ops, a, 0);
    assert.deepEqual([a.untilRow, vm.over], [0, 'no']);
    removeSlot(ops, a, 7);
    assert.equal(a.untilRow, 0);
    removeSlot(ops, b, 8);
    assert.deepEqual([b.untilRow, vm.over, ops.length], [8, 'maybe', 4]);
    assert.deepEqual([ops.op(2), ops.value(2), ops.aux(2)], [Op.SlotRemove, 1, -1]);
    vm.over = 'yes';
    removeSlot(ops, slotOf(vm, 3), 9);
    assert.equal(vm.over, 'yes');
  });

  it('no longer stand in the way of what is asked for', () => {
    const vm = new Vm(0, -1, -1, 0);
    const [a, b] = [slotOf(vm, 1, { fromRow: 4 }), slotOf(vm, 2, { fromRow: 5 })];
    for (const slot of [a, b]) vm.slots.add(slot);
    for (const { id, fromRow } of [a, b]) vm.regions.set(id, { row: fromRow } as never);
    removeSlot(new OpLog(), a, 9);
    assert.deepEqual([...vm.regions.keys()], [2]);
  });

  it('of a VM seen from its creation begin shared, until something is known of them', () => {
    const attrs = (change: (vm: Vm) => void): readonly number[] => {
      const ops = new OpLog();
      const vm = new Vm(0, -1, -1, 0);
      vm.attr.reset(Attr.Shared, 0);
      change(vm);
      addSlot(ops, [], slotOf(vm, 1), 3);
      return ops.length === 1 ? [] : [ops.op(1), ops.row(1), ops.first(1), ops.count(1), ops.value(1)];
    };
    const made = (vm: Vm): void => {
      vm.fresh = true;
    };
    assert.deepEqual(attrs(made), [Op.GfnAttr, 3, 0x1000, 4, Attr.Shared]);
    assert.deepEqual(
      attrs(() => undefined),
      [],
    );
    const converted = (vm: Vm): void => {
      made(vm);
      vm.attr.set(asGfn(0), asGfn(1), Attr.Private, 1);
    };
    assert.deepEqual(attrs(converted), []);
  });
});
