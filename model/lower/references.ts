/** References to pages of the file: GUP, pins, and the page references of the restrictedmem trees. */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { asPgoff, PAST_ALL_PGOFFS, type Pgoff, plus } from '../../parsers/base/units.js';
import { slotsOf } from '../world/slots.js';
import { vmaAt } from './vmas.js';
import { Op, RefKind } from '../ops/oplog.js';
import type { FilePage } from '../world/folios.js';
import type { GuestFault, Inode, Thread } from '../world/state.js';
import { noteFolio, pageOfFolio, type World } from '../world/world.js';

const ENTER = slotsOf('GupEnter', 'start', 'nr', 'flags');
const RET = slotsOf('GupRet', 'ret', 'start', 'flags', 'page', 'pgoff', 'ino');
const GRAB = slotsOf('GrabFolio', 'folio', 'refs', 'flags', 'pgoff', 'ino');
const GRAB_FAST = slotsOf('GrabFolioFast', 'folio', 'refs', 'flags', 'pgoff', 'ino');
const GUP_PUT = slotsOf('GupPutFolio', 'folio', 'refs', 'flags', 'pgoff', 'ino');
const UNPIN_PAGE = slotsOf('UnpinPage', 'page', 'pgoff', 'ino', 'mapping');
const UNPIN_PAGES = slotsOf('UnpinPages', 'nr', 'page');
const UNPIN_FOLIO = slotsOf('UnpinFolio', 'folio', 'nr', 'ino', 'pgoff', 'mapping');
const UNPIN_RANGE = slotsOf('UnpinRange', 'page', 'nr');
const PUT_PAGE = slotsOf('PutPage', 'ino', 'pgoff');

/** Flags of GUP, mm/internal.h and linux/mm_types.h of 6.12 and 7.2. */
const FOLL_GET = 0x2;
const FOLL_LONGTERM = 0x100;
const FOLL_REMOTE = 0x40000;
const FOLL_PIN = 0x80000;
/** Pages of 1 GiB: a count above that is a stale value. */
const MAX_PAGES = 1 << 18;

/**
 * A reference to a page is taken.
 * @param named true when the trace gave the page's pointer with it, so that a release by pointer is
 *   recognised
 */
export function refGet(
  w: World,
  inode: Inode,
  pgoff: Pgoff,
  kind: number,
  row: number,
  tid: number,
  longterm: boolean,
  named: boolean,
): void {
  inode.refs.add(pgoff, { kind, row, tid, longterm, named });
  w.op(Op.RefGet, inode.index, row, pgoff, 1, kind, tid);
  if (kind === RefKind.Pin) w.facts.tell.pin(inode, pgoff, row);
}

/** Drops the oldest reference of a kind; one that was never seen taken changes nothing but is told. */
export function refPut(w: World, inode: Inode, pgoff: Pgoff, kind: number, row: number, tid: number): void {
  const wasHeld = inode.refs.drop(pgoff, kind);
  if (wasHeld) w.op(Op.RefPut, inode.index, row, pgoff, 1, kind, tid);
  if (kind === RefKind.Pin) w.facts.tell.unpin(inode, pgoff, row, wasHeld);
}

/** Where an event has no slot of a kind. */
const NO_SLOT = -1;

/**
 * The page of a memfd that a probe names: by inode and index, else by a page or folio pointer seen before.
 * Slots may be NO_SLOT.
 */
function pageOf(
  w: World,
  ev: Ev,
  t: Thread,
  pointerSlot: number,
  inoSlot: number,
  pgoffSlot: number,
): FilePage | undefined {
  // The way from a page of a file to its number cannot fail: what the pointer named before is over.
  if (inoSlot >= 0 && ev.failed(inoSlot)) return undefined;
  const ino = inoSlot >= 0 ? ev.num(inoSlot) : -1;
  const inode = w.whichFile.inUse(w.whichFile.known(ino, ev, t), ev, t);
  const pgoff = pgoffSlot >= 0 ? ev.pgoff(pgoffSlot) : asPgoff(-1);
  if (inode && pgoff >= 0 && pgoff < PAST_ALL_PGOFFS) return { inode, pgoff, row: ev.row };
  const pointer = ev.pointer(pointerSlot);
  return pointer >= 0 ? pageOfFolio(w, pointer) : undefined;
}

export function lowerReferences(on: On): void {
  on('GupEnter', (w, ev, t) => {
    const own = ev.num(ENTER.flags);
    const flags = own >= 0 && w.isRemote(ev.row) ? own | FOLL_REMOTE : own;
    const start = ev.num(ENTER.start);
    const outer = t.gup;
    // GUP functions call each other with the same address; not all of them have a return probe to count down
    // on.
    if (outer && outer.start === start) {
      outer.depth++;
      outer.flags = joinFlags(outer.flags, flags);
      return;
    }
    endGup(w, t);
    const nr = ev.num(ENTER.nr);
    t.gup = { row: ev.row, start, nr, depth: 1, flags, returned: false, counted: false };
  });
  on('GupRet', (w, ev, t) => gupReturned(w, ev, t));
  // Where no return probe tells what GUP took, the grabs themselves do.
  on('GrabFolio', (w, ev, t) => grabbed(w, ev, t, GRAB));
  on('GrabFolioFast', (w, ev, t) => grabbed(w, ev, t, GRAB_FAST));
  on('GupPutFolio', (w, ev, t) => {
    const page = pageOf(w, ev, t, GUP_PUT.folio, GUP_PUT.ino, GUP_PUT.pgoff);
    if (!page || (ev.num(GUP_PUT.flags) & FOLL_PIN) === 0) return;
    if (w.recordedGupRet) w.facts.tell.ungrab(page.inode, page.pgoff, ev.row);
    else refPut(w, page.inode, page.pgoff, RefKind.Pin, ev.row, t.tid);
  });
  on('UnpinPage', (w, ev, t) => {
    if (ev.failed(UNPIN_PAGE.ino)) {
      unpinnedOfNoFile(w, ev, UNPIN_PAGE.mapping, ev.pointer(UNPIN_PAGE.page));
      return;
    }
    const page = pageOf(w, ev, t, UNPIN_PAGE.page, UNPIN_PAGE.ino, UNPIN_PAGE.pgoff);
    unpinned(w, ev, t, page, 1, ev.pointer(UNPIN_PAGE.page), ev.num(UNPIN_PAGE.ino));
  });
  on('UnpinPages', (w, ev, t) => unpinnedByPointer(w, ev, t, UNPIN_PAGES));
  on('UnpinRange', (w, ev, t) => unpinnedByPointer(w, ev, t, UNPIN_RANGE));
  on('UnpinFolio', (w, ev, t) => {
    if (ev.failed(UNPIN_FOLIO.ino)) {
      unpinnedOfNoFile(w, ev, UNPIN_FOLIO.mapping, ev.pointer(UNPIN_FOLIO.folio));
      return;
    }
    const page = pageOf(w, ev, t, UNPIN_FOLIO.folio, UNPIN_FOLIO.ino, UNPIN_FOLIO.pgoff);
    const pointer = ev.pointer(UNPIN_FOLIO.folio);
    if (page && pointer >= 0) noteFolio(w, pointer, page.inode, page.pgoff, ev.row);
    unpinned(w, ev, t, page, ev.num(UNPIN_FOLIO.nr), pointer, ev.num(UNPIN_FOLIO.ino));
  });
  on('PutPage', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(PUT_PAGE.ino), ev, t);
    const pgoff = ev.pgoff(PUT_PAGE.pgoff);
    if (inode && pgoff >= 0) refPut(w, inode, pgoff, RefKind.GetPfn, ev.row, t.tid);
  });
}

/**
 * A release of a page that cannot be named. With an inode number it is another file's; with a pointer it can
 * only be a pin whose own pointer the trace did not give; with neither it can be any.
 */
function releasedSome(w: World, pointer: number, ino: number, row: number): void {
  if (ino > 0) return;
  w.unnamedPinsDoubtedRow = row;
  if (pointer < 0) w.namedPinsDoubtedRow = row;
}

/**
 * A release of a page that is in no file now. Where it has no mapping at all, it may have been cut off a
 * tracked file while it was pinned; else it is another's.
 */
function unpinnedOfNoFile(w: World, ev: Ev, mappingSlot: number, pointer: number): void {
  const isCutOff = ev.has(mappingSlot) && ev.pointer(mappingSlot) < 0;
  if (!isCutOff) return;
  const page = pointer >= 0 ? w.folios.get(pointer) : undefined;
  if (page) page.inode.refs.doubt(page.pgoff);
  else releasedSome(w, pointer, -1, ev.row);
}

/** Releases `nr` pages from the one that a pointer names. */
function unpinnedByPointer(w: World, ev: Ev, t: Thread, s: { page: number; nr: number }): void {
  if (ev.has(s.page)) w.facts.tell.pageUnpinned(ev.pointer(s.page), ev.row, t);
  const page = pageOf(w, ev, t, s.page, NO_SLOT, NO_SLOT);
  unpinned(w, ev, t, page, ev.num(s.nr), ev.pointer(s.page), -1);
}

/**
 * Releases `nr` pages from `page`, or pages of which only a pointer or an inode number is known, -1 for
 * neither.
 */
function unpinned(
  w: World,
  ev: Ev,
  t: Thread,
  page: FilePage | undefined,
  nr: number,
  pointer: number,
  ino: number,
): void {
  if (!page) {
    releasedSome(w, pointer, ino, ev.row);
    return;
  }
  const count = nr > 0 && nr <= MAX_PAGES ? nr : 1;
  for (let i = 0; i < count; i++) refPut(w, page.inode, plus(page.pgoff, i), RefKind.Pin, ev.row, t.tid);
}

/** Flags that two probes of one GUP show, -1 for a probe that shows none. */
function joinFlags(a: number, b: number): number {
  if (a < 0) return b;
  return b < 0 ? a : a | b;
}

/**
 * The thread's GUP is over. Where no function of it was seen to return, although such returns are what
 * counts in this trace, its outcome is unseen.
 */
export function endGup(w: World, t: Thread): void {
  const gup = t.gup;
  t.gup = undefined;
  if (!gup || gup.returned || !w.recordedGupRet || gup.start < 0) return;
  const vma = vmaAt(w, t, gup.start);
  if (!vma || vma.pgoff < 0) return;
  w.facts.tell.gupUnseen({
    row: gup.row,
    inode: vma.inode,
    pgoff: plus(vma.pgoff, w.pages.ofByte(gup.start - vma.start)),
    count: gup.nr > 0 ? Math.min(gup.nr, MAX_PAGES) : 1,
    flags: gup.flags,
    start: gup.start,
    tid: t.tid,
    vmaRow: vma.row,
  });
}

function gupReturned(w: World, ev: Ev, t: Thread): void {
  const gup = t.gup;
  const ret = ev.signed(RET.ret, NaN);
  const flags = joinFlags(gup?.flags ?? -1, ev.num(RET.flags));
  const start = ev.num(RET.start);
  const addr = start >= 0 ? start : (gup?.start ?? -1);
  const counted = gup?.counted ?? false;
  if (gup) {
    gup.returned = true;
    gup.depth--;
    if (gup.depth <= 0) t.gup = undefined;
  }
  if (Number.isNaN(ret)) return;
  if (ret > 0 && t.fault?.isStage2) lookedUp(w, t.fault, ev, flags);
  if (ret > 0 && ev.has(RET.page)) w.facts.tell.pageTaken(ev.pointer(RET.page), flags, ev.row, t);
  if (ret <= 0) {
    const refused = addr >= 0 ? vmaAt(w, t, addr) : undefined;
    if (refused) w.facts.tell.gupRefused(refused.inode, ev.row);
    return;
  }
  let vmaRow = -1;
  let page = pageOf(w, ev, t, RET.page, RET.ino, RET.pgoff);
  if (!page && addr >= 0 && !ev.has(RET.ino) && !ev.failed(RET.ino)) {
    // Without the page, the address in a VMA of the file names it.
    const vma = vmaAt(w, t, addr);
    if (vma) vmaRow = vma.row;
    if (vma && vma.pgoff >= 0)
      page = { inode: vma.inode, pgoff: plus(vma.pgoff, w.pages.ofByte(addr - vma.start)), row: ev.row };
  }
  if (!page || counted) return;
  if (gup) gup.counted = true;
  else if (t.lastGupStart === addr && t.lastGupPage === page.pgoff) return;
  t.lastGupStart = addr;
  t.lastGupPage = page.pgoff;
  const pointer = ev.pointer(RET.page);
  if (pointer >= 0) noteFolio(w, pointer, page.inode, page.pgoff, ev.row);
  const count = Math.min(ret, MAX_PAGES);
  w.facts.tell.gup({
    row: ev.row,
    inode: page.inode,
    pgoff: page.pgoff,
    count,
    flags,
    start: addr,
    tid: t.tid,
    vmaRow,
  });
  // A plain FOLL_GET reference goes by put_page, which no probe here shows: it is told as a fact, not kept as
  // held. So is one of which it is not known whether it is a pin.
  if (flags < 0 || (flags & FOLL_PIN) === 0) return;
  const longterm = (flags & FOLL_LONGTERM) !== 0;
  for (let i = 0; i < count; i++)
    refGet(w, page.inode, plus(page.pgoff, i), RefKind.Pin, ev.row, t.tid, longterm, i === 0 && pointer >= 0);
}

/** The fault has taken the VM's sequence number before it asks for the page. */
function lookedUp(w: World, fault: GuestFault, ev: Ev, flags: number): void {
  fault.gupRow = ev.row;
  fault.gupFlags = flags;
  fault.gupPage = ev.pointer(RET.page);
  if (fault.getPfnRow >= 0) return;
  fault.getPfnRow = ev.row;
  w.stage2LookUps++;
}

function grabbed(w: World, ev: Ev, t: Thread, s: typeof GRAB): void {
  const page = pageOf(w, ev, t, s.folio, s.ino, s.pgoff);
  if (!page) return;
  const pointer = ev.pointer(s.folio);
  if (pointer >= 0) noteFolio(w, pointer, page.inode, page.pgoff, ev.row);
  const flags = Math.max(0, ev.num(s.flags));
  if (w.recordedGupRet) {
    if ((flags & FOLL_PIN) !== 0) w.facts.tell.grab(page.inode, page.pgoff, ev.row);
    return;
  }
  if ((flags & (FOLL_PIN | FOLL_GET)) === 0) return;
  if ((flags & FOLL_PIN) !== 0)
    refGet(
      w,
      page.inode,
      page.pgoff,
      RefKind.Pin,
      ev.row,
      t.tid,
      (flags & FOLL_LONGTERM) !== 0,
      pointer >= 0,
    );
}
