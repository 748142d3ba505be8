/** What pages and rows are counted in. */
import { assert } from './assert.js';

declare const brand: unique symbol;

/** Row of an EventTable: the evidence address that everything shown points back to. The brand is free at run time. */
export type EventRow = number & { readonly [brand]: 'row' };

/** Bytes in a page; all traces of this domain come from 4 KiB kernels. */
export const PAGE_SIZE = 4096;
/** 4 KiB pages covered by one mapping of a level: level 1 is 4K, 2 is 2M, 3 is 1G (x86 and arm64 with 4K granule). */
export const PAGES_PER_LEVEL = [0, 1, 512, 262144, 134217728, 68719476736] as const;

export function eventRow(n: number): EventRow {
  assert(Number.isInteger(n) && n >= 0 && n < 0xffffffff, `event row out of range: ${n}`);
  return n as EventRow;
}
