/**
 * What is told of a row wherever a page's life is, written down a second time beside the operations of that
 * page: where the row stands, when, and whose it is.
 */
import type { Pieces } from '../base/pieces.js';
import type { EventTable } from './table.js';

/** A multiple of 8. */
export const ROW_FACTS_BYTES = 40;

export interface RowFacts {
  readonly ts: number;
  readonly at: number;
  /** Bytes up to the next row, 0 where that does not lie behind it. */
  readonly toNext: number;
  readonly line: number;
  readonly tid: number;
  readonly cpu: number;
  /** See {@link EventTable.timeAt}. */
  readonly timeAt: number;
  /** See {@link EventTable.columnAt}. */
  readonly column: number;
  readonly name: number;
  readonly comm: number;
}

const MAX_UINT32 = 0xffff_ffff;
/** A CPU has 16 bits; above them stands where the time does, or this and the column. */
const CPU_BITS = 16;
const CPU_MASK = 0xffff;
const IS_COLUMN = 1 << 15;

/** Views on the same bytes. */
export interface Views {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
}

/** Where an event's own text starts in its line; -1 where that is not to be kept. */
export type ColumnOf = (row: number) => number;

/** Writes those of a row to byte `to`; nothing of one that the table has not. */
export function writeRowFacts(
  table: EventTable,
  row: number,
  { numbers, words }: Views,
  to: number,
  columnOf: ColumnOf,
): void {
  if (row >= table.length) return;
  const at = table.at(row);
  const toNext = row + 1 < table.length ? table.at(row + 1) - at : 0;
  const [n, w] = [to / 8, to / 4];
  numbers[n] = table.ts(row);
  numbers[n + 1] = at;
  words[w + 4] = toNext > 0 && toNext < MAX_UINT32 ? toNext : 0;
  words[w + 5] = table.line(row);
  // Two's complement, as it is read again.
  words[w + 6] = table.tid(row);
  words[w + 7] = table.cpu(row) | ((table.timeAt(row) || columnWord(columnOf(row))) << CPU_BITS);
  words[w + 8] = table.nameId(row);
  words[w + 9] = table.commId(row);
}

const columnWord = (column: number): number => (column >= 0 && column < IS_COLUMN ? column | IS_COLUMN : 0);

/** Undefined where they are damaged. */
export function rowFactsIn(pieces: Pieces, from: number): RowFacts | undefined {
  const [ts, at] = [pieces.number('f64', from), pieces.number('f64', from + 8)];
  const word = (k: number): number | undefined => pieces.number('u32', from + k * 4);
  const [toNext, line, tid, cpuAndTime, name, comm] = [word(4), word(5), word(6), word(7), word(8), word(9)];
  if (ts === undefined || at === undefined || toNext === undefined || line === undefined) return undefined;
  if (tid === undefined || cpuAndTime === undefined || name === undefined || comm === undefined)
    return undefined;
  const [cpu, place] = [cpuAndTime & CPU_MASK, cpuAndTime >>> CPU_BITS];
  const hasColumn = (place & IS_COLUMN) !== 0;
  const column = hasColumn ? place & ~IS_COLUMN : -1;
  return { ts, at, toNext, line, tid: tid | 0, cpu, timeAt: hasColumn ? 0 : place, column, name, comm };
}
