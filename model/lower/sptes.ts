/** Leaf SPTEs of the TDP MMU: installs and zaps, by level and root. */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { slotsOf } from '../world/slots.js';
import { asGfn, asPfn, type Gfn, PAGE_SHIFT, PAGES_PER_LEVEL, type Pfn } from '../../parsers/base/units.js';
import { Op, Phase } from '../ops/oplog.js';
import type { GuestFault, Thread, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

const CHANGED = slotsOf('SpteChanged', 'as_id', 'gfn', 'level', 'old', 'new');
const EXTERNAL = slotsOf('ExternalSpte', 'kvm', 'gfn', 'new');

/** SPTE_MMU_PRESENT_MASK is bit 11; PT_PAGE_SIZE_MASK is bit 7 (arch/x86/kvm/mmu/spte.h). */
const PRESENT = 1 << 11;
const LARGE = 1 << 7;
/** Physical address bits 12..45, of which these are in the high word: encryption bits (47, 51) lie above. */
const PFN_HI_MASK = 0x3fff;
/** Frames below 4 GiB: what one step of the high word counts for. */
const PFNS_PER_HIGH_STEP = 2 ** (32 - PAGE_SHIFT);
const MAX_LEVEL = PAGES_PER_LEVEL.length - 1;
/** The external SPTE is set within the same call as the mirror's: so few events lie between the two. */
const NEAR_ROWS = 8;

/** True when an SPTE maps a page of its level, rather than nothing or a lower table. `lo` is its low word. */
export function isPresentLeaf(lo: number, level: number): boolean {
  return (lo & PRESENT) !== 0 && (level === 1 || (lo & LARGE) !== 0);
}

/** The frame that an SPTE of these words maps. */
export function ptePfn(lo: number, hi: number): Pfn {
  return asPfn((hi & PFN_HI_MASK) * PFNS_PER_HIGH_STEP + (lo >>> PAGE_SHIFT));
}

export function lowerSptes(on: On): void {
  on('SpteChanged', (w, ev, t) => changed(w, ev, t));
  on('ZapAllFast', (w, ev, t) => {
    dropAll(w, w.whichVm.ofThread(t, ev.row), ev.row);
  });
  on('ExternalSpte', (w, ev, t) => {
    const vm = w.whichVm.of(ev, t, EXTERNAL.kvm);
    vm.hasMirror = true;
    t.mirrorGfn = ev.gfn(EXTERNAL.gfn);
    let last = vm.sptes.first(0, 1, t.mirrorGfn);
    while (last?.next) last = last.next;
    if (last && ev.row - last.row <= NEAR_ROWS && last.root < 0) last.root = 1;
  });
}

function changed(w: World, ev: Ev, t: Thread): void {
  const level = ev.num(CHANGED.level);
  const gfn = ev.gfn(CHANGED.gfn);
  if (level < 1 || level > MAX_LEVEL || gfn < 0) return;
  const hasOld = ev.look(CHANGED.old);
  const { low: oldLo, high: oldHi } = ev;
  const hasNew = ev.look(CHANGED.new);
  const { low: newLo, high: newHi } = ev;
  const was = isPresentLeaf(oldLo, level);
  const is = isPresentLeaf(newLo, level);
  if (!was && !is) return;
  if (!hasOld || !hasNew) return;
  // Zaps may be part of a VM's teardown; installs are a VM's at work.
  const vm = is ? w.whichVm.atWorkOfThread(t, ev.row) : w.whichVm.ofThread(t, ev.row);
  vm.changesSeen = true;
  // Present to present with the same frame only changes permission or accessed bits.
  if (was && is && ptePfn(oldLo, oldHi) === ptePfn(newLo, newHi)) {
    proven(vm, ev, level, gfn, oldLo, oldHi);
    return;
  }
  if (was) zapped(w, vm, ev, t, level, gfn, oldLo, oldHi);
  if (is) installed(w, vm, ev, t, level, gfn, newLo, newHi);
}

function installed(
  w: World,
  vm: Vm,
  ev: Ev,
  t: Thread,
  level: number,
  gfn: Gfn,
  lo: number,
  hi: number,
): void {
  const asId = Math.max(0, ev.num(CHANGED.as_id));
  const pages = PAGES_PER_LEVEL[level]!;
  const fault = faultServed(t, gfn, pages);
  const root = t.mirrorGfn === gfn ? 1 : -1;
  t.mirrorGfn = asGfn(-1);
  const side = fault?.side ?? -1;
  // Another root may hold the same frame; that a zap went unseen looks the same, so neither is concluded from
  // it.
  for (let r = vm.sptes.first(asId, level, gfn); r; r = r.next) {
    // On TDX the two sides have roots of their own: the other side's leaf says nothing of this one.
    if (vm.hasMirror && r.side !== side) continue;
    r.settle(false, ev.row);
    r.doubtful = true;
  }
  const rec = vm.sptes.add({
    gfn,
    level,
    asId,
    pfn: ptePfn(lo, hi),
    row: ev.row,
    side,
    root,
    vmSure: w.whichVm.isSure(t),
  });
  w.op(Op.SpteSet, vm.index, ev.row, gfn, pages, rec.pfn, level);
  w.facts.tell.spteInstall(vm, rec, fault, t);
  if (fault) fault.installed = true;
}

/** The fault that a thread is in, where so many pages from a gfn on serve it and none did before. */
export function faultServed(t: Thread, gfn: Gfn, pages: number): GuestFault | undefined {
  const { fault } = t;
  return fault && !fault.installed && fault.gfn >= gfn && fault.gfn < gfn + pages ? fault : undefined;
}

function zapped(w: World, vm: Vm, ev: Ev, t: Thread, level: number, gfn: Gfn, lo: number, hi: number): void {
  const pfn = ptePfn(lo, hi);
  w.op(Op.SpteZap, vm.index, ev.row, gfn, PAGES_PER_LEVEL[level]!, pfn, level);
  const conv = t.conv;
  if (conv && conv.storeRow < 0) {
    conv.zapped++;
    if (conv.zapRow < 0) {
      conv.zapRow = ev.row;
      w.phase(conv, Phase.Zapped, ev.row);
    }
  }
  const { sptes } = vm;
  const asId = Math.max(0, ev.num(CHANGED.as_id));
  const at = sptes.zappedBy(asId, level, gfn, pfn);
  if (at === 0) return;
  sptes.settle(at, sptes.pfnOf(at) === pfn, ev.row);
  const rec = w.facts.isHeard('spteZap') ? sptes.recordOf(at, asId, level, gfn) : undefined;
  sptes.removeAt(at, asId, level, gfn);
  if (rec) w.facts.tell.spteZap(vm, rec, ev.row);
}

/** A later event shows the SPTE still present: what waited for that is proven. */
function proven(vm: Vm, ev: Ev, level: number, gfn: Gfn, lo: number, hi: number): void {
  const pfn = ptePfn(lo, hi);
  let rec = vm.sptes.first(Math.max(0, ev.num(CHANGED.as_id)), level, gfn);
  while (rec && rec.pfn !== pfn) rec = rec.next;
  rec?.settle(true, ev.row);
}

/** Every root of the VM is dropped, and its SPTEs with them. */
function dropAll(w: World, vm: Vm, row: number): void {
  vm.sptes.all((rec) => {
    rec.settle(true, row);
    w.op(Op.SpteZap, vm.index, row, rec.gfn, PAGES_PER_LEVEL[rec.level]!, rec.pfn, rec.level);
  });
  vm.sptes.clear();
}
