/** What pages and rows are counted in. */
import { assert } from './assert.js';

declare const brand: unique symbol;

/**
 * Row of an EventTable: the evidence address that everything shown points back to. The brand is free at run
 * time.
 */
export type EventRow = number & { readonly [brand]: 'row' };

/** Bytes in a page; all traces of this domain come from 4 KiB kernels. */
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 1 << PAGE_SHIFT;

/** Above every guest frame number: 2^40 frames are 2^52 bytes, more than any CPU can address. */
export const PAST_ALL_GFNS = 2 ** 40;
/** Above every page of a file that can be: an index of that size is a pointer or a stale value. */
export const PAST_ALL_PGOFFS = 2 ** 32;

/** The page that holds a byte, both counted from 0. */
export function pageOfByte(byte: number): number {
  return Math.floor(byte / PAGE_SIZE);
}

/** How many pages it takes to cover this many bytes. */
export function pagesForBytes(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE);
}

/**
 * 4 KiB pages covered by one mapping of a level: level 1 is 4K, 2 is 2M, 3 is 1G (x86 and arm64 with 4K
 * granule).
 */
export const PAGES_PER_LEVEL = [0, 1, 512, 262144, 134217728, 68719476736] as const;

export function eventRow(n: number): EventRow {
  assert(Number.isInteger(n) && n >= 0 && n < 0xffffffff, `event row out of range: ${n}`);
  return n as EventRow;
}
