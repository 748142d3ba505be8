/**
 * Memslots join guest frames and pages of a file: which slot holds one, what it is called on the other side,
 * and how slots come and go.
 */
import { type Gfn, type Pgoff, plus } from '../../parsers/base/units.js';
import { NO_CONVERSION, Op, type OpLog } from '../ops/oplog.js';
import type { Slot, Vm } from './state.js';

/** Where a slot stands on either side. */
export interface SlotBase {
  readonly baseGfn: Gfn;
  readonly pgoff: Pgoff;
}

/**
 * The page of the file that a slot shows at a guest frame; both must lie in the slot, whose pgoff is known.
 */
export function pgoffAt(slot: SlotBase, gfn: Gfn): Pgoff {
  return plus(slot.pgoff, gfn - slot.baseGfn);
}

/** The guest frame at which a slot shows a page of its file. */
export function gfnAt(slot: SlotBase, pgoff: Pgoff): Gfn {
  return plus(slot.baseGfn, pgoff - slot.pgoff);
}

/** True for a live slot that covers a page of [first, end) of its file. */
export function holdsPages(slot: Slot, first: Pgoff, end: Pgoff): boolean {
  return slot.untilRow < 0 && slot.pgoff >= 0 && slot.pgoff < end && slot.pgoff + slot.npages > first;
}

/** The guest frames at which a slot shows what it holds of pages [first, end). */
export function gfnsAt(slot: Slot, first: Pgoff, end: Pgoff): { first: Gfn; end: Gfn } {
  const last = plus(slot.pgoff, slot.npages);
  return {
    first: gfnAt(slot, first > slot.pgoff ? first : slot.pgoff),
    end: gfnAt(slot, end < last ? end : last),
  };
}

/** Logs that a slot comes, goes, or comes again with its file known. */
export function logSlot(
  ops: OpLog,
  op: typeof Op.SlotAdd | typeof Op.SlotRemove,
  slot: Slot,
  row: number,
): void {
  ops.push(op, slot.vm.index, row, slot.baseGfn, slot.npages, slot.id, slot.inode ? slot.inode.index : -1);
}

/** A slot begins: in its VM, in its file where that is known, and among `all` slots. */
export function addSlot(ops: OpLog, all: Slot[], slot: Slot, row: number): void {
  slot.vm.slots.add(slot);
  all.push(slot);
  slot.inode?.slots.add(slot);
  logSlot(ops, Op.SlotAdd, slot, row);
  logInitialAttr(ops, slot, row);
}

/** A slot ends. With the last one of its VM the VM may be over. */
export function removeSlot(ops: OpLog, slot: Slot, row: number): void {
  if (slot.untilRow >= 0) return;
  slot.untilRow = row;
  slot.vm.slots.ended(slot);
  slot.inode?.slots.ended(slot);
  logSlot(ops, Op.SlotRemove, slot, row);
  const { vm } = slot;
  // What was asked for, and taken, as this slot: from here on it stands in no other's way.
  for (const [key, region] of vm.regions) if (region.row === slot.fromRow) vm.regions.delete(key);
  if (vm.over === 'no' && vm.slots.live.length === 0) vm.over = 'maybe';
}

/** The frames of a fresh VM are shared until the first conversion: said when a slot makes frames of them. */
function logInitialAttr(ops: OpLog, slot: Slot, row: number): void {
  const { vm } = slot;
  if (!vm.fresh || vm.attr.size > 0) return;
  const attr = vm.attr.get(slot.baseGfn);
  ops.push(Op.GfnAttr, vm.index, row, slot.baseGfn, slot.npages, attr, NO_CONVERSION);
}

/** The live slot of a VM with this id and base. A plain loop: every get_pfn asks. */
export function liveSlot(vm: Vm, id: number, base: Gfn): Slot | undefined {
  for (const s of vm.slots.live) if (s.id === id && s.baseGfn === base) return s;
  return undefined;
}
