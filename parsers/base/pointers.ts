/** A map by kernel pointers, as `Ev.pointer` gives them: the low 52 bits. */

/** Values of the lower half of a pointer, its low 24 bits. */
const LOWER_HALVES = 1 << 24;

/**
 * Two levels of small integers: maps find those several times as fast as numbers of 52 bits, and pointers
 * that follow one another mostly share their upper half.
 */
export class Pointers<T> {
  private readonly maps = new Map<number, Map<number, T>>();
  private lastHigh = -1;
  private lastMap: Map<number, T> | undefined;

  get(pointer: number): T | undefined {
    return this.sameUpperHalf(pointer)?.get(pointer % LOWER_HALVES);
  }

  has(pointer: number): boolean {
    return this.get(pointer) !== undefined;
  }

  set(pointer: number, value: T): void {
    let map = this.sameUpperHalf(pointer);
    if (!map) {
      map = new Map<number, T>();
      this.maps.set(this.lastHigh, map);
      this.lastMap = map;
    }
    map.set(pointer % LOWER_HALVES, value);
  }

  /** The map of all pointers with the same upper half; leaves that half in `lastHigh`. */
  private sameUpperHalf(pointer: number): Map<number, T> | undefined {
    const high = Math.floor(pointer / LOWER_HALVES);
    if (high !== this.lastHigh) {
      this.lastHigh = high;
      this.lastMap = this.maps.get(high);
    }
    return this.lastMap;
  }
}
