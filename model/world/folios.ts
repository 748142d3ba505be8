/** Which page of a memfd a page or folio pointer names, as events have shown it. */
import { layoutOf, PageTable } from '../../parsers/base/pageTable.js';
import type { Pgoff } from '../../parsers/base/units.js';
import type { Inode } from './state.js';

/** A page of a file. */
export interface FilePage {
  readonly inode: Inode;
  readonly pgoff: Pgoff;
  /** Row of the last event that showed it. */
  readonly row: number;
}

const FOLIOS = layoutOf((rows) => ({
  pgoff: new Float64Array(rows),
  inode: new Int32Array(rows),
  row: new Uint32Array(rows),
}));

/** sizeof(struct page) on most kernels: their pointers lie so far apart. */
const STRUCT_PAGE = 64;
/** More than any pointer of 52 bits has of them. */
const PAST_ALL_PAGES = 2 ** 46;

export class Folios {
  private readonly pages = new PageTable<number, (typeof FOLIOS)['none']>(FOLIOS);

  /** `inodes`: all files by their index. */
  constructor(private readonly inodes: readonly Inode[]) {}

  get(pointer: number): FilePage | undefined {
    const at = this.pages.at(pageKey(pointer));
    if (at === 0) return undefined;
    const { inode, pgoff, row } = this.pages.columns;
    return { inode: this.inodes[inode[at]!]!, pgoff: pgoff[at] as Pgoff, row: row[at]! };
  }

  /** The pointer names this page from here on. */
  set(pointer: number, inode: Inode, pgoff: Pgoff, row: number): void {
    const key = pageKey(pointer);
    const at = this.pages.rowOf(key);
    const { columns } = this.pages;
    columns.inode[at] = inode.index;
    columns.pgoff[at] = pgoff;
    columns.row[at] = row;
  }
}

/** A key for a page's pointer: neighbouring pages have neighbouring keys. */
export function pageKey(pointer: number): number {
  if (pointer < 0) return pointer;
  const page = Math.floor(pointer / STRUCT_PAGE);
  // What is left, without a division of more than 32 bits.
  return (pointer - page * STRUCT_PAGE) * PAST_ALL_PAGES + page;
}
