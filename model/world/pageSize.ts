/** How large the pages of the traced kernel are: gfns, pfns and pages of files are counted in them. */
import { PAGE_SIZE } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import { pageBytesSaid } from '../../parsers/events/pageBytes.js';
import type { EventTable } from '../../parsers/events/table.js';
import { Ev } from './event.js';
import { slotsOf } from './slots.js';

/** What arm64 has besides (arch/arm64/Kconfig, ARM64_16K_PAGES and ARM64_64K_PAGES). */
const LARGE_PAGES = [16384, 65536];
const MAPS = (['Stage2Map', 'PkvmStage2Map'] as const).map(
  (kind) => [kindId(kind), slotsOf(kind, 'size', 'addr')] as const,
);

/** Pages of one size; addresses and sizes are given in bytes. */
export class PageUnit {
  constructor(
    readonly bytes: number,
    /** Why it is not certain that pages have this size, a sentence. */
    readonly doubt?: string,
  ) {}

  /** The page that holds a byte, both counted from 0. */
  ofByte(byte: number): number {
    return Math.floor(byte / this.bytes);
  }

  /** How many pages it takes to cover this many bytes. */
  forBytes(bytes: number): number {
    return Math.ceil(bytes / this.bytes);
  }
}

/**
 * Pages of the traced kernel: as the recorder or the kernel's name says it, else the least that a stage 2 of
 * arm64 maps, where that is a size of pages; else of 4 KiB. In doubt where a stage 2 maps less than such a
 * page, or from within one.
 */
export function pageUnitOf(table: EventTable, counts: Uint32Array): PageUnit {
  const said = pageBytesSaid(table.meta);
  if (MAPS.every(([kind]) => counts[kind] === 0)) return new PageUnit(said ?? PAGE_SIZE);
  const mapped = mappedBy(table);
  const bytes = said ?? (LARGE_PAGES.includes(mapped.least) ? mapped.least : PAGE_SIZE);
  if (bytes === PAGE_SIZE || bytes <= mapped.grain) return new PageUnit(bytes);
  return new PageUnit(
    bytes,
    `Pages of this kernel would have ${bytes / 1024} KiB, but a page table of its maps less, or from within one: their size is not certain.`,
  );
}

/** What a stage 2 maps: the least of it, and the largest power of two that all of it is made of, in bytes. */
function mappedBy(table: EventTable): { readonly least: number; readonly grain: number } {
  const ev = new Ev();
  let [least, grain] = [Infinity, Infinity];
  for (const [s, segment] of table.segments.entries())
    for (let i = 0; i < segment.length; i++)
      for (const [kind, slots] of MAPS) {
        if (segment.kind[i] !== kind) continue;
        ev.point(segment, s, i);
        const size = ev.num(slots.size);
        if (!(size > 0)) continue;
        least = Math.min(least, size);
        grain = Math.min(grain, powerIn(size), ev.has(slots.addr) ? powerIn(ev.num(slots.addr)) : Infinity);
        // Nothing is less than a page of 4 KiB.
        if (least <= PAGE_SIZE) return { least, grain: Math.min(grain, PAGE_SIZE) };
      }
  return { least, grain };
}

/** The largest power of two that divides a number; of 0, all do. */
function powerIn(bytes: number): number {
  if (bytes === 0) return Infinity;
  let power = 1;
  while (bytes % (2 * power) === 0) power *= 2;
  return power;
}
