/** References to pages of a file that are held, in columns: those of a page in their order. */
import { layoutOf, PageTable } from '../../parsers/base/pageTable.js';
import type { Pgoff } from '../../parsers/base/units.js';

/** A reference to one page that the trace shows, as it is at the moment. */
export interface RefRec {
  readonly kind: number;
  readonly row: number;
  readonly tid: number;
  readonly longterm: boolean;
  /** The trace gave the page's pointer with it, so that a release by pointer is recognised. */
  readonly named: boolean;
  /** A release that does not say of which page followed: this reference may be the one. */
  readonly doubtful: boolean;
}

/** Of a page: its oldest and its youngest reference. */
const PAGES = layoutOf((rows) => ({ oldest: new Uint32Array(rows), youngest: new Uint32Array(rows) }));

/** Bits of `flags`, beside the kind. */
const KIND_MASK = 3;
const LONGTERM = 1 << 2;
const NAMED = 1 << 3;
const DOUBTFUL = 1 << 4;

const FIRST_RECORDS = 8;
const NO_ROWS = new Uint32Array(0);
const NO_FLAGS = new Uint8Array(0);
const NO_TASKS = new Int32Array(0);

export class References {
  private readonly pages = new PageTable<Pgoff, (typeof PAGES)['none']>(PAGES);
  private flags = NO_FLAGS;
  private rows = NO_ROWS;
  private tids = NO_TASKS;
  /** The next younger one of the page, or of those that are free; 0 for none. */
  private nexts = NO_ROWS;
  /** Record 0 stands for none. */
  private used = 1;
  private free = 0;

  /** Pages that have references. */
  get size(): number {
    return this.pages.size;
  }

  has(pgoff: Pgoff): boolean {
    return this.pages.has(pgoff);
  }

  /** Those of a page, the oldest first. */
  get(pgoff: Pgoff): readonly RefRec[] {
    return this.of(this.pages.at(pgoff));
  }

  /** The oldest of a page. */
  first(pgoff: Pgoff): RefRec | undefined {
    const at = this.pages.at(pgoff);
    return at === 0 ? undefined : this.rec(this.pages.columns.oldest[at]!);
  }

  add(pgoff: Pgoff, ref: Omit<RefRec, 'doubtful'>): void {
    const record = this.allot();
    this.flags[record] = ref.kind | (ref.longterm ? LONGTERM : 0) | (ref.named ? NAMED : 0);
    this.rows[record] = ref.row;
    this.tids[record] = ref.tid;
    this.nexts[record] = 0;
    const { pages } = this;
    const known = pages.at(pgoff);
    const at = known === 0 ? pages.add(pgoff) : known;
    const { oldest, youngest } = pages.columns;
    if (known === 0) oldest[at] = record;
    else this.nexts[youngest[at]!] = record;
    youngest[at] = record;
  }

  /** Takes the oldest of a kind away; false where the page has none. */
  drop(pgoff: Pgoff, kind: number): boolean {
    const at = this.pages.at(pgoff);
    if (at === 0) return false;
    const { oldest, youngest } = this.pages.columns;
    let before = 0;
    let record = oldest[at]!;
    while (record !== 0 && (this.flags[record]! & KIND_MASK) !== kind) {
      before = record;
      record = this.nexts[record]!;
    }
    if (record === 0) return false;
    const next = this.nexts[record]!;
    if (before === 0) oldest[at] = next;
    else this.nexts[before] = next;
    if (next === 0) youngest[at] = before;
    this.nexts[record] = this.free;
    this.free = record;
    if (oldest[at] === 0) this.pages.delete(pgoff);
    return true;
  }

  /** Any one of a page may have been released. */
  doubt(pgoff: Pgoff): void {
    const at = this.pages.at(pgoff);
    if (at === 0) return;
    for (let record = this.pages.columns.oldest[at]!; record !== 0; record = this.nexts[record]!)
      this.flags[record]! |= DOUBTFUL;
  }

  clear(): void {
    this.pages.clear();
    this.flags = NO_FLAGS;
    this.rows = NO_ROWS;
    this.tids = NO_TASKS;
    this.nexts = NO_ROWS;
    this.used = 1;
    this.free = 0;
  }

  /** Calls `visit` with those of [first, end), by page, the oldest of each first. */
  within(first: Pgoff, end: Pgoff, visit: (pgoff: Pgoff, ref: RefRec) => void): void {
    this.pages.within(first, end, (at, pgoff) => {
      for (const ref of this.of(at)) visit(pgoff, ref);
    });
  }

  /** Page by page in the order in which they came. */
  *[Symbol.iterator](): IterableIterator<readonly [Pgoff, readonly RefRec[]]> {
    const { pages } = this;
    for (let at = pages.next(0); at !== 0; at = pages.next(at)) yield [pages.pageOf(at), this.of(at)];
  }

  private of(at: number): readonly RefRec[] {
    const refs: RefRec[] = [];
    if (at === 0) return refs;
    for (let record = this.pages.columns.oldest[at]!; record !== 0; record = this.nexts[record]!)
      refs.push(this.rec(record));
    return refs;
  }

  private rec(record: number): RefRec {
    const flags = this.flags[record]!;
    return {
      kind: flags & KIND_MASK,
      row: this.rows[record]!,
      tid: this.tids[record]!,
      longterm: (flags & LONGTERM) !== 0,
      named: (flags & NAMED) !== 0,
      doubtful: (flags & DOUBTFUL) !== 0,
    };
  }

  private allot(): number {
    const record = this.free;
    if (record !== 0) {
      this.free = this.nexts[record]!;
      return record;
    }
    if (this.used >= this.rows.length) this.grow();
    return this.used++;
  }

  private grow(): void {
    const records = Math.max(FIRST_RECORDS, 2 * this.rows.length);
    this.flags = copied(this.flags, new Uint8Array(records));
    this.rows = copied(this.rows, new Uint32Array(records));
    this.tids = copied(this.tids, new Int32Array(records));
    this.nexts = copied(this.nexts, new Uint32Array(records));
  }
}

function copied<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
