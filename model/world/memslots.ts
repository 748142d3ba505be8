/**
 * Memslots join guest frames and pages of a file: which slot holds
 * one, and what it is called on the other side.
 */
import { type Gfn, type Pgoff, plus } from '../../parsers/base/units.js';
import type { Slot } from './state.js';

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
