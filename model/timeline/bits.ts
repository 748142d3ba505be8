/** A set of integers 0..length-1 as bits in levels of 32: nearest member before or after in a few steps. */
export class BitSet {
  /** levels[0] has a bit per member; a bit of levels[k] says that the word below it is not empty. */
  private readonly levels: Uint32Array[] = [];

  constructor(readonly length: number) {
    let words = length;
    do {
      words = Math.max(1, Math.ceil(words / 32));
      this.levels.push(new Uint32Array(words));
    } while (words > 1);
  }

  set(i: number): void {
    for (let k = 0; k < this.levels.length; k++) {
      const level = this.levels[k]!;
      const word = i >>> 5;
      const before = level[word]!;
      level[word] = before | (1 << (i & 31));
      if (before !== 0) return;
      i = word;
    }
  }

  clear(i: number): void {
    for (let k = 0; k < this.levels.length; k++) {
      const level = this.levels[k]!;
      const word = i >>> 5;
      level[word] = level[word]! & ~(1 << (i & 31));
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
      const word = i >>> 5;
      if (word >= level.length) return -1;
      const rest = level[word]! & (-1 << (i & 31));
      if (rest !== 0) return this.descendFirst(k, word * 32 + lowestBit(rest));
      i = word + 1;
    }
    return -1;
  }

  /** Largest member at or before i, -1 when none. */
  previous(i: number): number {
    for (let k = 0; k < this.levels.length && i >= 0; k++) {
      const word = i >>> 5;
      const rest = this.levels[k]![word]! & (0xffffffff >>> (31 - (i & 31)));
      if (rest !== 0) return this.descendLast(k, word * 32 + highestBit(rest));
      i = word - 1;
    }
    return -1;
  }

  private descendFirst(k: number, i: number): number {
    for (; k > 0; k--) i = i * 32 + lowestBit(this.levels[k - 1]![i]!);
    return i;
  }

  private descendLast(k: number, i: number): number {
    for (; k > 0; k--) i = i * 32 + highestBit(this.levels[k - 1]![i]!);
    return i;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function highestBit(word: number): number {
  return 31 - Math.clz32(word);
}
