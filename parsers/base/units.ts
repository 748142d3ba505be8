/** Branded units and indexes. Brands are free at run time; each has one constructor that asserts its limits. */
import { assert } from './assert.js';

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Guest frame number, below 2^40 (52-bit guest physical addresses in 4 KiB pages). */
export type Gfn = Brand<number, 'gfn'>;
/** Host page frame number; `NO_PFN` when absent. */
export type Pfn = Brand<number, 'pfn'>;
/** Nanoseconds (or ticks, see TraceMeta.clock) relative to TraceMeta.t0. Exact in a double for 104 days. */
export type TimeNs = Brand<number, 'ns'>;
/** Row of an EventTable: the evidence address that everything shown points back to. */
export type EventRow = Brand<number, 'row'>;
/** Dense index of a VM in one analysis. */
export type VmId = Brand<number, 'vm'>;
/** Dense index of a restricted/guest memfd inode in one analysis. */
export type InodeId = Brand<number, 'inode'>;

/** Bytes in a page; all traces of this domain come from 4 KiB kernels. */
export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;
/** 4 KiB pages covered by one mapping of a level: level 1 is 4K, 2 is 2M, 3 is 1G (x86 and arm64 with 4K granule). */
export const PAGES_PER_LEVEL = [0, 1, 512, 262144, 134217728, 68719476736] as const;

export const NO_PFN = -1 as Pfn;
export const NO_ROW = 0xffffffff as EventRow;

export function eventRow(n: number): EventRow {
  assert(Number.isInteger(n) && n >= 0 && n < 0xffffffff, `event row out of range: ${n}`);
  return n as EventRow;
}
