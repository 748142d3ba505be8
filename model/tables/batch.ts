/**
 * Rows of a table in columns, some thousands at a time: whoever writes a table fills one batch again and
 * again, and whoever reads it takes what he needs before he asks for the next. No object is made for a row,
 * and no bigint for a 64-bit value, which is a pair of words.
 */
import { TWO_32 } from '../../parsers/base/words.js';
import type { ColumnSpec } from './schema.js';

export const BATCH_ROWS = 8192;

export type Value = null | boolean | number | bigint | string;

/** One column of a batch; which of the arrays is used is by the type. */
export class Column {
  /** 1 where the row has no value. */
  readonly nulls = new Uint8Array(BATCH_ROWS).fill(1);
  /** How many rows of the batch have one. */
  present = 0;
  /** Of `int32` and `bool`; of `string`, ids of {@link texts}. */
  readonly ints: Int32Array;
  /** Of `int64`: low and high word. */
  readonly words: Uint32Array;
  /** Texts of a string column by their ids, in all batches of the table. */
  readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();
  /** Of the text that was written last: neighbours are often alike. */
  private lastText: string | undefined;
  private lastId = 0;

  constructor(readonly spec: ColumnSpec) {
    const isWide = spec.type === 'int64';
    this.ints = new Int32Array(isWide ? 0 : BATCH_ROWS);
    this.words = new Uint32Array(isWide ? 2 * BATCH_ROWS : 0);
  }

  /** An `int32` or `bool`. */
  int(row: number, value: number): void {
    this.has(row);
    this.ints[row] = value;
  }

  /** A whole number of an `int64` column, exact below 2^53. */
  whole(row: number, value: number): void {
    const high = Math.floor(value / TWO_32);
    this.pair(row, value - high * TWO_32, high);
  }

  /** The same by its low and high word. */
  pair(row: number, low: number, high: number): void {
    this.has(row);
    this.words[2 * row] = low;
    this.words[2 * row + 1] = high;
  }

  text(row: number, value: string): void {
    if (value !== this.lastText) {
      this.lastText = value;
      this.lastId = this.idOf(value);
    }
    this.int(row, this.lastId);
  }

  /** All rows are null again. */
  clear(): void {
    this.nulls.fill(1);
    this.present = 0;
  }

  private idOf(value: string): number {
    let id = this.ids.get(value);
    if (id === undefined) {
      id = this.texts.length;
      this.texts.push(value);
      this.ids.set(value, id);
    }
    return id;
  }

  private has(row: number): void {
    if (this.nulls[row] === 1) this.present++;
    this.nulls[row] = 0;
  }

  /** The value of a row, for whoever has no need to be quick. */
  value(row: number): Value {
    if (this.nulls[row] === 1) return null;
    switch (this.spec.type) {
      case 'bool':
        return this.ints[row] === 1;
      case 'int32':
        return this.ints[row]!;
      case 'string':
        return this.texts[this.ints[row]!]!;
      case 'int64':
        return BigInt.asIntN(64, (BigInt(this.words[2 * row + 1]!) << 32n) | BigInt(this.words[2 * row]!));
    }
  }
}

export class Batch {
  readonly columns: readonly Column[];
  private readonly byName: ReadonlyMap<string, Column>;
  length = 0;

  constructor(specs: readonly ColumnSpec[]) {
    this.columns = specs.map((spec) => new Column(spec));
    this.byName = new Map(this.columns.map((column) => [column.spec.name, column]));
  }

  column(name: string): Column {
    return this.byName.get(name)!;
  }

  /** Begins a row of nulls and returns its index. */
  add(): number {
    return this.length++;
  }

  get isFull(): boolean {
    return this.length === BATCH_ROWS;
  }

  clear(): void {
    this.length = 0;
    for (const column of this.columns) column.clear();
  }
}
