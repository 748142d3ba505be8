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

interface Known<T> {
  /** Of the table when it was looked at, which may have grown since. */
  readonly rows: number;
  readonly found: T;
  readonly isTooLong: boolean;
}

export class OfAllRows<T> {
  private readonly known = new WeakMap<EventTable, Known<T>>();
  /** What was kept of tables, and nobody has asked for yet. */
  private readonly kept = new WeakMap<EventTable, string>();

  constructor(private readonly finding: Finding<T>) {}

  of(table: EventTable): T {
    const before = this.before(table);
    if (before) return before.found;
    const search = this.finding.begin(table);
    allSteps(searched(search, table));
    return this.remember(table, search.end(), search.isTooLong?.()).found;
  }

  /** What is to be kept of it, found in steps; '' for nothing. */
  *text(table: EventTable): Generator<undefined, string> {
    let known = this.before(table);
    if (!known) {
      const search = this.finding.begin(table);
      if (!(yield* searched(search, table, true))) return '';
      known = this.remember(table, search.end());
    }
    return known.isTooLong ? '' : JSON.stringify(known.found);
  }

  /** Gives a table what was kept of it. Where it cannot be that, it is found anew. */
  give(table: EventTable, text: string): void {
    this.kept.set(table, text);
  }

  private before(table: EventTable): Known<T> | undefined {
    const before = this.known.get(table);
    if (before?.rows === table.length) return before;
    const kept = parsed(this.finding.shape(table), this.kept.get(table) ?? '');
    return kept !== undefined && this.finding.isOf(kept, table) ? this.remember(table, kept) : undefined;
  }

  private remember(table: EventTable, found: T, isTooLong = false): Known<T> {
    const known = { rows: table.length, found, isTooLong };
    this.known.set(table, known);
    return known;
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
