/**
 * Every tracepoint of the vocabulary in each form that kernels 5.0 to 7.3, user-space renderers and QEMU 6 to
 * 11 print, with what must be read of it. Versions are those that brought a form. The values are made up.
 */
import assert from 'node:assert/strict';
import { bytesOf, readFtrace } from '../../test/support/tables.js';
import { compileForm, matchForm } from './form.js';
import { kindSlots } from './kinds.js';
import { fillPayload, PlanBook } from './payload.js';
import { TableBuilder, type EventTable } from './table.js';
import { VOCABULARY, type Meaning } from './vocabulary.js';

/** What printed it, the text, and the slots as `name=value`, numbers as in {@link slotsText}. */
type Printed = readonly [by: string, text: string, slots: string];

const SHADOW_PAGE_ROWS: readonly Printed[] = [
  ['5.4', 'sp gen 2 gfn 1ac00 l1 8-byte q0 direct wux nxe ad root 0 sync', 'gfn=1ac00 gen=2 level=1'],
  ['5.3', 'sp gen 2a gfn 1ac00 l2 8-byte q0 direct wux !nxe !ad root 0 sync', 'gfn=1ac00 gen=2a level=2'],
  ['5.1', 'sp gfn 1ac00 l3 q0 direct wux nxe ad root 1 sync', 'gfn=1ac00 level=3'],
  ['5.0', 'sp gen 1f gfn 1ac00 1 8 q0 direct wux nxe root 0 sync', 'gfn=1ac00 gen=1f level=1'],
];

const CACHED_PAGE_ROWS: readonly Printed[] = [
  [
    '6.1',
    'dev 0:9 ino 4a1 pfn=0x11a200 ofs=4096 order=9',
    'ino=4a1 pfn=11a200 ofs=1000 order=9 dev_major=0 dev_minor=9',
  ],
  [
    '5.17',
    'dev 0:9 ino 4a1 page=00000000c0ffee00 pfn=0x11a200 ofs=4096 order=0',
    'ino=4a1 pfn=11a200 ofs=1000 order=0 page=c0ffee00 dev_major=0 dev_minor=9',
  ],
  [
    '5.17 without an address',
    'dev 0:9 ino 4a1 page=(____ptrval____) pfn=0x11a200 ofs=4096 order=0',
    'ino=4a1 pfn=11a200 ofs=1000 order=0 dev_major=0 dev_minor=9',
  ],
  [
    '5.12',
    'dev 0:9 ino 4a1 page=00000000c0ffee00 pfn=0x11a200 ofs=4096',
    'ino=4a1 pfn=11a200 ofs=1000 page=c0ffee00 dev_major=0 dev_minor=9',
  ],
  [
    '5.12 without an address',
    'dev 0:9 ino 4a1 page=(____ptrval____) pfn=0x11a200 ofs=4096',
    'ino=4a1 pfn=11a200 ofs=1000 dev_major=0 dev_minor=9',
  ],
  [
    '5.0',
    'dev 0:9 ino 4a1 page=00000000c0ffee00 pfn=1155584 ofs=4096',
    'ino=4a1 pfn=11a200 ofs=1000 page=c0ffee00 dev_major=0 dev_minor=9',
  ],
];

const PAGE = 'pfn=0x11a200 flags=uptodate|lru count=3 mapcount=1 mapping=00000000c0ffee00 mt=1';
const WITH_VAL: readonly Printed[] = [['5.0', `${PAGE} val=-1`, 'pfn=11a200 count=3 mapcount=1 val=-1']];
const WITH_RET: readonly Printed[] = [
  ['5.0', `${PAGE} val=-1 ret=2`, 'pfn=11a200 count=3 mapcount=1 val=-1 ret=2'],
];
const VMGEXIT: readonly Printed[] = [
  [
    '5.11',
    'vcpu 1, exit_reason 80000010, exit_info1 1, exit_info2 ffff888012345000',
    'vcpu=1 reason=80000010 info1=1 info2=-777fedcbb000',
  ],
];
const RETURNED: readonly Printed[] = [['perf', '0xfffffffffffffff2', 'ret=-e']];
const NOTHING = '';

const FORMS: Readonly<Record<string, readonly Printed[]>> = {
  'kvm:kvm_vm_set_mem_attributes': [
    ['6.8', '0x00000000100000 -- 0x00000000100200 [0x8]', 'start=100000 end=100200 attrs=8'],
    [
      'first version',
      '. 0x00000010000000 -- 0x00000018000000 [0x8]',
      'start=10000000 end=18000000 attrs=8 more=1',
    ],
  ],
  'kvm:kvm_unmap_hva_range': [
    [
      '5.0',
      'mmu notifier unmap range: 0x7f1200000000 -- 0x7f1200200000',
      'start=7f1200000000 end=7f1200200000',
    ],
  ],
  'kvm:kvm_age_hva': [['5.0', 'mmu notifier age hva: 0x7f1200000000 -- 0x7f1200200000', NOTHING]],
  'kvm:kvm_test_age_hva': [['5.0', 'mmu notifier test age hva: 0x7f1200000000', NOTHING]],
  'kvm:kvm_userspace_exit': [
    ['5.0', 'reason KVM_EXIT_MEMORY_FAULT (39)', 'reason=27'],
    ['5.0', 'reason error (14)', 'errno=e'],
    ['5.0', 'reason restart (4)', 'errno=4'],
  ],
  'kvm:kvm_page_fault': [
    [
      '6.1',
      'vcpu 1 rip 0x401000 address 0x0000000123456000 error_code 0x400000004',
      'vcpu=1 address=123456000 error_code=400000004 rip=401000',
    ],
    ['5.19', 'vcpu 1 address 0x0000000123456000 error_code 0x14', 'vcpu=1 address=123456000 error_code=14'],
    ['5.0', 'address 123456000 error_code 14', 'address=123456000 error_code=14'],
    [
      'kvm plugin',
      'rip 0x401000 address 0x123456000 error_code 0x14',
      'address=123456000 error_code=14 rip=401000',
    ],
  ],
  'kvm:kvm_exit': [
    [
      '5.10',
      'vcpu 1 reason EPT_VIOLATION rip 0x401000 info1 0x0000000000000181 info2 0x0 intr_info 0x0 error_code 0x0',
      'vcpu=1',
    ],
    ['5.0', 'reason EPT_VIOLATION rip 0x401000 info 181 0', NOTHING],
    ['5.0 arm64', 'TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000000401000', NOTHING],
  ],
  'kvm:kvm_entry': [
    ['5.9', 'vcpu 1, rip 0x401000', 'vcpu=1'],
    ['5.0', 'vcpu 1', 'vcpu=1'],
    ['6.12', 'vcpu 1, rip 0x401000[immediate exit]', 'vcpu=1'],
    ['5.0 arm64', 'PC: 0x0000000000401000', NOTHING],
  ],
  'kvm:kvm_hypercall': [
    ['5.0', 'nr 0xc a0 0x100000000 a1 0x200 a2 0x10 a3 0x0', 'nr=c a0=100000000 a1=200 a2=10 a3=0'],
  ],
  'kvm:kvm_vmgexit_enter': VMGEXIT,
  'kvm:kvm_vmgexit_exit': VMGEXIT,
  'kvm:kvm_vmgexit_msr_protocol_enter': [
    ['5.11', 'vcpu 1, ghcb_gpa 0000000000100014', 'vcpu=1 ghcb_gpa=100014'],
  ],
  'kvm:kvm_vmgexit_msr_protocol_exit': [
    ['5.11', 'vcpu 1, ghcb_gpa 0000000000100015, result 1', 'vcpu=1 ghcb_gpa=100015 result=1'],
  ],
  'kvm:kvm_rmp_fault': [
    [
      '6.11',
      'vcpu 1 gpa 0000000100000000 pfn 0x11a200 error_code 0x80000000 rmp_level 2 psmash_ret -16',
      'vcpu=1 gpa=100000000 pfn=11a200 error_code=80000000 rmp_level=2 psmash_ret=-10',
    ],
  ],
  'kvm:kvm_hvc_arm64': [
    [
      '7.2 arm64',
      'HVC at 0x0000000040000040 (r0: 0x00000000c6000003, imm: 0x0)',
      'pc=40000040 r0=c6000003 imm=0',
    ],
  ],
  'hypervisor:hyp_enter': [['7.2 arm64', 'reason=HVC vcpu=146', 'vcpu=92']],
  'hypervisor:hyp_exit': [['7.2 arm64', 'reason=ERET_GUEST vcpu=146', 'vcpu=92']],
  'hypervisor:guest_share_host': [
    ['a kernel that has it', 'handle=4096 ipa=0x40010000 ret=0', 'handle=1000 ipa=40010000 ret=0'],
  ],
  'hypervisor:__pkvm_guest_share_host': [
    ['a kernel that has it', 'handle=4096 gfn=0x40010', 'handle=1000 gfn=40010'],
  ],
  'hypervisor:guest_unshare_host': [
    ['a kernel that has it', 'handle=4096 ipa=0x40010000 ret=-1', 'handle=1000 ipa=40010000 ret=-1'],
  ],
  'hypervisor:__pkvm_guest_unshare_host': [
    ['a kernel that has it', 'handle=4096 gfn=0x40010', 'handle=1000 gfn=40010'],
  ],
  'kvm:kvm_guest_fault': [
    [
      '5.0 arm64',
      'ipa 0x80001000, hsr 0x92000046, hxfar 0xffff0000, pc 0x00000000401000',
      'ipa=80001000 hsr=92000046',
    ],
  ],
  'kvmmmu:kvm_tdp_mmu_spte_changed': [
    [
      '5.11',
      'as id 1 gfn 100200 level 2 old_spte 0 new_spte 80000011a200ef7',
      'as_id=1 gfn=100200 level=2 old=0 new=80000011a200ef7',
    ],
  ],
  'kvmmmu:kvm_mmu_set_spte': [
    [
      '5.0',
      'gfn 1ac00 spte 11a200ef7 (rwxu) level 1 at 10a5c1000',
      'gfn=1ac00 spte=11a200ef7 level=1 sptep=10a5c1000',
    ],
    [
      '5.0, not for users',
      'gfn 1ac00 spte 11a200ef7 (rwx-) level 1 at 10a5c1000',
      'gfn=1ac00 spte=11a200ef7 level=1 sptep=10a5c1000',
    ],
    [
      '5.0, a flag that is blank',
      'gfn 1ac00 spte 11a200ef7 (r-x u) level 1 at 10a5c1000',
      'gfn=1ac00 spte=11a200ef7 level=1 sptep=10a5c1000',
    ],
    ['before 5.0', 'gfn 1ac00 spte 11a200ef7 (rwxu) level 1', 'gfn=1ac00 spte=11a200ef7 level=1'],
  ],
  'kvmmmu:kvm_mmu_spte_requested': [
    ['7.2', 'gfn 1ac00 pfn 11a200 level 2 access f', 'gfn=1ac00 pfn=11a200 level=2'],
    ['5.3', 'gfn 1ac00 pfn 11a200 level 2', 'gfn=1ac00 pfn=11a200 level=2'],
  ],
  'kvmmmu:kvm_mmu_get_page': [
    ...SHADOW_PAGE_ROWS,
    ['kvm plugin', 'new sp gfn 1ac00 1 q0 direct wux !pae nxe !wp', 'gfn=1ac00 level=1'],
  ],
  'kvmmmu:kvm_mmu_prepare_zap_page': [
    ...SHADOW_PAGE_ROWS,
    ['kvm plugin', '1 q0 direct wux !pae nxe !wp', 'level=1'],
  ],
  'kvmmmu:kvm_mmu_sync_page': [['5.4', SHADOW_PAGE_ROWS[0]![1], NOTHING]],
  'kvmmmu:kvm_mmu_unsync_page': [['5.4', SHADOW_PAGE_ROWS[0]![1], NOTHING]],
  'kvmmmu:fast_page_fault': [
    [
      '5.0',
      'vcpu 1 gva 123456000 error_code P|W|U sptep 00000000c0ffee00 old 0x11a200ef1 new 11a200ef3 spurious 0 fixed 1',
      'vcpu=1 gva=123456000',
    ],
  ],
  'kvmmmu:kvm_mmu_zap_all_fast': [['5.4', 'kvm-mmu-valid-gen 1 used_pages 3c', 'gen=1']],
  'kvmmmu:kvm_mmu_split_huge_page': [
    ['5.18', 'gfn 100200 spte 11a2008f7 level 2 errno -12', 'gfn=100200 spte=11a2008f7 level=2 errno=-c'],
  ],
  'filemap:mm_filemap_add_to_page_cache': CACHED_PAGE_ROWS,
  'filemap:mm_filemap_delete_from_page_cache': CACHED_PAGE_ROWS,
  'filemap:mm_filemap_fault': [['6.11', 'dev=0:9 ino=4a1 ofs=4096', NOTHING]],
  'filemap:mm_filemap_map_pages': [['6.11', 'dev=0:9 ino=4a1 ofs=4096-8192', NOTHING]],
  'filemap:mm_filemap_get_pages': [['6.11', 'dev=0:9 ino=4a1 ofs=4096-8192', NOTHING]],
  'page_ref:page_ref_set': WITH_VAL,
  'page_ref:page_ref_mod': WITH_VAL,
  'page_ref:page_ref_mod_and_test': WITH_RET,
  'page_ref:page_ref_mod_and_return': WITH_RET,
  'page_ref:page_ref_mod_unless': WITH_RET,
  'page_ref:page_ref_freeze': WITH_RET,
  'page_ref:page_ref_unfreeze': WITH_VAL,
  'exceptions:page_fault_user': [
    ['5.0', 'address=0x7f1200000000 ip=0x401000 error_code=0x6', 'address=7f1200000000'],
  ],
  'exceptions:page_fault_kernel': [['5.0', 'address=0x7f1200000000 ip=0x401000 error_code=0x2', NOTHING]],
  'ras:memory_failure_event': [
    ['5.0', 'pfn 0x11a200: recovery action for dirty LRU page: Recovered', 'pfn=11a200'],
  ],
  'memory_failure:memory_failure_event': [
    ['6.19', 'pfn 0x11a200: recovery action for dirty LRU page: Recovered', 'pfn=11a200'],
  ],
  'kmem:mm_page_alloc': [
    [
      '7.2',
      'page=00000000c0ffee00 pfn=0x11a200 order=9 migratetype=1 gfp_flags=GFP_KERNEL',
      'page=c0ffee00 pfn=11a200 order=9',
    ],
    [
      '5.0',
      'page=00000000c0ffee00 pfn=1155584 order=9 migratetype=1 gfp_flags=GFP_KERNEL',
      'page=c0ffee00 pfn=11a200 order=9',
    ],
    [
      '7.2 without an address',
      'page=(____ptrval____) pfn=0x11a200 order=9 migratetype=1 gfp_flags=GFP_KERNEL',
      'pfn=11a200 order=9',
    ],
    [
      '5.0 without an address',
      'page=(____ptrval____) pfn=1155584 order=9 migratetype=1 gfp_flags=GFP_KERNEL',
      'pfn=11a200 order=9',
    ],
  ],
  'kmem:mm_page_free': [
    ['5.12 without an address', 'page=(____ptrval____) pfn=0x11a200 order=9', 'pfn=11a200 order=9'],
    ['5.0 without an address', 'page=(____ptrval____) pfn=1155584 order=9', 'pfn=11a200 order=9'],
    ['5.12', 'page=00000000c0ffee00 pfn=0x11a200 order=9', 'page=c0ffee00 pfn=11a200 order=9'],
    ['5.0', 'page=00000000c0ffee00 pfn=1155584 order=9', 'page=c0ffee00 pfn=11a200 order=9'],
  ],
  'tlb:tlb_flush': [['5.0', 'pages:-1 reason:flush on task switch (0)', NOTHING]],
  'mmap:exit_mmap': [['6.1', 'mt_mod 00000000c0ffee00, DESTROY', NOTHING]],
  'migrate:mm_migrate_pages': [
    ['5.0', 'nr_succeeded=1 nr_failed=0 mode=MIGRATE_SYNC reason=compaction', NOTHING],
    [
      '6.12',
      'nr_succeeded=1 nr_failed=0 nr_thp_succeeded=0 nr_thp_failed=0 nr_thp_split=0 nr_split=0 mode=MIGRATE_SYNC reason=compaction',
      NOTHING,
    ],
  ],
  'migrate:mm_migrate_pages_start': [['5.13', 'mode=MIGRATE_SYNC reason=compaction', NOTHING]],
  'migrate:set_migration_pte': [['5.18', 'addr=7f1200000000, pte=3e00000000000000 order=0', NOTHING]],
  'migrate:remove_migration_pte': [['5.18', 'addr=7f1200000000, pte=11a200867 order=0', NOTHING]],
  'sched:sched_process_fork': [
    ['5.0', 'comm=qemu pid=100 child_comm=qemu child_pid=101', 'pid=64 child=65'],
    [
      '5.0, a name of two words',
      'comm=CPU 0/KVM pid=100 child_comm=CPU 0/KVM child_pid=101',
      'pid=64 child=65',
    ],
  ],
  'sched:sched_process_exit': [
    ['5.0', 'comm=qemu pid=100 prio=120', 'pid=64'],
    ['5.0, a name of two words', 'comm=CPU 0/KVM pid=100 prio=120', 'pid=64'],
    ['6.16', 'comm=qemu pid=100 prio=120 group_dead=true', 'pid=64'],
  ],
  'syscalls:sys_enter_ioctl': [
    ['perf', 'fd: 0x00000003, cmd: 0x4020aed2, arg: 0x7ffc00001000', 'fd=3 cmd=4020aed2 arg=7ffc00001000'],
  ],
  'syscalls:sys_enter_mmap': [
    [
      'perf',
      'addr: 0x00000000, len: 0x00200000, prot: 0x00000003, flags: 0x00000001, fd: 0x00000005, off: 0x00001000',
      'addr=0 len=200000 prot=3 flags=1 fd=5 off=1000',
    ],
  ],
  'syscalls:sys_enter_munmap': [
    ['perf', 'addr: 0x7f1200000000, len: 0x00200000', 'addr=7f1200000000 len=200000'],
  ],
  'syscalls:sys_enter_mremap': [
    [
      'perf',
      'addr: 0x7f1200000000, old_len: 0x00001000, new_len: 0x00002000, flags: 0x00000001, new_addr: 0x00000000',
      'addr=7f1200000000 old_len=1000 new_len=2000 flags=1',
    ],
  ],
  'syscalls:sys_enter_mprotect': [
    ['perf', 'start: 0x7f1200000000, len: 0x00001000, prot: 0x00000001', 'addr=7f1200000000 len=1000 prot=1'],
  ],
  'syscalls:sys_enter_mlock': [
    ['perf', 'start: 0x7f1200000000, len: 0x00001000', 'addr=7f1200000000 len=1000'],
  ],
  'syscalls:sys_enter_mlock2': [
    ['perf', 'start: 0x7f1200000000, len: 0x00001000, flags: 0x00000001', 'addr=7f1200000000 len=1000'],
  ],
  'syscalls:sys_enter_madvise': [
    [
      'perf',
      'start: 0x7f1200000000, len_in: 0x00001000, behavior: 0x00000004',
      'addr=7f1200000000 len=1000 behavior=4',
    ],
  ],
  'syscalls:sys_enter_fallocate': [
    [
      'perf',
      'fd: 0x00000005, mode: 0x00000003, offset: 0x00001000, len: 0x00200000',
      'fd=5 mode=3 offset=1000 len=200000',
    ],
  ],
  'syscalls:sys_enter_close': [['perf', 'fd: 0x00000005', 'fd=5']],
  'syscalls:sys_enter_process_vm_readv': [
    ['perf', 'pid: 0x00000064, lvec: 0x7ffc00001000, liovcnt: 0x00000001', 'pid=64'],
  ],
  'syscalls:sys_enter_process_vm_writev': [
    ['perf', 'pid: 0x00000064, lvec: 0x7ffc00001000, liovcnt: 0x00000001', 'pid=64'],
  ],
  'syscalls:sys_exit_ioctl': RETURNED,
  'syscalls:sys_exit_mmap': RETURNED,
  'syscalls:sys_exit_munmap': RETURNED,
  'syscalls:sys_exit_mremap': RETURNED,
  'syscalls:sys_exit_mprotect': RETURNED,
  'syscalls:sys_exit_mlock': RETURNED,
  'syscalls:sys_exit_mlock2': RETURNED,
  'syscalls:sys_exit_madvise': RETURNED,
  'syscalls:sys_exit_fallocate': RETURNED,
  'syscalls:sys_exit_close': RETURNED,
  'syscalls:sys_exit_process_vm_readv': RETURNED,
  'syscalls:sys_exit_process_vm_writev': RETURNED,
  'qemu:kvm_convert_memory': [
    [
      'QEMU 9.1',
      'start 0x100000000 size 0x200000 shared_to_private',
      'start=100000000 size=200000 to_private=1',
    ],
    [
      'QEMU 9.1',
      'start 0x100000000 size 0x200000 private_to_shared',
      'start=100000000 size=200000 to_private=0',
    ],
  ],
  'qemu:kvm_memory_fault': [
    ['QEMU 9.1', 'start 0x100000000 size 0x1000 flags 0x8', 'start=100000000 size=1000 flags=8'],
    ['QEMU, first version', 'gfn 0x100000000 size 0x1000 operation map', 'size=1000 gfn=100000000'],
  ],
  'qemu:kvm_set_user_memory': [
    [
      'QEMU 9.1',
      'AddrSpace#1 Slot#3 flags=0x4 gpa=0x100000000 size=0x40000000 ua=0x7f1200000000 guest_memfd=9 guest_memfd_offset=0x1000 ret=0',
      'as_id=1 slot=3 flags=4 gpa=100000000 size=40000000 ua=7f1200000000 gmem_fd=9 gmem_offset=1000 ret=0',
    ],
    [
      'QEMU of the restricted memfd',
      'AddrSpace#0 Slot#3 flags=0x4 gpa=0x100000000 size=0x40000000 ua=0x7f1200000000 ret=0 restricted_fd=9 restricted_offset=0x1000',
      'as_id=0 slot=3 flags=4 gpa=100000000 size=40000000 ua=7f1200000000 gmem_fd=9 gmem_offset=1000 ret=0',
    ],
    [
      'QEMU 8.2',
      'AddrSpace#0 Slot#2 flags=0x4 gpa=0xfeda0000 size=0x20000 ua=0x7f1200000000 ret=-22',
      'as_id=0 slot=2 flags=4 gpa=feda0000 size=20000 ua=7f1200000000 ret=-16',
    ],
    [
      'QEMU 6',
      'Slot#65538 flags=0x0 gpa=0xfeda0000 size=0x20000 ua=0x7f1200000000 ret=0',
      'slot=10002 flags=0 gpa=feda0000 size=20000 ua=7f1200000000 ret=0',
    ],
  ],
  'qemu:kvm_hc_map_gpa_range': [
    [
      'QEMU 9.1',
      'gpa 0x100000000 size 0x1000 attributes 0x1 flags 0x0',
      'gpa=100000000 size=1000 attrs=1 flags=0',
    ],
  ],
  'qemu:ram_block_discard_range': [
    [
      'QEMU 6',
      'pc.ram@0x7f1200000000 + 0x200000: madvise: 1 fallocate: 0 ret: 0',
      'size=200000 madvise=1 fallocate=0 ret=0',
    ],
  ],
  'qemu:ram_block_discard_shared_range': [
    [
      'QEMU 9.1',
      'pc.ram@0x7f1200000000 + 0x200000: madvise: 0 fallocate: 1 ret: -22',
      'size=200000 madvise=0 fallocate=1 ret=-16',
    ],
  ],
  'qemu:kvm_run_exit': [['QEMU 6', 'cpu_index 1, reason 39', 'vcpu=1 reason=27']],
};

/** The same of a tracer's own file, which prints system calls in a form of its own. */
const SYSCALLS_OF_FTRACE: readonly Printed[] = [
  [
    'sys_enter_ioctl',
    'sys_ioctl(fd: 3, cmd: 4020aed2, arg: 7ffc00001000)',
    'fd=3 cmd=4020aed2 arg=7ffc00001000',
  ],
  [
    'sys_enter_mmap',
    'sys_mmap(addr: 0, len: 200000, prot: 3, flags: 1, fd: 5, off: 1000)',
    'addr=0 len=200000 prot=3 flags=1 fd=5 off=1000',
  ],
  [
    'sys_enter_mmap',
    'sys_mmap(addr: 0, len: 200000, prot: 3 (PROT_READ|PROT_WRITE), flags: 1, fd: 5, off: 1000)',
    'addr=0 len=200000 prot=3 flags=1 fd=5 off=1000',
  ],
  ['sys_exit_ioctl', 'sys_ioctl -> 0xfffffffffffffff2', 'ret=-e'],
  ['sys_exit_mmap', 'sys_mmap -> 0x7f1200000000', 'ret=7f1200000000'],
];

/** Texts that no kernel prints: each is the event, but says nothing that can be judged. */
const STRANGE: readonly (readonly [name: string, text: string])[] = [
  ['kvm:kvm_vm_set_mem_attributes', 'from 0x100000 to 0x100200: 0x8'],
  ['kvm:kvm_vm_set_mem_attributes', '0x100000 -- 0x100200'],
  ['kvm:kvm_userspace_exit', 'why KVM_EXIT_MEMORY_FAULT'],
  ['kvm:kvm_page_fault', 'gpa=0x123456000'],
  ['kvmmmu:kvm_tdp_mmu_spte_changed', 'gfn 100200 level 2'],
  ['kvmmmu:kvm_tdp_mmu_spte_changed', 'as id 1 gfn 100200 level 2 old_spte 0 new_spte'],
  ['filemap:mm_filemap_add_to_page_cache', 'dev 0:9 ino 4a1'],
  ['ras:memory_failure_event', 'recovery action for dirty LRU page: Recovered'],
  ['qemu:kvm_convert_memory', 'start 0x100000000 size 0x200000'],
  ['qemu:kvm_set_user_memory', 'slot 3 at 0x100000000'],
  ['kvm_gmem_bind', '(kvm_gmem_bind+0x0/0x2f0)'],
  ['kvm_gmem_bind_ret', '(kvm_gmem_bind+0x1/0x2f0 <- kvm_gmem_bind) ino=1185'],
];

const byTracepoint = new Map<string, Meaning>(
  VOCABULARY.flatMap((meaning: Meaning) =>
    (meaning.tracepoints ?? []).map((name) => [name, meaning] as const),
  ),
);

/** The slots of a table's first row that were read: signed and hexadecimal, in the order of its kind. */
function slotsText(table: EventTable): string {
  return kindSlots(table.kind(0))
    .flatMap((slot, i) => {
      const value = table.big(0, i);
      if (value === undefined) return [];
      const signed = BigInt.asIntN(64, value);
      return [`${slot}=${signed.toString(16)}`];
    })
    .join(' ');
}

function tableOf(name: string, text: string): EventTable {
  const builder = new TableBuilder();
  const book = new PlanBook(builder.names);
  const bytes = bytesOf(`${name}: ${text}\n`);
  const start = name.length + 2;
  const end = bytes.length - 1;
  const plan = book.event(bytes, 0, name.length, start, end);
  builder.addRow(0, 0, 0, 0, 0, plan.kind, plan.name, 0, 1);
  fillPayload(builder, plan, bytes, start, end);
  return builder.finish();
}

/** The first of an event's templates that matches a text. */
function templateOf({ text = [], slots }: Meaning, printed: string): string | undefined {
  const bytes = bytesOf(printed);
  const names = Object.keys(slots);
  const pool = new Uint32Array(1 + 2 * names.length);
  return text.find(
    (template) => matchForm(compileForm(template, names), bytes, 0, bytes.length, pool, 0) >= 0,
  );
}

describe('printed forms of the vocabulary', () => {
  for (const [name, forms] of Object.entries(FORMS)) {
    for (const [by, text, slots] of forms) {
      it(`${name} of ${by}: ${text}`, () => {
        const table = tableOf(name, text);
        assert.equal(slotsText(table), slots);
        assert.deepEqual(table.unread, []);
      });
    }
  }
  for (const [name, text, slots] of SYSCALLS_OF_FTRACE) {
    it(`${name} of a tracer's file: ${text}`, () => {
      const table = readFtrace(bytesOf(`vcpu-9 [000] ..... 1.000000: ${text}\n`));
      assert.equal(table.name(0), name);
      assert.equal(slotsText(table), slots);
      assert.deepEqual(table.unread, []);
    });
  }

  it('are listed here for every tracepoint of which something is read', () => {
    const missing = [...byTracepoint].filter(
      ([name, meaning]) => FORMS[name] === undefined && Object.keys(meaning.slots).length > 0,
    );
    assert.deepEqual(
      missing.map(([name]) => name),
      [],
    );
    const unknown = Object.keys(FORMS).filter((name) => !byTracepoint.has(name));
    assert.deepEqual(unknown, []);
  });

  it('are each shown by a text that none before them matches', () => {
    const shown = new Set<string>();
    for (const [name, forms] of Object.entries(FORMS)) {
      const meaning = byTracepoint.get(name)!;
      for (const [, text] of forms) shown.add(`${meaning.kind}: ${templateOf(meaning, text)}`);
    }
    for (const [name, text] of STRANGE) {
      const meaning = byTracepoint.get(name);
      if (meaning) shown.add(`${meaning.kind}: ${templateOf(meaning, text)}`);
    }
    const wanted = VOCABULARY.flatMap(({ kind, text = [] }: Meaning) =>
      text.map((template) => `${kind}: ${template}`),
    );
    assert.deepEqual(
      wanted.filter((template) => !shown.has(template)),
      [],
    );
  });
});

describe('texts that say nothing that can be judged', () => {
  for (const [name, text] of STRANGE) {
    it(`${name}: ${text}`, () => {
      const table = tableOf(name, text);
      assert.equal(table.kind(0) > 0, true, 'known by its name');
      assert.deepEqual(
        table.unread.map(({ count, row }) => [count, row]),
        [[1, 0]],
      );
      const issue = table.issues.find(({ code }) => code === 'unread-arguments')!;
      assert.deepEqual([issue.line, issue.detail], [1, `1 of 1 ${name}`]);
    });
  }
});
