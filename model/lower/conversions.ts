/**
 * Conversions, in the three shapes that kernels gave them: KVM_SET_MEMORY_ATTRIBUTES on the VM (request, pre,
 * post), the ioctl on the guest_memfd inode (entry, blocked, unmap, check, bracket, store, return), and
 * restrictedmem's. A request is not a commit: the attribute changes where the store, post or a return of 0
 * says so.
 */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import {
  asGfn,
  asPgoff,
  type Gfn,
  PAST_ALL_GFNS,
  PAST_ALL_PGOFFS,
  plus,
  type Pgoff,
} from '../../parsers/base/units.js';
import { slotsOf } from '../world/slots.js';
import { Attr, NO_CONVERSION, Op, Phase } from '../ops/oplog.js';
import {
  type Conv,
  type CountedBracket,
  type Inode,
  isInodeConv,
  isVmConv,
  type Thread,
  type Vm,
} from '../world/state.js';
import type { World } from '../world/world.js';

const REQ = slotsOf('SetAttrRequest', 'start', 'end', 'attrs', 'more');
const PRE = slotsOf('PreSetAttr', 'kvm', 'start', 'end', 'attrs', 'inprog', 'seq', 'hull_start', 'hull_end');
const POST = slotsOf('PostSetAttr', 'kvm', 'start', 'end', 'attrs');
const VMSET = slotsOf('VmSetAttr', 'kvm', 'start', 'end', 'attrs');
const VMSET_RET = slotsOf('VmSetAttrRet', 'ret');
const VMIOCTL = slotsOf('VmIoctl', 'kvm', 'cmd', 'address', 'size', 'attrs');
const VMIOCTL_RET = slotsOf('VmIoctlRet', 'ret', 'cmd');
const GIOCTL = slotsOf('GmemIoctl', 'ino', 'cmd', 'offset', 'size', 'attrs');
const GIOCTL_RET = slotsOf('GmemIoctlRet', 'ret');
const ENTER = slotsOf('ConvertEnter', 'ino', 'start', 'nr', 'end', 'attrs', 'to_private');
const RET = slotsOf(
  'ConvertRet',
  'ino',
  'start',
  'nr',
  'end',
  'attrs',
  'to_private',
  'ret',
  'error_offset',
  'error_index',
);
const BLOCKED = slotsOf('ConvertBlocked', 'ino', 'start', 'end', 'attrs');
const SAFE = slotsOf('ConvertSafeRet', 'safe');
const HAS_REFS = slotsOf('HasRefsRet', 'busy');
const STORE = slotsOf('StoreAttr', 'ino', 'start', 'end', 'last', 'attrs', 'to_private');

const PRIVATE_ATTRIBUTE = 8;
/** KVM_SET_MEMORY_ATTRIBUTES, and KVM_SET_MEMORY_ATTRIBUTES2 of the in-place series v8 and RFC v1. */
const SET_ATTRIBUTES = 0x4020aed2;
const SET_ATTRIBUTES2 = [0xc080aed2, 0xc040aed6];

/** True for the number of an ioctl that converts. */
export function isSetAttributes(cmd: number): boolean {
  return cmd === SET_ATTRIBUTES || SET_ATTRIBUTES2.includes(cmd);
}

function isPrivate(attrs: number): boolean {
  return attrs >= 0 && Math.floor(attrs / PRIVATE_ATTRIBUTE) % 2 === 1;
}

function setRange(conv: Conv, first: Gfn | Pgoff, end: Gfn | Pgoff, toPrivate: boolean): void {
  conv.first = first;
  conv.end = end;
  conv.toPrivate = toPrivate;
  conv.rangeKnown = first >= 0 && end > first;
}

/** An attribute of unknown outcome: the range may be either from here on. */
function forget(w: World, vm: Vm, first: Gfn, end: Gfn, row: number): void {
  vm.attr.set(first, end, Attr.Unknown, row);
  w.op(Op.GfnAttr, vm.index, row, first, end - first, Attr.Unknown, NO_CONVERSION);
}

/** A set-attributes ioctl succeeded of which only the system call is seen: any range may have changed. */
export function requestByIoctl(w: World, ev: Ev, t: Thread): void {
  for (const vm of w.vms)
    if (vm.tgid === t.tgid && !vm.replaced) forget(w, vm, asGfn(0), PAST_ALL_GFNS, ev.row);
  for (const inode of w.inodes) {
    if (!inode.tgids.has(t.tgid)) continue;
    inode.attr.reset(Attr.Unknown, ev.row);
    w.op(Op.PageAttr, inode.index, ev.row, 0, PAST_ALL_PGOFFS, Attr.Unknown, NO_CONVERSION);
  }
}

/** The same for pages of a file. */
function forgetPages(w: World, inode: Inode, first: Pgoff, end: Pgoff, row: number): void {
  inode.attr.set(first, end, Attr.Unknown, row);
  w.op(Op.PageAttr, inode.index, row, first, end - first, Attr.Unknown, NO_CONVERSION);
}

/**
 * Tells the rules of a store and makes it in the model: [first, end) has the conversion's attribute from here
 * on.
 */
function stored<Page extends Gfn | Pgoff>(
  w: World,
  conv: Conv,
  first: Page,
  end: Page,
  row: number,
  exact: boolean,
): void {
  conv.storeRow = row;
  conv.storeExact = exact;
  conv.storeFirst = first;
  conv.storeEnd = end;
  w.facts.tell.store(conv, row);
  const value = conv.toPrivate ? Attr.Private : Attr.Shared;
  if (isVmConv(conv)) {
    conv.vm.attributesOf = 'vm';
    conv.vm.attr.set(conv.storeFirst, conv.storeEnd, value, row);
    w.op(Op.GfnAttr, conv.vm.index, row, first, end - first, value, conv.index);
  } else if (isInodeConv(conv)) {
    for (const slot of conv.inode.slots.all) slot.vm.attributesOf = 'inode';
    conv.inode.attr.set(conv.storeFirst, conv.storeEnd, value, row);
    w.op(Op.PageAttr, conv.inode.index, row, first, end - first, value, conv.index);
  }
  w.phase(conv, Phase.Stored, row);
}

/** True when the whole range certainly has the value; notes in the conversion whether that can be. */
function alreadySo(conv: Conv): boolean {
  const value = conv.toPrivate ? Attr.Private : Attr.Shared;
  let same = true;
  let possible = true;
  const look = (_first: number, _end: number, v: number): void => {
    if (v !== value) same = false;
    if (v !== value && v !== Attr.Unknown) possible = false;
  };
  if (isVmConv(conv)) conv.vm.attr.visit(conv.first, conv.end, look);
  else if (isInodeConv(conv)) conv.inode.attr.visit(conv.first, conv.end, look);
  conv.maybeNoop = possible;
  return same;
}

/**
 * Success without the event that shows a store. Where the range may have had the value, that is why; where it
 * certainly had another, the store went unseen: post handlers run for memslots only, and a store probe may
 * not name its file.
 */
function doneUnseen(w: World, conv: Conv, row: number): void {
  if (conv.maybeNoop) conv.wasAlready = true;
  else forgetRange(w, conv, row);
}

/** The range of a conversion may have either attribute from here on. */
function forgetRange(w: World, conv: Conv, row: number): void {
  if (isVmConv(conv)) forget(w, conv.vm, conv.first, conv.end, row);
  else if (isInodeConv(conv)) forgetPages(w, conv.inode, conv.first, conv.end, row);
}

/**
 * The function or ioctl of a conversion returned; `result` is 0 or a negative errno, undefined when not seen.
 */
export function closeConversion(
  w: World,
  t: Thread,
  conv: Conv,
  row: number,
  result: number | undefined,
): void {
  if (t.conv === conv) t.conv = undefined;
  conv.inode?.converting.delete(conv);
  conv.endRow = row;
  w.openConversions.delete(conv);
  conv.result = result;
  const failed = result !== undefined && result < 0;
  if (!failed && conv.storeRow < 0) settleStore(w, conv, row, result);
  w.phase(conv, failed ? Phase.Failed : Phase.Done, row);
  // One that was cut is told where that happened.
  const isUnseen = !conv.entrySeen && !conv.isRest && (conv.storeRow < 0 || !conv.rangeKnown);
  if (isUnseen && w.gapBetween(conv.notBefore, row)) w.facts.tell.convCut(conv, row);
  w.facts.tell.convEnd(conv, row, t);
}

/**
 * A conversion that did not fail, as far as is known, and whose store was not seen: what it did all the same.
 */
function settleStore(w: World, conv: Conv, row: number, result: number | undefined): void {
  const { vm, inode, first, end } = conv;
  if (!conv.rangeKnown) {
    // What was converted is not known: anything may have changed.
    if (inode && !w.recordedStore) forgetPages(w, inode, asPgoff(0), PAST_ALL_PGOFFS, row);
    else if (vm && !w.recordedPost) forget(w, vm, asGfn(0), PAST_ALL_GFNS, row);
    return;
  }
  const succeeded = result === 0;
  if (succeeded && alreadySo(conv)) conv.wasAlready = true;
  else {
    const storesAreSeen = conv.scope === 'vm' ? w.recordedPost : w.recordedStore;
    if (succeeded && storesAreSeen) doneUnseen(w, conv, row);
    else if (succeeded && !conv.directionAssumed) stored(w, conv, first, end, row, false);
    else if (!storesAreSeen) forgetRange(w, conv, row);
  }
}

/** The thread's VM conversion, begun here when no earlier event showed its start. */
function vmConv(w: World, t: Thread, row: number, entrySeen: boolean): Conv {
  const open = t.conv;
  if (open && open.scope === 'vm') return open;
  if (open) closeConversion(w, t, open, row, undefined);
  return w.newConv('vm', t, row, entrySeen);
}

/** What a call returned, undefined where that was not read. */
function resultOf(ev: Ev, slot: number): number | undefined {
  return ev.has(slot) ? ev.signed(slot, 0) : undefined;
}

export function lowerConversions(on: On): void {
  lowerVmConversions(on);
  lowerInodeConversions(on);
}

function lowerVmConversions(on: On): void {
  on('SetAttrRequest', (w, ev, t) => {
    requested(w, ev, t, undefined, ev.gfn(REQ.start), ev.gfn(REQ.end), ev.num(REQ.attrs));
    const before = t.requestedPart;
    const conv = t.conv!;
    if (before && before.end === conv.first && before.toPrivate === conv.toPrivate) conv.partBefore = before;
    conv.hasNextPart = ev.has(REQ.more);
    t.requestedPart = conv.hasNextPart ? conv : undefined;
  });
  on('VmSetAttr', (w, ev, t) => {
    if (!ev.has(VMSET.start)) return;
    const vm = w.whichVm.atWork(ev, t, VMSET.kvm);
    requested(w, ev, t, vm, ev.gfn(VMSET.start), ev.gfn(VMSET.end), ev.num(VMSET.attrs));
  });
  on('VmIoctl', (w, ev, t) => {
    if (ev.has(VMIOCTL.kvm)) w.whichVm.atWork(ev, t, VMIOCTL.kvm);
    if (ev.num(VMIOCTL.cmd) !== SET_ATTRIBUTES) return;
    const address = ev.num(VMIOCTL.address);
    const size = ev.num(VMIOCTL.size);
    if (address < 0 || size <= 0) return;
    const [first, end] = [asGfn(w.pages.ofByte(address)), asGfn(w.pages.ofByte(address + size))];
    requested(w, ev, t, undefined, first, end, ev.num(VMIOCTL.attrs));
  });
  on('PreSetAttr', (w, ev, t) => {
    const vm = w.whichVm.atWork(ev, t, PRE.kvm);
    const conv = vmConv(w, t, ev.row, false);
    if (conv.preRow < 0) conv.preRow = ev.row;
    conv.vm = vm;
    // Where the request is not recorded, pre is the first event, and the bracket is open already.
    if (vm.open.some((b) => b.tid === t.tid)) conv.sawInvStart = true;
    conv.countedBracket = countedBracket(ev);
    if (isCountedOpen(ev)) conv.sawInvStart = true;
    if (!conv.rangeKnown && ev.has(PRE.attrs))
      setRange(conv, ev.gfn(PRE.start), ev.gfn(PRE.end), isPrivate(ev.num(PRE.attrs)));
  });
  on('PostSetAttr', (w, ev, t) => {
    const vm = w.whichVm.atWork(ev, t, POST.kvm);
    const conv = vmConv(w, t, ev.row, false);
    conv.vm = vm;
    const first = ev.gfn(POST.start);
    const end = ev.gfn(POST.end);
    if (first < 0 || end <= first) return;
    if (!conv.rangeKnown) {
      if (!ev.has(POST.attrs)) {
        if (conv.vm) forget(w, conv.vm, first, end, ev.row);
        return;
      }
      setRange(conv, first, end, isPrivate(ev.num(POST.attrs)));
    }
    stored(w, conv, first, end, ev.row, true);
  });
  on('VmSetAttrRet', (w, ev, t) => {
    if (t.conv?.scope === 'vm') closeConversion(w, t, t.conv, ev.row, resultOf(ev, VMSET_RET.ret));
  });
  on('VmIoctlRet', (w, ev, t) => {
    const cmd = ev.num(VMIOCTL_RET.cmd);
    if (t.conv?.scope === 'vm' && (cmd < 0 || cmd === SET_ATTRIBUTES))
      closeConversion(w, t, t.conv, ev.row, resultOf(ev, VMIOCTL_RET.ret));
  });
}

/** What the brackets that the kernel counts now span, where that covers what is converted. */
function countedHull(ev: Ev): { readonly first: Gfn; readonly end: Gfn } | undefined {
  const [first, end] = [ev.gfn(PRE.hull_start), ev.gfn(PRE.hull_end)];
  const covers = first >= 0 && first <= ev.gfn(PRE.start) && end >= ev.gfn(PRE.end);
  return covers ? { first, end } : undefined;
}

/** The only bracket that the kernel counts now, where it covers what is converted. */
function countedBracket(ev: Ev): CountedBracket | undefined {
  const hull = countedHull(ev);
  const isOnly = ev.has(PRE.seq) && ev.signed(PRE.inprog, 0) === 1;
  return hull && isOnly ? { seq: ev.num(PRE.seq), ...hull } : undefined;
}

/**
 * Whether the kernel counts a bracket that covers what is converted, where no sequence number tells which:
 * with an end on this thread it is its own.
 */
function isCountedOpen(ev: Ev): boolean {
  return countedHull(ev) !== undefined && !ev.has(PRE.seq) && ev.signed(PRE.inprog, 0) > 0;
}

/**
 * KVM_SET_MEMORY_ATTRIBUTES asks for gfns [first, end). Of a request that could not be read, the range and
 * the direction stay unknown.
 */
function requested(
  w: World,
  ev: Ev,
  t: Thread,
  vm: Vm | undefined,
  first: Gfn,
  end: Gfn,
  attrs: number,
): void {
  const toPrivate = isPrivate(attrs);
  const before = t.conv;
  if (before?.scope === 'vm' && before.rangeKnown) {
    // Several events of one request have one range and direction, and precede its store. Anything else is a
    // second request on a thread whose first never showed its end: that one is over.
    const isSame = before.first === first && before.end === end && before.toPrivate === toPrivate;
    if (!isSame || before.storeRow >= 0) closeConversion(w, t, before, ev.row, undefined);
  }
  const conv = vmConv(w, t, ev.row, true);
  conv.vm ??= vm ?? w.whichVm.atWorkOfThread(t, ev.row);
  if (conv.rangeKnown) return;
  if (attrs >= 0) setRange(conv, first, end, toPrivate);
  w.phase(conv, Phase.Requested, ev.row);
  if (w.recordedVmResult || !conv.vm) return;
  if (conv.rangeKnown) forget(w, conv.vm, first, end, ev.row);
  else forget(w, conv.vm, asGfn(0), PAST_ALL_GFNS, ev.row);
}

/**
 * The thread's conversion on this inode, begun here when no earlier event showed its start. `over` tells that
 * the open one cannot be it.
 */
function inodeConv(
  w: World,
  t: Thread,
  row: number,
  inode: Inode,
  entrySeen: boolean,
  over: (open: Conv) => boolean = () => false,
): Conv {
  const open = t.conv;
  if (open && !over(open) && open.scope === 'inode' && open.inode === inode) return open;
  if (open) closeConversion(w, t, open, row, undefined);
  const conv = w.newConv('inode', t, row, entrySeen);
  conv.inode = inode;
  inode.converting.add(conv);
  return conv;
}

/** Half-open page range of an event with start and nr or end. */
function pageRange(ev: Ev, s: { start: number; nr: number; end: number }): [Pgoff, Pgoff] {
  const first = ev.pgoff(s.start);
  const nr = ev.num(s.nr);
  return [first, nr > 0 ? plus(first, nr) : ev.pgoff(s.end)];
}

function toPrivateOf(ev: Ev, s: { attrs: number; to_private: number }): boolean {
  return ev.has(s.to_private) ? ev.num(s.to_private) !== 0 : isPrivate(ev.num(s.attrs));
}

function lowerInodeConversions(on: On): void {
  on('GmemIoctl', (w, ev, t) => {
    const inode = w.whichFile.ofCall(ev.num(GIOCTL.ino), ev, t);
    if (!inode || !SET_ATTRIBUTES2.includes(ev.num(GIOCTL.cmd))) return;
    const conv = inodeConv(w, t, ev.row, inode, true, () => true);
    const offset = ev.num(GIOCTL.offset);
    const size = ev.num(GIOCTL.size);
    if (offset >= 0 && size > 0 && ev.has(GIOCTL.attrs))
      setRange(
        conv,
        asPgoff(w.pages.ofByte(offset)),
        asPgoff(w.pages.ofByte(offset + size)),
        isPrivate(ev.num(GIOCTL.attrs)),
      );
  });
  on('ConvertEnter', (w, ev, t) => {
    const inode = w.whichFile.ofCall(ev.num(ENTER.ino), ev, t);
    if (!inode) return;
    const over = (open: Conv): boolean => open.enterRow >= 0 || open.blockedRow >= 0 || open.storeRow >= 0;
    const conv = inodeConv(w, t, ev.row, inode, true, over);
    conv.enterRow = ev.row;
    const [first, end] = pageRange(ev, ENTER);
    setRange(conv, first, end, toPrivateOf(ev, ENTER));
    conv.directionAssumed = !ev.has(ENTER.attrs) && !ev.has(ENTER.to_private);
    w.phase(conv, Phase.Requested, ev.row);
  });
  on('ConvertBlocked', (w, ev, t) => {
    const ino = ev.num(BLOCKED.ino);
    const inode = ino > 0 ? w.whichFile.of(ino, ev, t) : t.conv?.inode;
    if (!inode) return;
    const over = (open: Conv): boolean => open.blockedRow >= 0 || open.storeRow >= 0;
    const conv = inodeConv(w, t, ev.row, inode, false, over);
    if (!conv.rangeKnown && ev.num(BLOCKED.start) >= 0) {
      conv.directionAssumed = !ev.has(BLOCKED.attrs);
      const toPrivate = conv.directionAssumed || isPrivate(ev.num(BLOCKED.attrs));
      setRange(conv, ev.pgoff(BLOCKED.start), ev.pgoff(BLOCKED.end), toPrivate);
    }
    conv.blockedRow = ev.row;
    w.phase(conv, Phase.Blocked, ev.row);
    w.facts.tell.convBlocked(conv, ev.row);
  });
  on('ConvertSafeRet', (w, ev, t) => {
    if (t.conv && ev.has(SAFE.safe)) checked(w, t.conv, ev.num(SAFE.safe) !== 0, ev.row);
  });
  on('HasRefsRet', (w, ev, t) => {
    if (t.conv && ev.has(HAS_REFS.busy)) checked(w, t.conv, ev.num(HAS_REFS.busy) === 0, ev.row);
  });
  on('StoreAttr', (w, ev, t) => storeAttr(w, ev, t));
  on('ConvertRet', (w, ev, t) => {
    const ino = ev.num(RET.ino);
    const inode = ino > 0 ? w.whichFile.of(ino, ev, t) : t.conv?.inode;
    if (!inode) return;
    const conv = inodeConv(w, t, ev.row, inode, false);
    const [first, end] = pageRange(ev, RET);
    if (first >= 0 && (!conv.rangeKnown || (conv.directionAssumed && conv.storeRow < 0))) {
      setRange(conv, first, end, toPrivateOf(ev, RET));
      conv.directionAssumed = !ev.has(RET.attrs) && !ev.has(RET.to_private);
    }
    conv.errorOffset = ev.has(RET.error_index)
      ? ev.num(RET.error_index) * w.pages.bytes
      : ev.num(RET.error_offset);
    closeConversion(w, t, conv, ev.row, resultOf(ev, RET.ret));
  });
  on('GmemIoctlRet', (w, ev, t) => {
    if (t.conv?.scope === 'inode') closeConversion(w, t, t.conv, ev.row, resultOf(ev, GIOCTL_RET.ret));
  });
}

/** The kernel's own check for references to the pages gave its result. */
function checked(w: World, conv: Conv, safe: boolean, row: number): void {
  conv.kernelSaysSafe = safe ? 1 : 0;
  conv.safeRow = row;
  if (safe) w.phase(conv, Phase.RefsOk, row);
}

function storeAttr(w: World, ev: Ev, t: Thread): void {
  const ino = ev.num(STORE.ino);
  const inode = ino > 0 ? w.whichFile.of(ino, ev, t) : t.conv?.inode;
  if (!inode) return;
  if (!ev.has(STORE.attrs) && !ev.has(STORE.to_private)) {
    forgetPages(w, inode, asPgoff(0), PAST_ALL_PGOFFS, ev.row);
    return;
  }
  const toPrivate = toPrivateOf(ev, STORE);
  // Where neither entry nor return is recorded, the next conversion shows itself by its store.
  const over = (open: Conv): boolean =>
    open.storeRow >= 0 && (!open.entrySeen || open.toPrivate !== toPrivate);
  const conv = inodeConv(w, t, ev.row, inode, false, over);
  const first = ev.pgoff(STORE.start);
  const last = ev.pgoff(STORE.last);
  const end = last >= 0 ? plus(last, 1) : ev.pgoff(STORE.end);
  if (!conv.rangeKnown && first >= 0 && end > first) {
    setRange(conv, first, end, toPrivate);
    conv.rangeMerged = last >= 0;
  } else if (conv.directionAssumed) conv.toPrivate = toPrivate;
  conv.directionAssumed = false;
  if (!conv.rangeKnown || !isInodeConv(conv)) return;
  noteChanged(w, conv, inode, first, end, toPrivate, ev.row);
  w.facts.tell.shimOp(t, inode, conv.first, conv.end, ev.row, 'store');
  // Those asked for have the value now, unless the store is seen to leave some of them out.
  const isPart = first >= 0 && end > first && (first > conv.first || end < conv.end);
  stored(w, conv, isPart ? first : conv.first, isPart ? end : conv.end, ev.row, true);
}

/**
 * What a store certainly changes: pages of its range that had the other value. A merged range holds others
 * too.
 */
function noteChanged(
  w: World,
  conv: Conv,
  inode: Inode,
  first: Pgoff,
  end: Pgoff,
  toPrivate: boolean,
  row: number,
): void {
  if (first < 0 || end <= first) return;
  const other = toPrivate ? Attr.Shared : Attr.Private;
  inode.attr.visit(first, end, (from, to, value, since) => {
    if (value !== other || w.gapBetween(since, row)) return;
    if (from < conv.changedFirst) conv.changedFirst = from;
    if (to > conv.changedEnd) conv.changedEnd = to;
  });
}
