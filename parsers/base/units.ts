/** What pages, rows, times and tasks are counted in. */
import { assert } from './assert.js';

declare const brand: unique symbol;

/**
 * Row of an EventTable: the evidence address that everything shown
 * points back to. The brand is free at run time.
 */
export type EventRow = number & { readonly [brand]: 'row' };

/**
 * Guest frame number, page of a file and host frame number, all counted in the kernel's pages: three
 * numbers that look alike and must not meet. -1 stands for unknown where a comment says so. The brands are
 * free at run time; arithmetic loses them, and {@link plus} keeps them.
 */
export type Gfn = number & { readonly [brand]: 'gfn' };
export type Pgoff = number & { readonly [brand]: 'pgoff' };
export type Pfn = number & { readonly [brand]: 'pfn' };

/** Says of a number what it counts: for what an event or a computation gives, where its meaning is known. */
export function asGfn(n: number): Gfn {
  return n as Gfn;
}
export function asPgoff(n: number): Pgoff {
  return n as Pgoff;
}
export function asPfn(n: number): Pfn {
  return n as Pfn;
}

/** The page that lies `pages` behind one, in the same count. */
export function plus<Page extends Gfn | Pgoff | Pfn>(page: Page, pages: number): Page {
  return (page + pages) as Page;
}

/** Bytes in a page of x86 and most kernels of arm64; others have 16 or 64 KiB (model/world/pageSize.ts). */
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 1 << PAGE_SHIFT;

/** Above every guest frame number: 2^40 frames are 2^52 bytes, more than any CPU can address. */
export const PAST_ALL_GFNS = (2 ** 40) as Gfn;
/** Above every page of a file that can be: an index of that size is a pointer or a stale value. */
export const PAST_ALL_PGOFFS = (2 ** 32) as Pgoff;

/**
 * Pages covered by one mapping of a level: level 1 is 4K, 2 is 2M, 3 is 1G (x86 and arm64 with 4K granule).
 * With larger pages a block is kept as several of a level that is no larger.
 */
export const PAGES_PER_LEVEL = [0, 1, 512, 262144, 134217728, 68719476736] as const;

/** Rows are kept in 32 bits, and all ones means none. */
const ROW_LIMIT = 0xffffffff;

export function eventRow(n: number): EventRow {
  assert(Number.isInteger(n) && n >= 0 && n < ROW_LIMIT, `event row out of range: ${n}`);
  return n as EventRow;
}

export const NS_PER_SECOND = 1e9;
export const NS_PER_US = 1000;
export const NS_PER_MS = 1e6;
export const US_PER_SECOND = 1e6;
/** Digits of a second's fraction in nanoseconds. */
export const NANO_DIGITS = 9;
/** Digits of a second's fraction in microseconds. */
export const MICRO_DIGITS = 6;

/** Digits of a second's fraction in times that lie `resolution` nanoseconds apart at least. */
export function secondDigits(resolution: number): number {
  return resolution >= NS_PER_US ? MICRO_DIGITS : NANO_DIGITS;
}

/** Largest number of a task: the kernel keeps them in 31 bits. */
export const MAX_PID = 0x7fffffff;
