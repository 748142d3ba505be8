/** How large the pages of the traced kernel are: gfns, pfns and pages of files are counted in them. */
import { PAGE_SIZE } from '../../parsers/base/units.js';
import { kindId } from '../../parsers/events/kinds.js';
import { isOfArm64 } from '../../parsers/events/machine.js';
import { pageBytesSaid } from '../../parsers/events/pageBytes.js';
import { type EventTable, PAGE_SIZES } from '../../parsers/events/table.js';
import { Ev } from './event.js';
import { slotsOf } from './slots.js';

/** What arm64 has (arch/arm64/Kconfig, ARM64_4K_PAGES and the others). */
const SIZES: readonly number[] = PAGE_SIZES.map(({ bytes }) => bytes);
const MIB = 1 << 20;
/** The least block of a stage 2 that is no page, and the pages that it is made of. */
const OF_BLOCK: ReadonlyMap<number, number> = new Map([
  [2 * MIB, 4096],
  [32 * MIB, 16384],
  [512 * MIB, 65536],
]);
const UNKNOWN =
  'arm64 has kernels with pages of 4, 16 and 64 KiB, and nothing says which this one is: tell it (--page-size; in the editor the setting shimtrace.pageSize), or record by shimtrace record, which does.';

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
 * Pages of the traced kernel: as `told` by who asks, the recorder or the kernel's name says it, else as the
 * trace shows it; else of 4 KiB. In doubt where a trace of arm64 shows nothing of it, and where it shows
 * another size.
 */
export function pageUnitOf(
  table: EventTable,
  counts: Uint32Array,
  told?: number,
  isArm64 = isOfArm64(table, counts),
): PageUnit {
  const said = told ?? pageBytesSaid(table.meta);
  if (said === PAGE_SIZE || (said === undefined && !isArm64)) return new PageUnit(PAGE_SIZE);
  const shown = shownBy(table, counts);
  const bytes = said ?? shown.bytes;
  if (bytes === undefined) return new PageUnit(PAGE_SIZE, UNKNOWN);
  if (bytes <= shown.grain) return new PageUnit(bytes);
  return new PageUnit(
    bytes,
    `Pages of this kernel would have ${bytes / 1024} KiB, but the trace shows less, or what begins within one: their size is not certain.`,
  );
}

/** `bytes` where what happened leaves one size alone. */
interface Shown {
  readonly bytes: number | undefined;
  /** The largest power of two that all is made of that whole pages are, in bytes. */
  readonly grain: number;
}

function shownBy(table: EventTable, counts: Uint32Array): Shown {
  const seen = new Seen();
  const kinds = [...READERS].filter(([kind]) => counts[kind]! > 0);
  if (kinds.length === 0) return seen;
  const ev = new Ev();
  for (const [s, segment] of table.segments.entries())
    for (let i = 0; i < segment.length; i++)
      for (const [kind, read] of kinds) {
        if (segment.kind[i] !== kind) continue;
        ev.point(segment, s, i);
        read(seen, ev);
        // Nothing is less than a page of 4 KiB.
        if (seen.isLeast) return { bytes: PAGE_SIZE, grain: PAGE_SIZE };
      }
  return seen;
}

/** What events tell of the size of pages. */
class Seen implements Shown {
  grain = Infinity;
  /** A page of 4 KiB was seen. */
  isLeast = false;
  private least = Infinity;
  /** Where each thread's guest faulted last. */
  private readonly faults = new Map<number, number>();
  /** Sizes of which every fault and the frame that was got for it can be. */
  private fits: readonly number[] = SIZES;
  private isMet = false;

  mapped(ev: Ev, slots: typeof MAP | typeof PKVM_MAP): void {
    const size = ev.num(slots.size);
    if (!(size > 0)) return;
    this.least = Math.min(this.least, size);
    this.whole(size);
    if (ev.has(slots.addr)) this.grain = Math.min(this.grain, powerIn(ev.num(slots.addr)));
  }

  /** So many bytes are whole pages. */
  private whole(bytes: number): void {
    const power = powerIn(bytes);
    this.grain = Math.min(this.grain, power);
    if (power <= PAGE_SIZE) this.isLeast = true;
  }

  /** Where pages begin, of any file or task; a value that was torn, or an error, is none. */
  began(ev: Ev, ...slots: readonly number[]): void {
    for (const slot of slots) {
      const at = ev.num(slot);
      if (at >= 0 && at % PAGE_SIZE === 0) this.whole(at);
    }
  }

  faulted(ev: Ev): void {
    this.faults.set(ev.tid, ev.num(FAULT.ipa));
  }

  got(ev: Ev): void {
    const at = this.faults.get(ev.tid);
    this.faults.delete(ev.tid);
    const gfn = ev.num(GET_PFN.gfn);
    if (at === undefined || gfn <= 0) return;
    this.fits = this.fits.filter((bytes) => Math.floor(at / bytes) === gfn);
    this.isMet = true;
  }

  get bytes(): number | undefined {
    if (SIZES.includes(this.least)) return this.least;
    if (OF_BLOCK.has(this.least)) return OF_BLOCK.get(this.least);
    return this.isMet && this.fits.length === 1 ? this.fits[0] : undefined;
  }
}

const MAP = slotsOf('Stage2Map', 'size', 'addr');
const PKVM_MAP = slotsOf('PkvmStage2Map', 'size', 'addr');
const CACHED = slotsOf('FilemapAdd', 'ofs');
const NOTIFIED = slotsOf('UnmapHvaRange', 'start', 'end');
const MMAP = slotsOf('SysExitMmap', 'ret');
const ADDED = slotsOf('RmapAdd', 'vma_start');
const FAULT = slotsOf('ArmGuestFault', 'ipa');
const GET_PFN = slotsOf('GetPfn', 'gfn');

/** What is read of each kind, by its number. */
const READERS: ReadonlyMap<number, (seen: Seen, ev: Ev) => void> = new Map([
  [kindId('Stage2Map'), (seen: Seen, ev: Ev) => seen.mapped(ev, MAP)],
  [kindId('PkvmStage2Map'), (seen: Seen, ev: Ev) => seen.mapped(ev, PKVM_MAP)],
  [kindId('FilemapAdd'), (seen: Seen, ev: Ev) => seen.began(ev, CACHED.ofs)],
  [kindId('UnmapHvaRange'), (seen: Seen, ev: Ev) => seen.began(ev, NOTIFIED.start, NOTIFIED.end)],
  [kindId('SysExitMmap'), (seen: Seen, ev: Ev) => seen.began(ev, MMAP.ret)],
  [kindId('RmapAdd'), (seen: Seen, ev: Ev) => seen.began(ev, ADDED.vma_start)],
  [kindId('ArmGuestFault'), (seen: Seen, ev: Ev) => seen.faulted(ev)],
  [kindId('GetPfn'), (seen: Seen, ev: Ev) => seen.got(ev)],
]);

/** The largest power of two that divides a number; of 0, all do. */
function powerIn(bytes: number): number {
  if (bytes === 0) return Infinity;
  let power = 1;
  while (bytes % (2 * power) === 0) power *= 2;
  return power;
}
