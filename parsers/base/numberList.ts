/** Numbers in a column that grows: eight bytes each, where an array of objects takes fifty. */

const AT_FIRST = 256;

export class NumberList {
  private column = new Float64Array(AT_FIRST);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** The one that came last; undefined where there is none. */
  get last(): number | undefined {
    return this.count > 0 ? this.column[this.count - 1] : undefined;
  }

  add(value: number): void {
    if (this.count === this.column.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.column);
      this.column = larger;
    }
    this.column[this.count++] = value;
  }

  /** All of them; a view, which holds until the next is added. */
  values(): Float64Array {
    return this.column.subarray(0, this.count);
  }
}
