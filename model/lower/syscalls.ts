/** System calls: the frame in which a thread's probes fire, and the only witness of some results. */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { slotsOf } from '../world/slots.js';
import { closeConversion, isSetAttributes, requestByIoctl } from './conversions.js';
import { endGup } from './references.js';
import { unmapped } from './vmas.js';
import { groupOf, type Inode, type SyscallCtx, type Thread } from '../world/state.js';
import type { World } from '../world/world.js';

/** ioctl numbers of include/uapi/linux/kvm.h. */
const KVM_CREATE_VM = 0xae01;
const KVM_CREATE_GUEST_MEMFD = 0xc040aed4;
export const KVM_RUN = 0xae80;
const TYPE_PROTECTED_SHIFT = 31;
const TWO_TO_32 = 2 ** 32;
const STDERR = 2;
/** Descriptors of a process are fewer: fs.nr_open. */
const MAX_FILES = 1 << 20;

function enter(w: World, t: Thread, ctx: SyscallCtx): void {
  // It has not exited, then, but executes another program.
  if (t.left) w.leaveVms(t, ctx.row);
  // A thread that enters the kernel has left its last call: a conversion whose return was not seen is over.
  if (t.conv) closeConversion(w, t, t.conv, ctx.row, undefined);
  t.mmapNotify = undefined;
  t.syscall = ctx;
  t.vmFresh = false;
  endGup(w, t);
  t.lastGupStart = -1;
}

/** Ends the frame, and returns it: whatever was open in it has returned. */
function leave(w: World, t: Thread, row: number, name: string): SyscallCtx | undefined {
  const ctx = t.syscall;
  t.syscall = undefined;
  t.vmFresh = false;
  if (ctx) w.facts.tell.callReturn(t, row, ctx.row, name);
  return ctx;
}

/** Calls that work on a file, with the slot of its descriptor. */
const FD_SLOTS: Readonly<Partial<Record<SyscallCtx['name'], number>>> = {
  mmap: slotsOf('SysEnterMmap', 'fd').fd,
  fallocate: slotsOf('SysEnterFallocate', 'fd').fd,
};

const IOCTL = slotsOf('SysEnterIoctl', 'fd', 'cmd', 'arg');
const CLOSE = slotsOf('SysEnterClose', 'fd');
const IOCTL_RET = slotsOf('SysExitIoctl', 'ret');

/** KVM_VM_TYPE_ARM_PROTECTED, bit 31 of the type, which no VM of x86 has. */
function isProtectedType(ev: Ev): boolean | undefined {
  return ev.has(IOCTL.arg) ? ev.lo(IOCTL.arg) >>> TYPE_PROTECTED_SHIFT === 1 : undefined;
}

export function lowerSyscalls(on: On): void {
  on('SysEnterIoctl', (w, ev, t) => {
    // The kernel's cmd is an unsigned int; a syscall tracepoint may show what the caller had above it.
    const cmd = ev.num(IOCTL.cmd) % TWO_TO_32;
    enter(w, t, { name: 'ioctl', row: ev.row, a: cmd, b: 0, fd: ev.num(IOCTL.fd), isRun: cmd === KVM_RUN });
    if (cmd === KVM_CREATE_VM) w.whichVm.create(t, ev.row, isProtectedType(ev));
    else if (cmd === KVM_CREATE_GUEST_MEMFD) w.creatingCalls++;
    else if (isSetAttributes(cmd)) w.convertingCalls++;
  });
  on('SysExitIoctl', (w, ev, t) => {
    const ret = ev.signed(IOCTL_RET.ret, NaN);
    const ctx = t.syscall;
    if (ctx?.name === 'ioctl') ioctlReturned(w, t, ctx, ret, ev.row);
    // A conversion in flight ends with its ioctl, whatever number a shim gave that.
    if (t.conv) closeConversion(w, t, t.conv, ev.row, Number.isNaN(ret) ? undefined : ret);
    else if (ctx && isSetAttributes(ctx.a) && ret === 0 && t.lastConvRow < ctx.row) requestByIoctl(w, ev, t);
    leave(w, t, ev.row, 'ioctl');
  });
  const pairs = [
    ['Mmap', 'mmap', 'addr', 'len'],
    ['Munmap', 'munmap', 'addr', 'len'],
    ['Mremap', 'mremap', 'addr', 'old_len'],
    ['Mprotect', 'mprotect', 'addr', 'len'],
    ['Mlock', 'mlock', 'addr', 'len'],
    ['Madvise', 'madvise', 'addr', 'len'],
    ['Fallocate', 'fallocate', 'offset', 'len'],
  ] as const;
  for (const [suffix, name, a, b] of pairs) {
    const inSlots = slotsOf(`SysEnter${suffix}`, a, b) as Record<string, number>;
    const fdSlot = FD_SLOTS[name] ?? -1;
    const out = slotsOf(`SysExit${suffix}`, 'ret');
    on(`SysEnter${suffix}`, (w, ev, t) => {
      const fd = fdSlot < 0 ? -1 : ev.num(fdSlot);
      enter(w, t, { name, row: ev.row, a: ev.num(inSlots[a]!), b: ev.num(inSlots[b]!), fd, isRun: false });
      t.syscallOn = touchedMapping(w, t);
    });
    on(`SysExit${suffix}`, (w, ev, t) => {
      const ctx = t.syscall;
      const ret = ev.signed(out.ret, NaN);
      if (ctx?.name === name && ret >= 0) succeeded(w, t, ctx, ev.row);
      leave(w, t, ev.row, name);
    });
  }
  on('SysEnterClose', (w, ev, t) => {
    const fd = ev.num(CLOSE.fd);
    enter(w, t, { name: 'close', row: ev.row, a: 0, b: 0, fd, isRun: false });
    if (fd >= 0) w.whichFile.descriptorEnded(t, fd);
  });
  on('SysExitClose', (w, ev, t) => void leave(w, t, ev.row, 'close'));
  on('SysEnterVmRead', (w, ev, t) =>
    enter(w, t, { name: 'other', row: ev.row, a: 0, b: 0, fd: -1, isRun: false }),
  );
  on('SysExitVmRead', (w, ev, t) => void leave(w, t, ev.row, 'process_vm'));
}

/**
 * The tracked file whose mapping an mprotect or mlock covers in part, or an mremap moves; asked at entry,
 * before any split.
 */
function touchedMapping(w: World, t: Thread): Inode | undefined {
  const ctx = t.syscall;
  if (!ctx || (ctx.name !== 'mprotect' && ctx.name !== 'mlock' && ctx.name !== 'mremap')) return undefined;
  const [start, end] = span(w, ctx);
  for (const inode of w.mappedFiles.list()) {
    for (const vma of inode.vmas) {
      if (vma.tgid !== groupOf(t) || start >= vma.end || end <= vma.start) continue;
      if (ctx.name === 'mremap' || start > vma.start || end < vma.end) return inode;
    }
  }
  return undefined;
}

/** Half-open address range of a call, in whole pages. */
function span({ pages }: World, ctx: SyscallCtx): [number, number] {
  return [ctx.a, ctx.a + pages.forBytes(ctx.b) * pages.bytes];
}

/** What an ioctl's result, NaN for none, says of the names of VMs and files. */
function ioctlReturned(w: World, t: Thread, ctx: SyscallCtx, ret: number, row: number): void {
  if (Number.isNaN(ret)) return;
  if (ctx.a === KVM_CREATE_VM) w.whichVm.createReturned(t, ctx.row, ret);
  else if (ctx.a === KVM_CREATE_GUEST_MEMFD) w.whichFile.createCallReturned(t, ctx.row, ret, row);
  // What the call worked on is open, so that a new file has another descriptor.
  else if (ret > STDERR && ret < MAX_FILES && ret !== ctx.fd && !ctx.isRun)
    w.whichFile.descriptorMade(t, ret, row);
}

/** An address space call that succeeded: what it did to the mappings of files. */
function succeeded(w: World, t: Thread, ctx: SyscallCtx, row: number): void {
  if (ctx.name === 'munmap') unmapped(w, t, ...span(w, ctx), row, ctx.row);
  else if (t.syscallOn) w.facts.tell.vmaSplit(t.syscallOn, row, ctx.name, ctx.row);
}
