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

/** True when rows have lines. */
export function isTextTable(table: EventTable): boolean {
  return table.length > 0 && table.line(0) > 0;
}

export class Places {
  private readonly partOf: Uint8Array;
  /** By part: the merged row of each of its rows, which ascend. */
  private readonly rowsOf: readonly Uint32Array[];
  private length = 0;

  constructor(lengths: readonly number[]) {
    assert(lengths.length <= PARTS_MAX, `${lengths.length} files of one run`);
    this.partOf = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
    this.rowsOf = lengths.map((length) => new Uint32Array(length));
  }

  /** The next merged row is `row` of `part`. */
  add(part: number, row: number): void {
    this.rowsOf[part]![row] = this.length;
    this.partOf[this.length++] = part;
  }

  of(row: number): FilePlace {
    assert(row >= 0 && row < this.length, `row ${row} of ${this.length}`);
    const part = this.partOf[row]!;
    return { part, row: lowerBound(this.rowsOf[part]!.length, (i) => this.rowsOf[part]![i]! < row) };
  }

  /** First merged row of a part at or after a line (of a text) or event number (of a binary trace). */
  rowAtLine(table: EventTable, part: number, isText: boolean, line: number): number {
    const rows = this.rowsOf[part]!;
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
