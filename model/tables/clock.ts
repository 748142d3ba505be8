/** Times of a trace in full, as pairs of words. */
import { TWO_32 } from '../../parsers/base/words.js';
import type { EventTable } from '../../parsers/events/table.js';
import type { Column } from './batch.js';

const WORD = 0xffff_ffffn;

export class TableClock {
  private readonly low: number;
  private readonly high: number;

  constructor(private readonly table: EventTable) {
    const { t0 } = table.meta;
    this.low = Number(t0 & WORD);
    this.high = Number(BigInt.asIntN(32, t0 >> 32n));
  }

  /** Writes the time that is `ts` after the first event's. */
  put(column: Column, at: number, ts: number): void {
    const sum = this.low + ts;
    const carry = Math.floor(sum / TWO_32);
    column.pair(at, sum - carry * TWO_32, this.high + carry);
  }

  /** Writes the time of an event; of none, before or after them all, nothing. */
  putRow(column: Column, at: number, row: number): void {
    if (row >= 0 && row < this.table.length) this.put(column, at, this.table.ts(row));
  }

  /** Writes how long it is from one event to another; nothing where one of them is none. */
  putDuration(column: Column, at: number, from: number, until: number): void {
    const { length } = this.table;
    if (from < 0 || until < 0 || from >= length || until >= length) return;
    column.whole(at, this.table.ts(until) - this.table.ts(from));
  }
}
