/** What it takes a look at all rows of a table to know: found once, and taken as it was where it was kept. */
import { parsed, type Shape } from '../base/shape.js';
import { allSteps } from '../base/steps.js';
import type { Segment } from './segment.js';
import type { EventTable } from './table.js';

/** How it is found, and told from what somebody else may have written. */
interface Finding<T> {
  /** Takes segment after segment, each with the number of its first row, and tells at the end. */
  begin(table: EventTable): { take(segment: Segment, firstRow: number): void; end(): T };
  /** What of a table can be kept. */
  shape(table: EventTable): Shape<T>;
  /** Whether it can be of the table, beyond its shape. */
  isOf(found: T, table: EventTable): boolean;
  /** Whether it is better found again than kept. */
  isTooLong?(found: T): boolean;
}

export class OfAllRows<T> {
  private readonly known = new WeakMap<EventTable, { readonly rows: number; readonly found: T }>();
  /** What was kept of tables, and nobody has asked for yet. */
  private readonly kept = new WeakMap<EventTable, string>();

  constructor(private readonly finding: Finding<T>) {}

  of(table: EventTable): T {
    return allSteps(this.inSteps(table));
  }

  /** What is to be kept of it, found in steps; '' for nothing. */
  *text(table: EventTable): Generator<undefined, string> {
    const found = yield* this.inSteps(table);
    return this.finding.isTooLong?.(found) === true ? '' : JSON.stringify(found);
  }

  /** Gives a table what was kept of it. Where it cannot be that, it is found anew. */
  give(table: EventTable, text: string): void {
    this.kept.set(table, text);
  }

  private *inSteps(table: EventTable): Generator<undefined, T> {
    const before = this.known.get(table);
    if (before?.rows === table.length) return before.found;
    const kept = parsed(this.finding.shape(table), this.kept.get(table) ?? '');
    const isKept = kept !== undefined && this.finding.isOf(kept, table);
    const found = isKept ? kept : yield* this.search(table);
    this.known.set(table, { rows: table.length, found });
    return found;
  }

  private *search(table: EventTable): Generator<undefined, T> {
    const { take, end } = this.finding.begin(table);
    let row = 0;
    for (const segment of table.segments) {
      take(segment, row);
      row += segment.length;
      yield;
    }
    return end();
  }
}
