/** A map by kernel pointers, as `Ev.pointer` gives them: the low 48 bits. */

const LOW = 1 << 24;

/**
 * Two levels of small integers: maps find those several times as fast as numbers of 48 bits, and pointers that follow
 * one another mostly share their upper half.
 */
export class Pointers<T> {
  private readonly maps = new Map<number, Map<number, T>>();
  private lastHigh = -1;
  private lastMap: Map<number, T> | undefined;

  get(pointer: number): T | undefined {
    return this.under(pointer)?.get(pointer % LOW);
  }

  has(pointer: number): boolean {
    return this.get(pointer) !== undefined;
  }

  set(pointer: number, value: T): void {
    let map = this.under(pointer);
    if (!map) {
      this.maps.set(this.lastHigh, (map = new Map()));
      this.lastMap = map;
    }
    map.set(pointer % LOW, value);
  }

  /** The map of all pointers with the same upper half. */
  private under(pointer: number): Map<number, T> | undefined {
    const high = Math.floor(pointer / LOW);
    if (high !== this.lastHigh) {
      this.lastHigh = high;
      this.lastMap = this.maps.get(high);
    }
    return this.lastMap;
  }
}
