/**
 * A table of which some rows are at hand: all that a report names, out of millions. Whoever asks for another
 * row, or for all of them, makes the whole table be read.
 */
import { fields, finite, listOf, text, whole, type Shaped } from '../base/shape.js';
import { Interner } from '../base/intern.js';
import { metaOf, type TableMarks } from './keptMarks.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from './segment.js';
import { EventTable } from './table.js';

/** Times are whole, and exact in a double, however long a trace is. */
const exact = whole(-Number.MAX_VALUE, Number.MAX_VALUE);

/** Rows in ascending order, column by column. */
export const isFewRows = fields({
  row: listOf(whole(0)),
  ts: listOf(exact),
  at: listOf(finite),
  line: listOf(whole(0)),
  cpu: listOf(whole(0)),
  tid: listOf(whole()),
  tgid: listOf(whole()),
  name: listOf(text),
  comm: listOf(text),
});
export type FewRows = Shaped<typeof isFewRows>;

/** Those rows of a table, each once; what is no row of it is left out. */
export function fewRows(table: EventTable, wanted: Iterable<number>): FewRows {
  const rows = [...new Set(wanted)].filter((row) => row >= 0 && row < table.length).sort((a, b) => a - b);
  return {
    row: rows,
    ts: rows.map((row) => table.ts(row)),
    at: rows.map((row) => table.at(row)),
    line: rows.map((row) => table.segments[row >>> SEGMENT_SHIFT]!.lineOf(row & SEGMENT_MASK)),
    cpu: rows.map((row) => table.cpu(row)),
    tid: rows.map((row) => table.tid(row)),
    tgid: rows.map((row) => table.tgid(row)),
    name: rows.map((row) => table.name(row)),
    comm: rows.map((row) => table.comm(row)),
  };
}

/** True where the columns belong together, and to a table of so many rows. */
export function fits(rows: FewRows, length: number): boolean {
  const { row } = rows;
  return (
    Object.values(rows).every((column) => column.length === row.length) &&
    row.every((r, i) => r < length && (i === 0 || row[i - 1]! < r))
  );
}

/** Such rows, found by their numbers. */
export class RowsAtHand {
  private readonly places: ReadonlyMap<number, number>;

  constructor(private readonly few: FewRows) {
    this.places = new Map(few.row.map((row, i) => [row, i]));
  }

  /** What a column has of a row; undefined where the row is not at hand. */
  of<Column extends keyof FewRows>(column: Column, row: number): FewRows[Column][number] | undefined {
    const place = this.places.get(row);
    return place === undefined ? undefined : this.few[column][place];
  }
}

export class TableOfFewRows extends EventTable {
  private readonly here: RowsAtHand;
  private whole: EventTable | undefined;

  constructor(
    marks: TableMarks,
    few: FewRows,
    private readonly readWhole: () => EventTable,
  ) {
    const none = new Interner();
    super(marks.length, [], metaOf(marks), none, none, marks.issues, marks.losses, [], marks.unread);
    this.here = new RowsAtHand(few);
    for (const part of ['segments', 'names', 'comms', 'stacks'] as const)
      Object.defineProperty(this, part, { get: () => this.all()[part] });
  }

  private all(): EventTable {
    this.whole ??= this.readWhole();
    return this.whole;
  }

  override ts(row: number): number {
    return this.here.of('ts', row) ?? this.all().ts(row);
  }
  override at(row: number): number {
    return this.here.of('at', row) ?? this.all().at(row);
  }
  override line(row: number): number {
    return this.here.of('line', row) ?? this.all().line(row);
  }
  override cpu(row: number): number {
    return this.here.of('cpu', row) ?? this.all().cpu(row);
  }
  override tid(row: number): number {
    return this.here.of('tid', row) ?? this.all().tid(row);
  }
  override tgid(row: number): number {
    return this.here.of('tgid', row) ?? this.all().tgid(row);
  }
  override name(row: number): string {
    return this.here.of('name', row) ?? this.all().name(row);
  }
  override comm(row: number): string {
    return this.here.of('comm', row) ?? this.all().comm(row);
  }
}
