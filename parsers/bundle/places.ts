/** From rows of a merged table to the files they came from, and back: five bytes a row. */
import { assert } from '../base/assert.js';
import type { EventTable } from '../events/table.js';

/** A file of a run by its index, and a row of it. */
export interface FilePlace {
  readonly part: number;
  readonly row: number;
}

/** Files of one run; more are a mistake. */
export const PARTS_MAX = 255;

export class Places {
  private length = 0;

  private constructor(
    /** By merged row: the file that it came from. */
    readonly partOf: Uint8Array,
    /** How many rows each file has. */
    readonly lengths: ArrayLike<number>,
    /** By part: the merged row of each of its rows, which ascend; undefined until somebody asks. */
    private rowsOf?: readonly Uint32Array[],
  ) {}

  /** Of files of these lengths, whose rows are added one after another. */
  static ofLengths(lengths: readonly number[]): Places {
    assert(lengths.length <= PARTS_MAX, `${lengths.length} files of one run`);
    const partOf = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
    return new Places(
      partOf,
      lengths,
      lengths.map((length) => new Uint32Array(length)),
    );
  }

  /** As they were before, of so many files; undefined where a row is of none of them. */
  static kept(partOf: Uint8Array, parts: number): Places | undefined {
    const lengths = new Uint32Array(PARTS_MAX + 1);
    for (let row = 0; row < partOf.length; row++) lengths[partOf[row]!]!++;
    if (lengths.subarray(parts).some((count) => count > 0)) return undefined;
    const places = new Places(partOf, lengths.subarray(0, parts));
    places.length = partOf.length;
    return places;
  }

  /** The next merged row is `row` of `part`. */
  add(part: number, row: number): void {
    this.rows(part)[row] = this.length;
    this.partOf[this.length++] = part;
  }

  /** Merged rows of a part. */
  rows(part: number): Uint32Array {
    this.rowsOf ??= this.rowsByPart();
    return this.rowsOf[part]!;
  }

  private rowsByPart(): readonly Uint32Array[] {
    const { partOf } = this;
    const rowsOf = Array.from(this.lengths, (length) => new Uint32Array(length));
    const filled = new Uint32Array(rowsOf.length);
    for (let row = 0; row < partOf.length; row++) {
      const part = partOf[row]!;
      rowsOf[part]![filled[part]!++] = row;
    }
    return rowsOf;
  }

  of(row: number): FilePlace {
    assert(row >= 0 && row < this.length, `row ${row} of ${this.length}`);
    const part = this.partOf[row]!;
    const rows = this.rows(part);
    return { part, row: lowerBound(rows.length, (i) => rows[i]! < row) };
  }

  /** First merged row of a part at or after a line (of a text) or event number (of a binary trace). */
  rowAtLine(table: EventTable, part: number, isText: boolean, line: number): number {
    const rows = this.rows(part);
    const i = isText ? lowerBound(rows.length, (k) => table.line(rows[k]!) < line) : Math.max(0, line - 1);
    return rows[i] ?? table.length;
  }
}

/** First index below `length` that is not before; `length` when all are. */
function lowerBound(length: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (isBefore(mid)) low = mid + 1;
    else high = mid;
  }
  return low;
}
