/**
 * Who is who: VMs behind pointers and thread groups, conversions in their three shapes, and what a gap
 * leaves.
 */
import assert from 'node:assert/strict';
import { asGfn, asPgoff } from '../../parsers/base/units.js';
import { TableBuilder } from '../../parsers/events/table.js';
import type { Judged } from '../../test/golden/judge.js';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';
import { worldOf } from '../../test/support/worldOf.js';
import { FactBus } from './facts.js';
import { Inode, type Thread, Vm } from './state.js';
import { World } from './world.js';

const KVM = '0xffff888100aa0000';
const OTHER = '0xffff888100bb0000';
const create = (kvm: string): string[] => [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)',
  'sys_ioctl -> 0x4',
  `kvm_gmem_create: (kvm_gmem_create+0x0/0x2d0) kvm=${kvm} size=0x2000 flags=0x3`,
];
const by = (tgid: number, events: readonly string[]): Said[] =>
  events.map((event) => ({ event, tid: tgid, tgid }));
const bind = (kvm: string, ino: number): string[] => [
  `kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) kvm=${kvm} slot=1 base_gfn=0x1000 npages=2 fd=8 offset=0x0`,
  `kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=1 ino=${ino} pgoff=0x0`,
];
const release = (ino: number): string[] => [
  'kvm_gmem_unbind: (kvm_gmem_unbind+0x0/0x90) slot=1 base_gfn=0x1000 npages=2 pgoff=0x0',
  `kvm_gmem_release: (kvm_gmem_release+0x0/0x90) ino=${ino} size=0x2000`,
];
const violations = (judged: Judged): string[] =>
  judged.analysis.findings.filter((f) => f.verdict === 'violation').map((f) => f.rule);
const reasons = (judged: Judged, rule: string): string[] =>
  judged.analysis.rules.find((s) => s.id === rule)!.reasons.map((r) => r.reason);

describe('VM identity', () => {
  it('keeps two VMs of one trace apart by their pointers', () => {
    const { analysis } = judgeAll([
      ...by(10, [...create(KVM), ...bind(KVM, 70)]),
      ...by(20, [...create(OTHER), ...bind(OTHER, 80)]),
    ]);
    assert.deepEqual(
      analysis.vms.map((vm) => vm.tgid),
      [10, 20],
    );
    assert.deepEqual(
      analysis.slots.map((slot) => slot.vm),
      [0, 1],
    );
  });
  it('takes a pointer that another process creates anew for another VM', () => {
    const first = [...create(KVM), ...bind(KVM, 70), ...release(70)];
    const { analysis } = judgeAll([...by(10, first), ...by(20, [...create(KVM), ...bind(KVM, 80)])]);
    assert.deepEqual(
      analysis.slots.map((slot) => slot.vm),
      [0, 1],
    );
  });
  it('does not see a second VM in the teardown of the first where no thread group is printed', () => {
    const events = [
      ...create(KVM),
      ...bind(KVM, 70),
      ...release(70),
      `kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${KVM} inprog=0 seq=8`,
    ];
    assert.equal(judgeAll(events.map((event) => ({ event, tid: 10, tgid: -1 }))).analysis.vms.length, 1);
  });
  it('does not decide whose an SPTE is when two threads run one vCPU number and nothing names the VM', () => {
    const install =
      'kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 1 old_spte 8000000000000000 new_spte 100000e67';
    const convert = [
      'kvm_vm_set_mem_attributes: 0x00000000001000 -- 0x00000000001001 [0x8]',
      `kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250) slot=1 start=0x1000 end=0x1001 attributes=0x8`,
    ];
    const alone = (tid: number, events: readonly string[]): Said[] =>
      events.map((event) => ({ event, tid, tgid: -1 }));
    const two = judgeAll([
      ...alone(10, ['kvm_entry: vcpu 0, rip 0x1', install]),
      ...alone(20, ['kvm_entry: vcpu 0, rip 0x1']),
      ...alone(10, convert),
    ]);
    assert.deepEqual([violations(two), reasons(two, 'G3')], [[], ['vm-identity']]);
    const one = judgeAll([...alone(10, ['kvm_entry: vcpu 0, rip 0x1', install, ...convert])]);
    assert.deepEqual(violations(one), ['G3']);
  });
});

describe('the slot of a guest frame', () => {
  const world = new World(new TableBuilder().finish(), 0, new FactBus());
  /** A VM with slots of these first frames and sizes; a third number is the row at which one went. */
  const vmWith = (...slots: readonly (readonly [base: number, pages: number, gone?: number])[]): Vm => {
    const vm = new Vm(0, -1, -1, 0);
    for (const [base, npages, untilRow = -1] of slots)
      vm.slots.add({
        vm,
        id: vm.slots.all.length,
        baseGfn: asGfn(base),
        npages,
        sized: true,
        pgoff: asPgoff(0),
        inode: undefined,
        fd: -1,
        fromRow: 0,
        untilRow,
      });
    return vm;
  };
  const ids = (vm: Vm, ...gfns: readonly number[]): number[] =>
    gfns.map((gfn) => world.slotOfGfn(vm, asGfn(gfn))?.id ?? -1);

  it('holds its first frame and its last, and none beside', () => {
    assert.deepEqual(ids(vmWith([0x1000, 2]), 0xfff, 0x1000, 0x1001, 0x1002), [-1, 0, 0, -1]);
  });
  it('is the youngest of several that hold it, and none that is gone', () => {
    const vm = vmWith([0x1000, 4], [0x1002, 4], [0x1000, 8, 7]);
    assert.deepEqual(ids(vm, 0x1000, 0x1001, 0x1002, 0x1005, 0x1006), [0, 0, 1, 1, -1]);
    assert.deepEqual(ids(vmWith([0x1000, 4, 0]), 0x1000), [-1], 'gone at the first row');
  });
});

describe('what the world asks often', () => {
  const world = (...events: readonly string[]): World => worldOf(...events).w;

  it('are the files that are mapped and the VMs with a bracket open', () => {
    const w = world();
    const [inode, other] = [70, 71].map((ino) => new Inode(ino - 70, ino, -1, 0));
    const [vm, quiet] = [0, 1].map((index) => new Vm(index, -1, -1, 0));
    inode!.vmas.push({} as never);
    vm!.open.push({} as never);
    for (const one of [other!, inode!]) w.mappedFiles.add(one);
    for (const one of [quiet!, vm!]) w.bracketedVms.add(one);
    assert.deepEqual([w.mappedFiles.list(), w.bracketedVms.list()], [[inode], [vm]]);
    inode!.vmas.length = 0;
    vm!.open.length = 0;
    assert.deepEqual([w.mappedFiles.list(), w.bracketedVms.list()], [[], []]);
  });

  it('is what the trace has recorded', () => {
    const unmap = (name: string): string =>
      `${name}: (${name}+0x0/0x140) pgt=0xfff0000004326b80 addr=0x40000000 size=4096`;
    for (const name of ['kvm_pgtable_stage2_unmap', 'pkvm_pgtable_stage2_unmap'])
      assert.equal(world(unmap(name)).recordedStage2Unmap, true, name);
    const w = world();
    assert.deepEqual(
      [w.recordedStage2Unmap, w.recordedGupRet, w.recordedPost, w.recordedStore, w.recordedVmResult],
      [false, false, false, false, false],
    );
    assert.equal(w.recordedBindRet, false);
    assert.equal(world(...bind(KVM, 70)).recordedBindRet, true);
  });

  it('is asked of rows in their order', () => {
    assert.throws(() => world().gapBetween(5, 3), /gap query 5 > 3/);
    assert.equal(world().gapBetween(3, 3), false);
  });
});

describe('where a conversion began', () => {
  const began = (entrySeen: boolean, change: (t: Thread) => void): readonly unknown[] => {
    const { w, at } = worldOf('unrelated: x=1');
    const [, t] = at(0);
    change(t);
    const { callRow, notBefore, isRest } = w.newConv('vm', t, 9, entrySeen);
    return [callRow, notBefore, isRest, t.convWasCut, t.lastConvRow];
  };
  const cutAt = (row: number) => (t: Thread) => {
    t.lastConvRow = row;
    t.convWasCut = true;
  };
  const inIoctl = (t: Thread): void => {
    cutAt(4)(t);
    t.syscall = { name: 'ioctl', row: 0 } as Thread['syscall'];
  };

  it('is its entry, else its ioctl, else after the one before', () => {
    assert.deepEqual(began(true, cutAt(4)), [9, 9, false, false, 9]);
    assert.deepEqual(began(false, inIoctl), [0, 0, true, false, 9]);
    assert.deepEqual(began(false, cutAt(4)), [-1, 4, true, false, 9]);
    assert.deepEqual(
      began(false, () => undefined),
      [-1, 0, false, false, 9],
    );
  });
});

describe('conversions', () => {
  it('are read in the shape of VM attributes', () => {
    const { analysis } = judgeAll([
      'sys_ioctl(fd: 4, cmd: 0x4020aed2, arg: 0x7f00)',
      'kvm_vm_set_mem_attributes: 0x00000000001000 -- 0x00000000001002 [0x8]',
      `kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250) kvm=${KVM} slot=1 start=0x1000 end=0x1002 attributes=0x8`,
      'sys_ioctl -> 0x0',
    ]);
    assert.deepEqual(
      analysis.conversions.map((c) => [c.scope, c.first, c.count, c.toPrivate, c.result]),
      [['vm', 0x1000, 2, true, 0]],
    );
  });
  it('are read in the shape of the in-place ioctl', () => {
    const { analysis } = judgeAll([
      'kvm_gmem_set_attributes: (__kvm_gmem_set_attributes+0x0/0x440) ino=70 start=0x4 nr_pages=2 attrs=0x8',
      'kvm_gmem_set_attributes_ret: (kvm_gmem_ioctl+0x109/0x170 <- __kvm_gmem_set_attributes) ino=70 start=0x4 nr_pages=2 attrs=0x8 ret=-11',
    ]);
    assert.deepEqual(
      analysis.conversions.map((c) => [c.scope, c.first, c.count, c.toPrivate, c.result]),
      [['inode', 4, 2, true, -11]],
    );
  });
  it('are read in the shape of restrictedmem', () => {
    const { analysis } = judgeAll([
      'restrictedmem_convert: (restrictedmem_convert+0x0/0x160) ino=70 start=0x1 end=0x4 to_private=1',
      'restrictedmem_convert_ret: (rm_ioctl+0xbe/0x230 <- restrictedmem_convert) ino=70 start=0x1 end=0x4 to_private=1 ret=0',
    ]);
    assert.deepEqual(
      analysis.conversions.map((c) => [c.scope, c.first, c.count, c.toPrivate, c.result]),
      [['inode', 1, 3, true, 0]],
    );
  });
  it('are told apart by their stores where nothing else shows them', () => {
    const store = (to: number): string =>
      `restrictedmem_store_attr: (restrictedmem_store_attr+0x0/0x20) ino=70 start=0x2 end=0x5 to_private=${to}`;
    const { analysis } = judgeAll([store(1), store(0)]);
    assert.deepEqual(
      analysis.conversions.map((c) => c.toPrivate),
      [true, false],
    );
  });
  it('end when their thread enters the kernel again', () => {
    const { analysis } = judgeAll([
      'restrictedmem_convert: (restrictedmem_convert+0x0/0x160) ino=70 start=0x1 end=0x4 to_private=1',
      'sys_munmap(addr: 0x1000, len: 0x1000)',
    ]);
    assert.deepEqual(
      analysis.conversions.map((c) => [c.untilRow, c.result]),
      [[1, undefined]],
    );
  });
});

describe('what is missing', () => {
  const fault = (page: number, ret: string): string[] => [
    `kvm_gmem_fault_user_mapping: (kvm_gmem_fault_user_mapping+0x0/0x250) ino=70 pgoff=0x${page} addr=0x7f0000000000 flags=0xa55`,
    `kvm_gmem_fault_user_mapping_ret: (__do_fault+0x2e/0x90 <- kvm_gmem_fault_user_mapping) ret=${ret}`,
  ];
  const convert = [
    'kvm_gmem_set_attributes: (__kvm_gmem_set_attributes+0x0/0x440) ino=70 start=0x0 nr_pages=2 attrs=0x8',
    'kvm_gmem_set_attributes_ret: (kvm_gmem_ioctl+0x109/0x170 <- __kvm_gmem_set_attributes) ino=70 start=0x0 nr_pages=2 attrs=0x8 ret=0',
  ];
  it('is not forgotten: a loss between cause and effect makes the rule undecidable', () => {
    assert.deepEqual(violations(judgeAll([...convert, ...fault(1, '0x200')])), ['G1']);
    const lost = judgeAll([...convert, 'CPU:0 [LOST 5 EVENTS]', ...fault(1, '0x200')]);
    assert.deepEqual([violations(lost), reasons(lost, 'G1').includes('lost')], [[], true]);
  });
  it('is all of the past where the clock jumps back', () => {
    const again = judgeAll([
      ...convert,
      ...fault(1, '0x200').map((event, i): Said => ({ event, at: 1_000_000 + 100 * i })),
    ]);
    assert.deepEqual([violations(again), reasons(again, 'G1').includes('lost')], [[], true]);
  });
  it('can be which page was released: then no pin is certain', () => {
    const unrelated = Array.from(
      { length: 4 },
      (_, i): Said => ({
        event: `page_fault_user: address=0x5000 ip=0x${i} error_code=0x4`,
        tid: 900,
        tgid: 900,
      }),
    );
    const pin =
      'gup_fast_fallback_ret: (io_pin_pages+0x93/0x130 <- gup_fast_fallback) ret=1 start=0x7f0000000000 gup_flags=0x80101 page0=0xffffea0000100000 index0=0x0 ino0=70';
    const known = [...unrelated, ...fault(0, '0x200'), pin];
    assert.deepEqual(
      violations(
        judgeAll([
          ...known,
          'unpin_user_pages: (unpin_user_pages+0x0/0x110) npages=1 page0=0xffffea0000999000',
          ...convert,
        ]),
      ),
      ['G9'],
    );
    const doubted = judgeAll([
      ...known,
      'unpin_user_pages: (unpin_user_pages+0x0/0x110) npages=1',
      ...convert,
    ]);
    assert.deepEqual(violations(doubted), []);
    assert.ok(reasons(doubted, 'G9').includes('not-recorded'));
  });
});
