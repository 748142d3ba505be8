/** The life of the file and its slots: create, bind, unbind, fallocate, release, and its page cache. */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { asPgoff, type Gfn, type Pgoff, plus } from '../../parsers/base/units.js';
import { deviceOf } from '../world/survey.js';
import { slotsOf } from '../world/slots.js';
import { Op } from '../ops/oplog.js';
import { addSlot, liveSlot, logSlot, removeSlot } from '../world/memslots.js';
import type { Inode, Slot, Thread, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

const CREATE = slotsOf('GmemCreate', 'kvm', 'size', 'flags');
const CREATE_RET = slotsOf('GmemCreateRet', 'fd');
const DESTROY = slotsOf('VmDestroy', 'kvm');
const BIND = slotsOf('GmemBind', 'kvm', 'slot', 'base_gfn', 'npages', 'fd', 'offset', 'ino');
const BIND_RET = slotsOf('GmemBindRet', 'ret', 'ino', 'pgoff');
const UNBIND = slotsOf('GmemUnbind', 'slot', 'base_gfn');
const FALLOC = slotsOf('GmemFallocate', 'ino', 'file', 'mode', 'offset', 'len');
const PUNCH = slotsOf('GmemPunchHole', 'ino', 'offset', 'len');
const RELEASE = slotsOf('GmemRelease', 'ino', 'size');
const ERROR = slotsOf('GmemErrorFolio', 'ino', 'pgoff');
const MF = slotsOf('MemoryFailure', 'pfn');
const ADD = slotsOf('FilemapAdd', 'ino', 'pfn', 'pgoff', 'ofs', 'order', 'dev', 'dev_major', 'dev_minor');
const DEL = slotsOf('FilemapDelete', 'ino', 'pfn', 'pgoff', 'ofs', 'order', 'dev', 'dev_major', 'dev_minor');

const FALLOC_FL_PUNCH_HOLE = 2;
/** A folio of a guest_memfd is at most 1 GiB: order 18. */
const MAX_ORDER = 18;

/**
 * The live slot with this id and base, learnt from whatever shows it. `sized` tells that `npages` are all of
 * it: a fault shows only that it reaches so far.
 */
export function learnSlot(
  w: World,
  vm: Vm,
  id: number,
  base: Gfn,
  npages: number,
  pgoff: Pgoff,
  inode: Inode | undefined,
  row: number,
  fd: number,
  sized: boolean,
): Slot {
  const known = liveSlot(vm, id, base);
  if (known) {
    if (known.pgoff < 0) known.pgoff = pgoff;
    if (!known.inode && inode && !inode.over) {
      known.inode = inode;
      w.whichFile.bound(known, row);
      known.inode?.slots.add(known);
      logSlot(w.ops, Op.SlotAdd, known, row);
    }
    return known;
  }
  const slot: Slot = {
    vm,
    id,
    baseGfn: base,
    npages: Math.max(1, npages),
    sized,
    pgoff,
    inode,
    fd,
    fromRow: row,
    untilRow: -1,
  };
  w.whichFile.bound(slot, row);
  addSlot(w.ops, w.slots, slot, row);
  return slot;
}

/** What a memslot is of becomes known. */
export function nameSlot(w: World, slot: Slot, inode: Inode | undefined, row: number): void {
  const { vm, id, baseGfn, npages, pgoff, fd, sized } = slot;
  if (inode && !inode.over) learnSlot(w, vm, id, baseGfn, npages, pgoff, inode, row, fd, sized);
}

/** The file of the system call that a thread is in: memslots that were given its descriptor are of it. */
export function nameSlotsOfCall(w: World, t: Thread, inode: Inode | undefined, row: number): void {
  if (inode) for (const slot of w.whichFile.slotsOfCall(t, row)) nameSlot(w, slot, inode, row);
}

/** First page of a page cache event, by its index or its offset in bytes; -1 unknown. */
function firstPage(w: World, ev: Ev, s: { pgoff: number; ofs: number }): Pgoff {
  const pgoff = ev.pgoff(s.pgoff);
  if (pgoff >= 0) return pgoff;
  const ofs = ev.num(s.ofs);
  return asPgoff(ofs >= 0 ? w.pages.ofByte(ofs) : -1);
}

/** Pages of a page cache event. */
function pageCount(ev: Ev, order: number): number {
  return 1 << Math.min(MAX_ORDER, Math.max(0, ev.num(order)));
}

/** A hole in bytes as half-open pages; an offset or length that is not known counts as 0. */
function holePages(w: World, ev: Ev, s: { offset: number; len: number }): { first: Pgoff; end: Pgoff } {
  const first = asPgoff(w.pages.ofByte(Math.max(0, ev.num(s.offset))));
  return { first, end: plus(first, w.pages.forBytes(Math.max(0, ev.num(s.len)))) };
}

/**
 * The inode of a page cache event: by number, or the one whose hole this thread is punching. A number that
 * files of another file system have too counts on the memfds' device, and where that is not known, in a hole
 * of the file.
 */
function cacheInode(w: World, ev: Ev, t: Thread, s: typeof ADD): Inode | undefined {
  const known = w.whichFile.known(ev.num(s.ino), ev, t);
  const punched = t.fallocate?.inode;
  if (!known) return punched && punched.ino < 0 ? punched : undefined;
  if (!w.survey.ambiguousInodes.has(known.ino)) return known;
  const device = deviceOf(ev, s);
  if (device >= 0 && w.memfdDevices.size > 0) return w.memfdDevices.has(device) ? known : undefined;
  return punched === known ? known : undefined;
}

/** What a file gains while its own function looks the page up shows its device. */
function learnDevice(w: World, ev: Ev, t: Thread): void {
  if (t.getFolio?.ino === ev.num(ADD.ino)) w.memfdDevices.add(deviceOf(ev, ADD));
}

export function lowerFiles(on: On): void {
  on('GmemCreate', (w, ev, t) => {
    const vm = ev.pointer(CREATE.kvm) >= 0 ? w.whichVm.creating(ev, t, CREATE.kvm) : undefined;
    if (vm && !vm.fresh && vm.slots.all.length === 0 && vm.sptes.count === 0) vm.fresh = true;
    w.whichFile.create(t, ev.row, ev.num(CREATE.size), ev.num(CREATE.flags));
  });
  on('GmemCreateRet', (w, ev, t) => {
    if (ev.has(CREATE_RET.fd)) w.whichFile.createReturned(t, ev.signed(CREATE_RET.fd, -1), ev.row);
  });
  on('VmDestroy', (w, ev, t) => w.whichVm.destroyed(w.whichVm.of(ev, t, DESTROY.kvm)));
  on('GmemBind', (w, ev, t) => {
    const vm = w.whichVm.atWork(ev, t, BIND.kvm);
    const base = ev.gfn(BIND.base_gfn);
    if (base < 0) return;
    const offset = ev.num(BIND.offset);
    const ino = ev.num(BIND.ino);
    const inode = w.whichFile.ofDescriptor(ino, ev.num(BIND.fd), ev, t);
    const slot: Slot = {
      vm,
      id: ev.num(BIND.slot),
      baseGfn: base,
      npages: Math.max(1, ev.num(BIND.npages)),
      sized: ev.num(BIND.npages) > 0,
      pgoff: asPgoff(offset >= 0 ? w.pages.ofByte(offset) : -1),
      inode,
      fd: ev.num(BIND.fd),
      fromRow: ev.row,
      untilRow: -1,
    };
    t.bind = slot;
    t.isBindAnswered = false;
    if (!w.recordedBindRet) commitBind(w, slot, ev.row);
  });
  on('GmemBindRet', (w, ev, t) => {
    const slot = t.bind;
    const ino = ev.num(BIND_RET.ino);
    // Where one of several return probes reads the inode, that one tells.
    if (ino <= 0 && w.survey.bindsHaveInode) return;
    t.bind = undefined;
    if (ev.signed(BIND_RET.ret, -1) !== 0) return;
    if (!slot) {
      w.facts.tell.bindUnbegun(ev.row);
      return;
    }
    slot.inode ??= w.whichFile.ofDescriptor(ino, slot.fd, ev, t);
    if (slot.pgoff < 0 && ev.pgoff(BIND_RET.pgoff) >= 0) slot.pgoff = ev.pgoff(BIND_RET.pgoff);
    commitBind(w, slot, ev.row);
    w.facts.tell.bindOk(slot, ev.row);
  });
  on('GmemUnbind', (w, ev, t) => {
    const id = ev.num(UNBIND.slot);
    const base = ev.gfn(UNBIND.base_gfn);
    const vm = w.whichVm.ofThread(t, ev.row);
    const isMeant = (s: Slot): boolean => s.untilRow < 0 && s.id === id && s.baseGfn === base;
    const slot =
      vm.slots.live.find(isMeant) ?? w.slots.find((s) => isMeant(s) && (t.tgid < 0 || s.vm.tgid === t.tgid));
    if (slot) removeSlot(w.ops, slot, ev.row);
  });
  on('GmemFallocate', (w, ev, t) => {
    const ino = ev.num(FALLOC.ino);
    const inode = ino > 0 ? w.whichFile.of(ino, ev, t) : w.whichFile.ofFile(ev.pointer(FALLOC.file), ev, t);
    const mode = ev.num(FALLOC.mode);
    nameSlotsOfCall(w, t, inode, ev.row);
    const isPunch = mode < 0 || (mode & FALLOC_FL_PUNCH_HOLE) !== 0;
    if (!isPunch) return;
    const { first, end } = holePages(w, ev, FALLOC);
    t.fallocate = { row: ev.row, inode, first, end };
    if (inode) w.op(Op.Punch, inode.index, ev.row, first, end - first, 0, t.tid);
  });
  on('GmemPunchHole', (w, ev, t) => {
    if (t.fallocate) return;
    const inode = w.whichFile.of(ev.num(PUNCH.ino), ev, t);
    t.fallocate = { row: ev.row, inode, ...holePages(w, ev, PUNCH) };
  });
  on('GmemFallocateRet', (w, ev, t) => {
    if (t.fallocate) w.facts.tell.callReturn(t, ev.row, t.fallocate.row, 'fallocate');
    t.fallocate = undefined;
  });
  on('SysExitFallocate', (_w, _ev, t) => {
    t.fallocate = undefined;
  });
  on('SysExitIoctl', (_w, _ev, t) => {
    t.fallocate = undefined;
    // What was refused has no inode to tell it by.
    t.bind = undefined;
  });
  on('GmemRelease', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(RELEASE.ino), ev, t);
    if (!inode) {
      w.whichFile.releasedOne(ev.num(RELEASE.ino));
      return;
    }
    inode.releasedRow = ev.row;
    const size = ev.num(RELEASE.size);
    if (inode.pageCount < 0 && size > 0) inode.pageCount = w.pages.forBytes(size);
    for (const slot of [...inode.slots.live]) removeSlot(w.ops, slot, ev.row);
    w.facts.tell.released(inode, ev.row);
  });
  on('GmemErrorFolio', (w, ev, t) => {
    const inode = w.whichFile.of(ev.num(ERROR.ino), ev, t);
    const pgoff = ev.pgoff(ERROR.pgoff);
    if (!inode || pgoff < 0) return;
    inode.poisoned.set(pgoff, ev.row);
    w.op(Op.Poison, inode.index, ev.row, pgoff, 1, 0, 0);
  });
  on('MemoryFailure', (w, ev) => {
    const pfn = ev.pfn(MF.pfn);
    if (pfn < 0) return;
    for (const inode of w.inodes) {
      for (const pgoff of inode.cache.ofFrame(pfn)) {
        inode.poisoned.set(pgoff, ev.row);
        w.op(Op.Poison, inode.index, ev.row, pgoff, 1, 0, 0);
      }
    }
  });
  lowerCache(on);
}

function commitBind(w: World, slot: Slot, row: number): void {
  for (const old of slot.vm.slots.live.filter(({ id }) => id === slot.id)) {
    removeSlot(w.ops, old, row);
    w.whichVm.slotCameAgain(slot.vm, row);
  }
  w.whichFile.bound(slot, row);
  addSlot(w.ops, w.slots, slot, row);
}

function lowerCache(on: On): void {
  on('FilemapAdd', (w, ev, t) => {
    if (w.survey.ambiguousInodes.size > 0) learnDevice(w, ev, t);
    const inode = w.whichFile.inUse(cacheInode(w, ev, t, ADD), ev, t);
    const pgoff = firstPage(w, ev, ADD);
    const pfn = ev.pfn(ADD.pfn);
    if (!inode || pgoff < 0) return;
    const count = pageCount(ev, ADD.order);
    for (let i = 0; i < count; i++) {
      inode.cache.set(plus(pgoff, i), pfn < 0 ? pfn : plus(pfn, i));
    }
    w.op(Op.Alloc, inode.index, ev.row, pgoff, count, pfn, 0);
  });
  on('FilemapDelete', (w, ev, t) => {
    const inode = cacheInode(w, ev, t, DEL);
    const pgoff = firstPage(w, ev, DEL);
    const pfn = ev.pfn(DEL.pfn);
    if (!inode || pgoff < 0) return;
    const count = pageCount(ev, DEL.order);
    w.facts.tell.shimOp(t, inode, pgoff, plus(pgoff, count), ev.row, 'delete');
    w.facts.tell.filemapDelete(inode, pgoff, count, pfn, ev.row, t);
    for (let i = 0; i < count; i++) {
      inode.cache.set(plus(pgoff, i), pfn < 0 ? pfn : plus(pfn, i), ev.row);
      inode.poisoned.delete(plus(pgoff, i));
    }
    w.op(Op.Free, inode.index, ev.row, pgoff, count, pfn, 0);
  });
}
