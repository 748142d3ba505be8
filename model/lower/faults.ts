/** The guest's faults: from kvm_page_fault to the SPTE or to user space, and get_pfn on the way. */
import type { Ev } from '../world/event.js';
import { learnSlot } from './files.js';
import type { On } from './lowering.js';
import { onlyInodeOf } from './rmap.js';
import { refGet } from './references.js';
import { asGfn, asPgoff, type Gfn, PAGE_SHIFT, plus } from '../../parsers/base/units.js';
import { pgoffAt } from '../world/memslots.js';
import { K, slotsOf } from '../world/slots.js';
import { Attr, Op, RefKind } from '../ops/oplog.js';
import type { GuestFault, Inode, Thread, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

const PF = slotsOf('KvmPageFault', 'address', 'error_code');
const NO_GFN = asGfn(-1);
const FAULTIN = slotsOf('FaultinPfn', 'gfn', 'error_code', 'priv', 'kvm');
const GET = slotsOf('GetPfn', 'kvm', 'slot', 'gfn', 'base_gfn', 'pgoff', 'ino', 'file');
const GET_RET = slotsOf('GetPfnRet', 'gfn', 'ret', 'ino', 'pgoff');
const STALE = slotsOf('FaultStale', 'kvm', 'gfn', 'priv');
const MAP = slotsOf('TdpMap', 'kvm', 'gfn', 'fault_seq', 'seq', 'priv');
const EXIT = slotsOf('UserspaceExit', 'reason', 'errno');
const ARM = slotsOf('ArmGuestFault', 'ipa');
const RMP = slotsOf('RmpFault', 'pfn', 'psmash_ret');
const PREPARE = slotsOf('GmemPrepare', 'kvm', 'gfn', 'pfn', 'nr');
const MADE_SHARED = slotsOf('GmemArchInvalidate', 'start', 'end', 'nr');
const QCONVERT = slotsOf('QemuConvert', 'start', 'size', 'to_private');

/** Bit 49 of the error code, PFERR_PRIVATE_ACCESS, as a bit of the high word. */
const PRIVATE_ACCESS_HI = 1 << 17;

function isPrivateAccess(ev: Ev, errorCode: number): boolean {
  return (ev.hi(errorCode) & PRIVATE_ACCESS_HI) !== 0;
}

/** The side of a fault by its is_private, which is there. */
function sideOf(ev: Ev, isPrivate: number): number {
  return ev.num(isPrivate) === 0 ? 0 : 1;
}

function newFault(row: number, gfn: Gfn): GuestFault {
  return {
    startRow: row,
    gfn,
    side: -1,
    faultinRow: -1,
    isStage2: false,
    gupRow: -1,
    gupFlags: -1,
    gupPage: -1,
    getPfnRow: -1,
    getPfnOkRow: -1,
    mapRow: -1,
    faultSeq: -1,
    seq: -1,
    installed: false,
  };
}

/**
 * What a TDX guest sets in the address of what it shares, as a bit of the gfn: bit 47 or 51, as its TD was
 * configured (kvm_gfn_direct_bits()). Of all events kvm_page_fault alone shows it; memslots, attributes and
 * SPTEs are named without it.
 */
const TDX_SHARED = [2 ** (51 - PAGE_SHIFT), 2 ** (47 - PAGE_SHIFT)];
const LEAST_TDX_SHARED = Math.min(...TDX_SHARED);

/** The shared bit in a gfn, 0 where there is none; a plain guest's addresses may be as high. */
function tdxShared(w: World, gfn: Gfn): number {
  if (gfn < LEAST_TDX_SHARED) return 0;
  const bit = TDX_SHARED.find((each) => gfn >= each && gfn < 2 * each);
  return bit !== undefined && w.survey.recorded(K('ExternalSpte')) ? bit : 0;
}

/** The thread's fault on a gfn, begun here when no earlier event showed its start. */
function faultOn(t: Thread, gfn: Gfn, row: number): GuestFault {
  const { fault } = t;
  if (fault && fault.gfn === gfn && !fault.installed) return fault;
  if (fault && TDX_SHARED.includes(fault.gfn - gfn)) fault.gfn = gfn;
  if (!t.fault || t.fault.installed || (gfn >= 0 && t.fault.gfn !== gfn)) t.fault = newFault(row, gfn);
  return t.fault;
}

function endFault(w: World, t: Thread, row: number, errno: number, reason: number): void {
  const fault = t.fault;
  t.fault = undefined;
  t.mayHaveFaulted = false;
  if (fault) w.facts.tell.guestFaultEnd(fault, t, row, errno, reason);
}

export function lowerFaults(on: On): void {
  on('KvmPageFault', (w, ev, t) => {
    endFault(w, t, ev.row, 0, -1);
    const faulted = asGfn(w.pages.ofByte(ev.num(PF.address)));
    const shared = tdxShared(w, faulted);
    const gfn = asGfn(faulted - shared);
    t.fault = newFault(ev.row, gfn);
    t.mirrorGfn = NO_GFN;
    if (shared > 0) t.fault.side = 0;
    if (isPrivateAccess(ev, PF.error_code)) t.fault.side = 1;
    const vm = w.whichVm.atWorkOfThread(t, ev.row);
    if (gfn >= 0) w.op(Op.GuestFault, vm.index, ev.row, gfn, 1, ev.lo(PF.error_code), t.tid);
  });
  on('ArmGuestFault', (w, ev, t) => {
    const gfn = asGfn(w.pages.ofByte(ev.num(ARM.ipa)));
    t.mayHaveFaulted = false;
    t.fault = { ...newFault(ev.row, gfn), isStage2: true };
    const vm = w.whichVm.atWorkOfThread(t, ev.row);
    if (gfn >= 0) w.op(Op.GuestFault, vm.index, ev.row, gfn, 1, 0, t.tid);
  });
  on('FaultinPfn', (w, ev, t) => {
    if (ev.has(FAULTIN.kvm)) w.whichVm.atWork(ev, t, FAULTIN.kvm);
    // Entered again without an event in between: a retry, with a new look-up.
    if (t.fault && t.fault.faultinRow >= 0) t.fault = undefined;
    t.mayHaveFaulted = false;
    // What TDX set before came to nothing.
    t.mirrorGfn = NO_GFN;
    const fault = faultOn(t, ev.gfn(FAULTIN.gfn), ev.row);
    fault.faultinRow = ev.row;
    if (ev.has(FAULTIN.priv)) fault.side = sideOf(ev, FAULTIN.priv);
    else if (ev.has(FAULTIN.error_code)) fault.side = isPrivateAccess(ev, FAULTIN.error_code) ? 1 : 0;
  });
  on('GetPfn', (w, ev, t) => getPfn(w, ev, t));
  on('GetPfnRet', (w, ev, t) => getPfnReturned(w, ev, t));
  on('FaultStale', (w, ev, t) => {
    w.whichVm.atWork(ev, t, STALE.kvm);
    const fault = faultOn(t, ev.gfn(STALE.gfn), ev.row);
    if (ev.has(STALE.priv)) fault.side = sideOf(ev, STALE.priv);
  });
  on('TdpMap', (w, ev, t) => {
    w.whichVm.atWork(ev, t, MAP.kvm);
    const fault = faultOn(t, ev.gfn(MAP.gfn), ev.row);
    fault.mapRow = ev.row;
    fault.faultSeq = ev.num(MAP.fault_seq);
    fault.seq = ev.num(MAP.seq);
    if (ev.has(MAP.priv)) fault.side = sideOf(ev, MAP.priv);
  });
  on('TdpMapRet', (_w, _ev, t) => {
    if (t.fault) t.fault.mapRow = -1;
  });
  on('KvmEntry', (w, ev, t) => {
    endFault(w, t, ev.row, 0, -1);
    t.vmFresh = false;
  });
  on('UserspaceExit', (w, ev, t) => {
    const reason = ev.num(EXIT.reason);
    const errno = ev.num(EXIT.errno);
    endFault(w, t, ev.row, errno, reason);
    t.vmFresh = false;
  });
  on('RmpFault', (w, ev) => {
    if (ev.has(RMP.psmash_ret)) w.facts.tell.rmpFault(ev.row, ev.pfn(RMP.pfn), ev.signed(RMP.psmash_ret, 0));
  });
  on('GmemPrepare', (w, ev, t) => {
    const vm = w.whichVm.atWork(ev, t, PREPARE.kvm);
    const nr = Math.max(1, ev.num(PREPARE.nr));
    w.facts.tell.prepare(vm, ev.gfn(PREPARE.gfn), ev.row, ev.pfn(PREPARE.pfn), nr);
  });
  on('GmemArchInvalidate', (w, ev) => {
    const first = ev.pfn(MADE_SHARED.start);
    const nr = ev.num(MADE_SHARED.nr);
    if (first >= 0)
      w.facts.tell.madeShared(first, nr > 0 ? plus(first, nr) : ev.pfn(MADE_SHARED.end), ev.row);
  });
  on('QemuConvert', (w, ev, t) => {
    if (!ev.has(QCONVERT.start) || !ev.has(QCONVERT.size) || !ev.has(QCONVERT.to_private)) return;
    const toPrivate = ev.num(QCONVERT.to_private) === 1;
    w.facts.tell.qemuConvert(ev.row, ev.num(QCONVERT.start), ev.num(QCONVERT.size), toPrivate, t);
  });
  on('QemuDiscard', (w, ev, t) => w.facts.tell.qemuDiscard(ev.row, t));
}

/** The file that a get_pfn asks, where the event itself tells. */
function askedFile(w: World, ev: Ev, t: Thread): Inode | undefined {
  const ino = ev.num(GET.ino);
  if (ino > 0) return w.whichFile.of(ino, ev, t);
  if (ev.failed(GET.ino)) return undefined;
  if (ev.has(GET.file)) return w.whichFile.ofFile(ev.pointer(GET.file), ev, t);
  return ev.gfn(GET.gfn) < 0 ? onlyInodeOf(w, t) : undefined;
}

/**
 * The VM whose slot a get_pfn without a kvm pointer is on: where its thread does not tell, the one that has
 * the file bound there, for only one VM binds a file.
 */
function askingVm(w: World, t: Thread, inode: Inode | undefined, id: number, base: Gfn, row: number): Vm {
  if (inode && !w.whichVm.isSure(t))
    for (const s of inode.slots.live)
      if (s.id === id && s.baseGfn === base && s.vm.over === 'no') return s.vm;
  return w.whichVm.atWorkOfThread(t, row);
}

function isBoundByAnother(inode: Inode | undefined, vm: Vm): boolean {
  return inode?.slots.live.some((s) => s.vm !== vm) ?? false;
}

function getPfn(w: World, ev: Ev, t: Thread): void {
  if (!ev.has(GET.gfn) && !ev.has(GET.pgoff)) return;
  const gfn = ev.gfn(GET.gfn);
  // guest_memfd is asked by gfn, restrictedmem by page: without its gfn guest_memfd's says of no page.
  if (gfn < 0 && w.table.name(ev.row).includes('gmem')) return;
  const vm = ev.has(GET.kvm) ? w.whichVm.atWork(ev, t, GET.kvm) : undefined;
  const inode = askedFile(w, ev, t);
  let pgoff = ev.pgoff(GET.pgoff);
  if (gfn < 0 && inode) inode.provider = 'restrictedmem';
  if (gfn >= 0) {
    const base = ev.gfn(GET.base_gfn);
    const id = ev.num(GET.slot);
    if (base >= 0 && id >= 0) {
      const owner = vm ?? askingVm(w, t, inode, id, base, ev.row);
      const isGuess = vm === undefined && !w.whichVm.isSure(t);
      const file = isGuess && isBoundByAnother(inode, owner) ? undefined : inode;
      const slot = learnSlot(w, owner, id, base, gfn - base + 1, pgoff, file, ev.row, -1, false);
      if (!slot.sized && gfn >= slot.baseGfn + slot.npages) slot.npages = gfn - slot.baseGfn + 1;
      pgoff = slot.pgoff >= 0 ? pgoffAt(slot, gfn) : asPgoff(-1);
      const given = slot.inode;
      if (given?.initialAttr === Attr.Unknown && slot.fd >= 0)
        w.whichFile.shownBehind(given, slot.fd, t, ev.row);
    } else pgoff = asPgoff(-1);
    faultOn(t, gfn, ev.row).getPfnRow = ev.row;
  }
  t.getPfn = {
    row: ev.row,
    inode: inode ?? (vm && gfn >= 0 ? w.slotOfGfn(vm, gfn)?.inode : undefined),
    pgoff,
    gfn,
    vm,
  };
}

function getPfnReturned(w: World, ev: Ev, t: Thread): void {
  const ctx = t.getPfn;
  t.getPfn = undefined;
  const ino = ev.num(GET_RET.ino);
  const inode = ctx?.inode ?? (ino > 0 ? w.whichFile.of(ino, ev, t) : undefined);
  const pgoff = ctx && ctx.pgoff >= 0 ? ctx.pgoff : ev.pgoff(GET_RET.pgoff);
  if (ev.signed(GET_RET.ret, -1) !== 0) return;
  if (!ctx && !inode && w.gapBetween(0, ev.row) && w.recorded(K('GetPfn')))
    w.facts.tell.getPfnUnbegun(ev.row);
  const gfn = ctx && ctx.gfn >= 0 ? ctx.gfn : ev.gfn(GET_RET.gfn);
  if (gfn >= 0 && t.fault?.gfn === gfn) t.fault.getPfnOkRow = ev.row;
  if (!inode) return;
  w.facts.tell.getPfnOk(inode, pgoff, ev.row, ctx?.row ?? ev.row, inode.provider);
  // guest_memfd's reference is dropped with the fault; restrictedmem's is the caller's until put_page.
  if (inode.provider === 'restrictedmem' && pgoff >= 0)
    refGet(w, inode, pgoff, RefKind.GetPfn, ev.row, t.tid, false, false);
}
