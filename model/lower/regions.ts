/**
 * Memslots that are asked for and what becomes of them: QEMU says both in one line, the kernel's probes at
 * the entry of the call and at a return. One that is refused changes nothing; it is news to whoever reads the
 * trace.
 */
import type { Ev } from '../world/event.js';
import { learnSlot, nameSlot } from './files.js';
import type { On } from './lowering.js';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { K, slotsOf } from '../world/slots.js';
import { removeSlot } from '../world/memslots.js';
import { holderOf, regionKey } from '../world/regions.js';
import type { Region, Slot, Thread, Vm } from '../world/state.js';
import type { World } from '../world/world.js';

const QMEM = slotsOf(
  'QemuSetUserMemory',
  'as_id',
  'slot',
  'flags',
  'gpa',
  'size',
  'ua',
  'gmem_fd',
  'gmem_offset',
  'ret',
);
const ASKED = slotsOf(
  'SetMemoryRegion',
  'kvm',
  'slot',
  'flags',
  'gpa',
  'size',
  'hva',
  'gmem_fd',
  'gmem_offset',
);
const ASKED_RET = slotsOf('SetMemoryRegionRet', 'ret');
const BIND_RET = slotsOf('GmemBindRet', 'ret');
const IOCTL_RET = slotsOf('SysExitIoctl', 'ret');
const BIND = K('GmemBind');

/** Before the file was printed, a flag alone told that there is one. */
const KVM_MEM_GUEST_MEMFD = 4;
/** Up to QEMU 8 and in the kernel, the address space is in the upper half of a memslot's number. */
const AS_SHIFT = 16;
const ID_MASK = (1 << AS_SHIFT) - 1;

/** Where the parts of a memslot stand in an event. */
interface Parts {
  readonly slot: number;
  readonly flags: number;
  readonly gpa: number;
  readonly size: number;
  readonly ua: number;
  readonly gmem_fd: number;
  readonly gmem_offset: number;
}

/** What an event asks for, undefined where it was not read. */
function regionOf(w: World, ev: Ev, s: Parts, asId: number): Region | undefined {
  if (!ev.has(s.slot) || !ev.has(s.gpa) || !ev.has(s.size)) return undefined;
  const number = ev.num(s.slot);
  const isOfFile = ev.has(s.flags) && (ev.num(s.flags) & KVM_MEM_GUEST_MEMFD) !== 0;
  return {
    id: number & ID_MASK,
    asId: asId >= 0 ? asId : number >>> AS_SHIFT,
    baseGfn: asGfn(w.pages.ofByte(ev.num(s.gpa))),
    npages: w.pages.ofByte(ev.num(s.size)),
    ua: ev.num(s.ua),
    isOfFile,
    fd: isOfFile ? ev.signed(s.gmem_fd, -1) : -1,
    pgoff: asPgoff(isOfFile && ev.has(s.gmem_offset) ? w.pages.ofByte(ev.num(s.gmem_offset)) : -1),
    inode: undefined,
    row: ev.row,
  };
}

export function lowerRegions(on: On): void {
  on('QemuSetUserMemory', (w, ev, t) => {
    const region = regionOf(w, ev, QMEM, ev.num(QMEM.as_id));
    const ret = ev.signed(QMEM.ret, NaN);
    if (!region || Number.isNaN(ret)) return;
    const vm = w.whichVm.ofThread(t, ev.row);
    if (ret >= 0 && isOfNextBoot(vm, region)) forgetBoot(w, vm, ev.row);
    answered(w, vm, region, ev.row, ret);
    if (ret === 0 && region.isOfFile) learnRegion(w, vm, region, ev.num(QMEM.slot), -1);
  });
  on('SetMemoryRegion', (w, ev, t) => {
    if (ev.has(ASKED.kvm)) w.whichVm.atWork(ev, t, ASKED.kvm);
    t.region = regionOf(w, ev, { ...ASKED, ua: ASKED.hva }, -1);
  });
  on('SetMemoryRegionRet', (w, ev, t) => returned(w, t, ev.row, ev.signed(ASKED_RET.ret, NaN)));
  on('GmemBindRet', (w, ev, t) => {
    const ret = ev.signed(BIND_RET.ret, NaN);
    // Several probes may sit at its return.
    if (!t.bind || t.isBindAnswered || Number.isNaN(ret)) return;
    t.isBindAnswered = true;
    const region = regionOfSlot(t.bind, t.region);
    t.region = undefined;
    answered(w, t.bind.vm, region, ev.row, ret);
  });
  on('SysExitIoctl', (w, ev, t) => returned(w, t, ev.row, ev.signed(IOCTL_RET.ret, NaN)));
}

/** The call that a thread asks for a memslot by returned, NaN where the event does not say what. */
function returned(w: World, t: Thread, row: number, ret: number): void {
  const { region } = t;
  t.region = undefined;
  if (!region || Number.isNaN(ret)) return;
  const vm = w.whichVm.ofThread(t, row);
  answered(w, vm, region, row, ret);
  // Where no bind shows, as in kernels that have kvm_gmem_bind inlined, this is what tells of it.
  if (ret !== 0 || !changesSlots(vm, region, region.id) || w.recorded(BIND)) return;
  const slot = learnRegion(w, vm, region, region.id, region.fd);
  if (!slot) return;
  if (slot.fd >= 0) nameSlot(w, slot, w.whichFile.ofSlot(slot, t), row);
  w.facts.tell.bindOk(slot, row);
}

/** What a bind is about, with what the call around it said. */
function regionOfSlot(slot: Slot, asked: Region | undefined): Region {
  return {
    id: slot.id & ID_MASK,
    asId: asked?.asId ?? 0,
    baseGfn: slot.baseGfn,
    npages: slot.npages,
    ua: asked?.ua ?? -1,
    isOfFile: true,
    fd: slot.fd,
    pgoff: slot.pgoff,
    inode: slot.inode,
    row: slot.fromRow,
  };
}

/** The kernel's answer: a size of 0 takes a memslot away, and one that is refused changes nothing. */
function answered(w: World, vm: Vm, region: Region, row: number, ret: number): void {
  if (ret < 0) {
    const { live } = vm.slots;
    const others = [...vm.regions.values(), ...live.map((slot) => regionOfSlot(slot, undefined))];
    const refusal = { vm, region, errno: ret, row, holder: holderOf(others, region, w.pages.bytes) };
    w.refusals.push(refusal);
    w.facts.tell.regionRefused(refusal);
    return;
  }
  if (region.npages > 0) vm.regions.set(regionKey(region), region);
  else vm.regions.delete(regionKey(region));
  w.facts.tell.regionTaken(region);
}

/** True for a region by which a memslot of a file would be learnt, or taken away. */
function changesSlots({ slots }: Vm, { npages, isOfFile }: Region, id: number): boolean {
  const isLive = slots.live.some((s) => s.id === id);
  return npages > 0 ? !isLive && isOfFile : isLive;
}

/** A memslot of a file was made, which is returned where it is new, or one was taken away. */
function learnRegion(w: World, vm: Vm, region: Region, id: number, fd: number): Slot | undefined {
  const { baseGfn, npages, pgoff, row, isOfFile } = region;
  const live = vm.slots.live.find((s) => s.id === id);
  if (npages > 0) {
    if (!live && isOfFile) return learnSlot(w, vm, id, baseGfn, npages, pgoff, undefined, row, fd, true);
  } else if (live) removeSlot(w.ops, live, row);
  return undefined;
}

/**
 * A memslot that is there is asked for with another size or other memory, and the kernel took it: it changes
 * neither, so that one is of a guest that is gone.
 */
function isOfNextBoot({ regions }: Vm, region: Region): boolean {
  const before = regions.get(regionKey(region));
  return (
    before !== undefined && region.npages > 0 && (before.npages !== region.npages || before.ua !== region.ua)
  );
}

/**
 * A log of QEMU's goes on with its next guest: what was there is gone. The kernel's own events tell that
 * themselves.
 */
function forgetBoot(w: World, vm: Vm, row: number): void {
  vm.regions.clear();
  if (vm.slots.live.length === 0 || w.recorded(BIND)) return;
  for (const slot of [...vm.slots.live]) removeSlot(w.ops, slot, row);
}
