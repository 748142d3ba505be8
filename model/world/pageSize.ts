/** How large the pages of the traced kernel are: gfns, pfns and pages of files are counted in them. */
import { PAGE_SIZE } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { Ev } from './event.js';
import { slotsOf } from './slots.js';

/** What arm64 has besides (arch/arm64/Kconfig, ARM64_16K_PAGES and ARM64_64K_PAGES). */
const LARGE_PAGES = [16384, 65536];
/** What distributions put behind a kernel's release: 7.3.4+deb13-arm64-16k, 6.12.0-55.el10.aarch64+64k. */
const NAMED = /[-+](16|64)k$/;
const MAPS = (['Stage2Map', 'PkvmStage2Map'] as const).map(
  (kind) => [kindId(kind), slotsOf(kind, 'size').size] as const,
);

/**
 * Bytes: as the recorder or the kernel's name says it, else the least that a stage 2 of arm64 maps, where
 * that is a size of pages; else 4096.
 */
export function pageBytesOf(table: EventTable, counts: Uint32Array): number {
  if (table.meta.pageBytes !== undefined) return table.meta.pageBytes;
  const named = NAMED.exec(table.meta.kernel);
  if (named) return Number(named[1]) * 1024;
  const least = MAPS.some(([kind]) => counts[kind]! > 0) ? leastMapped(table) : PAGE_SIZE;
  return LARGE_PAGES.includes(least) ? least : PAGE_SIZE;
}

/** Bytes of the least mapping of a stage 2; nothing is less than a page of 4 KiB. */
function leastMapped(table: EventTable): number {
  const ev = new Ev();
  let least = Infinity;
  for (const [s, segment] of table.segments.entries())
    for (let i = 0; i < segment.length; i++)
      for (const [kind, slot] of MAPS) {
        if (segment.kind[i] !== kind) continue;
        ev.point(segment, s, i);
        const size = ev.num(slot);
        if (size > 0 && size < least) least = size;
        if (least <= PAGE_SIZE) return least;
      }
  return least;
}
