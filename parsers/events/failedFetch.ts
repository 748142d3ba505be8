/**
 * Fetches that failed. Where the kernel cannot read what a probe asks for, it leaves what lay in the buffer
 * before: a number like any other. It shows where a link on the way to the value is null, or is none (an
 * anonymous page has flags in place of its mapping's address), or where a value cannot be what it is called.
 * What lies behind is no data then.
 *
 * Sources: process_fetch_insn() and store_trace_args() in kernel/trace/trace_probe_tmpl.h, PAGE_MAPPING_FLAGS
 * in include/linux/page-flags.h, Linux 7.2.
 */
import { KIND_COUNT, kindSlots } from './kinds.js';
import { FAILED_SHIFT } from './slots.js';

/** What is checked of a slot. */
const IS_LINK = 0;
const IS_MAPPING = 1;
const IS_INODE = 2;
const IS_INDEX = 3;

/** Low bits of a mapping that make it no address. */
const MAPPING_FLAGS = 3;
/** Of a kernel's address the highest byte is full of ones. */
const KERNEL_HIGH_MIN = 0xff000000;
/** Inode numbers from 2^63 are addresses. */
const INODE_HIGH_MIN = 0x80000000;
/** A file has at most 2^63 bytes, and so less than 2^51 pages. */
const INDEX_HIGH_MIN = 1 << 19;

/** Triples: what is checked, of which slot, and the slots that are no data when it fails, as a mask. */
export type FetchGuard = Int32Array;

/** By kind; empty where nothing can be told. */
const GUARDS: readonly FetchGuard[] = Array.from({ length: KIND_COUNT }, (_, kind) => makeGuard(kind));

function makeGuard(kind: number): FetchGuard {
  const slots = kindSlots(kind);
  const bit = (name: string): number => (slots.includes(name) ? 1 << slots.indexOf(name) : 0);
  const ofPage = bit('ino') | bit('pgoff');
  // A page's index and its file's number are read of one page: when one is no data, neither is the other.
  const reads = readsPage(kind);
  const guard: number[] = [];
  const check = (what: number, name: string, behind: number): void => {
    if (slots.includes(name) && behind !== 0) guard.push(what, slots.indexOf(name), behind);
  };
  if (reads) {
    check(IS_LINK, 'folio', ofPage);
    check(IS_LINK, 'page', ofPage);
    check(IS_MAPPING, 'mapping', ofPage);
  }
  check(IS_LINK, 'file', bit('ino'));
  check(IS_INODE, 'ino', reads ? ofPage : bit('ino'));
  check(IS_INDEX, 'pgoff', reads ? ofPage : bit('pgoff'));
  return Int32Array.from(guard);
}

/** True for kinds whose probes find file and index by way of a page. */
export function readsPage(kind: number): boolean {
  return kindSlots(kind).some((name) => name === 'folio' || name === 'page' || name === 'mapping');
}

/** How to tell failed fetches of a kind. */
export function fetchGuard(kind: number): FetchGuard {
  return GUARDS[kind]!;
}

/** Marks the slots of the payload at pool[at] that are no data: as failed, and no more as read. */
export function dropFailed(guard: FetchGuard, pool: Uint32Array, at: number): void {
  for (let i = 0; i < guard.length; i += 3) {
    const slot = guard[i + 1]!;
    const mask = pool[at]!;
    if ((mask & (1 << slot)) === 0) continue;
    if (!isFailed(guard[i]!, pool[at + 1 + 2 * slot]!, pool[at + 2 + 2 * slot]!)) continue;
    const gone = mask & guard[i + 2]!;
    pool[at] = (mask & ~gone) | (gone << FAILED_SHIFT);
  }
}

function isFailed(what: number, lo: number, hi: number): boolean {
  if (what === IS_INODE) return hi >= INODE_HIGH_MIN;
  if (what === IS_INDEX) return hi >= INDEX_HIGH_MIN;
  if (lo === 0 && hi === 0) return true;
  if (what === IS_LINK) return false;
  return (lo & MAPPING_FLAGS) !== 0 || (hi !== 0 && hi < KERNEL_HIGH_MIN);
}
