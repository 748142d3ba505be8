/**
 * Numbers of each page that has some, in columns: what would be a Map with an object for each page, of which
 * a file of 256 GiB has 67 million. Like one it keeps the order in which the pages came.
 */
import { BlockTable } from './blockTable.js';

export type Column = Float64Array | Uint32Array | Int32Array | Uint8Array;

/** Columns of one kind of table, and those of one without any rows. */
export interface Layout<Columns> {
  readonly make: (rows: number) => Columns;
  readonly none: Columns;
}

export function layoutOf<Columns>(make: (rows: number) => Columns): Layout<Columns> {
  return { make, none: make(0) };
}

const FIRST_ROWS = 8;
const NO_COLUMN = new Float64Array(0);
/** Instead of a page: the row is of one that has gone. */
const GONE = -1;
/** Rows are moved together where fewer than one in so many is of a page that is still there. */
const SPARSE = 4;

export class PageTable<Page extends number, Columns extends Readonly<Record<keyof Columns, Column>>> {
  /** What is known of each page, by its row: to be read and written, not to be kept. */
  columns: Columns;
  private index: BlockTable<Page> | undefined;
  private pages: Float64Array = NO_COLUMN;
  /** Row 0 stands for none. */
  private used = 1;
  /** Pages that have a row. */
  size = 0;

  constructor(private readonly layout: Layout<Columns>) {
    this.columns = layout.none;
  }

  /** The row of a page, 0 for none. Holds until one is added or deleted. */
  at(page: Page): number {
    return this.index === undefined ? 0 : this.index.get(page);
  }

  has(page: Page): boolean {
    return this.at(page) !== 0;
  }

  pageOf(row: number): Page {
    return this.pages[row] as Page;
  }

  /** A row for a page that has none, behind all others. What is in its columns is to be set. */
  add(page: Page): number {
    if (this.used >= this.pages.length) this.makeRoom();
    const row = this.used++;
    this.pages[row] = page;
    this.index ??= new BlockTable<Page>(1);
    this.index.set(page, row);
    this.size++;
    return row;
  }

  /** The row of a page, which is given one where it has none: what is in its columns is to be set then. */
  rowOf(page: Page): number {
    return this.at(page) || this.add(page);
  }

  /** Takes a page's row away; false where it has none. */
  delete(page: Page): boolean {
    const row = this.at(page);
    if (row === 0) return false;
    this.index!.set(page, 0);
    this.pages[row] = GONE;
    this.size--;
    if (this.size * SPARSE < this.used - FIRST_ROWS || this.size === 0) this.pack();
    return true;
  }

  clear(): void {
    this.columns = this.layout.none;
    this.index = undefined;
    this.pages = NO_COLUMN;
    this.used = 1;
    this.size = 0;
  }

  /** The row behind one, 0 for the first and after the last. No page is added or deleted meanwhile. */
  next(row: number): number {
    for (let at = row + 1; at < this.used; at++) if (this.pages[at] !== GONE) return at;
    return 0;
  }

  /**
   * Calls `visit` with the rows of [first, end), by page: costs no more than the smaller of the range and the
   * table.
   */
  within(first: Page, end: Page, visit: (row: number, page: Page) => void): void {
    if (this.size > 0 && end > first) this.index!.within(first, end, visit);
  }

  private makeRoom(): void {
    const { length } = this.pages;
    if (this.size * 2 < length) this.pack();
    else this.resize(Math.max(FIRST_ROWS, 2 * length));
  }

  private resize(length: number): void {
    this.pages = copied(this.pages, new Float64Array(length));
    const columns = this.layout.make(length);
    for (const name of Object.keys(columns) as (keyof Columns)[]) copied(this.columns[name], columns[name]);
    this.columns = columns;
  }

  /** Moves rows to where others have gone. */
  private pack(): void {
    const columns = Object.values<Column>(this.columns);
    let to = 1;
    for (let from = 1; from < this.used; from++) {
      const page = this.pages[from]!;
      if (page === GONE) continue;
      if (from !== to) {
        this.pages[to] = page;
        for (const column of columns) column[to] = column[from]!;
        this.index!.set(page as Page, to);
      }
      to++;
    }
    this.used = to;
  }
}

function copied<From extends Column, To extends Column>(from: From, to: To): To {
  to.set(from);
  return to;
}
