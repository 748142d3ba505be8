/**
 * Where the pages of a timeline live. A page is a page of a guest_memfd inode, seen through memslots as guest
 * frames; a frame that no such slot binds is a page of its VM. So there is one space per inode and one per
 * VM, and every operation lands in exactly one of them per piece.
 */
import type { Analysis, SlotInfo } from '../analysis.js';
import { Op, type OpCode } from '../ops/oplog.js';
import { rangeSpace, type Space } from '../pages/space.js';

/** Pages `first .. first + count` of a space. */
export interface Piece {
  space: number;
  first: number;
  count: number;
}

/**
 * Beyond this page number nothing is real: ranges such as 0..~0 end here (52-bit addresses in 4 KiB pages).
 */
export const PAGE_LIMIT = 2 ** 40;

export function inodeSpace(inode: number): number {
  return inode;
}

export function vmSpace(analysis: Analysis, vm: number): number {
  return analysis.inodes.length + vm;
}

export function spaceCount(analysis: Analysis): number {
  return analysis.inodes.length + analysis.vms.length;
}

/** Operations whose range no picture shows: an invalidation is nothing that happens to pages. */
const NOT_DRAWN: ReadonlySet<OpCode> = new Set([Op.InvStart, Op.InvRange, Op.InvEnd]);

/** What the pages of an operation are counted in, undefined for one without pages in a picture. */
export function unitOf(analysis: Analysis, op: OpCode, subject: number): Space | undefined {
  return NOT_DRAWN.has(op) ? undefined : rangeSpace(analysis, op, subject);
}

/**
 * Cuts ranges into pieces of spaces, by the memslots that live at a row. Rows must not decrease between
 * calls, or {@link reset} must come first.
 */
export class PlaceCutter {
  private readonly byRow: readonly SlotInfo[];
  private next = 0;
  private readonly live: SlotInfo[][];
  readonly pieces: Piece[] = [];
  /** Pieces of the last call are pieces[0 .. used). */
  used = 0;

  constructor(private readonly analysis: Analysis) {
    this.byRow = analysis.slots
      .filter((s) => s.inode >= 0 && s.pgoff >= 0 && s.pageCount > 0)
      .sort((a, b) => a.fromRow - b.fromRow);
    this.live = analysis.vms.map(() => []);
  }

  reset(): void {
    this.next = 0;
    for (const slots of this.live) slots.length = 0;
  }

  /** Pieces of `[first, first + count)` of a VM's frames or an inode's pages at a row; returns how many. */
  cut(unit: Space, owner: number, first: number, count: number, row: number): number {
    this.used = 0;
    const end = Math.min(first + count, PAGE_LIMIT);
    if (owner < 0 || !(first >= 0) || !(end > first)) return 0;
    if (unit === 'pgoff') {
      if (owner < this.analysis.inodes.length) this.put(inodeSpace(owner), first, end - first);
      return this.used;
    }
    if (owner >= this.analysis.vms.length) return 0;
    this.begin(row);
    dropEnded(this.live[owner]!, row);
    this.cutFrames(owner, first, end);
    return this.used;
  }

  private cutFrames(vm: number, first: number, end: number): void {
    const own = vmSpace(this.analysis, vm);
    let at = first;
    for (const slot of this.live[vm]!) {
      const from = Math.max(at, slot.baseGfn);
      const until = Math.min(end, slot.baseGfn + slot.pageCount);
      if (until <= from) continue;
      if (from > at) this.put(own, at, from - at);
      this.put(inodeSpace(slot.inode), slot.pgoff + from - slot.baseGfn, until - from);
      at = until;
    }
    if (at < end) this.put(own, at, end - at);
  }

  private put(space: number, first: number, count: number): void {
    const piece = this.pieces[this.used];
    if (piece) {
      piece.space = space;
      piece.first = first;
      piece.count = count;
    } else this.pieces.push({ space, first, count });
    this.used++;
  }

  /** Adds the slots that have begun by `row`, by base, to those of their VMs. */
  private begin(row: number): void {
    for (; this.next < this.byRow.length && this.byRow[this.next]!.fromRow <= row; this.next++) {
      const slot = this.byRow[this.next]!;
      const slots = this.live[slot.vm];
      if (!slots) continue;
      dropEnded(slots, row);
      let at = slots.length;
      while (at > 0 && slots[at - 1]!.baseGfn > slot.baseGfn) at--;
      slots.splice(at, 0, slot);
    }
  }
}

/** A slot that ended goes when its VM's next one begins, or when it would answer for its frames. */
function dropEnded(slots: SlotInfo[], row: number): void {
  for (let i = slots.length - 1; i >= 0; i--) if (slots[i]!.untilRow <= row) slots.splice(i, 1);
}
