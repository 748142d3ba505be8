/** Invalidation brackets: kvm_mmu_invalidate_start, range_add, end, and guest_memfd's own around them. */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { onlyInodeOf } from './rmap.js';
import { asPgoff, type Gfn } from '../../parsers/base/units.js';
import { slotsOf } from '../world/slots.js';
import { Op, Phase } from '../ops/oplog.js';
import type { Bracket, Conv, GmemBracket, Inode, Thread, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

const START = slotsOf('InvStart', 'kvm', 'inprog', 'start', 'end');
const RANGE = slotsOf('InvRange', 'kvm', 'start', 'end');
const END = slotsOf('InvEnd', 'kvm', 'inprog', 'seq');
const UNMAP = slotsOf('UnmapGfnRange', 'kvm', 'start', 'end');
const GSTART = slotsOf('GmemInvStart', 'kvm', 'ino', 'start', 'end');
const GEND = slotsOf('GmemInvEnd', 'kvm', 'ino', 'start', 'end');

/** Closed brackets kept per VM, for "opened and closed between get_pfn and install". */
const CLOSED_KEPT = 64;

/**
 * The count that the kernel shows contradicts the one that the trace adds up to: some start or end went
 * unseen.
 */
function checkCount(vm: Vm, inprog: number, row: number): void {
  if (inprog === vm.inProgress) return;
  if (vm.holeRow < 0) vm.holeRow = row;
  vm.inProgress = inprog;
  // Brackets that the kernel no longer counts have ended unseen.
  if (inprog === 0) vm.open.length = 0;
}

/** The bracket that a thread opened last and that is open still. */
function openBracket(vm: Vm, tid: number): Bracket | undefined {
  for (let i = vm.open.length - 1; i >= 0; i--) if (vm.open[i]!.tid === tid) return vm.open[i];
  return undefined;
}

/** Adds a range of gfns to the bracket that the thread has open. */
function addRange(w: World, vm: Vm, t: Thread, ev: Ev, first: Gfn, end: Gfn, fromAdd: boolean): void {
  if (first < 0 || end <= first) return;
  const b = openBracket(vm, t.tid);
  if (b) {
    if (fromAdd) b.sawRangeAdd = true;
    if (b.context === 'convert' && t.conv) t.conv.invRanges.push({ first, end });
    if (!b.ranges.some((r) => r.first <= first && r.end >= end)) b.ranges.push({ first, end, row: ev.row });
  }
  w.op(Op.InvRange, vm.index, ev.row, first, end - first, vm.inProgress, t.tid);
}

/** Which code opens a bracket on this thread now. */
function contextOf(t: Thread): Bracket['context'] {
  if (t.gmemBracket) return 'gmem';
  return t.conv ? 'convert' : 'notifier';
}

export function lowerInvalidation(on: On): void {
  on('InvStart', (w, ev, t) => {
    const vm = w.whichVm.of(ev, t, START.kvm);
    vm.starts++;
    if (ev.has(START.inprog)) {
      const inprog = ev.signed(START.inprog, 0);
      checkCount(vm, inprog, ev.row);
      if (inprog === 0) vm.quietRow = ev.row;
    }
    const b: Bracket = {
      tid: t.tid,
      startRow: ev.row,
      context: contextOf(t),
      ranges: [],
      endRow: -1,
      sawRangeAdd: false,
    };
    // Kernels before range_add passed the range to start itself.
    const first = ev.gfn(START.start);
    const end = ev.gfn(START.end);
    if (first >= 0 && end > first) b.ranges.push({ first, end, row: ev.row });
    t.lastInvStartRow = ev.row;
    vm.open.push(b);
    w.bracketedVms.add(vm);
    vm.inProgress++;
    const conv = t.conv;
    if (conv && conv.invOpenRow < 0 && (conv.scope === 'vm' || t.gmemBracket)) {
      conv.invOpenRow = ev.row;
      w.phase(conv, Phase.InvOpen, ev.row);
    }
    if (conv) conv.sawInvStart = true;
    w.op(Op.InvStart, vm.index, ev.row, 0, 0, vm.inProgress, t.tid);
    w.facts.tell.invStart(vm, b, ev.row);
  });
  on('InvRange', (w, ev, t) => {
    const vm = w.whichVm.of(ev, t, RANGE.kvm);
    vm.rangeAdds++;
    addRange(w, vm, t, ev, ev.gfn(RANGE.start), ev.gfn(RANGE.end), true);
  });
  on('UnmapGfnRange', (w, ev, t) => {
    // Called with the same range right after range_add, and visible where range_add is inlined.
    const vm = w.whichVm.of(ev, t, UNMAP.kvm);
    if (vm.open.some((b) => b.tid === t.tid))
      addRange(w, vm, t, ev, ev.gfn(UNMAP.start), ev.gfn(UNMAP.end), false);
  });
  on('InvEnd', (w, ev, t) => ended(w, ev, t));
  on('GmemInvStart', (w, ev, t) => {
    const vm = ev.has(GSTART.kvm) ? w.whichVm.of(ev, t, GSTART.kvm) : undefined;
    const inode = invalidated(w, ev, t, GSTART.ino);
    const first = asPgoff(Math.max(0, ev.num(GSTART.start)));
    // A release invalidates [0, ~0).
    const isToLast = ev.isHuge(GSTART.end) || ev.num(GSTART.end) < 0;
    const end = isToLast ? asPgoff(Infinity) : ev.pgoff(GSTART.end);
    const b: GmemBracket = { tid: t.tid, startRow: ev.row, first, end, vm };
    t.gmemBracket = b;
    t.lastGmemBracket = b;
    if (inode) {
      inode.gmemBrackets = inode.gmemBrackets.filter((x) => x.tid !== t.tid || x.vm !== vm);
      inode.gmemBrackets.push(b);
    }
    const conv = t.conv;
    if (conv) {
      conv.sawGmemBracket = true;
      if (first < conv.gmemFirst) conv.gmemFirst = first;
      if (end > conv.gmemEnd) conv.gmemEnd = end;
      if (conv.invOpenRow < 0) {
        conv.invOpenRow = ev.row;
        w.phase(conv, Phase.InvOpen, ev.row);
      }
    }
    w.facts.tell.gmemInvStart(inode, b, ev.row);
  });
  on('GmemInvEnd', (w, ev, t) => {
    const inode = invalidated(w, ev, t, GEND.ino);
    if (inode) inode.gmemBrackets = inode.gmemBrackets.filter((b) => b.tid !== t.tid);
    t.gmemBracket = undefined;
    const conv = t.conv;
    if (!conv) return;
    if (conv.storeRow < 0) conv.gmemClosedBeforeStore = true;
    else if (conv.invCloseRow < 0) closeIn(w, conv, ev.row);
  });
}

/**
 * The file whose pages are invalidated: where the event does not name it, that of the call around it, or the
 * only one that there is.
 */
function invalidated(w: World, ev: Ev, t: Thread, inoSlot: number): Inode | undefined {
  const ino = ev.num(inoSlot);
  if (ino > 0) return w.whichFile.known(ino, ev, t);
  return t.conv?.inode ?? t.fallocate?.inode ?? onlyInodeOf(w, t);
}

/** The bracket of a conversion ends. */
function closeIn(w: World, conv: Conv, row: number): void {
  conv.invCloseRow = row;
  w.phase(conv, Phase.InvClosed, row);
}

function ended(w: World, ev: Ev, t: Thread): void {
  const vm = w.whichVm.of(ev, t, END.kvm);
  vm.ends++;
  vm.lastEndRow = ev.row;
  t.lastInvEndRow = ev.row;
  const inprog = ev.has(END.inprog) ? ev.signed(END.inprog, 0) : NaN;
  if (Number.isNaN(inprog)) vm.hasUncountedEnds = true;
  const bracket = openBracket(vm, t.tid);
  if (!Number.isNaN(inprog) && inprog > 0) checkCount(vm, inprog, ev.row);
  else if (Number.isNaN(inprog) && !bracket && vm.holeRow < 0) vm.holeRow = ev.row;
  if (bracket) {
    const i = vm.open.indexOf(bracket);
    if (i >= 0) vm.open.splice(i, 1);
    bracket.endRow = ev.row;
    vm.closed.push(bracket);
    if (vm.closed.length > CLOSED_KEPT) vm.closed.shift();
  }
  vm.inProgress = Math.max(0, vm.inProgress - 1);
  const conv = t.conv;
  if (conv) {
    conv.sawInvEnd = true;
    const counted = conv.countedBracket;
    // No bracket of the VM has ended in between, whether or not it was seen: the one that ends is that one.
    if (counted && inprog === 1 && ev.has(END.seq) && ev.num(END.seq) === counted.seq) {
      conv.isBracketCounted = true;
      conv.invRanges.push({ first: counted.first, end: counted.end });
    }
    if (conv.invCloseRow < 0 && conv.scope === 'vm') closeIn(w, conv, ev.row);
  }
  w.op(Op.InvEnd, vm.index, ev.row, 0, 0, vm.inProgress, t.tid);
  w.facts.tell.invEnd(vm, bracket, ev.row, inprog);
  if (inprog === 1) vm.quietRow = ev.row;
}
