/** Bits of a word, and how an index is split into a word and a bit of it. */
export const WORD_BITS = 32;
export const WORD_SHIFT = 5;
export const BIT_MASK = WORD_BITS - 1;

/** A set of integers 0..length-1 as bits in levels of 32: nearest member before or after in a few steps. */
export class BitSet {
  /** levels[0] has a bit per member; a bit of levels[k] says that the word below it is not empty. */
  private readonly levels: Uint32Array[] = [];

  constructor(readonly length: number) {
    let words = length;
    do {
      words = Math.max(1, Math.ceil(words / WORD_BITS));
      this.levels.push(new Uint32Array(words));
    } while (words > 1);
  }

  set(i: number): void {
    for (let k = 0; k < this.levels.length; k++) {
      const level = this.levels[k]!;
      const word = i >>> WORD_SHIFT;
      const before = level[word]!;
      level[word] = before | (1 << (i & BIT_MASK));
      if (before !== 0) return;
      i = word;
    }
  }

  clear(i: number): void {
    for (let k = 0; k < this.levels.length; k++) {
      const level = this.levels[k]!;
      const word = i >>> WORD_SHIFT;
      level[word] = level[word]! & ~(1 << (i & BIT_MASK));
      if (level[word] !== 0) return;
      i = word;
    }
  }

  clearAll(): void {
    for (const level of this.levels) level.fill(0);
  }

  /** Smallest member at or after i, -1 when none. */
  next(i: number): number {
    for (let k = 0; k < this.levels.length; k++) {
      const level = this.levels[k]!;
      const word = i >>> WORD_SHIFT;
      if (word >= level.length) return -1;
      const rest = level[word]! & (-1 << (i & BIT_MASK));
      if (rest !== 0) return this.descendFirst(k, word * WORD_BITS + lowestBit(rest));
      i = word + 1;
    }
    return -1;
  }

  /** Largest member at or before i, -1 when none. */
  previous(i: number): number {
    for (let k = 0; k < this.levels.length && i >= 0; k++) {
      const word = i >>> WORD_SHIFT;
      const rest = this.levels[k]![word]! & (0xffffffff >>> (BIT_MASK - (i & BIT_MASK)));
      if (rest !== 0) return this.descendLast(k, word * WORD_BITS + highestBit(rest));
      i = word - 1;
    }
    return -1;
  }

  private descendFirst(k: number, i: number): number {
    for (; k > 0; k--) i = i * WORD_BITS + lowestBit(this.levels[k - 1]![i]!);
    return i;
  }

  private descendLast(k: number, i: number): number {
    for (; k > 0; k--) i = i * WORD_BITS + highestBit(this.levels[k - 1]![i]!);
    return i;
  }
}

export function lowestBit(word: number): number {
  return highestBit(word & -word);
}

function highestBit(word: number): number {
  return BIT_MASK - Math.clz32(word);
}
