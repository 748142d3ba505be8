/**
 * The life of a frame (pfn): every change of its reference count that was recorded, who made it and from
 * where, and which reference was never put. That is claimed only where a put would have been seen.
 */
import { PAGES_PER_LEVEL } from '../../parsers/base/units.js';
import { callerOf, type Stack } from '../../parsers/events/frames.js';
import { kindId, kindName, kindSlots, slotIndex } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { SEGMENT_SHIFT } from '../../parsers/events/segment.js';
import {
  namesStructPage,
  pageFrames,
  StructPages,
  structPageOf,
  type PageFrames,
  type StructPageKind,
} from '../../parsers/events/pageFrames.js';
import type { EventKind } from '../../parsers/events/vocabulary.js';
import { leafFrame } from '../../parsers/events/words/sptes.js';

/** How an event changes the count: by an amount, or to a value. */
interface Change {
  readonly by?: number;
  readonly to?: number;
}

/** One event of a frame's life. */
export interface LifeEvent {
  readonly row: number;
  /** `get`, `put`, `pin`, `unpin`, or what else happens to the frame. */
  readonly what: string;
  /** Change of the reference count; undefined where the event is about something else, or sets it. */
  readonly by: number | undefined;
  /** The count after it, as the kernel read it; undefined where the event tells none. */
  readonly count: number | undefined;
  /** The first function of its stack beyond those that only count; '' without a stack. */
  readonly caller: string;
}

/** A reference that was taken and, as far as the trace shows, not dropped. */
export interface HeldReference {
  readonly row: number;
  readonly isPin: boolean;
  readonly references: number;
}

export interface FrameLife {
  readonly pfn: number;
  /** In order of time. */
  readonly events: readonly LifeEvent[];
  /** True where the rows of the trace are not in order of time, and were put into it here. */
  readonly isSorted: boolean;
  /** References of the last use of the frame that were never put; only those that are certain. */
  readonly held: readonly HeldReference[];
  /** So many references of those in `candidates` were never put, and which is not shown. */
  readonly heldOf: readonly { readonly references: number; readonly candidates: readonly HeldReference[] }[];
  /** Why nothing can be said of references that were never put; '' where it can. */
  readonly whyNot: string;
  /** Events that name pages by their struct page alone, in the whole trace. */
  readonly byStructPage: number;
  /** How these are tied to frames, or why they are not. */
  readonly structPages: PageFrames;
}

/** What a pin of a small folio counts as: GUP_PIN_COUNTING_BIAS of include/linux/mm.h. */
const PIN = 1024;

const PAGE_REF = kindId('PageRef');
const REF_PFN = slotIndex('PageRef', 'pfn');
const REF_COUNT = slotIndex('PageRef', 'count');
const REF_VAL = slotIndex('PageRef', 'val');
const REF_RET = slotIndex('PageRef', 'ret');

/** Kinds that name one frame, or with an order several, and what they say of it. */
const FRAME_KINDS: readonly (readonly [EventKind, string])[] = [
  ['PageAlloc', 'allocated'],
  ['PageFree', 'freed'],
  ['FilemapAdd', 'in the page cache'],
  ['FilemapDelete', 'out of the page cache'],
  ['MemoryFailure', 'memory failure'],
  ['SpteRequested', 'a guest is given it'],
  ['RmpFault', 'RMP fault'],
];
const FRAMES = new Map(
  FRAME_KINDS.map(([kind, what]) => {
    const of = (slot: string): number => kindSlots(kindId(kind)).indexOf(slot);
    return [kindId(kind), { what, pfn: of('pfn'), order: of('order') }] as const;
  }),
);
/** Kinds that name a frame by its struct page, and what they say of it. */
const STRUCT_PAGE_WORDS: Readonly<Record<StructPageKind, string>> = {
  RmapAdd: 'mapped by a process',
  RmapRemove: "out of a process's mapping",
  GupRet: 'GUP gives it out',
  GrabFolio: 'GUP takes it',
  GrabFolioFast: 'GUP takes it',
  GupPutFolio: 'GUP puts it',
  UnpinPage: 'unpinned',
  UnpinPages: 'unpinned, the first of several',
  UnpinFolio: 'unpinned',
  UnpinRange: 'unpinned, the first of several',
  PutPage: 'put by its file',
  GmemGetFolioRet: 'given out by its file',
};
const SPTE_CHANGED = kindId('SpteChanged');
const OLD_SPTE = slotIndex('SpteChanged', 'old');
const NEW_SPTE = slotIndex('SpteChanged', 'new');
const SPTE_LEVEL = slotIndex('SpteChanged', 'level');

/** The tracepoints that a reference that is taken, or dropped, passes through. */
const TAKES = ['page_ref_mod', 'page_ref_mod_unless'] as const;
const DROPS = ['page_ref_mod_and_test'] as const;

/** The frame that an event names; undefined for an event about none. */
export function frameOfRow(table: EventTable, row: number): number | undefined {
  const kind = table.kind(row);
  if (namesStructPage(kind)) return tiedFrame(table, row, pageFrames(table));
  const slot = kind === PAGE_REF ? REF_PFN : FRAMES.get(kind)?.pfn;
  const pfn = slot === undefined ? -1 : table.num(row, slot);
  return pfn < 0 ? undefined : pfn;
}

/** The frame of the struct page that an event names, where that is proved. */
function tiedFrame(table: EventTable, row: number, structPages: PageFrames): number | undefined {
  const named = structPageOf(table, row);
  return named && structPages.frameOf(named.page);
}

/** The life of a frame. `stacksOf` reads the stacks of an event again. */
export function lifeOfFrame(
  table: EventTable,
  pfn: number,
  stacksOf: (row: number) => readonly Stack[],
): FrameLife {
  return livesOfFrames(table, [pfn], stacksOf)[0]!;
}

/** The lives of frames, of which no two are the same, for one look at each event. */
export function livesOfFrames(
  table: EventTable,
  frames: readonly number[],
  stacksOf: (row: number) => readonly Stack[],
): readonly FrameLife[] {
  const structPages = pageFrames(table);
  const { rowsOf, byStructPage } = rowsOfFrames(table, frames, structPages);
  return frames.map((pfn) => {
    const rows = rowsOf.get(pfn)!;
    const isSorted = rows.some((row, i) => i > 0 && table.ts(row) < table.ts(rows[i - 1]!));
    if (isSorted) rows.sort((a, b) => table.ts(a) - table.ts(b) || a - b);
    const events = rows.map((row) => lifeEvent(table, row, pfn, callerOf(stacksOf(row))));
    const whyNot = unseen(table, rows, events);
    const { held, heldOf } = whyNot === '' ? neverPut(table, rows) : { held: [], heldOf: [] };
    return { pfn, events, isSorted, held, heldOf, whyNot, byStructPage, structPages };
  });
}

/** The rows that are about each frame, and how many events of the trace name any by its struct page. */
function rowsOfFrames(
  table: EventTable,
  frames: readonly number[],
  structPages: PageFrames,
): { readonly rowsOf: ReadonlyMap<number, number[]>; readonly byStructPage: number } {
  const rowsOf = new Map(frames.map((pfn): [number, number[]] => [pfn, []]));
  const byPage = new StructPages(frames, structPages);
  let byStructPage = 0;
  /** An entry that is changed may map a frame before and after: its row counts once. */
  const put = (row: number, rows: number[] | undefined): void => {
    if (rows && rows[rows.length - 1] !== row) rows.push(row);
  };
  /** The row is about `count` frames from `first` on; about none where that is before 0. */
  const add = (row: number, first: number, count: number): void => {
    if (count === 1) put(row, rowsOf.get(first));
    else if (first >= 0)
      for (const [pfn, rows] of rowsOf) if (pfn >= first && pfn < first + count) put(row, rows);
  };
  for (const [s, segment] of table.segments.entries()) {
    const base = s << SEGMENT_SHIFT;
    for (let i = 0; i < segment.length; i++) {
      const kind = segment.kind[i]!;
      const row = base + i;
      if (kind === PAGE_REF) add(row, table.num(row, REF_PFN), 1);
      else if (kind === SPTE_CHANGED) {
        const pages = mappedPages(table, row);
        add(row, mappedFrame(table, row, OLD_SPTE), pages);
        add(row, mappedFrame(table, row, NEW_SPTE), pages);
      } else if (namesStructPage(kind)) {
        byStructPage++;
        add(row, byPage.frameOf(segment, i), 1);
      } else if (FRAMES.has(kind)) {
        const { pfn, order } = FRAMES.get(kind)!;
        add(row, table.num(row, pfn), order < 0 ? 1 : 2 ** Math.max(0, table.num(row, order)));
      }
    }
  }
  return { rowsOf, byStructPage };
}

/** Pages of the size that a changed SPTE maps. */
function mappedPages(table: EventTable, row: number): number {
  return PAGES_PER_LEVEL[Math.max(1, table.num(row, SPTE_LEVEL))] ?? 0;
}

/** The first frame that the SPTE in a slot maps; -1 for none. */
function mappedFrame(table: EventTable, row: number, slot: number): number {
  return leafFrame(table.big(row, slot) ?? 0n, table.num(row, SPTE_LEVEL));
}

function mapsFrame(table: EventTable, row: number, slot: number, pfn: number): boolean {
  const first = mappedFrame(table, row, slot);
  return first >= 0 && pfn >= first && pfn < first + mappedPages(table, row);
}

function lifeEvent(table: EventTable, row: number, pfn: number, caller: string): LifeEvent {
  const kind = table.kind(row);
  if (kind === PAGE_REF) {
    const change = changeOf(table, row);
    return { row, what: whatOf(change), by: change.by, count: signed(table, row, REF_COUNT), caller };
  }
  return { row, what: frameWhat(table, row, pfn), by: undefined, count: undefined, caller };
}

function frameWhat(table: EventTable, row: number, pfn: number): string {
  const kind = table.kind(row);
  if (kind === SPTE_CHANGED) return spteWhat(table, row, pfn);
  return FRAMES.get(kind)?.what ?? STRUCT_PAGE_WORDS[kindName(kind) as StructPageKind];
}

function spteWhat(table: EventTable, row: number, pfn: number): string {
  const before = mapsFrame(table, row, OLD_SPTE, pfn);
  const after = mapsFrame(table, row, NEW_SPTE, pfn);
  if (before && after) return "a guest's mapping of it changes";
  return after ? 'mapped into a guest' : "out of a guest's mapping";
}

/** `page_ref_mod` of an event's name, with or without its system. */
function bareName(table: EventTable, row: number): string {
  const name = table.name(row);
  return name.slice(name.indexOf(':') + 1);
}

/** What a page_ref event does: include/trace/events/page_ref.h, include/linux/page_ref.h. */
function changeOf(table: EventTable, row: number): Change {
  const value = signed(table, row, REF_VAL);
  const name = bareName(table, row);
  if (value === undefined) return {};
  if (name === 'page_ref_set' || name === 'page_ref_unfreeze') return { to: value };
  // These try, and tell whether they could.
  const done = signed(table, row, REF_RET) !== 0;
  if (name === 'page_ref_freeze') return done ? { to: 0 } : { by: 0 };
  return name === 'page_ref_mod_unless' && !done ? { by: 0 } : { by: value };
}

function signed(table: EventTable, row: number, slot: number): number | undefined {
  const value = table.big(row, slot);
  return value === undefined ? undefined : Number(BigInt.asIntN(64, value));
}

function whatOf({ by, to }: Change): string {
  if (to !== undefined) return to === 0 ? 'frozen' : `set to ${to}`;
  if (by === undefined) return 'changed';
  if (by === 0) return 'tried in vain';
  if (isPins(by)) return by > 0 ? 'pin' : 'unpin';
  return by > 0 ? 'get' : 'put';
}

function isPins(by: number): boolean {
  return Math.abs(by) >= PIN && by % PIN === 0;
}

/** Where the last use of the frame begins: its count is set, or it is allocated; -1 where neither is seen. */
function beginning(table: EventTable, rows: readonly number[]): number {
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i]!;
    const kind = kindName(table.kind(row));
    if (kind === 'PageAlloc' || (kind === 'PageRef' && bareName(table, row) === 'page_ref_set')) return i;
  }
  return -1;
}

/** Why a put might not have been seen, in a clause; '' where each would have been. */
function unseen(table: EventTable, rows: readonly number[], events: readonly LifeEvent[]): string {
  const at = beginning(table, rows);
  if (at < 0) return 'the trace does not show the frame being allocated';
  const first = rows.slice(at).reduce((least, row) => Math.min(least, row), table.length);
  if (table.losses.some((loss) => loss.row > first)) return 'events were lost after it was allocated';
  const missing = missingProbes(table);
  if (missing.length > 0) return `not recorded: ${missing.join(', ')}`;
  const drift = driftOf(table, rows.slice(at), events.slice(at));
  if (drift !== 0) return `its count shows ${Math.abs(drift)} changes that no event tells`;
  return wentOn(table, rows) ? '' : 'nothing shows that recording went on after its last event';
}

/** Tracepoints without which a reference can be taken or dropped unseen. */
function missingProbes(table: EventTable): string[] {
  const seen = new Set<string>();
  const { enabledEvents } = table.meta;
  const ids = new Set<number>();
  for (const segment of table.segments)
    for (let i = 0; i < segment.length; i++) if (segment.kind[i] === PAGE_REF) ids.add(segment.name[i]!);
  for (const id of ids) seen.add(table.names.text(id).replace(/^.*:/, ''));
  return [...TAKES, ...DROPS]
    .filter((name) => !seen.has(name) && enabledEvents?.has(`page_ref:${name}`) !== true)
    .map((name) => `page_ref:${name}`);
}

/**
 * By how much the count that the kernel read departs from what the events made of it. Two CPUs that change it
 * at once each read both changes: what the next event takes back is none.
 */
function driftOf(table: EventTable, rows: readonly number[], events: readonly LifeEvent[]): number {
  let expected: number | undefined;
  let drift = 0;
  rows.forEach((row, i) => {
    if (table.kind(row) !== PAGE_REF) return;
    const { by, to } = changeOf(table, row);
    const { count } = events[i]!;
    if (to !== undefined) expected = to;
    else if (by !== undefined && expected !== undefined) expected += by;
    if (count === undefined) return;
    expected ??= count;
    drift = count - expected;
  });
  return drift;
}

/** True where changes of other frames follow: the recording was on, and of more than one frame. */
function wentOn(table: EventTable, rows: readonly number[]): boolean {
  const last = rows.reduce((most, row) => Math.max(most, row), -1);
  const pfn = frameOfRow(table, last);
  for (let row = last + 1; row < table.length; row++)
    if (table.kind(row) === PAGE_REF && table.num(row, REF_PFN) !== pfn && table.tid(row) !== table.tid(last))
      return true;
  return false;
}

/** One reference that was taken. */
interface Taken {
  readonly row: number;
  readonly tid: number;
  readonly isPin: boolean;
}

/**
 * References of the last use that nobody put. A put takes the latest reference of its own task; those of
 * other tasks leave open whose they were.
 */
function neverPut(table: EventTable, rows: readonly number[]): Pick<FrameLife, 'held' | 'heldOf'> {
  const held: HeldReference[] = [];
  const heldOf: { references: number; candidates: HeldReference[] }[] = [];
  for (const isPin of [false, true]) {
    const { taken, strays } = unmatched(table, rows.slice(beginning(table, rows)), isPin);
    if (taken.length <= strays) continue;
    if (strays === 0) held.push(...grouped(taken));
    else heldOf.push({ references: taken.length - strays, candidates: grouped(taken) });
  }
  return { held, heldOf };
}

/** References that their own task did not put, and puts of tasks that had none. */
function unmatched(
  table: EventTable,
  rows: readonly number[],
  isPin: boolean,
): { readonly taken: readonly Taken[]; readonly strays: number } {
  let taken: Taken[] = [];
  let strays = 0;
  for (const row of rows) {
    if (table.kind(row) !== PAGE_REF) continue;
    const { by, to } = changeOf(table, row);
    if (to !== undefined && !isPin) {
      // Whoever sets the count owns what it says; a frozen page is given back with its references.
      if (bareName(table, row) === 'page_ref_set') taken = references(table, row, to, isPin);
      continue;
    }
    if (by === undefined || by === 0 || isPins(by) !== isPin) continue;
    const count = Math.abs(by) / (isPin ? PIN : 1);
    if (by > 0) taken.push(...references(table, row, count, isPin));
    else for (let n = 0; n < count; n++) if (!putOwn(taken, table.tid(row))) strays++;
  }
  return { taken, strays };
}

/** A count above this is damage, or of a page that is no memory of a guest's. */
const REFERENCES_MAX = 4096;

function references(table: EventTable, row: number, count: number, isPin: boolean): Taken[] {
  const length = Math.max(0, Math.min(count, REFERENCES_MAX));
  return Array.from({ length }, () => ({ row, tid: table.tid(row), isPin }));
}

/** Takes the task's latest reference away; false where it has none. */
function putOwn(taken: Taken[], tid: number): boolean {
  for (let i = taken.length - 1; i >= 0; i--) {
    if (taken[i]!.tid !== tid) continue;
    taken.splice(i, 1);
    return true;
  }
  return false;
}

function grouped(taken: readonly Taken[]): HeldReference[] {
  const byRow = new Map<number, HeldReference>();
  for (const { row, isPin } of taken) {
    const references = (byRow.get(row)?.references ?? 0) + 1;
    byRow.set(row, { row, isPin, references });
  }
  return [...byRow.values()];
}
