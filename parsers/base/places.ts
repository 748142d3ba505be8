/**
 * Small numbers by whole numbers of up to 53 bits, of which neighbours mostly are there together: one table
 * of open addresses, where these lie side by side. Nothing is taken out again.
 */
const FIRST_SLOTS = 16;
/** In place of a number: nothing stands there. */
const EMPTY = -1;
const WORD = 2 ** 32;
/** So many neighbours have neighbouring slots. */
const NEIGHBOURS_SHIFT = 4;
const NEIGHBOURS = (1 << NEIGHBOURS_SHIFT) - 1;
/** Odd and large: they spread what they multiply over all bits. */
const SPREADS = { high: 0x9e3779b1, first: 0x85ebca6b, second: 0xc2b2ae35 } as const;

export class Places {
  private keys = new Float64Array(FIRST_SLOTS).fill(EMPTY);
  private values = new Int32Array(FIRST_SLOTS);
  /** Of numbers that are there, which are not negative. */
  size = 0;

  /** What was put for a number; -1 for nothing. */
  get(key: number): number {
    const { keys } = this;
    const mask = keys.length - 1;
    for (let slot = slotOf(key) & mask; keys[slot] !== EMPTY; slot = (slot + 1) & mask)
      if (keys[slot] === key) return this.values[slot]!;
    return -1;
  }

  /** Puts a value for a number that has none. */
  add(key: number, value: number): void {
    if (2 * ++this.size > this.keys.length) this.grow();
    this.put(key, value);
  }

  private put(key: number, value: number): void {
    const { keys } = this;
    const mask = keys.length - 1;
    let slot = slotOf(key) & mask;
    while (keys[slot] !== EMPTY) slot = (slot + 1) & mask;
    keys[slot] = key;
    this.values[slot] = value;
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = new Float64Array(2 * keys.length).fill(EMPTY);
    this.values = new Int32Array(2 * keys.length);
    for (let i = 0; i < keys.length; i++) if (keys[i] !== EMPTY) this.put(keys[i]!, values[i]!);
  }
}

/** Numbers that lie as far apart as pages of 1 GiB do, too, are spread over all slots. */
function slotOf(key: number): number {
  let hash = ((key | 0) >>> NEIGHBOURS_SHIFT) ^ Math.imul((key / WORD) | 0, SPREADS.high);
  hash = Math.imul(hash ^ (hash >>> 15), SPREADS.first);
  hash = Math.imul(hash ^ (hash >>> 13), SPREADS.second);
  return (hash ^ (hash >>> 16)) + (key & NEIGHBOURS);
}
