/** User mappings of pages: rmap add and remove, unmap_mapping_*, and the user's faults that lead to them. */
import { closeConversion } from './conversions.js';
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { asPgoff, PAST_ALL_PGOFFS, type Pgoff, plus } from '../../parsers/base/units.js';
import { K, slotsOf } from '../world/slots.js';
import { Op, Phase } from '../ops/oplog.js';
import { groupOf, type Inode, type Thread, type UserFaultCtx } from '../world/state.js';
import { isServiced } from '../world/faultResult.js';
import { noteFolio, pageOfFolio, type World } from '../world/world.js';

const ADD = slotsOf('RmapAdd', 'folio', 'ino', 'pgoff', 'page', 'nr', 'vma_start');
const REMOVE = slotsOf('RmapRemove', 'folio', 'ino', 'pgoff', 'page', 'nr', 'vma_start');
const UNMAP = slotsOf('UnmapMappingPages', 'ino', 'mapping', 'start', 'nr');
const UNMAP_RANGE = slotsOf('UnmapMappingRange', 'ino', 'begin', 'len');
const UNMAP_FOLIO = slotsOf('UnmapMappingFolio', 'ino', 'pgoff');
const FAULT = slotsOf('UserFault', 'ino', 'pgoff', 'addr');
const FAULT_RET = slotsOf('UserFaultRet', 'ret', 'pgoff', 'ino');
const GET_FOLIO_RET = slotsOf('GmemGetFolioRet', 'pgoff', 'folio');
const GET_FOLIO = slotsOf('GmemGetFolio', 'ino', 'pgoff');

/** Pages of one PUD: no rmap event covers more. */
const MAX_NR = 1 << 18;
/** sizeof(struct page) on every kernel this is about. */
const STRUCT_PAGE = 64;

/** A run of pages of a file. */
interface Pages {
  readonly inode: Inode;
  readonly first: Pgoff;
  readonly count: number;
}

/**
 * First page and count of an rmap event on a tracked memfd; undefined for anything else. `gains` for one that
 * a released file cannot have.
 */
function pages(w: World, ev: Ev, t: Thread, s: typeof ADD, gains: boolean): Pages | undefined {
  // The way from a page of a file to its number cannot fail.
  if (ev.failed(s.ino)) return undefined;
  const ino = ev.num(s.ino);
  const folio = ev.pointer(s.folio);
  let inode = w.whichFile.known(ino, ev, t);
  let index = ev.pgoff(s.pgoff);
  if (inode && w.survey.ambiguousInodes.has(ino) && pageOfFolio(w, folio)?.inode !== inode) return undefined;
  if (gains) inode = w.whichFile.inUse(inode, ev, t);
  if (!inode && ino < 0) {
    const page = pageOfFolio(w, folio);
    if (!page) return undefined;
    inode = page.inode;
    index = page.pgoff;
  }
  if (!inode || index < 0 || index >= PAST_ALL_PGOFFS) return undefined;
  const page = ev.pointer(s.page);
  const inFolio = page >= 0 && folio >= 0 && page > folio ? Math.floor((page - folio) / STRUCT_PAGE) : 0;
  const nr = ev.num(s.nr);
  const count = nr > 0 && nr <= MAX_NR ? nr : 1;
  if (folio >= 0) noteFolio(w, folio, inode, index, ev.row);
  return { inode, first: plus(index, inFolio <= MAX_NR ? inFolio : 0), count };
}

/** True for a fault on one of the pages. */
function isOn(fault: UserFaultCtx, p: Pages): boolean {
  return fault.inode === p.inode && fault.pgoff >= p.first && fault.pgoff < p.first + p.count;
}

/** Notes an unmap of [first, end) in the thread's conversion. */
function unmapIn(w: World, t: Thread, inode: Inode, first: Pgoff, end: Pgoff, row: number): void {
  const { conv } = t;
  if (!conv || conv.inode !== inode || conv.storeRow >= 0) return;
  if (conv.unmapRow < 0) {
    conv.unmapRow = row;
    w.phase(conv, Phase.Unmapped, row);
  }
  if (first < conv.unmapFirst) conv.unmapFirst = first;
  if (end > conv.unmapEnd) conv.unmapEnd = end;
}

export function lowerRmap(on: On): void {
  on('RmapAdd', (w, ev, t) => {
    const p = pages(w, ev, t, ADD, true);
    if (!p) return;
    for (let i = 0; i < p.count; i++) p.inode.maps.add(plus(p.first, i), ev.row);
    w.op(Op.MapAdd, p.inode.index, ev.row, p.first, p.count, groupOf(t), Math.max(0, ev.num(ADD.vma_start)));
    const fault = t.serviced && isOn(t.serviced, p) ? t.serviced : undefined;
    t.serviced = undefined;
    w.facts.tell.rmapAdd(p.inode, p.first, p.count, ev.row, fault, t);
  });
  on('RmapRemove', (w, ev, t) => {
    const p = pages(w, ev, t, REMOVE, false);
    if (!p) return;
    for (let i = 0; i < p.count; i++) p.inode.maps.remove(plus(p.first, i));
    w.op(
      Op.MapRemove,
      p.inode.index,
      ev.row,
      p.first,
      p.count,
      groupOf(t),
      Math.max(0, ev.num(REMOVE.vma_start)),
    );
    w.facts.tell.rmapRemove(p.inode, p.first, p.count, ev.row);
  });
  on('UnmapMappingPages', (w, ev, t) => {
    const ino = ev.num(UNMAP.ino);
    // A probe that prints only the mapping pointer: in a conversion that can only be the file's own.
    const inode = ino > 0 ? w.whichFile.known(ino, ev, t) : t.conv?.inode;
    const first = ev.pgoff(UNMAP.start);
    const nr = ev.num(UNMAP.nr);
    if (!inode || first < 0) return;
    const end = nr > 0 ? plus(first, nr) : asPgoff(Infinity);
    unmapIn(w, t, inode, first, end, ev.row);
    w.op(Op.Unmap, inode.index, ev.row, first, nr > 0 ? nr : -1, 0, t.tid);
  });
  on('UnmapMappingRange', (w, ev, t) => {
    const inode = w.whichFile.known(ev.num(UNMAP_RANGE.ino), ev, t);
    const begin = ev.num(UNMAP_RANGE.begin);
    const len = ev.num(UNMAP_RANGE.len);
    if (!inode || begin < 0) return;
    // A length of 0 means to the end of the file.
    const end = asPgoff(len > 0 ? w.pages.forBytes(begin + len) : Infinity);
    unmapIn(w, t, inode, asPgoff(w.pages.ofByte(begin)), end, ev.row);
  });
  on('UnmapMappingFolio', (w, ev, t) => {
    const inode = w.whichFile.known(ev.num(UNMAP_FOLIO.ino), ev, t);
    const pgoff = ev.pgoff(UNMAP_FOLIO.pgoff);
    if (inode && pgoff >= 0) unmapIn(w, t, inode, pgoff, plus(pgoff, 1), ev.row);
  });
  lowerUserFaults(on);
}

function lowerUserFaults(on: On): void {
  on('UserFault', (w, ev, t) => {
    const ino = ev.num(FAULT.ino);
    const inode = ino > 0 ? w.whichFile.of(ino, ev, t) : onlyInodeOf(w, t);
    const pgoff = ev.pgoff(FAULT.pgoff);
    // Whoever faults does not hold the invalidate lock: the return of its own conversion was not seen.
    if (t.conv && (t.conv.blockedRow >= 0 || t.conv.unmapRow >= 0))
      closeConversion(w, t, t.conv, ev.row, undefined);
    const ctx: UserFaultCtx = { row: ev.row, inode, pgoff, addr: ev.num(FAULT.addr) };
    t.userFault = ctx;
    t.userFaultWasCut = false;
    t.serviced = undefined;
    if (inode && pgoff >= 0) {
      w.op(Op.UserFault, inode.index, ev.row, pgoff, 1, -1, t.tid);
      w.facts.tell.userFaultEnter(ctx, t);
    }
  });
  on('UserFaultRet', (w, ev, t) => {
    const ctx = t.userFault;
    t.userFault = undefined;
    const ret = ev.num(FAULT_RET.ret);
    const ino = ev.num(FAULT_RET.ino);
    const inode = ctx?.inode ?? (ino > 0 ? w.whichFile.of(ino, ev, t) : undefined);
    const pgoff = ctx && ctx.pgoff >= 0 ? ctx.pgoff : ev.pgoff(FAULT_RET.pgoff);
    if (!ctx && !t.userFaultWasCut && w.gapBetween(0, ev.row) && w.recorded(K('UserFault')))
      w.facts.tell.faultUnbegun(inode, pgoff, ev.row);
    t.userFaultWasCut = false;
    if (!inode || pgoff < 0 || ret < 0) return;
    w.op(Op.UserFault, inode.index, ev.row, pgoff, 1, ret, t.tid);
    if (ctx && isServiced(ret)) t.serviced = ctx;
    w.facts.tell.userFaultRet(ctx, inode, pgoff, ret, ev.row, t);
  });
  on('GmemGetFolio', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(GET_FOLIO.ino), ev, t);
    t.getFolio = inode;
  });
  on('GmemGetFolioRet', (w, ev, t) => {
    const inode = t.getFolio;
    t.getFolio = undefined;
    const folio = ev.pointer(GET_FOLIO_RET.folio);
    const pgoff = ev.pgoff(GET_FOLIO_RET.pgoff);
    const isError = ev.isHuge(GET_FOLIO_RET.folio);
    if (inode && folio >= 0 && pgoff >= 0 && !isError) noteFolio(w, folio, inode, pgoff, ev.row);
  });
}

/** The file of a probe without an inode number: known when the thread group has one memfd only. */
export function onlyInodeOf(w: World, t: Thread): Inode | undefined {
  const mine = w.inodes.filter((i) => t.tgid < 0 || i.tgids.has(t.tgid));
  return mine.length === 1 ? mine[0] : undefined;
}
