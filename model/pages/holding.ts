/**
 * What holds from one row up to another, as a memslot does, which may come again a thousand times: those that
 * hold at a row are found without a look at all of them.
 */
import { firstIndex } from '../../parsers/base/search.js';

interface Held {
  readonly fromRow: number;
  /** The first row at which it holds no more. */
  readonly untilRow: number;
}

/** So many are passed over at once where all of them are over. */
const BLOCK = 128;

/** Of each block the last row of all, and whether all begin in their order. */
interface Blocks {
  readonly lastRows: Float64Array;
  readonly beginInOrder: boolean;
}

export class Holding<T extends Held> {
  /** Of many: mostly there are one or two. */
  private readonly blocks: Blocks | undefined;

  constructor(private readonly all: readonly T[]) {
    if (all.length > BLOCK) this.blocks = blocksOf(all);
  }

  /** Tells those that hold at a row, in their order; what holds from the first row on did so before it. */
  at(row: number, tell: (one: T, i: number) => void): void {
    const { all, blocks } = this;
    if (!blocks) {
      this.within(0, all.length, row, tell);
      return;
    }
    const isToCome = (i: number): boolean => all[i]!.fromRow > Math.max(row, 0);
    const end = blocks.beginInOrder ? firstIndex(all.length, isToCome) : all.length;
    for (let from = 0; from < end; from += BLOCK)
      if (blocks.lastRows[from / BLOCK]! > row) this.within(from, Math.min(end, from + BLOCK), row, tell);
  }

  private within(from: number, end: number, row: number, tell: (one: T, i: number) => void): void {
    const now = Math.max(row, 0);
    for (let i = from; i < end; i++) {
      const one = this.all[i]!;
      if (row < one.untilRow && one.fromRow <= now) tell(one, i);
    }
  }
}

function blocksOf(all: readonly Held[]): Blocks {
  const lastRows = new Float64Array(Math.ceil(all.length / BLOCK)).fill(-Infinity);
  for (const [i, { untilRow }] of all.entries()) {
    const block = Math.floor(i / BLOCK);
    lastRows[block] = Math.max(lastRows[block]!, untilRow);
  }
  const beginInOrder = all.every(({ fromRow }, i) => i === 0 || all[i - 1]!.fromRow <= fromRow);
  return { lastRows, beginInOrder };
}
