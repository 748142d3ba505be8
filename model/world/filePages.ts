/** What is kept of each page of a file that has it: user mappings, its frame in the page cache, poison. */
import { BlockTable } from '../../parsers/base/blockTable.js';
import { layoutOf, PageTable } from '../../parsers/base/pageTable.js';
import type { Pfn, Pgoff } from '../../parsers/base/units.js';

/** Mappings of one page. */
export interface MapRec {
  readonly count: number;
  /** Row of the add since which it has been mapped without a break. */
  readonly since: number;
  /** Row of the latest add. */
  readonly lastAdd: number;
}

const MAPS = layoutOf((rows) => ({
  count: new Uint32Array(rows),
  since: new Uint32Array(rows),
  lastAdd: new Uint32Array(rows),
}));

/** Pages that are mapped by user space. */
export class Mappings {
  private readonly pages = new PageTable<Pgoff, (typeof MAPS)['none']>(MAPS);

  get size(): number {
    return this.pages.size;
  }

  get(pgoff: Pgoff): MapRec | undefined {
    const at = this.pages.at(pgoff);
    return at === 0 ? undefined : this.rec(at);
  }

  /** The page is mapped, once more where it is already. */
  add(pgoff: Pgoff, row: number): void {
    const { pages } = this;
    let at = pages.at(pgoff);
    if (at === 0) {
      at = pages.add(pgoff);
      pages.columns.count[at] = 0;
      pages.columns.since[at] = row;
    }
    pages.columns.count[at]!++;
    pages.columns.lastAdd[at] = row;
  }

  /** One mapping of a page goes; of one that was never seen to come nothing changes. */
  remove(pgoff: Pgoff): void {
    const at = this.pages.at(pgoff);
    if (at === 0) return;
    if (this.pages.columns.count[at] === 1) this.pages.delete(pgoff);
    else this.pages.columns.count[at]!--;
  }

  clear(): void {
    this.pages.clear();
  }

  /** Calls `visit` with those of [first, end), by page. */
  within(first: Pgoff, end: Pgoff, visit: (pgoff: Pgoff, rec: MapRec) => void): void {
    this.pages.within(first, end, (at, pgoff) => visit(pgoff, this.rec(at)));
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): IterableIterator<readonly [Pgoff, MapRec]> {
    const { pages } = this;
    for (let at = pages.next(0); at !== 0; at = pages.next(at)) yield [pages.pageOf(at), this.rec(at)];
  }

  private rec(at: number): MapRec {
    const { count, since, lastAdd } = this.pages.columns;
    return { count: count[at]!, since: since[at]!, lastAdd: lastAdd[at]! };
  }
}

/** A page in the page cache, or the last one that was there. */
export interface CacheRec {
  readonly pfn: Pfn;
  /** Row of the last delete, -1 while it is there. */
  readonly deletedRow: number;
}

const CACHE = layoutOf((rows) => ({
  pfn: new Float64Array(rows),
  /** One more than the row of the last delete, 0 while it is there. */
  gone: new Uint32Array(rows),
}));

/** The page cache of a file: every page that was ever added or deleted. */
export class CachedPages {
  private readonly pages = new PageTable<Pgoff, (typeof CACHE)['none']>(CACHE);
  /** Made when a frame is asked for first. */
  private frames: Frames | undefined;

  get size(): number {
    return this.pages.size;
  }

  get(pgoff: Pgoff): CacheRec | undefined {
    const at = this.pages.at(pgoff);
    return at === 0 ? undefined : this.rec(at);
  }

  /** A page is there in a frame, or has gone from it at a row. */
  set(pgoff: Pgoff, pfn: Pfn, deletedRow = -1): void {
    const { pages, frames } = this;
    const before = pages.at(pgoff);
    const at = before === 0 ? pages.add(pgoff) : before;
    const { columns } = pages;
    if (frames && before !== 0 && columns.gone[at] === 0) frames.remove(columns.pfn[at] as Pfn, at);
    columns.pfn[at] = pfn;
    columns.gone[at] = deletedRow + 1;
    if (deletedRow < 0) frames?.add(pfn, at);
  }

  /** The row at which a page went that was in this frame and has not come again; -1 where it did not. */
  goneRow(pgoff: Pgoff, pfn: Pfn): number {
    const at = this.pages.at(pgoff);
    const { columns } = this.pages;
    return at === 0 || columns.pfn[at] !== pfn ? -1 : columns.gone[at]! - 1;
  }

  clear(): void {
    this.pages.clear();
    this.frames = undefined;
  }

  /** The pages that are there in a frame: the one that came first leads. */
  ofFrame(pfn: Pfn): readonly Pgoff[] {
    this.frames ??= this.byFrame();
    return this.frames.of(pfn).map((at) => this.pages.pageOf(at));
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): IterableIterator<readonly [Pgoff, CacheRec]> {
    const { pages } = this;
    for (let at = pages.next(0); at !== 0; at = pages.next(at)) yield [pages.pageOf(at), this.rec(at)];
  }

  private byFrame(): Frames {
    const { pages } = this;
    const frames = new Frames();
    for (let at = pages.next(0); at !== 0; at = pages.next(at))
      if (pages.columns.gone[at] === 0) frames.add(pages.columns.pfn[at] as Pfn, at);
    return frames;
  }

  private rec(at: number): CacheRec {
    const { pfn, gone } = this.pages.columns;
    return { pfn: pfn[at] as Pfn, deletedRow: gone[at]! - 1 };
  }
}

/** Which rows of a page cache, which stay what they are, have a frame. */
class Frames {
  /** One of a frame's rows, and its neighbours among those of the same frame: 0 for none. */
  private readonly heads = new BlockTable<Pfn>(1);
  private before = new Uint32Array(0);
  private behind = new Uint32Array(0);

  add(pfn: Pfn, at: number): void {
    if (pfn < 0) return;
    if (at >= this.before.length) {
      this.before = copied(this.before, new Uint32Array(2 * at));
      this.behind = copied(this.behind, new Uint32Array(2 * at));
    }
    const head = this.heads.get(pfn);
    this.before[at] = 0;
    this.behind[at] = head;
    if (head !== 0) this.before[head] = at;
    this.heads.set(pfn, at);
  }

  remove(pfn: Pfn, at: number): void {
    if (pfn < 0) return;
    const [before, behind] = [this.before[at]!, this.behind[at]!];
    if (before === 0) this.heads.set(pfn, behind);
    else this.behind[before] = behind;
    if (behind !== 0) this.before[behind] = before;
  }

  of(pfn: Pfn): readonly number[] {
    const rows: number[] = [];
    for (let at = this.heads.get(pfn); at !== 0; at = this.behind[at]!) rows.push(at);
    return rows.sort((a, b) => a - b);
  }
}

const POISON = layoutOf((rows) => ({ row: new Uint32Array(rows) }));

/** Pages whose memory failed, and the row of the last event that said so. */
export class PoisonedPages {
  private readonly pages = new PageTable<Pgoff, (typeof POISON)['none']>(POISON);

  get size(): number {
    return this.pages.size;
  }

  get(pgoff: Pgoff): number | undefined {
    const at = this.pages.at(pgoff);
    return at === 0 ? undefined : this.pages.columns.row[at];
  }

  set(pgoff: Pgoff, row: number): void {
    const at = this.pages.rowOf(pgoff);
    this.pages.columns.row[at] = row;
  }

  delete(pgoff: Pgoff): void {
    this.pages.delete(pgoff);
  }

  clear(): void {
    this.pages.clear();
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): IterableIterator<readonly [Pgoff, number]> {
    const { pages } = this;
    for (let at = pages.next(0); at !== 0; at = pages.next(at))
      yield [pages.pageOf(at), pages.columns.row[at]!];
  }
}

function copied<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
