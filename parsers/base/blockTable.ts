/**
 * One number for each page that has one, where neighbours mostly have one too: in blocks, as a page table has
 * them. Four bytes a page, however many there are.
 */
import { assert } from './assert.js';
import { Places } from './places.js';

/** Entries of a block: few enough that a page alone costs little, enough that a guest has few blocks. */
const BLOCK_SHIFT = 6;
const BLOCK = 1 << BLOCK_SHIFT;
/** Pages have more than 32 bits: what divides by a power of two is multiplied, which is exact, and quick. */
const OF_BLOCK = 1 / BLOCK;

export class BlockTable<Page extends number> {
  /** Where each block begins in `entries`, by its place among all blocks of the address space. */
  private readonly starts = new Places();
  /** The same places in the order in which the blocks came. */
  private readonly places: number[] = [];
  /** What stands for a page, 0 for nothing. */
  private entries = new Int32Array(BLOCK);
  /** Entries of each block that are not 0. */
  private readonly filled: number[] = [];
  private readonly ofSpan: number;

  /** The block asked for last: neighbours are asked for one after another. */
  private lastPlace = -1;
  private lastStart = 0;

  /** `span`: pages that share an entry, as those that a leaf of a level covers; a power of two. */
  constructor(private readonly span: number) {
    this.ofSpan = 1 / span;
  }

  /** What was put for a page; 0 for nothing, and for a page that is not known. */
  get(page: Page): number {
    if (page < 0) return 0;
    const index = Math.floor(page * this.ofSpan);
    const place = Math.floor(index * OF_BLOCK);
    const start = place === this.lastPlace ? this.lastStart : this.startAt(place);
    return start < 0 ? 0 : this.entries[start + (index - place * BLOCK)]!;
  }

  /** Puts a number for a page, 0 for nothing. */
  set(page: Page, value: number): void {
    // The message is built only on failure: each event that maps something comes here.
    if (!(page >= 0)) assert(false, `an entry for page ${page}`);
    const index = Math.floor(page * this.ofSpan);
    const place = Math.floor(index * OF_BLOCK);
    const start = place === this.lastPlace ? this.lastStart : this.startOf(place);
    const at = start + (index - place * BLOCK);
    const before = this.entries[at]!;
    this.entries[at] = value;
    if ((before === 0) !== (value === 0)) this.filled[start >>> BLOCK_SHIFT]! += value === 0 ? -1 : 1;
  }

  /** Calls `visit` with all that stands for one of [first, end), by page: the first that shares the entry. */
  within(first: Page, end: Page, visit: (value: number, page: Page) => void): void {
    const { span, places } = this;
    const from = Math.floor(first / span);
    const until = Math.ceil(end / span);
    const firstPlace = Math.floor(from / BLOCK);
    const endPlace = Math.ceil(until / BLOCK);
    // No more than the smaller of the range and the table.
    if (endPlace - firstPlace < places.length)
      for (let place = firstPlace; place < endPlace; place++) this.visitBlock(place, from, until, visit);
    else
      for (const place of places.filter((p) => p >= firstPlace && p < endPlace).sort((a, b) => a - b))
        this.visitBlock(place, from, until, visit);
  }

  /** Calls `visit` with all that stands for any page, block by block as they came. */
  all(visit: (value: number, page: Page) => void): void {
    for (const place of this.places) this.visitBlock(place, 0, Infinity, visit);
  }

  private visitBlock(
    place: number,
    from: number,
    until: number,
    visit: (value: number, page: Page) => void,
  ): void {
    const start = this.startAt(place);
    if (start < 0 || this.filled[start >>> BLOCK_SHIFT] === 0) return;
    const base = place * BLOCK;
    const last = Math.min(BLOCK, until - base);
    for (let i = Math.max(0, from - base); i < last; i++) {
      const value = this.entries[start + i]!;
      if (value !== 0) visit(value, ((base + i) * this.span) as Page);
    }
  }

  /** Where the block of a place begins; -1 where there is none yet. Blocks stay where they are. */
  private startAt(place: number): number {
    if (place === this.lastPlace) return this.lastStart;
    const start = this.starts.get(place);
    if (start < 0) return -1;
    this.lastPlace = place;
    this.lastStart = start;
    return start;
  }

  private startOf(place: number): number {
    const known = this.startAt(place);
    if (known >= 0) return known;
    const start = this.places.length * BLOCK;
    if (start === this.entries.length) {
      const more = new Int32Array(2 * start);
      more.set(this.entries);
      this.entries = more;
    }
    this.starts.add(place, start);
    this.places.push(place);
    this.filled.push(0);
    return start;
  }
}
