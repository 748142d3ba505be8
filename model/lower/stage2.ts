/**
 * The stage 2 of arm64: what it maps and unmaps, in the same records as the SPTEs of x86. The page table's
 * pointer tells whose it is, also on threads that have no VM of their own.
 */
import type { Ev } from '../world/event.js';
import type { Lowering, On } from './lowering.js';
import {
  asGfn,
  asPfn,
  type Gfn,
  PAGES_PER_LEVEL,
  type Pfn,
  PAST_ALL_GFNS,
  plus,
} from '../../parsers/base/units.js';
import { Op } from '../ops/oplog.js';
import { slotsOf } from '../world/slots.js';
import { faultServed } from './sptes.js';
import type { SpteRec } from '../world/spte.js';
import type { Stage2Call, Thread, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

const ABORT = slotsOf('GuestAbort', 'kvm');
const MAP = slotsOf('Stage2Map', 'pgt', 'addr', 'size', 'phys');
const MAP_RET = slotsOf('Stage2MapRet', 'ret');
const UNMAP = slotsOf('Stage2Unmap', 'pgt', 'addr', 'size');
const DESTROY = slotsOf('Stage2Destroy', 'pgt', 'addr', 'size');
const TEARDOWN = slotsOf('Stage2Teardown', 'pgt');
const PKVM_TABLE_GONE = slotsOf('PkvmStage2Gone', 'pgt', 'left');
const TABLE_GONE = slotsOf('Stage2Gone', 'pgt');
const INIT = slotsOf('PkvmInitVm', 'kvm', 'type');
const CREATE = slotsOf('PkvmCreateVm', 'kvm');
const GONE = slotsOf('PkvmDestroyVm', 'kvm');

const RECLAIM = slotsOf('ForceReclaim', 'phys');
const SHARE = slotsOf('GuestShare', 'handle', 'ipa', 'gfn', 'ret');
const UNSHARE = slotsOf('GuestUnshare', 'handle', 'ipa', 'gfn', 'ret');

/** KVM_VM_TYPE_ARM_PROTECTED of the type of a VM. */
const PROTECTED = 2 ** 31;

type Stage2Kind = 'Stage2Map' | 'Stage2MapRet' | 'Stage2Unmap' | 'Stage2Destroy';

export function lowerStage2(on: On): void {
  // The functions of pKVM have the same arguments, and so the same slots.
  const both = (kind: Stage2Kind, lowering: Lowering): void => {
    on(kind, lowering);
    on(`Pkvm${kind}`, lowering);
  };
  on('GuestAbort', (w, ev, t) => {
    if (ev.has(ABORT.kvm)) w.whichVm.atWork(ev, t, ABORT.kvm);
  });
  on('PkvmInitVm', (w, ev, t) => {
    const vm = w.whichVm.atWork(ev, t, INIT.kvm);
    if (ev.has(INIT.type)) vm.isProtected = Math.floor(ev.num(INIT.type) / PROTECTED) % 2 === 1;
  });
  on('PkvmCreateVm', (w, ev, t) => void w.whichVm.atWork(ev, t, CREATE.kvm));
  on('PkvmDestroyVm', (w, ev, t) => {
    const vm = w.whichVm.of(ev, t, GONE.kvm);
    w.facts.tell.stage2Gone(vm, ev.row);
    w.whichVm.destroyed(vm);
  });
  both('Stage2Map', (w, ev, t) => {
    const vm = ownerAtWork(w, ev, t, MAP.pgt);
    // A guest that runs guests has page tables for these, of frames that are not its own.
    if (vm === undefined || !ev.has(MAP.addr)) return;
    t.stage2Map = {
      row: ev.row,
      vm,
      vmSure: w.whichVm.isSure(t),
      gfn: asGfn(w.pages.ofByte(ev.num(MAP.addr))),
      npages: Math.max(1, w.pages.forBytes(ev.num(MAP.size))),
      pfn: asPfn(w.pages.ofByte(ev.num(MAP.phys))),
      fault: t.fault,
    };
  });
  both('Stage2MapRet', (w, ev, t) => {
    const call = t.stage2Map;
    t.stage2Map = undefined;
    if (!call) {
      if (w.gapBetween(0, ev.row)) w.facts.tell.stage2Unbegun(ev.row);
      return;
    }
    const ret = ev.signed(MAP_RET.ret, NaN);
    if (ret === 0) mapped(w, ev, t, call);
    else if (!Number.isNaN(ret)) w.facts.tell.stage2Refused(call, ev.row, ret);
  });
  both('Stage2Unmap', (w, ev, t) => {
    const vm = owner(w, ev, t, UNMAP.pgt);
    if (!vm) return;
    const { first, end } = rangeOf(w, ev, UNMAP);
    unmapped(w, ev, vm, first, end);
  });
  both('Stage2Destroy', (w, ev, t) => {
    const vm = owner(w, ev, t, DESTROY.pgt);
    if (!vm) return;
    const { first, end } = rangeOf(w, ev, DESTROY);
    w.facts.tell.stage2Returned(vm, first, end, ev.row);
    unmapped(w, ev, vm, first, end);
  });
  on('Stage2Teardown', (w, ev, t) => {
    const vm = owner(w, ev, t, TEARDOWN.pgt);
    if (vm) tornDown(w, ev, vm);
  });
  on('PkvmStage2Gone', (w, ev, t) => {
    const vm = owner(w, ev, t, PKVM_TABLE_GONE.pgt);
    if (!vm) return;
    if (ev.pointer(PKVM_TABLE_GONE.left) > 0) w.facts.tell.stage2Left(vm, ev.row);
    else tableGone(w, ev, vm);
  });
  on('Stage2Gone', (w, ev, t) => {
    const vm = owner(w, ev, t, TABLE_GONE.pgt);
    if (vm) tableGone(w, ev, vm);
  });
  on('ForceReclaim', (w, ev) =>
    w.facts.tell.forceReclaim(asPfn(w.pages.ofByte(ev.num(RECLAIM.phys))), ev.row),
  );
  on('GuestShare', (w, ev) => shared(w, ev, SHARE, true));
  on('GuestUnshare', (w, ev) => shared(w, ev, UNSHARE, false));
}

/** A protected guest shares a page with the host or takes it back; a call that failed changes nothing. */
function shared(w: World, ev: Ev, s: typeof SHARE, isShare: boolean): void {
  const gfn = ev.has(s.gfn) ? ev.gfn(s.gfn) : asGfn(w.pages.ofByte(ev.num(s.ipa)));
  if (ev.has(s.ret) && ev.signed(s.ret, 0) !== 0) return;
  w.facts.tell.guestShares(ev.num(s.handle), gfn, isShare, ev.row);
}

/**
 * The VM of a page table, which a thread that maps shows to be its own; undefined where the VM has another
 * already.
 */
function ownerAtWork(w: World, ev: Ev, t: Thread, slot: number): Vm | undefined {
  const pgt = ev.pointer(slot);
  const known = pgt >= 0 && !w.whichVm.isSure(t) ? w.vmOfPageTable.get(pgt) : undefined;
  const vm = known && known.over === 'no' ? known : w.whichVm.atWorkOfThread(t, ev.row);
  if (pgt < 0) return vm;
  if (vm.kvm >= 0 && vm.pageTable >= 0 && vm.pageTable !== pgt) return undefined;
  vm.pageTable = pgt;
  w.vmOfPageTable.set(pgt, vm);
  return vm;
}

/**
 * The VM of a page table that a notifier or a teardown works on, perhaps on another task; undefined where
 * that VM has another.
 */
function owner(w: World, ev: Ev, t: Thread, slot: number): Vm | undefined {
  const pgt = ev.pointer(slot);
  const known = pgt >= 0 ? w.vmOfPageTable.get(pgt) : undefined;
  if (known) return known;
  const vm = w.whichVm.ofThread(t, ev.row);
  return pgt >= 0 && vm.pageTable >= 0 ? undefined : vm;
}

function rangeOf(w: World, ev: Ev, s: { addr: number; size: number }): { first: Gfn; end: Gfn } {
  const first = asGfn(w.pages.ofByte(ev.num(s.addr)));
  return { first, end: plus(first, w.pages.forBytes(ev.num(s.size))) };
}

/** The level of a mapping of so many pages: that of the largest leaf that is no larger. */
function levelOf(npages: number): number {
  let level = 1;
  while (level + 1 < PAGES_PER_LEVEL.length && PAGES_PER_LEVEL[level + 1]! <= npages) level++;
  return level;
}

/** Pages of a VM's stage 2 are mapped: several leaves where the range is larger than one. */
function mapped(w: World, ev: Ev, t: Thread, call: Stage2Call): void {
  const { vm, gfn, npages, pfn } = call;
  vm.changesSeen = true;
  const level = levelOf(npages);
  const step = PAGES_PER_LEVEL[level]!;
  // A page inside a larger one, or the reverse, takes its place.
  for (const rec of vm.sptes.covering(gfn, plus(gfn, npages), [])) drop(w, vm, rec, ev.row);
  for (let i = 0; i < npages; i += step)
    installed(w, ev, t, call, plus(gfn, i), pfn < 0 ? pfn : plus(pfn, i), level);
}

function installed(w: World, ev: Ev, t: Thread, call: Stage2Call, gfn: Gfn, pfn: Pfn, level: number): void {
  const { vm, vmSure } = call;
  const pages = PAGES_PER_LEVEL[level]!;
  const fault = faultServed(t, gfn, pages);
  const rec = vm.sptes.add({
    gfn,
    level,
    asId: 0,
    pfn,
    row: ev.row,
    side: fault?.side ?? -1,
    root: -1,
    vmSure,
  });
  // Where nothing shows unmapping, it may be gone again at any time.
  if (!w.recordedStage2Unmap && vm.isProtected !== true) rec.doubtful = true;
  w.op(Op.SpteSet, vm.index, ev.row, gfn, pages, pfn, level);
  w.facts.tell.spteInstall(vm, rec, fault, t);
  w.facts.tell.stage2Mapped(call, rec, ev.row);
  if (fault) fault.installed = true;
}

/** A VM goes: whatever it maps may be unmapped at any time from here on. */
function tornDown(w: World, ev: Ev, vm: Vm): void {
  for (const rec of vm.sptes.covering(asGfn(0), PAST_ALL_GFNS, [])) rec.doubtful = true;
  w.facts.tell.stage2Returning(vm, ev.row);
}

/** The page table of a VM goes, and maps nothing. */
function tableGone(w: World, ev: Ev, vm: Vm): void {
  w.facts.tell.stage2Returned(vm, asGfn(0), PAST_ALL_GFNS, ev.row);
  unmapped(w, ev, vm, asGfn(0), PAST_ALL_GFNS);
}

function unmapped(w: World, ev: Ev, vm: Vm, first: Gfn, end: Gfn): void {
  vm.changesSeen = true;
  for (const rec of vm.sptes.covering(first, end, [])) drop(w, vm, rec, ev.row);
}

function drop(w: World, vm: Vm, rec: SpteRec, row: number): void {
  rec.settle(true, row);
  vm.sptes.remove(rec);
  w.op(Op.SpteZap, vm.index, row, rec.gfn, PAGES_PER_LEVEL[rec.level]!, rec.pfn, rec.level);
  w.facts.tell.spteZap(vm, rec, row);
}
