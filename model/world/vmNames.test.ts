/** Kernel pointers, thread groups and tasks are used again: what ends the life of a VM, and what does not. */
import assert from 'node:assert/strict';
import type { Judged } from '../../test/golden/judge.js';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';
import { type NewWorld, worldOf } from '../../test/support/worldOf.js';
import { asGfn, asPfn } from '../../parsers/base/units.js';
import { Attr, Op } from '../ops/oplog.js';
import { slotsOf } from './slots.js';
import type { Bracket, Slot, SyscallCtx, Thread, Vm } from './state.js';

const KVM = '0xffff888100aa0000';
const OTHER = '0xffff888100bb0000';
const PID = 10;

const by =
  (tgid: number, tid = tgid) =>
  (event: string): Said => ({ event, tid, tgid });
const own = by(PID);
const said = (events: readonly (string | Said)[]): Said[] =>
  events.map((one) => (typeof one === 'string' ? own(one) : one));

const bind = (kvm = KVM, slot = 1): string[] => [
  `kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) kvm=${kvm} slot=${slot} base_gfn=0x1000 npages=4 fd=8 offset=0x0`,
  'kvm_gmem_bind_ret: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0',
];
const unbind = 'kvm_gmem_unbind: (kvm_gmem_unbind+0x0/0x90) slot=1 base_gfn=0x1000 npages=4 pgoff=0x0';
const toPrivate = (kvm = KVM): string[] => [
  'sys_ioctl(fd: 4, cmd: 0x4020aed2, arg: 0x7f00)',
  'kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250) ' +
    `kvm=${kvm} slot=1 start=0x1000 end=0x1002 attributes=0x8`,
  'sys_ioctl -> 0x0',
];
/** A shared fault on a gfn that installs an SPTE: wrong where the gfn is private. */
const faultsShared = (kvm = KVM): string[] => [
  'kvm_page_fault: vcpu 0 rip 0x1 address 0x0000000001000000 error_code 0x4',
  `kvm_tdp_mmu_map: (kvm_tdp_mmu_map+0x0/0x7c0) kvm=${kvm} gfn=0x1000 pfn=0x1021e9 fault_seq=8 seq=8 inprog=0 priv=0`,
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 8000000000000000 new_spte 1021e9e67',
];
const zapped =
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 1021e9e67 new_spte 8000000000000000';
const createVm = (fd: number): string[] => ['sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)', `sys_ioctl -> 0x${fd}`];
const createGmem = (vmFd: number, kvm = KVM): string[] => [
  `sys_ioctl(fd: ${vmFd}, cmd: 0xc040aed4, arg: 0x7ffe371f1f90)`,
  `kvm_gmem_create: (kvm_gmem_create+0x0/0x2d0) kvm=${kvm} size=0x4000 flags=0x0`,
  'kvm_gmem_create_ret: (kvm_vm_ioctl+0x8f7/0x2390 <- kvm_gmem_create) fd=8',
  'sys_ioctl -> 0x8',
];

const mismatches = (judged: Judged): string[] =>
  judged.analysis.findings.filter((f) => f.rule === 'G7').map((f) => f.verdict);
const judge = (events: readonly (string | Said)[]): Judged => judgeAll(said(events), ['guest-memfd']);

describe('a VM', () => {
  const lives = [...bind(), ...toPrivate()];

  it('keeps its attributes while nothing ends its life', () => {
    assert.deepEqual(mismatches(judge([...lives, ...faultsShared()])), ['violation']);
  });

  const ends: Readonly<Record<string, readonly (string | Said)[]>> = {
    'it is destroyed': [`kvm_destroy_vm: (kvm_destroy_vm+0x0/0x300) kvm=${KVM}`],
    'its process leaves its address space': [
      'unmap_vmas: (unmap_vmas+0x0/0x170) vma_start=0x0 vma_end=0xffffffffffffffff',
    ],
    'exit_mmap says so': ['exit_mmap: mt_mod ffff888104c4d140, DESTROY'],
    'its process exits, and the number calls the kernel again': [
      'sched_process_exit: comm=qemu pid=10 prio=120',
      'sys_munmap(addr: 0x1000, len: 0x1000)',
    ],
    'another process is at work under its pointer': faultsShared().map(by(20)),
    'another process is born with its number': [
      by(1)('sched_process_fork: comm=sh pid=1 child_comm=sh child_pid=10'),
    ],
    'its last slot goes and one is bound again': [unbind, ...bind()],
    'a slot is bound under the id of one that lives': bind(),
    'its process has another VM made, which shows the same pointer': [...createVm(5), ...createGmem(5)],
    'its process has another VM made, which may be this one': [
      ...createVm(5),
      'sys_ioctl(fd: 6, cmd: 0xae80, arg: 0)',
    ],
  };
  for (const [what, events] of Object.entries(ends)) {
    it(`is not known any more once ${what}`, () => {
      const found = mismatches(judge([...lives, ...events, ...faultsShared()]));
      assert.ok(!found.includes('violation'), found.join());
    });
  }

  it('is known again from its creation: what is wrong in a second life is found', () => {
    const second = [...createVm(5), ...createGmem(5), ...bind(), ...toPrivate(), ...faultsShared()];
    assert.deepEqual(mismatches(judge([...lives, ...second])), ['violation']);
  });

  it('stays the same through its teardown', () => {
    const teardown = [`kvm_destroy_vm: (kvm_destroy_vm+0x0/0x300) kvm=${KVM}`, zapped, unbind];
    const { analysis } = judge([...lives, ...teardown]);
    assert.deepEqual(
      [analysis.vms.length, analysis.slots.map((slot) => slot.untilRow)],
      [1, [lives.length + 2]],
    );
  });

  it('is told from a second one of its process by the descriptor that its creation returned', () => {
    const { analysis } = judge([
      ...createVm(4),
      ...createGmem(4),
      ...bind(),
      ...createVm(5),
      ...createGmem(4),
      ...createGmem(5, OTHER),
      ...bind(OTHER),
    ]);
    assert.deepEqual(
      analysis.vms.map((vm) => vm.kvm.toString(16)),
      [KVM, OTHER].map((kvm) => kvm.slice(2)),
    );
  });

  it('is not another one because its creation failed', () => {
    const failed = ['sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)', 'sys_ioctl -> 0xffffffffffffffea'];
    const found = mismatches(judge([...lives, ...failed, ...faultsShared()]));
    assert.deepEqual(found, ['violation']);
  });

  it('is not another one because a worker of the kernel names it', () => {
    const worker = by(77)(
      `kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${KVM} inprog=0 seq=8`,
    );
    assert.deepEqual(mismatches(judge([...lives, worker, ...faultsShared()])), ['violation']);
  });

  it('belongs to the process that has it at work, not to the task that named it first', () => {
    const worker = by(77)(
      `kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${KVM} inprog=0 seq=8`,
    );
    const { analysis } = judge([worker, ...lives]);
    assert.deepEqual(
      analysis.vms.map((vm) => vm.tgid),
      [PID],
    );
  });

  it('is not that of a task whose number is in another group now', () => {
    const vcpu = by(PID, 11);
    const next = by(20, 11);
    const fault = [
      'kvm_page_fault: vcpu 0 rip 0x1 address 0x0000000001000000 error_code 0x4',
      'kvm_mmu_faultin_pfn: (kvm_mmu_faultin_pfn+0x0/0x740) gfn=0x1000 addr=0x1000000 error_code=0x4',
      faultsShared()[2]!,
    ];
    const first = [...bind(), ...toPrivate().map(vcpu)];
    assert.deepEqual(mismatches(judge([...first, ...fault.map(vcpu)])), ['violation']);
    assert.deepEqual(mismatches(judge([...first, ...fault.map(next)])), []);
  });
});

describe('which VM a call is about', () => {
  const FLUSH_KVM = slotsOf('FlushRemoteTlbs', 'kvm').kvm;
  const flush = `kvm_flush_remote_tlbs: (kvm_flush_remote_tlbs+0x0/0x30) kvm=${KVM}`;
  const unnamed = 'unnamed_flush: (kvm_flush_remote_tlbs+0x0/0x30) x=1';
  const OWN = 0;
  const WORKER = 4;
  const NO_GROUP = 6;
  const UNNAMED = 8;
  /** Rows of the VM's process, of a worker of the kernel, of a task without a group, without a pointer. */
  const someWorld = (): NewWorld => {
    const groupless: Said = { event: flush, tid: 50, tgid: -1 };
    return worldOf(
      ...Array.from({ length: WORKER }, () => own(flush)),
      ...Array.from({ length: NO_GROUP - WORKER }, () => by(77)(flush)),
      ...Array.from({ length: UNNAMED - NO_GROUP }, () => groupless),
      ...Array.from({ length: 3 }, () => by(30)(unnamed)),
    );
  };
  const named = ({ w, at }: NewWorld, row: number): Vm => w.whichVm.of(...at(row), FLUSH_KVM);
  const atWork = ({ w, at }: NewWorld, row: number): Vm => w.whichVm.atWork(...at(row), FLUSH_KVM);
  const ioctl = (row: number, fd: number, isRun = false): SyscallCtx => ({
    name: 'ioctl',
    row,
    a: 0,
    b: 0,
    fd,
    isRun,
  });

  it('belongs to the first process that names it, also where a task without a group named it before', () => {
    const world = someWorld();
    const vm = named(world, NO_GROUP);
    assert.equal(vm.tgid, -1);
    named(world, OWN);
    assert.equal(vm.tgid, PID);
    named(world, NO_GROUP + 1);
    named(world, WORKER);
    assert.equal(vm.tgid, PID);
  });

  it('is taken from a worker by the process that has it at work, and by no task without a group', () => {
    const world = someWorld();
    const { w } = world;
    const vm = named(world, WORKER);
    atWork(world, NO_GROUP);
    assert.deepEqual([vm.tgid, vm.ownerSure], [77, false]);
    atWork(world, OWN);
    assert.deepEqual([vm.tgid, vm.ownerSure], [PID, true]);
    w.whichVm.groupLeft(77);
    assert.equal(vm.over, 'no', 'what becomes of the worker says nothing');
    w.whichVm.groupLeft(PID);
    assert.equal(vm.over, 'yes');
  });

  it('makes a process an owner once it had one at work, or has one without a pointer', () => {
    const isOwner = (use: (world: NewWorld) => void, group: number): boolean => {
      const world = someWorld();
      use(world);
      return world.w.whichVm.isOwner(group);
    };
    assert.equal(
      isOwner(() => undefined, PID),
      false,
    );
    assert.equal(
      isOwner((world) => named(world, OWN), PID),
      false,
      'it may be a worker',
    );
    assert.equal(
      isOwner((world) => atWork(world, OWN), PID),
      true,
    );
    assert.equal(
      isOwner(({ w, at }) => w.whichVm.ofThread(at(UNNAMED)[1], UNNAMED), 30),
      true,
    );
  });

  it('is over where its names pass on, with all that was known of it', () => {
    const world = someWorld();
    const { w, at } = world;
    const vm = atWork(world, OWN);
    w.whichVm.destroyed(vm);
    assert.deepEqual([vm.over, vm.replaced], ['yes', false]);
    vm.over = 'maybe';
    w.whichVm.create(at(1)[1], 1);
    const next = atWork(world, 2);
    assert.notEqual(next, vm);
    assert.deepEqual(
      [vm.over, vm.replaced, next.over, next.fresh, next.createdRow],
      ['yes', true, 'no', true, 1],
    );
    assert.equal(next.attr.get(asGfn(0)), Attr.Shared);
  });

  it('is doubted once for each VM that its process has created', () => {
    const world = someWorld();
    const { w, at } = world;
    const vm = atWork(world, OWN);
    const isKnown = (row: number): boolean => {
      vm.fresh = true;
      assert.equal(atWork(world, row), vm);
      return vm.fresh;
    };
    assert.equal(isKnown(1), true);
    w.whichVm.create(at(1)[1], 1);
    assert.equal(isKnown(2), false);
    assert.equal(isKnown(3), true);
    w.whichVm.create(at(3)[1], 3);
    assert.equal(isKnown(3), false);
  });

  it('is told by the descriptor of the call, where both are known and the call came after', () => {
    const VM_FD = 5;
    /** What the VM is after another was created at row 1: the same, the same and doubted, or another. */
    const becomes = (call: SyscallCtx | undefined, fd = VM_FD): string => {
      const world = someWorld();
      const { w, at } = world;
      const vm = atWork(world, OWN);
      vm.fresh = true;
      const [, t] = at(1);
      w.whichVm.create(t, 1);
      if (fd >= 0) w.whichVm.createReturned(t, 1, fd);
      t.syscall = call;
      if (atWork(world, 2) !== vm) return 'another';
      return vm.fresh ? 'the same' : 'doubted';
    };
    assert.equal(becomes(undefined), 'doubted');
    assert.equal(becomes({ ...ioctl(2, VM_FD), name: 'munmap' }), 'doubted');
    assert.equal(becomes(ioctl(2, VM_FD)), 'another');
    assert.equal(becomes(ioctl(2, 4)), 'the same');
    assert.equal(becomes(ioctl(2, 0)), 'the same');
    assert.equal(becomes(ioctl(2, -1)), 'doubted');
    assert.equal(becomes(ioctl(2, VM_FD), -1), 'doubted', 'the creation has not returned');
    assert.equal(becomes(ioctl(2, VM_FD, true)), 'doubted', 'a descriptor of a vCPU');
    assert.equal(becomes(ioctl(0, VM_FD)), 'the same', 'a call that began before');
    assert.equal(becomes(ioctl(0, -1)), 'the same');
    assert.equal(becomes(ioctl(1, VM_FD, false)), 'another');
    assert.equal(becomes(ioctl(2, 0), 0), 'another', 'descriptor 0');
  });

  it('is not another one for a creation that failed, or whose return is not its own', () => {
    const becomes = (row: number, fd: number): boolean => {
      const world = someWorld();
      const { w, at } = world;
      const vm = atWork(world, OWN);
      w.whichVm.create(at(1)[1], 1);
      w.whichVm.createReturned(at(1)[1], row, fd);
      vm.over = 'maybe';
      return atWork(world, 2) === vm;
    };
    assert.deepEqual([becomes(1, -22), becomes(1, 0), becomes(0, -22)], [true, false, false]);
  });

  it('leaves nothing known where it is doubted', () => {
    const world = someWorld();
    const { w } = world;
    const vm = atWork(world, OWN);
    vm.fresh = true;
    vm.inProgress = 2;
    vm.open.push({} as Bracket);
    vm.told.set({ gfn: asGfn(1), level: 1, pfn: asPfn(5) });
    w.whichVm.withTold.add(vm);
    vm.regions.set(1, {} as never);
    w.whichVm.slotCameAgain(vm, 3);
    const { fresh, inProgress, holeRow, open, told, regions } = vm;
    assert.deepEqual([fresh, inProgress, holeRow], [false, 0, 3]);
    assert.deepEqual([open.length, told.size, regions.size, w.whichVm.withTold.size], [0, 0, 0, 0]);
    assert.deepEqual([vm.attr.get(asGfn(0)), vm.attr.rowOf(asGfn(0))], [Attr.Unknown, 3]);
    vm.open.push({} as Bracket);
    w.whichVm.slotCameAgain(vm, 5);
    assert.equal(vm.holeRow, 3, 'the first');
    const quiet = new Set([w.ops.length]);
    w.whichVm.slotCameAgain(vm, 6);
    quiet.add(w.ops.length);
    assert.equal(quiet.size, 1, 'nothing was known');
  });

  it('begins anew for the next process of a number, without the pointer of a VM', () => {
    const { w, at } = someWorld();
    const [, t]: readonly [unknown, Thread] = at(UNNAMED);
    const vm = w.whichVm.ofThread(t, UNNAMED);
    assert.equal(w.whichVm.atWorkOfThread(t, UNNAMED), vm);
    w.whichVm.groupEnded(30, UNNAMED);
    assert.deepEqual([vm.over, vm.replaced], ['yes', true]);
    assert.notEqual(w.whichVm.ofThread(t, UNNAMED + 1), vm);
  });

  it('takes its slots along where its names pass on, and those only', () => {
    const world = someWorld();
    const { w } = world;
    const vm = atWork(world, OWN);
    const slot = (id: number, untilRow: number): Slot =>
      ({ vm, id, baseGfn: asGfn(0), npages: 1, inode: undefined, fromRow: 0, untilRow }) as unknown as Slot;
    const [live, gone] = [slot(1, -1), slot(2, 0)];
    for (const slot of [live, gone]) vm.slots.add(slot);
    w.whichVm.destroyed(vm);
    const next = atWork(world, 2);
    assert.notEqual(next, vm);
    assert.deepEqual([live.untilRow, gone.untilRow], [2, 0]);
  });

  it('has all its SPTEs in doubt where it may be another', () => {
    /** Codes of the operations that are logged when it is doubted. */
    const told = (change: (vm: Vm) => void): readonly number[] => {
      const world = someWorld();
      const { w } = world;
      const vm = atWork(world, OWN);
      change(vm);
      w.whichVm.slotCameAgain(vm, 3);
      return Array.from({ length: w.ops.length }, (_, i) => w.ops.op(i));
    };
    const install = (vm: Vm): void => {
      const leaf = { gfn: asGfn(1), level: 1, asId: 0, pfn: 5, row: 0, side: -1, root: -1, vmSure: true };
      vm.sptes.add(leaf as never);
    };
    const tell = (vm: Vm): void => void vm.told.set({ gfn: asGfn(1), level: 1, pfn: asPfn(5) });
    assert.deepEqual(
      told(() => undefined),
      [],
    );
    assert.deepEqual([told(install), told(tell)], [[Op.SpteDoubt], [Op.SpteDoubt]]);
    const isFresh = (vm: Vm): void => {
      vm.fresh = true;
    };
    assert.deepEqual(told(isFresh), [Op.GfnAttr]);
  });

  it('is that of the thread where nothing names another', () => {
    const world = someWorld();
    const { w, at } = world;
    const [, t] = at(UNNAMED);
    const byThread = (): Vm => w.whichVm.atWorkOfThread(t, UNNAMED);
    const vm = byThread();
    assert.deepEqual([vm.kvm, vm.tgid, byThread() === vm, t.vm], [-1, 30, true, undefined]);
    vm.over = 'yes';
    const next = byThread();
    assert.deepEqual([next === vm, vm.replaced, t.vm], [false, true, undefined]);
    w.whichVm.create(t, UNNAMED);
    assert.equal(byThread(), next, 'doubted, and the same');
  });

  it('is that of its pointer for a thread that names none, and stays its own', () => {
    const only = worldOf(own(flush), by(PID, 11)(unnamed), by(PID, 11)(unnamed));
    const [, t] = only.at(1);
    const vm = only.w.whichVm.atWorkOfThread(t, 1);
    assert.deepEqual([vm.kvm >= 0, t.vm === vm, vm.tgid], [true, true, PID]);
    vm.over = 'yes';
    const next = only.w.whichVm.atWorkOfThread(t, 2);
    assert.deepEqual([next === vm, next.kvm === vm.kvm, t.vm === next], [false, true, true]);
    next.over = 'maybe';
    assert.equal(only.w.whichVm.atWorkOfThread(t, 2), next);
    assert.equal(next.over, 'no', 'it is at work');
  });
});
