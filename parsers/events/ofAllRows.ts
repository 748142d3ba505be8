/** What it takes a look at all rows of a table to know: found once, and taken as it was where it was kept. */
import { parsed, type Shape } from '../base/shape.js';
import { allSteps } from '../base/steps.js';
import type { Segment } from './segment.js';
import type { EventTable } from './table.js';

interface Search<T> {
  /** Takes segment after segment, each with the number of its first row. */
  take(segment: Segment, firstRow: number): void;
  end(): T;
  /** Whether it is so much by now that it is better found again than kept. */
  isTooLong?(): boolean;
}

/** How it is found, and told from what somebody else may have written. */
interface Finding<T> {
  begin(table: EventTable): Search<T>;
  /** What of a table can be kept. */
  shape(table: EventTable): Shape<T>;
  /** Whether it can be of the table, beyond its shape. */
  isOf(found: T, table: EventTable): boolean;
}

export class OfAllRows<T> {
  private readonly known = new WeakMap<EventTable, { readonly rows: number; readonly found: T }>();
  /** What was kept of tables, and nobody has asked for yet. */
  private readonly kept = new WeakMap<EventTable, string>();

  constructor(private readonly finding: Finding<T>) {}

  of(table: EventTable): T {
    const before = this.found(table);
    if (before !== undefined) return before;
    const search = this.finding.begin(table);
    allSteps(searched(search, table));
    return this.remember(table, search.end());
  }

  /** What is to be kept of it, found in steps; '' for nothing. */
  *text(table: EventTable): Generator<undefined, string> {
    const search = this.finding.begin(table);
    return (yield* searched(search, table, true)) ? JSON.stringify(this.remember(table, search.end())) : '';
  }

  /** Gives a table what was kept of it. Where it cannot be that, it is found anew. */
  give(table: EventTable, text: string): void {
    this.kept.set(table, text);
  }

  private found(table: EventTable): T | undefined {
    const before = this.known.get(table);
    if (before?.rows === table.length) return before.found;
    const kept = parsed(this.finding.shape(table), this.kept.get(table) ?? '');
    return kept !== undefined && this.finding.isOf(kept, table) ? this.remember(table, kept) : undefined;
  }

  private remember(table: EventTable, found: T): T {
    this.known.set(table, { rows: table.length, found });
    return found;
  }
}

/** Looks at all rows, a segment a step; false where it gave up because it is too much to be kept. */
function* searched(
  search: Search<unknown>,
  { segments }: EventTable,
  isToBeKept = false,
): Generator<undefined, boolean> {
  let row = 0;
  for (const segment of segments) {
    search.take(segment, row);
    if (isToBeKept && search.isTooLong?.() === true) return false;
    row += segment.length;
    yield;
  }
  return true;
}
