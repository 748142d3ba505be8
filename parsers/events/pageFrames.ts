/**
 * Frames (pfn) of pages that events name by their struct page alone. The kernel keeps struct pages in one
 * array: where two events give a page together with its frame, all others follow, and that is proved once all
 * such pairs agree.
 */
import type { EventTable } from './table.js';
import { SEGMENT_MASK, SEGMENT_SHIFT, type Segment } from './segment.js';
import { hasSlot, highWord, lowWord } from './slots.js';
import { TWO_32 } from '../base/words.js';
import { allSteps, endsStep } from '../base/steps.js';
import { kindId, kindSlots, slotIndex } from './kinds.js';
import type { EventKind } from './vocabulary.js';
import { PAGE_SIZE } from '../base/units.js';
import { pageBytesSaid } from './pageBytes.js';

export interface PageFrames {
  /** The frame of a struct page, or of a folio's first; undefined where that is not proved. */
  readonly frameOf: (page: bigint) => number | undefined;
  readonly isProved: boolean;
  /** How it was proved, or why it was not, in a clause. */
  readonly reason: string;
  /** What was proved; it can be written down. */
  readonly array?: PageArray;
}

/** Where struct pages stand in memory, and of which frames that is known. */
export interface PageArray {
  /** That of frame 0. */
  readonly start: bigint;
  readonly size: bigint;
  readonly low: number;
  /** Behind the last one. */
  readonly high: number;
}

/** Bytes that struct pages take: more with what debugging adds, on a 64-bit kernel. */
const STRUCT_PAGE_MIN = 56;
const STRUCT_PAGE_MAX = 128;
const STRUCT_PAGE_ALIGN = 8;
/** Lower values are addresses that were hashed, or frames that a tool printed for a page. */
const KERNEL_HIGH_MIN = 0xffff_0000;
/**
 * The virtual array of all struct pages begins at a multiple of this on x86-64, with KASLR too. Where that of
 * frame 0 would stand at one, there is such an array, and what is proved of some frames holds for all.
 */
const ARRAY_ALIGN = 1n << 30n;
/**
 * Frames of a section (SECTION_SIZE_BITS is 27 on x86 and arm64). Kernels without that array have one for
 * each section: what is proved of some sections says nothing of those around them.
 */
const SECTION_FRAMES = 1 << 15;

/** Kinds that give a page with its frame. */
const BOTH: readonly EventKind[] = ['PageAlloc', 'PageFree', 'FilemapAdd', 'FilemapDelete'];
/** Kinds that name a page by its struct page, and perhaps by its file. */
const BY_PAGE = [
  'RmapAdd',
  'RmapRemove',
  'GupRet',
  'GrabFolio',
  'GrabFolioFast',
  'GupPutFolio',
  'UnpinPage',
  'UnpinPages',
  'UnpinFolio',
  'UnpinRange',
  'PutPage',
  'GmemGetFolioRet',
] as const satisfies readonly EventKind[];
export type StructPageKind = (typeof BY_PAGE)[number];

/** The slots of a kind; -1 for those that it has not. */
interface Slots {
  readonly page: number;
  readonly folio: number;
  readonly pfn: number;
  readonly ino: number;
  readonly pgoff: number;
}

function slotsOfKinds(kinds: readonly EventKind[]): ReadonlyMap<number, Slots> {
  return new Map(
    kinds.map((kind) => {
      const slots = kindSlots(kindId(kind));
      const of = (name: string): number => slots.indexOf(name);
      const [page, folio] = [of('page'), of('folio')];
      return [kindId(kind), { page, folio, pfn: of('pfn'), ino: of('ino'), pgoff: of('pgoff') }] as const;
    }),
  );
}

const WITH_FRAME = slotsOfKinds(BOTH);
const PAGE_ONLY = slotsOfKinds(BY_PAGE);
const FILEMAP_ADD = kindId('FilemapAdd');
const FILEMAP_DELETE = kindId('FilemapDelete');
const ADD_OFS = slotIndex('FilemapAdd', 'ofs');
const ADD_ORDER = slotIndex('FilemapAdd', 'order');
const GET_FOLIO = kindId('GmemGetFolio');
const GET_FOLIO_INO = slotIndex('GmemGetFolio', 'ino');
const GET_FOLIO_RET = kindId('GmemGetFolioRet');
const GUP_RET = kindId('GupRet');
const GUP_RESULT = slotIndex('GupRet', 'ret');
/** Frames of the 52 bits that a physical address has. */
const FRAMES_MAX = 2 ** 40;

/** True for a kind of event that names a page by its struct page, and does not say its frame. */
export function namesStructPage(kind: number): boolean {
  return PAGE_ONLY.has(kind);
}

/** The struct page that such an event names, and by which field; undefined for other events. */
export function structPageOf(
  table: EventTable,
  row: number,
): { readonly field: string; readonly page: bigint } | undefined {
  const kind = table.kind(row);
  const slots = PAGE_ONLY.get(kind);
  const slot = slots === undefined ? -1 : structPageSlot(table, row, slots);
  const page = slot < 0 ? undefined : table.big(row, slot);
  return page === undefined ? undefined : { field: kindSlots(kind)[slot]!, page };
}

/** The slot that has it; -1 where there is none. */
function structPageSlot(table: EventTable, row: number, slots: Slots): number {
  // A mapping of a large folio names both: the folio is its first page.
  const slot = slots.page >= 0 && table.has(row, slots.page) ? slots.page : slots.folio;
  // 0 is no page, and -1 no slot.
  if (slot < 0 || table.num(row, slot) <= 0) return -1;
  // What failed has written no page into the caller's array.
  const isGup = table.kind(row) === GUP_RET;
  return isGup && BigInt.asIntN(32, table.big(row, GUP_RESULT) ?? 0n) <= 0n ? -1 : slot;
}

/** Some frames by their struct pages, for who goes through all rows: addresses as words. */
export class StructPages {
  /** By the low word of an address; those of some frames may have the same. */
  private readonly byLow = new Map<number, { readonly high: number; readonly pfn: number }[]>();

  constructor(frames: readonly number[], { array }: PageFrames) {
    for (const pfn of frames) {
      if (!array || pfn < array.low || pfn >= array.high) continue;
      const page = array.start + array.size * BigInt(pfn);
      const [high, low] = [Number(page >> 32n), Number(BigInt.asUintN(32, page))];
      this.byLow.set(low, [...(this.byLow.get(low) ?? []), { high, pfn }]);
    }
  }

  /**
   * Which of the frames row `i` of a segment names by its struct page, as {@link structPageOf} says it; -1
   * for none. Its kind must be one that does.
   */
  frameOf(segment: Segment, i: number): number {
    const kind = segment.kind[i]!;
    const p = segment.payload[i]!;
    const { page, folio } = PAGE_ONLY.get(kind)!;
    const slot = page >= 0 && hasSlot(segment, p, page) ? page : folio;
    if (slot < 0 || !hasSlot(segment, p, slot)) return -1;
    const found = this.byLow.get(lowWord(segment, p, slot));
    if (!found || (kind === GUP_RET && !gaveOut(segment, p))) return -1;
    const high = highWord(segment, p, slot);
    return found.find((each) => each.high === high)?.pfn ?? -1;
  }
}

/** What failed has written no page into the caller's array. */
function gaveOut(segment: Segment, p: number): boolean {
  return hasSlot(segment, p, GUP_RESULT) && (lowWord(segment, p, GUP_RESULT) | 0) > 0;
}

const known = new WeakMap<EventTable, { readonly rows: number; readonly frames: PageFrames }>();
/** Searches that are under way: who asks meanwhile goes on with them. */
const searches = new WeakMap<EventTable, { readonly rows: number; readonly steps: Generator<undefined> }>();

/** What the trace proves of its struct pages. Asked again, it is not looked for again. */
export function pageFrames(table: EventTable): PageFrames {
  return allSteps(pageFramesInSteps(table));
}

/** The same, some thousand rows a step. */
export function* pageFramesInSteps(table: EventTable): Generator<undefined, PageFrames> {
  for (;;) {
    const found = pageFramesFound(table);
    if (found) return found;
    let search = searches.get(table);
    if (search?.rows !== table.length) search = { rows: table.length, steps: searched(table) };
    searches.set(table, search);
    search.steps.next();
    yield;
  }
}

/** What was found before; undefined where nobody has looked. */
export function pageFramesFound(table: EventTable): PageFrames | undefined {
  const found = known.get(table);
  return found?.rows === table.length ? found.frames : undefined;
}

/** Says it of a table of which it was found before. */
export function givePageFrames(table: EventTable, reason: string, array: PageArray | undefined): void {
  known.set(table, { rows: table.length, frames: array ? provedBy(array, reason) : notProved(reason) });
}

function* searched(table: EventTable): Generator<undefined> {
  const proof = new Proof();
  yield* new Pairs(table, proof).find();
  known.set(table, { rows: table.length, frames: proof.end() });
}

/** Holds pairs against one another: addresses as words, since a trace has hundreds of thousands. */
class Proof {
  private first: { readonly high: number; readonly low: number; readonly pfn: number } | undefined;
  private size = 0;
  private pairs = 0;
  private least = Infinity;
  private most = -1;
  private wrong = false;

  add(high: number, low: number, pfn: number): void {
    if (high < KERNEL_HIGH_MIN || this.wrong) return;
    this.pairs++;
    this.least = Math.min(this.least, pfn);
    this.most = Math.max(this.most, pfn);
    if (!this.first) {
      this.first = { high, low, pfn };
      return;
    }
    const frames = pfn - this.first.pfn;
    // Both are kernel addresses, so that this is exact.
    const bytes = (high - this.first.high) * TWO_32 + (low - this.first.low);
    if (this.size === 0 && frames !== 0) this.size = sizeOf(bytes, frames);
    // Before the size is known, both are the same page.
    if (bytes !== frames * this.size || (frames !== 0 && this.size === 0)) this.wrong = true;
  }

  end(): PageFrames {
    const { first, size } = this;
    if (this.wrong) return notProved('the events that give both contradict one another');
    if (!first) return notProved('no event gives a struct page together with its frame');
    if (size === 0) return notProved('only one page is known by both, and two are needed');
    const page = (BigInt(first.high) << 32n) | BigInt(first.low);
    const start = page - BigInt(first.pfn) * BigInt(size);
    const isOne = start % ARRAY_ALIGN === 0n;
    const low = isOne ? 0 : Math.floor(this.least / SECTION_FRAMES) * SECTION_FRAMES;
    const high = isOne ? FRAMES_MAX : (Math.floor(this.most / SECTION_FRAMES) + 1) * SECTION_FRAMES;
    const range = isOne ? '' : `, for pfns 0x${low.toString(16)} to 0x${(high - 1).toString(16)} alone`;
    const reason = `${this.pairs} events give both, ${size} bytes a struct page${range}`;
    return provedBy({ start, size: BigInt(size), low, high }, reason);
  }
}

function provedBy(array: PageArray, reason: string): PageFrames {
  const { start, size, low, high } = array;
  const frameOf = (page: bigint): number | undefined => {
    const bytes = page - start;
    const pfn = Number(bytes / size);
    return bytes >= 0n && bytes % size === 0n && pfn >= low && pfn < high ? pfn : undefined;
  };
  return { frameOf, isProved: true, reason, array };
}

/** Bytes of a struct page by two of them; 0 where they are those of no array. */
function sizeOf(bytes: number, frames: number): number {
  const size = bytes / frames;
  const isSize = bytes % frames === 0 && size % STRUCT_PAGE_ALIGN === 0;
  return isSize && size >= STRUCT_PAGE_MIN && size <= STRUCT_PAGE_MAX ? size : 0;
}

function notProved(reason: string): PageFrames {
  return { frameOf: () => undefined, isProved: false, reason };
}

/** A number of an event, exact. */
type Exact = number | bigint;

/** Finds pages with their frames: in one event, or in two about the same page of a file. */
class Pairs {
  /** Frames in the page cache, by file and page. */
  private readonly cached = new Map<Exact, Map<Exact, number>>();
  private readonly pageBytes: number;
  /** The file whose folio a thread is about to get. */
  private readonly asked = new Map<number, Exact>();

  constructor(
    private readonly table: EventTable,
    private readonly proof: Proof,
  ) {
    this.pageBytes = pageBytesSaid(table.meta) ?? PAGE_SIZE;
  }

  *find(): Generator<undefined, void> {
    const lostAt = this.table.losses.map((loss) => loss.row).sort((a, b) => a - b);
    let lost = 0;
    for (const [s, segment] of this.table.segments.entries()) {
      const base = s << SEGMENT_SHIFT;
      for (let i = 0; i < segment.length; i++) {
        if (endsStep(i)) yield;
        const kind = segment.kind[i]!;
        if (!OF_INTEREST[kind]) continue;
        const row = base + i;
        for (; lost < lostAt.length && lostAt[lost]! <= row; lost++) this.forget();
        this.look(kind, row);
      }
      yield;
    }
  }

  /** A page may have left the cache, and another one come, among the lost events. */
  private forget(): void {
    this.cached.clear();
    this.asked.clear();
  }

  private look(kind: number, row: number): void {
    const both = WITH_FRAME.get(kind);
    if (both) {
      const pfn = this.table.num(row, both.pfn);
      if (pfn >= 0) this.tell(row, both.page, pfn);
      if (kind === FILEMAP_ADD || kind === FILEMAP_DELETE) this.cache(kind, row, both);
    } else if (kind === GET_FOLIO) {
      const ino = this.exact(row, GET_FOLIO_INO);
      if (ino !== undefined) this.asked.set(this.table.tid(row), ino);
    } else this.meet(kind, row, PAGE_ONLY.get(kind)!);
  }

  /** The struct page in a slot has a frame. */
  private tell(row: number, slot: number, pfn: number): void {
    const segment = this.table.segments[row >>> SEGMENT_SHIFT]!;
    const payload = segment.payload[row & SEGMENT_MASK]!;
    if (slot < 0 || !hasSlot(segment, payload, slot)) return;
    this.proof.add(highWord(segment, payload, slot), lowWord(segment, payload, slot), pfn);
  }

  private exact(row: number, slot: number): Exact | undefined {
    const n = slot < 0 ? -1 : this.table.num(row, slot);
    if (n < 0) return undefined;
    return Number.isSafeInteger(n) ? n : this.table.big(row, slot);
  }

  /** The page of a file at an offset in bytes. */
  private pageAt(ofs: Exact | undefined): Exact | undefined {
    return typeof ofs === 'number' ? Math.floor(ofs / this.pageBytes) : undefined;
  }

  private cache(kind: number, row: number, slots: Slots): void {
    const ino = this.exact(row, slots.ino);
    const pgoff = this.exact(row, slots.pgoff) ?? this.pageAt(this.exact(row, ADD_OFS));
    if (ino === undefined || pgoff === undefined) return;
    const ofFile = this.cached.get(ino) ?? new Map<Exact, number>();
    this.cached.set(ino, ofFile);
    // A large folio's struct page is that of its first frame, which the page's own may not be.
    if (kind === FILEMAP_ADD && this.table.num(row, ADD_ORDER) <= 0)
      ofFile.set(pgoff, this.table.num(row, slots.pfn));
    else ofFile.delete(pgoff);
  }

  private meet(kind: number, row: number, slots: Slots): void {
    const { table } = this;
    const pgoff = this.exact(row, slots.pgoff);
    const ino = kind === GET_FOLIO_RET ? this.asked.get(table.tid(row)) : this.exact(row, slots.ino);
    if (kind === GET_FOLIO_RET) this.asked.delete(table.tid(row));
    if (ino === undefined || pgoff === undefined) return;
    const pfn = this.cached.get(ino)?.get(pgoff);
    if (pfn === undefined || pfn < 0) return;
    const slot = structPageSlot(table, row, slots);
    if (slot >= 0) this.tell(row, slot, pfn);
  }
}

const OF_INTEREST = new Uint8Array(Math.max(...WITH_FRAME.keys(), ...PAGE_ONLY.keys(), GET_FOLIO) + 1);
for (const kind of [...WITH_FRAME.keys(), ...PAGE_ONLY.keys(), GET_FOLIO]) OF_INTEREST[kind] = 1;
