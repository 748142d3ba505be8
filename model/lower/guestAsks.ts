/**
 * What a guest asks for: KVM_HC_MAP_GPA_RANGE of a hypercall, a page state change of SEV-SNP by MSR, and what
 * QEMU is told of either and of TDX's MapGPA. The pages of a GHCB's batch are in no event of the kernel; QEMU
 * is told of them range by range.
 */
import type { Ev } from '../world/event.js';
import type { On } from './lowering.js';
import { asGfn, type Gfn, plus } from '../../parsers/base/units.js';
import { slotsOf } from '../world/slots.js';
import type { GuestAsk, Thread } from '../world/state.js';
import { KVM_RUN } from './syscalls.js';
import type { World } from '../world/world.js';

const HYPERCALL = slotsOf('Hypercall', 'nr', 'a0', 'a1', 'a2');
const MSR = slotsOf('VmgexitMsrEnter', 'ghcb_gpa');
const GHCB = slotsOf('VmgexitEnter', 'reason');
const QEMU = slotsOf('QemuMapGpaRange', 'gpa', 'size', 'attrs');
const IOCTL = slotsOf('SysEnterIoctl', 'cmd');

/** include/uapi/linux/kvm_para.h. */
const KVM_HC_MAP_GPA_RANGE = 12;
const ENCRYPTED = 1 << 4;
/** The attributes' low bits are the size of the pages, 4K, 2M or 1G; none is known above these. */
const SIZE_MASK = 0xf;
const PAGES_OF_SIZE: readonly number[] = [1, 512, 512 * 512];
/** GHCB_MSR_PSC_REQ of arch/x86/include/asm/sev-common.h: code, frame at bit 12, operation at bit 52. */
const PSC_REQUEST = 0x14;
const CODE_MASK = 0xfff;
const PAGE_BITS = 12;
const FRAMES_PER_HIGH_STEP = 2 ** (32 - PAGE_BITS);
const FRAME_HIGH_MASK = 0xfffff;
const OPERATION_SHIFT = 20;
const PSC_PRIVATE = 1;
const PSC_SHARED = 2;

/** SVM_VMGEXIT_PSC of arch/x86/include/uapi/asm/svm.h. */
const PSC_BATCH = 0x80000010;

function asks(
  w: World,
  t: Thread,
  row: number,
  first: Gfn,
  count: number,
  toPrivate: boolean,
  how: GuestAsk['how'],
): void {
  answered(w, t, row);
  if (first < 0 || count <= 0) return;
  const vm = w.whichVm.atWorkOfThread(t, row);
  t.asked = { row, vm, first, end: plus(first, count), toPrivate, how, toldVmm: false };
}

/** The vCPU of a thread runs again: what its guest asked for is done, or refused. */
function answered(w: World, t: Thread, row: number): void {
  const { asked, askedInBatch: batch } = t;
  t.asked = undefined;
  if (asked?.toldVmm) w.facts.tell.guestAskAnswered(asked, row);
  else if (batch?.toldVmm) w.facts.tell.guestBatchAnswered(batch, row);
  if (batch) batch.toldVmm = false;
}

function askedByMsr(w: World, ev: Ev, t: Thread): void {
  const lo = ev.lo(MSR.ghcb_gpa);
  const hi = ev.hi(MSR.ghcb_gpa);
  if ((lo & CODE_MASK) !== PSC_REQUEST) return;
  const operation = hi >>> OPERATION_SHIFT;
  if (operation !== PSC_PRIVATE && operation !== PSC_SHARED) return;
  const gfn = asGfn((hi & FRAME_HIGH_MASK) * FRAMES_PER_HIGH_STEP + (lo >>> PAGE_BITS));
  asks(w, t, ev.row, gfn, 1, operation === PSC_PRIVATE, 'PSC by MSR');
}

/** True for a request as the ABI has it: a test's guest may speak with its VMM as it likes. */
function isOfAbi(first: Gfn, count: number, attributes: number): boolean {
  if ((attributes & ~(ENCRYPTED | SIZE_MASK)) !== 0) return false;
  const pages = PAGES_OF_SIZE[attributes & SIZE_MASK];
  return pages !== undefined && first % pages === 0 && count % pages === 0;
}

export function lowerGuestAsks(on: On): void {
  on('Hypercall', (w, ev, t) => {
    if (ev.num(HYPERCALL.nr) !== KVM_HC_MAP_GPA_RANGE) return;
    const first = asGfn(w.pages.ofByte(ev.num(HYPERCALL.a0)));
    const count = ev.num(HYPERCALL.a1);
    const attributes = ev.lo(HYPERCALL.a2);
    asks(w, t, ev.row, first, count, (attributes & ENCRYPTED) !== 0, 'MAP_GPA_RANGE');
    if (t.asked && !isOfAbi(first, count, attributes)) t.asked.vm.asksInOwnWords = true;
  });
  on('VmgexitEnter', (w, ev, t) => {
    answered(w, t, ev.row);
    const isBatch = ev.num(GHCB.reason) === PSC_BATCH;
    t.askedInBatch = isBatch
      ? { row: ev.row, vm: w.whichVm.atWorkOfThread(t, ev.row), toldVmm: false }
      : undefined;
  });
  on('VmgexitMsrEnter', (w, ev, t) => askedByMsr(w, ev, t));
  on('QemuMapGpaRange', (w, ev, t) => {
    const first = asGfn(w.pages.ofByte(ev.num(QEMU.gpa)));
    const toPrivate = (ev.lo(QEMU.attrs) & ENCRYPTED) !== 0;
    if (t.askedInBatch) t.askedInBatch.toldVmm = false;
    // Of what an event showed already it is the news that QEMU was told.
    if (t.asked?.first !== first)
      asks(w, t, ev.row, first, w.pages.forBytes(ev.num(QEMU.size)), toPrivate, 'MAP_GPA_RANGE');
    if (t.asked) t.asked.toldVmm = true;
  });
  on('UserspaceExit', (_w, _ev, t) => {
    const told = t.asked ?? t.askedInBatch;
    if (told) told.toldVmm = true;
  });
  on('SysEnterIoctl', (w, ev, t) => {
    if ((t.asked || t.askedInBatch) && ev.num(IOCTL.cmd) === KVM_RUN) answered(w, t, ev.row);
  });
  on('KvmEntry', (w, ev, t) => answered(w, t, ev.row));
  on('KvmPageFault', (w, ev, t) => answered(w, t, ev.row));
}
