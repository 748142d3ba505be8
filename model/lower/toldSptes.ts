/**
 * SPTEs as kvm_mmu_set_spte tells them, and kvm_mmu_spte_requested where nothing else does: on kernels
 * without the TDP MMU, and with shadow paging, there is no event of the change itself. They say what was
 * mapped at that moment, not what was there before, nor when it went: so they are part of a page's state, and
 * no rule reads them as an install. Where something is invalidated, converted or unmapped, they may be gone.
 */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { K, slotsOf } from '../world/slots.js';
import { asGfn, asPfn, type Gfn, PAGES_PER_LEVEL, type Pfn, plus } from '../../parsers/base/units.js';
import { Op } from '../ops/oplog.js';
import type { Vm } from '../world/state.js';
import type { World } from '../world/world.js';
import { isPresentLeaf, ptePfn } from './sptes.js';

const SET = slotsOf('SetSpte', 'gfn', 'spte', 'level');
const REQUESTED = slotsOf('SpteRequested', 'gfn', 'pfn', 'level');
const CHANGED = K('SpteChanged');
const SET_SPTE = K('SetSpte');
/** Guest frames are invalidated or converted: what maps them goes, and no event shows it. */
const RANGES = [
  { kind: 'InvRange', ...slotsOf('InvRange', 'start', 'end') },
  { kind: 'UnmapGfnRange', ...slotsOf('UnmapGfnRange', 'start', 'end') },
  { kind: 'SetAttrRequest', ...slotsOf('SetAttrRequest', 'start', 'end') },
  { kind: 'PostSetAttr', ...slotsOf('PostSetAttr', 'start', 'end') },
] as const;
const MAX_LEVEL = PAGES_PER_LEVEL.length - 1;
/** Present, in a page table of the hardware: kernels before 5.13 have no bit of their own for it. */
const READABLE = 1 << 0;
/** Bit 51, as a bit of the high word: old kernels of AMD mark what is no memory with it. */
const RESERVED_HI = 1 << 19;

export function lowerToldSptes(on: On): void {
  on('SetSpte', (w, ev, t) => {
    const level = ev.num(SET.level);
    ev.look(SET.spte);
    const { low: lo, high: hi } = ev;
    if (!isMapped(lo, hi, level)) return;
    const vm = w.whichVm.atWorkOfThread(t, ev.row);
    // What the TDP MMU changed was told by an event that precedes this one, and is the truth.
    if (!vm.changesSeen) told(w, vm, ev, ev.gfn(SET.gfn), ptePfn(lo, hi), level);
  });
  on('SpteRequested', (w, ev, t) => {
    if (w.recorded(CHANGED) || w.recorded(SET_SPTE)) return;
    const vm = w.whichVm.atWorkOfThread(t, ev.row);
    told(w, vm, ev, ev.gfn(REQUESTED.gfn), ev.pfn(REQUESTED.pfn), ev.num(REQUESTED.level));
  });
  for (const { kind, start, end } of RANGES)
    on(kind, (w, ev, t) => {
      if (w.whichVm.withTold.size === 0) return;
      const vm = w.whichVm.ofThread(t, ev.row);
      if (vm.told.size > 0) doubt(w, vm, ev.row, ev.gfn(start), ev.gfn(end));
    });
  // Which frames these addresses are is not in the event, nor whose: memory is also reclaimed by other tasks.
  on('UnmapHvaRange', (w, ev) => {
    for (const vm of w.whichVm.withTold) {
      for (const { gfn, level } of vm.told) doubt(w, vm, ev.row, gfn, plus(gfn, PAGES_PER_LEVEL[level]!));
      w.whichVm.forgetTold(vm);
    }
  });
  on('ZapAllFast', (w, ev, t) => {
    const vm = w.whichVm.ofThread(t, ev.row);
    for (const { gfn, level, pfn } of vm.told)
      w.op(Op.SpteZap, vm.index, ev.row, gfn, PAGES_PER_LEVEL[level]!, pfn, level);
    w.whichVm.forgetTold(vm);
  });
}

/** What was told of frames [first, end) may have gone. */
function doubt(w: World, vm: Vm, row: number, first: Gfn, end: Gfn): void {
  if (first >= 0 && end > first) w.op(Op.SpteDoubt, vm.index, row, first, end - first, 0, 0);
}

function isMapped(lo: number, hi: number, level: number): boolean {
  if (isPresentLeaf(lo, level)) return true;
  return (lo & READABLE) !== 0 && (hi & RESERVED_HI) === 0;
}

/** The frame of a fault and its pfn may lie within the huge page that maps them. */
function told(w: World, vm: Vm, ev: Ev, ofFault: Gfn, pfnOfFault: Pfn, level: number): void {
  if (level < 1 || level > MAX_LEVEL || ofFault < 0 || pfnOfFault < 0) return;
  const pages = PAGES_PER_LEVEL[level]!;
  const within = ofFault % pages;
  const gfn = asGfn(ofFault - within);
  const pfn = pfnOfFault % pages === within ? plus(pfnOfFault, -within) : asPfn(pfnOfFault);
  vm.told.set({ gfn, level, pfn });
  w.whichVm.withTold.add(vm);
  w.op(Op.SpteSet, vm.index, ev.row, gfn, pages, pfn, level);
}
