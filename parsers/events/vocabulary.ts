/**
 * The vocabulary: for each model event, the tracepoints, probed kernel symbols, argument names and printed
 * forms that mean it, across kernels (6.12, 7.2, the in-place series, the restrictedmem trees v8 to v10) and
 * probe authors. Decoders read it to fill slots; lowering reads the slots; whatever tells a user which probe
 * is missing, or writes a recording recipe, reads it too. An event with no row here is kept, shown and
 * counted, never guessed at.
 *
 * Sources: include/trace/events/*.h, arch/x86/kvm/trace.h, arch/x86/kvm/mmu/mmutrace.h,
 * virt/kvm/guest_memfd.c, mm/gup.c, mm/rmap.c of Linux 7.2 and 6.12; the restrictedmem series v8 to v10 on
 * the mailing list.
 *
 * Printed forms are templates: `{slot:x}` hexadecimal with or without 0x, `{slot:d}` decimal, `{slot:n}`
 * hexadecimal when it starts with 0x and else decimal, `{_}` any run of non-blanks. Blanks match any run of
 * blanks; what follows the template is ignored. The first form that matches wins.
 */

import { ARM64_ROWS } from './vocabularyArm64.js';
import {
  ATTRS,
  BASE_GFN,
  END,
  FOLIO,
  INO,
  KVM,
  MAPPING,
  NOTIFIER,
  NPAGES,
  PGOFF,
  RET,
  SLOT,
  START,
  type MeaningOf,
} from './meaning.js';

/** A row of the vocabulary. */
export type Meaning<Kind extends string = EventKind> = MeaningOf<Kind>;

/**
 * The brackets that a VM has open, by the kernel's own count, and the gfns that they span: these prove a
 * bracket whose start is inlined.
 */
const HULL = {
  inprog: ['inprog', 'in_progress'],
  seq: ['seq', 'invalidate_seq'],
  hull_start: ['hs', 'hull_start', 'range_start'],
  hull_end: ['he', 'hull_end', 'range_end'],
} as const;
const HULL_FETCH =
  'inprog=kvm->mmu_invalidate_in_progress:s64 seq=kvm->mmu_invalidate_seq:u64 hs=kvm->mmu_invalidate_range_start:x64 he=kvm->mmu_invalidate_range_end:x64';

/**
 * What every version of QEMU prints of a memslot; up to 8 the address space is in the upper half of its
 * number.
 */
const USER_MEMORY = 'Slot#{slot:d} flags={flags:x} gpa={gpa:x} size={size:x} ua={ua:x}';

/** A shadow page: since 5.4, in 5.3, in 5.1 and 5.2, and up to 5.0. */
const SHADOW_PAGE = [
  'sp gen {gen:d} gfn {gfn:x} l{level:d}',
  'sp gen {gen:x} gfn {gfn:x} l{level:d}',
  'sp gfn {gfn:x} l{level:d}',
  'sp gen {gen:x} gfn {gfn:x} {level:d}',
] as const;

/**
 * A page in the page cache: with its order (5.17), without it, and with the address of its page before; up to
 * 5.10 the frame is decimal.
 */
const CACHED_PAGE = [
  'dev {dev_major:d}:{dev_minor:d} ino {ino:x} pfn={pfn:x} ofs={ofs:d} order={order:d}',
  'dev {dev_major:d}:{dev_minor:d} ino {ino:x} page={page:x} pfn={pfn:n} ofs={ofs:d} order={order:d}',
  'dev {dev_major:d}:{dev_minor:d} ino {ino:x} page={page:x} pfn={pfn:n} ofs={ofs:d}',
  'dev {dev_major:d}:{dev_minor:d} ino {ino:x} page={_} pfn={pfn:n} ofs={ofs:d} order={order:d}',
  'dev {dev_major:d}:{dev_minor:d} ino {ino:x} page={_} pfn={pfn:n} ofs={ofs:d}',
] as const;

/** Pages of the page allocator; the address of the page is hashed, or left out, where it must not be seen. */
const BUDDY_PAGE = [
  'page={page:x} pfn=0x{pfn:x} order={order:d}',
  'page={page:x} pfn={pfn:d} order={order:d}',
  'page={_} pfn=0x{pfn:x} order={order:d}',
  'page={_} pfn={pfn:d} order={order:d}',
] as const;

const ROWS = [
  // ---- kvm tracepoints ------------------------------------------------------------------------------------
  {
    kind: 'SetAttrRequest',
    tracepoints: ['kvm:kvm_vm_set_mem_attributes'],
    text: ['{start:x} -- {end:x} [{attrs:x}]', '{more:=1}. {start:x} -- {end:x} [{attrs:x}]'],
    slots: { start: ['start', 'start_gfn'], end: ['end', 'end_gfn'], attrs: ATTRS, more: [] },
    needs: ['start', 'end', 'attrs'],
    note:
      'Absent from 6.12. A request: emitted before slots_lock and before the already-so test; ' +
      'end is exclusive. Its first version printed a dot before a range that more of the request follows.',
  },
  {
    kind: 'UnmapHvaRange',
    tracepoints: ['kvm:kvm_unmap_hva_range'],
    text: ['mmu notifier unmap range: {start:x} -- {end:x}'],
    slots: { start: ['start'], end: ['end'] },
  },
  { kind: 'AgeHva', tracepoints: ['kvm:kvm_age_hva', 'kvm:kvm_test_age_hva'], slots: {} },
  {
    kind: 'UserspaceExit',
    tracepoints: ['kvm:kvm_userspace_exit'],
    text: ['reason error ({errno:d})', 'reason restart ({errno:d})', 'reason {_} ({reason:d})'],
    slots: { reason: ['reason'], errno: ['errno'] },
    needs: [['reason', 'errno']],
    note:
      'KVM_EXIT_MEMORY_FAULT (39) returns -EFAULT, so the text shows `reason error (14)`; ' +
      'raw fields keep reason=39.',
  },
  {
    kind: 'KvmPageFault',
    tracepoints: ['kvm:kvm_page_fault'],
    text: [
      'vcpu {vcpu:d} rip {rip:x} address {address:x} error_code {error_code:x}',
      'vcpu {vcpu:d} address {address:x} error_code {error_code:x}',
      'rip {rip:x} address {address:x} error_code {error_code:x}',
      'address {address:x} error_code {error_code:x}',
    ],
    slots: {
      vcpu: ['vcpu_id', 'vcpu'],
      address: ['fault_address', 'address'],
      error_code: ['error_code'],
      rip: ['guest_rip', 'rip'],
    },
    needs: ['address'],
  },
  {
    kind: 'KvmExit',
    tracepoints: ['kvm:kvm_exit'],
    text: ['vcpu {vcpu:d} reason {_}', 'reason {_} rip {_}', '{_} HSR_EC: {_}'],
    slots: { vcpu: ['vcpu_id', 'vcpu'] },
  },
  {
    kind: 'KvmEntry',
    tracepoints: ['kvm:kvm_entry'],
    text: ['vcpu {vcpu:d}', 'PC: {_}'],
    slots: { vcpu: ['vcpu_id', 'vcpu'] },
  },
  {
    kind: 'Hypercall',
    tracepoints: ['kvm:kvm_hypercall'],
    text: ['nr {nr:x} a0 {a0:x} a1 {a1:x} a2 {a2:x} a3 {a3:x}'],
    slots: { nr: ['nr'], a0: ['a0'], a1: ['a1'], a2: ['a2'], a3: ['a3'] },
  },
  {
    kind: 'VmgexitEnter',
    tracepoints: ['kvm:kvm_vmgexit_enter'],
    text: ['vcpu {vcpu:d}, exit_reason {reason:x}, exit_info1 {info1:x}, exit_info2 {info2:x}'],
    slots: {
      vcpu: ['vcpu_id'],
      reason: ['exit_reason'],
      info1: ['info1', 'exit_info1'],
      info2: ['info2', 'exit_info2'],
    },
  },
  {
    kind: 'VmgexitExit',
    tracepoints: ['kvm:kvm_vmgexit_exit'],
    text: ['vcpu {vcpu:d}, exit_reason {reason:x}, exit_info1 {info1:x}, exit_info2 {info2:x}'],
    slots: {
      vcpu: ['vcpu_id'],
      reason: ['exit_reason'],
      info1: ['info1', 'exit_info1'],
      info2: ['info2', 'exit_info2'],
    },
  },
  {
    kind: 'VmgexitMsrEnter',
    tracepoints: ['kvm:kvm_vmgexit_msr_protocol_enter'],
    text: ['vcpu {vcpu:d}, ghcb_gpa {ghcb_gpa:x}'],
    slots: { vcpu: ['vcpu_id'], ghcb_gpa: ['ghcb_gpa'] },
  },
  {
    kind: 'VmgexitMsrExit',
    tracepoints: ['kvm:kvm_vmgexit_msr_protocol_exit'],
    text: ['vcpu {vcpu:d}, ghcb_gpa {ghcb_gpa:x}, result {result:d}'],
    slots: { vcpu: ['vcpu_id'], ghcb_gpa: ['ghcb_gpa'], result: ['result'] },
  },
  {
    kind: 'RmpFault',
    tracepoints: ['kvm:kvm_rmp_fault'],
    text: [
      'vcpu {vcpu:d} gpa {gpa:x} pfn {pfn:x} error_code {error_code:x} rmp_level {rmp_level:d} psmash_ret {psmash_ret:d}',
    ],
    slots: {
      vcpu: ['vcpu_id'],
      gpa: ['gpa'],
      pfn: ['pfn'],
      error_code: ['error_code'],
      rmp_level: ['rmp_level'],
      psmash_ret: ['psmash_ret'],
    },
    needs: ['pfn', 'psmash_ret'],
  },
  // ---- kvmmmu tracepoints ---------------------------------------------------------------------------------
  {
    kind: 'SpteChanged',
    tracepoints: ['kvmmmu:kvm_tdp_mmu_spte_changed'],
    text: ['as id {as_id:d} gfn {gfn:x} level {level:d} old_spte {old:x} new_spte {new:x}'],
    slots: { as_id: ['as_id', 'as'], gfn: ['gfn'], level: ['level'], old: ['old_spte'], new: ['new_spte'] },
    needs: ['gfn', 'level', 'old', 'new'],
  },
  {
    kind: 'SetSpte',
    tracepoints: ['kvmmmu:kvm_mmu_set_spte'],
    text: [
      'gfn {gfn:x} spte {spte:x} ({_} level {level:d} at {sptep:x}',
      'gfn {gfn:x} spte {spte:x} ({_} {_} level {level:d} at {sptep:x}',
      'gfn {gfn:x} spte {spte:x} ({_} level {level:d}',
    ],
    slots: { gfn: ['gfn'], spte: ['spte'], level: ['level'], sptep: ['sptep', 'at'] },
    needs: ['gfn', 'spte', 'level'],
    note: 'A hint: in the TDP path spte_changed precedes it and is the truth.',
  },
  {
    kind: 'SpteRequested',
    tracepoints: ['kvmmmu:kvm_mmu_spte_requested'],
    text: ['gfn {gfn:x} pfn {pfn:x} level {level:d} access {_}', 'gfn {gfn:x} pfn {pfn:x} level {level:d}'],
    slots: { gfn: ['gfn'], pfn: ['pfn'], level: ['level'] },
  },
  {
    kind: 'MmuGetPage',
    tracepoints: ['kvmmmu:kvm_mmu_get_page'],
    text: [...SHADOW_PAGE, '{_} sp gfn {gfn:x} {level:d} q'],
    slots: { gfn: ['gfn'], role: ['role'], gen: ['mmu_valid_gen', 'gen'], level: ['level'] },
  },
  {
    kind: 'MmuPrepareZapPage',
    tracepoints: ['kvmmmu:kvm_mmu_prepare_zap_page'],
    text: [...SHADOW_PAGE, '{level:d} q{_}'],
    slots: { gfn: ['gfn'], role: ['role'], gen: ['mmu_valid_gen', 'gen'], level: ['level'] },
  },
  { kind: 'MmuSyncPage', tracepoints: ['kvmmmu:kvm_mmu_sync_page', 'kvmmmu:kvm_mmu_unsync_page'], slots: {} },
  {
    kind: 'FastPageFault',
    tracepoints: ['kvmmmu:fast_page_fault'],
    text: ['vcpu {vcpu:d} gva {gva:x}'],
    slots: { vcpu: ['vcpu_id'], gva: ['cr2_or_gpa', 'gva'] },
  },
  {
    kind: 'ZapAllFast',
    tracepoints: ['kvmmmu:kvm_mmu_zap_all_fast'],
    text: ['kvm-mmu-valid-gen {gen:d}'],
    slots: { gen: ['mmu_valid_gen'] },
  },
  {
    kind: 'SplitHugePage',
    tracepoints: ['kvmmmu:kvm_mmu_split_huge_page'],
    text: ['gfn {gfn:x} spte {spte:x} level {level:d} errno {errno:d}'],
    slots: { gfn: ['gfn'], spte: ['spte'], level: ['level'], errno: ['errno'] },
    needs: ['gfn', 'level'],
  },
  // ---- filemap, page_ref, exceptions, ras, kmem, tlb, migrate ---------------------------------------------
  {
    kind: 'FilemapAdd',
    tracepoints: ['filemap:mm_filemap_add_to_page_cache'],
    text: CACHED_PAGE,
    slots: {
      ino: ['i_ino'],
      pfn: ['pfn'],
      pgoff: ['index'],
      ofs: ['ofs'],
      order: ['order'],
      page: [],
      dev: ['s_dev'],
      dev_major: [],
      dev_minor: [],
    },
    needs: ['ino', 'pfn', ['pgoff', 'ofs']],
    note:
      'The inode number is hexadecimal in the text, `ofs` is in bytes; ' +
      'the raw field `index` is in pages.',
  },
  {
    kind: 'FilemapDelete',
    tracepoints: ['filemap:mm_filemap_delete_from_page_cache'],
    text: CACHED_PAGE,
    slots: {
      ino: ['i_ino'],
      pfn: ['pfn'],
      pgoff: ['index'],
      ofs: ['ofs'],
      order: ['order'],
      page: [],
      dev: ['s_dev'],
      dev_major: [],
      dev_minor: [],
    },
    needs: ['ino', 'pfn', ['pgoff', 'ofs']],
  },
  {
    kind: 'PageRef',
    tracepoints: [
      'page_ref:page_ref_set',
      'page_ref:page_ref_mod',
      'page_ref:page_ref_mod_and_test',
      'page_ref:page_ref_mod_and_return',
      'page_ref:page_ref_mod_unless',
      'page_ref:page_ref_freeze',
      'page_ref:page_ref_unfreeze',
    ],
    text: [
      'pfn={pfn:x} flags={_} count={count:d} mapcount={mapcount:d} mapping={_} mt={_} val={val:d} ret={ret:d}',
      'pfn={pfn:x} flags={_} count={count:d} mapcount={mapcount:d} mapping={_} mt={_} val={val:d}',
    ],
    slots: { pfn: ['pfn'], count: ['count'], mapcount: ['mapcount'], val: ['val'], ret: ['ret'] },
    needs: ['pfn'],
  },
  {
    kind: 'UserPageFault',
    tracepoints: ['exceptions:page_fault_user'],
    text: ['address={address:x} ip={_} error_code={_}'],
    slots: { address: ['address'] },
    note: 'x86 only.',
  },
  { kind: 'KernelPageFault', tracepoints: ['exceptions:page_fault_kernel'], slots: {} },
  {
    kind: 'MemoryFailure',
    tracepoints: ['ras:memory_failure_event', 'memory_failure:memory_failure_event'],
    text: ['pfn {pfn:x}: recovery action for {_}'],
    slots: { pfn: ['pfn'] },
    needs: ['pfn'],
  },
  {
    kind: 'PageAlloc',
    tracepoints: ['kmem:mm_page_alloc'],
    text: BUDDY_PAGE,
    slots: { page: [], pfn: ['pfn'], order: ['order'] },
  },
  {
    kind: 'PageFree',
    tracepoints: ['kmem:mm_page_free'],
    text: BUDDY_PAGE,
    slots: { page: [], pfn: ['pfn'], order: ['order'] },
  },
  { kind: 'TlbFlush', tracepoints: ['tlb:tlb_flush'], slots: {} },
  { kind: 'ExitMmap', tracepoints: ['mmap:exit_mmap'], slots: {} },
  {
    kind: 'Migrate',
    slots: {},
    tracepoints: [
      'migrate:mm_migrate_pages',
      'migrate:mm_migrate_pages_start',
      'migrate:set_migration_pte',
      'migrate:remove_migration_pte',
    ],
  },
  {
    kind: 'FilemapFault',
    tracepoints: ['filemap:mm_filemap_fault', 'filemap:mm_filemap_map_pages', 'filemap:mm_filemap_get_pages'],
    slots: {},
  },
  {
    kind: 'ProcessFork',
    tracepoints: ['sched:sched_process_fork'],
    text: ['comm={_} pid={pid:d} child_comm={_} child_pid={child:d}'],
    slots: { pid: ['parent_pid'], child: ['child_pid'] },
  },
  {
    kind: 'ProcessExit',
    tracepoints: ['sched:sched_process_exit'],
    text: ['comm={_} pid={pid:d}'],
    slots: { pid: ['pid'] },
  },
  // ---- syscalls -------------------------------------------------------------------------------------------
  {
    kind: 'SysEnterIoctl',
    tracepoints: ['syscalls:sys_enter_ioctl'],
    slots: { fd: ['fd'], cmd: ['cmd'], arg: ['arg'] },
    needs: ['cmd'],
  },
  { kind: 'SysExitIoctl', tracepoints: ['syscalls:sys_exit_ioctl'], slots: { ret: ['ret'] }, needs: ['ret'] },
  {
    kind: 'SysEnterMmap',
    tracepoints: ['syscalls:sys_enter_mmap'],
    slots: { addr: ['addr'], len: ['len'], prot: ['prot'], flags: ['flags'], fd: ['fd'], off: ['off'] },
    needs: ['addr', 'len'],
  },
  { kind: 'SysExitMmap', tracepoints: ['syscalls:sys_exit_mmap'], slots: { ret: ['ret'] }, needs: ['ret'] },
  {
    kind: 'SysEnterMunmap',
    tracepoints: ['syscalls:sys_enter_munmap'],
    slots: { addr: ['addr'], len: ['len'] },
    needs: ['addr', 'len'],
  },
  {
    kind: 'SysExitMunmap',
    tracepoints: ['syscalls:sys_exit_munmap'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  {
    kind: 'SysEnterMremap',
    tracepoints: ['syscalls:sys_enter_mremap'],
    slots: { addr: ['addr'], old_len: ['old_len'], new_len: ['new_len'], flags: ['flags'] },
    needs: ['addr', 'old_len'],
  },
  {
    kind: 'SysExitMremap',
    tracepoints: ['syscalls:sys_exit_mremap'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  {
    kind: 'SysEnterMprotect',
    tracepoints: ['syscalls:sys_enter_mprotect'],
    slots: { addr: ['start', 'addr'], len: ['len'], prot: ['prot'] },
    needs: ['addr', 'len'],
  },
  {
    kind: 'SysExitMprotect',
    tracepoints: ['syscalls:sys_exit_mprotect'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  {
    kind: 'SysEnterMlock',
    tracepoints: ['syscalls:sys_enter_mlock', 'syscalls:sys_enter_mlock2'],
    slots: { addr: ['start', 'addr'], len: ['len'] },
    needs: ['addr', 'len'],
  },
  {
    kind: 'SysExitMlock',
    tracepoints: ['syscalls:sys_exit_mlock', 'syscalls:sys_exit_mlock2'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  {
    kind: 'SysEnterMadvise',
    tracepoints: ['syscalls:sys_enter_madvise'],
    slots: { addr: ['start', 'addr'], len: ['len_in', 'len'], behavior: ['behavior'] },
    needs: ['addr', 'len'],
  },
  {
    kind: 'SysExitMadvise',
    tracepoints: ['syscalls:sys_exit_madvise'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  {
    kind: 'SysEnterFallocate',
    tracepoints: ['syscalls:sys_enter_fallocate'],
    slots: { fd: ['fd'], mode: ['mode'], offset: ['offset'], len: ['len'] },
    needs: ['offset', 'len'],
  },
  {
    kind: 'SysExitFallocate',
    tracepoints: ['syscalls:sys_exit_fallocate'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  { kind: 'SysEnterClose', tracepoints: ['syscalls:sys_enter_close'], slots: { fd: ['fd'] } },
  { kind: 'SysExitClose', tracepoints: ['syscalls:sys_exit_close'], slots: { ret: ['ret'] }, needs: ['ret'] },
  {
    kind: 'SysEnterVmRead',
    tracepoints: ['syscalls:sys_enter_process_vm_readv', 'syscalls:sys_enter_process_vm_writev'],
    slots: { pid: ['pid'] },
  },
  {
    kind: 'SysExitVmRead',
    tracepoints: ['syscalls:sys_exit_process_vm_readv', 'syscalls:sys_exit_process_vm_writev'],
    slots: { ret: ['ret'] },
    needs: ['ret'],
  },
  // ---- probes: the life of the file and its slots ---------------------------------------------------------
  {
    kind: 'GmemCreate',
    entry: ['kvm_gmem_create', '__kvm_gmem_create', 'memfd_restricted', '__do_sys_memfd_restricted'],
    names: ['create'],
    slots: { kvm: KVM, size: ['size'], flags: ['flags'] },
    probe:
      'p:guest_memfd/kvm_gmem_create kvm_gmem_create kvm=kvm:x64 size=args->size:x64 flags=args->flags:x64',
    fallbacks: [
      'p:guest_memfd/__kvm_gmem_create __kvm_gmem_create kvm=kvm:x64 size=size:x64 flags=flags:x64',
    ],
  },
  {
    kind: 'GmemCreateRet',
    ret: ['kvm_gmem_create', '__kvm_gmem_create', 'memfd_restricted', '__do_sys_memfd_restricted'],
    names: ['create_ret'],
    slots: { fd: ['fd', ...RET] },
  },
  {
    kind: 'VmDestroy',
    entry: ['kvm_destroy_vm', 'kvm_arch_destroy_vm'],
    names: ['destroy_vm'],
    slots: { kvm: KVM },
    probe: 'p:guest_memfd/kvm_destroy_vm kvm_destroy_vm kvm=kvm:x64',
    fallbacks: ['p:guest_memfd/kvm_arch_destroy_vm kvm_arch_destroy_vm kvm=kvm:x64'],
    note: 'A kvm structure is used again after this. The zaps and unbinds of its teardown follow.',
  },
  {
    kind: 'GmemBind',
    entry: ['kvm_gmem_bind'],
    names: ['bind'],
    slots: {
      kvm: KVM,
      slot: SLOT,
      base_gfn: [...BASE_GFN, 'gfn'],
      npages: NPAGES,
      fd: ['fd'],
      offset: ['offset'],
      ino: INO,
    },
    needs: ['base_gfn'],
    probe:
      'p:guest_memfd/kvm_gmem_bind kvm_gmem_bind kvm=kvm:x64 slot=slot->id:s16 base_gfn=slot->base_gfn:x64 npages=slot->npages:u64 fd=fd:u32 offset=offset:x64',
  },
  {
    kind: 'GmemBindRet',
    ret: ['kvm_gmem_bind'],
    names: ['bind_ret', 'kvm_gmem_bind_ret2'],
    slots: { ret: RET, slot: SLOT, ino: INO, pgoff: PGOFF },
    needs: ['ret'],
    probe:
      'r:guest_memfd/kvm_gmem_bind_ret kvm_gmem_bind ret=$retval:s32 slot=slot->id:s16 ino=slot->gmem.file->f_inode->i_ino:u64 pgoff=slot->gmem.pgoff:x64',
  },
  {
    kind: 'GmemUnbind',
    entry: ['kvm_gmem_unbind'],
    names: ['unbind'],
    slots: { slot: SLOT, base_gfn: [...BASE_GFN, 'gfn'], npages: NPAGES, pgoff: PGOFF },
    needs: ['slot', 'base_gfn'],
    probe:
      'p:guest_memfd/kvm_gmem_unbind kvm_gmem_unbind slot=slot->id:s16 base_gfn=slot->base_gfn:x64 npages=slot->npages:u64 pgoff=slot->gmem.pgoff:x64',
  },
  {
    kind: 'SetMemoryRegion',
    entry: ['kvm_set_memory_region', '__kvm_set_memory_region'],
    slots: {
      kvm: KVM,
      slot: SLOT,
      flags: ['flags'],
      gpa: ['gpa', 'guest_phys_addr'],
      size: ['size', 'memory_size'],
      hva: ['hva', 'userspace_addr'],
      gmem_fd: ['gmem_fd', 'guest_memfd'],
      gmem_offset: ['gmem_offset', 'guest_memfd_offset'],
    },
    probe:
      'p:guest_memfd/kvm_set_memory_region kvm_set_memory_region kvm=kvm:x64 slot=mem->slot:u32 flags=mem->flags:x32 gpa=mem->guest_phys_addr:x64 size=mem->memory_size:x64 hva=mem->userspace_addr:x64 gmem_fd=mem->guest_memfd:s32 gmem_offset=mem->guest_memfd_offset:x64',
    older:
      'p:guest_memfd/__kvm_set_memory_region __kvm_set_memory_region kvm=kvm:x64 slot=mem->slot:u32 flags=mem->flags:x32 gpa=mem->guest_phys_addr:x64 size=mem->memory_size:x64 hva=mem->userspace_addr:x64 gmem_fd=mem->guest_memfd:s32 gmem_offset=mem->guest_memfd_offset:x64',
    note: 'With underscores up to 6.13. Shows memslots where kvm_gmem_bind is inlined in it.',
  },
  {
    kind: 'SetMemoryRegionRet',
    ret: ['kvm_set_memory_region', '__kvm_set_memory_region'],
    slots: { ret: RET },
    needs: ['ret'],
    probe: 'r:guest_memfd/kvm_set_memory_region_ret kvm_set_memory_region ret=$retval:s32',
    older: 'r:guest_memfd/__kvm_set_memory_region_ret __kvm_set_memory_region ret=$retval:s32',
  },
  {
    kind: 'GmemRelease',
    entry: ['kvm_gmem_release', 'restrictedmem_release', 'inaccessible_release'],
    names: ['release'],
    slots: { ino: INO, size: ['size', 'i_size'] },
    needs: ['ino'],
    probe: 'p:guest_memfd/kvm_gmem_release kvm_gmem_release ino=inode->i_ino:u64 size=inode->i_size:x64',
  },
  {
    kind: 'GmemFallocate',
    entry: ['kvm_gmem_fallocate', 'restrictedmem_fallocate', 'inaccessible_fallocate'],
    names: ['fallocate'],
    slots: { ino: INO, file: ['file'], mode: ['mode'], offset: ['offset', 'off'], len: ['len', 'size'] },
    needs: [['ino', 'file'], 'offset', 'len'],
    probe:
      'p:guest_memfd/kvm_gmem_fallocate kvm_gmem_fallocate ino=file->f_inode->i_ino:u64 mode=mode:x32 offset=offset:x64 len=len:x64',
  },
  {
    kind: 'GmemFallocateRet',
    ret: ['kvm_gmem_fallocate', 'restrictedmem_fallocate', 'inaccessible_fallocate'],
    names: ['fallocate_ret'],
    slots: { ret: RET },
  },
  {
    kind: 'GmemPunchHole',
    entry: ['kvm_gmem_punch_hole', 'restrictedmem_punch_hole'],
    slots: { ino: INO, offset: ['offset', 'off'], len: ['len'] },
    needs: ['ino', 'offset', 'len'],
  },
  {
    kind: 'GmemErrorFolio',
    entry: [
      'kvm_gmem_error_folio',
      'kvm_gmem_error_page',
      'restricted_error_remove_page',
      'restrictedmem_error_page',
    ],
    names: ['error'],
    slots: { ino: INO, pgoff: PGOFF },
    needs: ['ino', 'pgoff'],
    probe:
      'p:guest_memfd/kvm_gmem_error_folio kvm_gmem_error_folio ino=mapping->host->i_ino:u64 index=folio->index:x64',
    fallbacks: [
      'p:guest_memfd/kvm_gmem_error_page kvm_gmem_error_page ino=mapping->host->i_ino:u64 index=page->index:x64',
    ],
  },
  { kind: 'GmemFreeFolio', entry: ['kvm_gmem_free_folio'], slots: { folio: FOLIO, pgoff: PGOFF } },
  // ---- probes: user mappings ------------------------------------------------------------------------------
  {
    kind: 'FileMmap',
    entry: ['kvm_gmem_mmap', 'restrictedmem_mmap'],
    names: ['mmap', 'gmem_mmap'],
    slots: {
      ino: INO,
      start: ['start', 'vm_start'],
      end: ['end', 'vm_end'],
      pgoff: PGOFF,
      size: ['size', 'i_size'],
      mm: ['mm', 'vm_mm'],
      vm_ops: ['vm_ops', 'ops'],
    },
    needs: ['ino', 'start', 'end', 'pgoff'],
    probe:
      'p:guest_memfd/kvm_gmem_mmap kvm_gmem_mmap ino=file->f_inode->i_ino:u64 size=file->f_inode->i_size:u64 start=vma->vm_start:x64 end=vma->vm_end:x64 pgoff=vma->vm_pgoff:x64',
  },
  {
    kind: 'FileMmapRet',
    ret: ['kvm_gmem_mmap', 'restrictedmem_mmap'],
    names: ['mmap_ret'],
    slots: {
      ret: RET,
      ino: INO,
      start: ['start', 'vm_start'],
      end: ['end', 'vm_end'],
      pgoff: PGOFF,
      vm_ops: ['vm_ops', 'ops'],
    },
    needs: ['ret'],
    probe:
      'r:guest_memfd/kvm_gmem_mmap_ret kvm_gmem_mmap ino=file->f_inode->i_ino:u64 start=vma->vm_start:x64 end=vma->vm_end:x64 pgoff=vma->vm_pgoff:x64 ret=$retval:s32',
  },
  {
    kind: 'VmaOpen',
    entry: ['restrictedmem_vma_open', 'kvm_gmem_vma_open'],
    slots: { ino: INO, start: ['start'], end: ['end'], mm: ['mm'] },
    needs: ['ino', 'start', 'end'],
  },
  {
    kind: 'VmaClose',
    entry: ['restrictedmem_vma_close', 'kvm_gmem_vma_close'],
    slots: { ino: INO, start: ['start'], end: ['end'], mm: ['mm'] },
    needs: ['ino', 'start', 'end'],
  },
  {
    kind: 'MaySplit',
    entry: ['restrictedmem_may_split', 'kvm_gmem_may_split'],
    slots: { ino: INO, start: ['start'], end: ['end'], addr: ['addr'] },
  },
  {
    kind: 'MaySplitRet',
    ret: ['restrictedmem_may_split', 'kvm_gmem_may_split'],
    slots: { addr: ['addr'], ret: RET },
  },
  {
    kind: 'VmaMremap',
    entry: ['restrictedmem_mremap', 'kvm_gmem_mremap'],
    slots: { ino: INO, start: ['start'], end: ['end'] },
    needs: ['ino'],
  },
  {
    kind: 'VmaMremapRet',
    ret: ['restrictedmem_mremap', 'kvm_gmem_mremap'],
    slots: { ret: RET },
    needs: ['ret'],
  },
  {
    kind: 'UserFault',
    entry: ['kvm_gmem_fault_user_mapping', 'kvm_gmem_fault', 'restrictedmem_fault', 'inaccessible_fault'],
    names: ['fault', 'gmem_fault'],
    slots: { ino: INO, pgoff: PGOFF, addr: ['addr', 'address'] },
    needs: ['pgoff'],
    probe:
      'p:guest_memfd/kvm_gmem_fault_user_mapping kvm_gmem_fault_user_mapping ino=vmf->vma->vm_file->f_inode->i_ino:u64 pgoff=vmf->pgoff:x64 addr=vmf->address:x64 flags=vmf->flags:x32',
    fallbacks: [
      'p:guest_memfd/kvm_gmem_fault kvm_gmem_fault ino=vmf->vma->vm_file->f_inode->i_ino:u64 pgoff=vmf->pgoff:x64 addr=vmf->address:x64 flags=vmf->flags:x32',
    ],
  },
  {
    kind: 'UserFaultRet',
    ret: ['kvm_gmem_fault_user_mapping', 'kvm_gmem_fault', 'restrictedmem_fault', 'inaccessible_fault'],
    names: ['fault_ret'],
    slots: { ret: RET, pgoff: PGOFF, ino: INO },
    needs: ['ret'],
    probe: 'r:guest_memfd/kvm_gmem_fault_user_mapping_ret kvm_gmem_fault_user_mapping ret=$retval:x32',
    fallbacks: ['r:guest_memfd/kvm_gmem_fault_ret kvm_gmem_fault ret=$retval:x32'],
  },
  {
    kind: 'RmapAdd',
    entry: [
      'folio_add_file_rmap_ptes',
      'folio_add_file_rmap_pmd',
      'page_add_file_rmap',
      'folio_add_file_rmap_range',
    ],
    names: ['add_ptes'],
    slots: {
      folio: FOLIO,
      ino: INO,
      pgoff: PGOFF,
      page: ['page'],
      nr: NPAGES,
      vma_start: ['vm_start'],
      vma: ['vma'],
      mapping: MAPPING,
    },
    needs: [['ino', 'folio']],
    probe:
      'p:rmap/folio_add_file_rmap_ptes folio_add_file_rmap_ptes folio=folio:x64 m=folio->mapping:x64 ino=folio->mapping->host->i_ino:u64 index=folio->index:x64 page=page:x64 nr_pages=nr_pages:s32 vm_start=vma->vm_start:x64',
    filter: 'm != 0',
    note: 'For an anonymous folio `ino` is meaningless: only inodes known from other events count.',
  },
  {
    kind: 'RmapRemove',
    entry: ['folio_remove_rmap_ptes', 'folio_remove_rmap_pmd', 'page_remove_rmap'],
    names: ['del_ptes'],
    slots: {
      folio: FOLIO,
      ino: INO,
      pgoff: PGOFF,
      page: ['page'],
      nr: NPAGES,
      vma_start: ['vm_start'],
      vma: ['vma'],
      mapping: MAPPING,
    },
    needs: [['ino', 'folio']],
    probe:
      'p:rmap/folio_remove_rmap_ptes folio_remove_rmap_ptes folio=folio:x64 m=folio->mapping:x64 ino=folio->mapping->host->i_ino:u64 index=folio->index:x64 page=page:x64 nr_pages=nr_pages:s32 vm_start=vma->vm_start:x64',
    filter: 'm != 0',
  },
  {
    kind: 'UnmapMappingPages',
    entry: ['unmap_mapping_pages'],
    names: ['unmap_pages'],
    slots: { ino: INO, mapping: ['mapping'], start: [...START, 'pgoff'], nr: NPAGES },
    needs: ['start'],
    probe:
      'p:rmap/unmap_mapping_pages unmap_mapping_pages ino=mapping->host->i_ino:u64 start=start:x64 nr=nr:u64 even_cows=even_cows:u8',
  },
  {
    kind: 'UnmapMappingRange',
    entry: ['unmap_mapping_range'],
    names: ['unmap_range'],
    slots: {
      ino: INO,
      mapping: ['mapping'],
      begin: ['holebegin', 'begin', 'start'],
      len: ['holelen', 'len'],
    },
    needs: ['ino', 'begin'],
  },
  {
    kind: 'UnmapMappingFolio',
    entry: ['unmap_mapping_folio'],
    names: ['unmap_folio'],
    slots: {
      folio: FOLIO,
      ino: INO,
      pgoff: PGOFF,
      mapcount: ['mapcount'],
      refcount: ['refcount'],
      mapping: MAPPING,
    },
    needs: ['ino', 'pgoff'],
  },
  {
    kind: 'TruncateRange',
    entry: ['truncate_inode_pages_range'],
    names: ['truncate'],
    slots: { ino: INO, lstart: ['lstart', 'from', 'start'], lend: ['lend', 'to', 'end'] },
  },
  { kind: 'TruncateFolio', entry: ['truncate_cleanup_folio'], slots: { folio: FOLIO, pgoff: PGOFF } },
  {
    kind: 'SetPteRange',
    entry: ['set_pte_range', 'do_set_pte'],
    slots: { addr: ['addr'], pgoff: PGOFF, nr: NPAGES },
  },
  {
    kind: 'TryToUnmap',
    entry: ['try_to_unmap', 'try_to_unmap_one', 'try_to_migrate', 'try_to_migrate_one'],
    slots: { folio: FOLIO },
  },
  { kind: 'RmapWalk', entry: ['rmap_walk', 'folio_referenced', 'folio_mkclean'], slots: { folio: FOLIO } },
  {
    kind: 'UnmapVmas',
    entry: ['unmap_vmas', 'unmap_region', 'zap_vma_range', 'zap_page_range_single', 'unmap_page_range'],
    slots: { start: ['vma_start', 'start', 'addr', 'address'], end: ['vma_end', 'end'] },
  },
  {
    kind: 'VmiMunmap',
    entry: ['do_vmi_munmap', 'do_mas_munmap'],
    names: ['munmap'],
    slots: { start: ['start'], len: ['len'], mm: ['mm'] },
  },
  {
    kind: 'VmiAlignMunmap',
    entry: ['do_vmi_align_munmap'],
    slots: { vma_start: ['vm_start', 'vma_start'], start: ['start'], end: ['end'] },
  },
  {
    kind: 'MmapRegion',
    entry: ['mmap_region', '__mmap_region'],
    slots: { ino: INO, addr: ['addr'], len: ['len'], pgoff: PGOFF },
  },
  {
    kind: 'SplitVma',
    entry: ['__split_vma', 'split_vma'],
    names: ['split'],
    slots: { start: ['vm_start', 'start'], end: ['vm_end', 'end'], addr: ['addr', 'at'], pgoff: PGOFF },
    needs: ['addr'],
  },
  {
    kind: 'SplitVmaRet',
    ret: ['__split_vma', 'split_vma'],
    names: ['split_ret'],
    slots: { addr: ['addr'], ret: RET },
    needs: ['ret'],
  },
  {
    kind: 'ShmemFallocate',
    entry: ['shmem_fallocate'],
    slots: { ino: INO, mode: ['mode'], offset: ['offset'], len: ['len'] },
  },
  { kind: 'CopyVma', entry: ['copy_page_range', 'dup_mmap', 'vma_copy'], slots: {} },
  // ---- probes: references ---------------------------------------------------------------------------------
  {
    kind: 'GupEnter',
    entry: [
      'get_user_pages_fast',
      'pin_user_pages_fast',
      'gup_fast_fallback',
      '__gup_longterm_locked',
      'pin_user_pages',
      'pin_user_pages_remote',
      'get_user_pages',
      'get_user_pages_remote',
      'get_user_pages_unlocked',
      'pin_user_pages_unlocked',
      'internal_get_user_pages_fast',
    ],
    names: ['gup_fast', 'pin_fast', 'gup_longterm'],
    slots: { start: ['start', 'addr'], nr: ['nr_pages', 'nr', 'n'], flags: ['gup_flags', 'flags'] },
  },
  {
    kind: 'GupRet',
    ret: [
      'get_user_pages_fast',
      'pin_user_pages_fast',
      'gup_fast_fallback',
      '__gup_longterm_locked',
      'pin_user_pages',
      'pin_user_pages_remote',
      'get_user_pages',
      'get_user_pages_remote',
      'get_user_pages_unlocked',
      'pin_user_pages_unlocked',
      'internal_get_user_pages_fast',
    ],
    names: ['gup_fast_ret', 'pin_fast_ret', 'gup_longterm_ret'],
    slots: {
      ret: RET,
      start: ['start', 'addr'],
      flags: ['gup_flags', 'flags'],
      page: ['page0', 'page'],
      pgoff: ['index0', ...PGOFF],
      ino: ['ino0', ...INO],
      mapping: MAPPING,
    },
    needs: ['ret'],
    probe:
      'r:gup/gup_fast_fallback_ret gup_fast_fallback ret=$retval:s32 start=start:x64 gup_flags=gup_flags:x32 page0=+0(pages):x64 m0=+24(+0(pages)):x64 index0=+32(+0(pages)):x64 ino0=+40(+0(+24(+0(pages)))):u64',
    fallbacks: [
      'r:gup/internal_get_user_pages_fast_ret internal_get_user_pages_fast ret=$retval:s32 start=start:x64 gup_flags=gup_flags:x32 page0=+0(pages):x64 m0=+24(+0(pages)):x64 index0=+32(+0(pages)):x64 ino0=+40(+0(+24(+0(pages)))):u64',
    ],
    also: [
      {
        probe:
          'r:gup/pin_user_pages_ret pin_user_pages ret=$retval:s32 start=start:x64 gup_flags=gup_flags:x32 page0=+0(pages):x64',
      },
    ],
  },
  {
    kind: 'GrabFolio',
    entry: ['try_grab_folio'],
    names: ['grab'],
    slots: { folio: FOLIO, refs: ['refs'], flags: ['flags'], pgoff: PGOFF, ino: INO, mapping: MAPPING },
    needs: [['folio', 'ino']],
  },
  {
    kind: 'GrabFolioFast',
    entry: ['try_grab_folio_fast'],
    slots: {
      folio: ['folio', 'page'],
      refs: ['refs'],
      flags: ['flags'],
      pgoff: PGOFF,
      ino: INO,
      mapping: MAPPING,
    },
    needs: [['folio', 'ino']],
  },
  {
    kind: 'GupPutFolio',
    entry: ['gup_put_folio'],
    slots: { folio: FOLIO, refs: ['refs'], flags: ['flags'], pgoff: PGOFF, ino: INO, mapping: MAPPING },
    needs: [['folio', 'ino']],
  },
  {
    kind: 'UnpinPage',
    entry: ['unpin_user_page'],
    slots: { page: ['page'], pgoff: PGOFF, ino: INO, mapping: MAPPING },
    probe:
      'p:gup/unpin_user_page unpin_user_page page=page:x64 m=+24($arg1):x64 index=+32($arg1):x64 ino=+40(+0(+24($arg1))):u64',
  },
  {
    kind: 'UnpinPages',
    entry: ['unpin_user_pages', 'unpin_user_pages_dirty_lock'],
    names: ['unpin'],
    slots: { nr: NPAGES, page: ['page0'], pages: [] },
    probe: 'p:gup/unpin_user_pages unpin_user_pages npages=npages:u64 page0=+0(pages):x64',
    fallbacks: ['p:gup/unpin_user_pages unpin_user_pages npages=$arg2:u64 page0=+0($arg1):x64'],
    // Without make_dirty it calls the other, which then tells.
    also: [
      {
        probe:
          'p:gup/unpin_user_pages_dirty_lock unpin_user_pages_dirty_lock npages=npages:u64 page0=+0(pages):x64 make_dirty=make_dirty:u8',
        filter: 'make_dirty != 0',
      },
    ],
  },
  {
    kind: 'UnpinFolio',
    entry: ['unpin_user_folio'],
    slots: { folio: FOLIO, nr: NPAGES, ino: INO, pgoff: PGOFF, mapping: MAPPING },
    probe:
      'p:gup/unpin_user_folio unpin_user_folio folio=folio:x64 m=folio->mapping:x64 npages=npages:u64 ino=folio->mapping->host->i_ino:u64 index=folio->index:x64',
  },
  { kind: 'UnpinRange', entry: ['unpin_user_page_range_dirty_lock'], slots: { page: ['page'], nr: NPAGES } },
  { kind: 'BioRelease', entry: ['__bio_release_pages', 'bio_release_pages'], slots: {} },
  // ---- probes: the guest's faults -------------------------------------------------------------------------
  {
    kind: 'GetPfn',
    entry: [
      'kvm_gmem_get_pfn',
      '__kvm_gmem_get_pfn',
      'restrictedmem_get_page',
      'restrictedmem_get_page_noalloc',
      'inaccessible_get_pfn',
      'kvm_restricted_mem_get_pfn',
    ],
    names: ['get_pfn', 'get_page'],
    slots: { kvm: KVM, slot: SLOT, gfn: ['gfn'], base_gfn: BASE_GFN, pgoff: PGOFF, ino: INO, file: ['file'] },
    needs: [['gfn', 'pgoff']],
    probe:
      'p:guest_memfd/kvm_gmem_get_pfn kvm_gmem_get_pfn kvm=kvm:x64 slot=slot->id:s16 gfn=gfn:x64 base_gfn=slot->base_gfn:x64 pgoff=slot->gmem.pgoff:x64 file=slot->gmem.file:x64 ino=slot->gmem.file->f_inode->i_ino:u64',
    note: "On guest_memfd `pgoff` is the slot's first page; on restrictedmem it is the page asked for.",
  },
  {
    kind: 'GetPfnRet',
    ret: [
      'kvm_gmem_get_pfn',
      '__kvm_gmem_get_pfn',
      'restrictedmem_get_page',
      'restrictedmem_get_page_noalloc',
      'inaccessible_get_pfn',
      'kvm_restricted_mem_get_pfn',
    ],
    names: ['get_pfn_ret', 'get_page_ret'],
    slots: { gfn: ['gfn'], ret: RET, pfn: ['pfn'], ino: INO, pgoff: PGOFF },
    needs: ['ret'],
    probe: 'r:guest_memfd/kvm_gmem_get_pfn_ret kvm_gmem_get_pfn gfn=gfn:x64 ret=$retval:s32',
    fallbacks: ['r:guest_memfd/kvm_gmem_get_pfn_ret kvm_gmem_get_pfn ret=$retval:s32'],
  },
  {
    kind: 'PutPage',
    entry: ['restrictedmem_put_page', 'inaccessible_put_pfn'],
    names: ['put_page'],
    slots: { ino: INO, pgoff: PGOFF, page: ['page'] },
    needs: ['ino', 'pgoff'],
  },
  { kind: 'GmemGetFolio', entry: ['kvm_gmem_get_folio'], slots: { ino: INO, pgoff: PGOFF } },
  { kind: 'GmemGetFolioRet', ret: ['kvm_gmem_get_folio'], slots: { pgoff: PGOFF, folio: ['folio', ...RET] } },
  {
    kind: 'FaultinPfn',
    entry: ['kvm_mmu_faultin_pfn', 'kvm_faultin_pfn', '__kvm_mmu_faultin_pfn'],
    slots: {
      gfn: ['gfn'],
      addr: ['addr'],
      error_code: ['error_code'],
      priv: ['priv', 'is_private'],
      kvm: KVM,
    },
    needs: ['gfn'],
    probe:
      'p:guest_memfd/kvm_mmu_faultin_pfn kvm_mmu_faultin_pfn gfn=fault->gfn:x64 addr=fault->addr:x64 error_code=fault->error_code:x64',
    fallbacks: [
      'p:guest_memfd/kvm_faultin_pfn kvm_faultin_pfn gfn=fault->gfn:x64 addr=fault->addr:x64 error_code=fault->error_code:x64',
    ],
  },
  {
    kind: 'FaultStale',
    entry: ['is_page_fault_stale'],
    slots: {
      kvm: KVM,
      gfn: ['gfn'],
      fault_seq: ['fault_seq', 'mmu_seq'],
      seq: ['seq', 'invalidate_seq'],
      inprog: ['inprog', 'in_progress'],
      priv: ['priv', 'is_private'],
    },
    needs: ['gfn'],
  },
  { kind: 'FaultStaleRet', ret: ['is_page_fault_stale'], slots: { stale: ['stale', ...RET] } },
  {
    kind: 'TdpMap',
    entry: ['kvm_tdp_mmu_map'],
    slots: {
      kvm: KVM,
      gfn: ['gfn'],
      pfn: ['pfn'],
      fault_seq: ['fault_seq', 'mmu_seq'],
      seq: ['seq', 'invalidate_seq'],
      inprog: ['inprog', 'in_progress'],
      hull_start: ['hs', 'range_start'],
      hull_end: ['he', 'range_end'],
      priv: ['priv', 'is_private'],
    },
    needs: ['gfn'],
    probe:
      'p:guest_memfd/kvm_tdp_mmu_map kvm_tdp_mmu_map kvm=vcpu->kvm:x64 gfn=fault->gfn:x64 pfn=fault->pfn:x64 fault_seq=fault->mmu_seq:u64 seq=vcpu->kvm->mmu_invalidate_seq:u64 inprog=vcpu->kvm->mmu_invalidate_in_progress:s64 hs=vcpu->kvm->mmu_invalidate_range_start:x64 he=vcpu->kvm->mmu_invalidate_range_end:x64 priv=fault->is_private:u8',
  },
  { kind: 'TdpMapRet', ret: ['kvm_tdp_mmu_map'], slots: { ret: RET } },
  {
    kind: 'ExternalSpte',
    entry: [
      'tdx_sept_set_private_spte',
      'set_external_spte',
      'tdx_sept_remove_private_spte',
      'tdx_sept_map_leaf_spte',
      'tdx_sept_remove_leaf_spte',
    ],
    names: ['ext_spte'],
    slots: {
      kvm: KVM,
      gfn: ['gfn'],
      level: ['level'],
      old: ['old', 'old_spte'],
      new: ['new', 'new_spte', 'mirror_spte'],
    },
    needs: ['gfn'],
  },
  {
    kind: 'GmemPrepare',
    entry: [
      'sev_gmem_prepare',
      'kvm_arch_gmem_prepare',
      'sev_gmem_make_private',
      'kvm_arch_gmem_make_private',
      'rmp_make_private',
    ],
    names: ['prepare'],
    slots: { kvm: KVM, pfn: ['pfn'], gfn: ['gfn'], nr: ['nr_pages'] },
    needs: [['gfn', 'pfn']],
    note: 'sev_gmem_prepare up to 7.2, sev_gmem_make_private with a number of pages since 7.3.',
  },
  {
    kind: 'GmemArchInvalidate',
    entry: [
      'sev_gmem_invalidate',
      'kvm_arch_gmem_invalidate',
      'sev_gmem_make_shared',
      'kvm_arch_gmem_make_shared',
      'rmp_make_shared',
    ],
    slots: { start: ['start', 'pfn'], end: ['end'], nr: ['nr_pages'] },
    note: 'sev_gmem_invalidate up to 7.2, with an end; sev_gmem_make_shared with a number of pages since 7.3.',
  },
  // ---- probes: invalidation -------------------------------------------------------------------------------
  {
    kind: 'InvStart',
    entry: ['kvm_mmu_invalidate_start', 'kvm_mmu_invalidate_begin'],
    names: ['inv_start'],
    slots: { kvm: KVM, inprog: ['inprog', 'in_progress'], seq: ['seq'], start: ['start'], end: ['end'] },
    probe:
      'p:guest_memfd/kvm_mmu_invalidate_start kvm_mmu_invalidate_start kvm=kvm:x64 inprog=kvm->mmu_invalidate_in_progress:s64 seq=kvm->mmu_invalidate_seq:u64',
    fallbacks: [
      'p:guest_memfd/kvm_mmu_invalidate_begin kvm_mmu_invalidate_begin kvm=kvm:x64 inprog=kvm->mmu_invalidate_in_progress:s64 seq=kvm->mmu_invalidate_seq:u64',
      'p:guest_memfd/kvm_mmu_invalidate_start kvm_mmu_invalidate_start kvm=$arg1:x64',
      'p:guest_memfd/kvm_mmu_invalidate_begin kvm_mmu_invalidate_begin kvm=$arg1:x64',
    ],
    note:
      'kvm_mmu_invalidate_begin up to about 6.18. Inlined inside kvm_main.c on ordinary builds: ' +
      'the probe then misses those callers.',
  },
  {
    kind: 'InvRange',
    entry: ['kvm_mmu_invalidate_range_add'],
    names: ['inv_range'],
    slots: { kvm: KVM, start: ['start'], end: ['end'] },
    needs: ['start', 'end'],
    probe:
      'p:guest_memfd/kvm_mmu_invalidate_range_add kvm_mmu_invalidate_range_add kvm=kvm:x64 start=start:x64 end=end:x64',
    fallbacks: [
      'p:guest_memfd/kvm_mmu_invalidate_range_add kvm_mmu_invalidate_range_add kvm=$arg1:x64 start=$arg2:x64 end=$arg3:x64',
    ],
  },
  {
    kind: 'InvEnd',
    entry: ['kvm_mmu_invalidate_end'],
    names: ['inv_end'],
    slots: { kvm: KVM, inprog: ['inprog', 'in_progress'], seq: ['seq'], start: ['start'], end: ['end'] },
    probe:
      'p:guest_memfd/kvm_mmu_invalidate_end kvm_mmu_invalidate_end kvm=kvm:x64 inprog=kvm->mmu_invalidate_in_progress:s64 seq=kvm->mmu_invalidate_seq:u64',
    fallbacks: ['p:guest_memfd/kvm_mmu_invalidate_end kvm_mmu_invalidate_end kvm=$arg1:x64'],
  },
  {
    kind: 'GmemInvStart',
    entry: [
      '__kvm_gmem_invalidate_start',
      'kvm_gmem_invalidate_start',
      '__kvm_gmem_invalidate_begin',
      'kvm_gmem_invalidate_begin',
    ],
    slots: { kvm: KVM, ino: INO, start: ['start'], end: ['end'] },
    needs: ['start', 'end'],
    probe:
      'p:guest_memfd/kvm_gmem_invalidate_start __kvm_gmem_invalidate_start kvm=+0($arg1):x64 start=$arg2:x64 end=$arg3:x64',
    fallbacks: [
      'p:guest_memfd/kvm_gmem_invalidate_begin __kvm_gmem_invalidate_begin kvm=f->kvm:x64 start=start:x64 end=end:x64',
      'p:guest_memfd/kvm_gmem_invalidate_begin kvm_gmem_invalidate_begin kvm=gmem->kvm:x64 start=start:x64 end=end:x64',
      'p:guest_memfd/kvm_gmem_invalidate_begin kvm_gmem_invalidate_begin ino=inode->i_ino:u64 start=start:x64 end=end:x64',
    ],
  },
  {
    kind: 'GmemInvEnd',
    entry: ['__kvm_gmem_invalidate_end', 'kvm_gmem_invalidate_end'],
    slots: { kvm: KVM, ino: INO, start: ['start'], end: ['end'] },
    probe:
      'p:guest_memfd/kvm_gmem_invalidate_end kvm_gmem_invalidate_end ino=inode->i_ino:u64 start=start:x64 end=end:x64',
    fallbacks: [
      'p:guest_memfd/kvm_gmem_invalidate_end kvm_gmem_invalidate_end kvm=gmem->kvm:x64 start=start:x64 end=end:x64',
    ],
  },
  {
    kind: 'UnmapGfnRange',
    entry: ['kvm_unmap_gfn_range', 'kvm_mmu_unmap_gfn_range'],
    slots: {
      kvm: KVM,
      slot: SLOT,
      start: ['start'],
      end: ['end'],
      filter: ['filter', 'attr_filter'],
      ...HULL,
    },
    needs: ['start', 'end'],
    probe: `p:guest_memfd/kvm_unmap_gfn_range kvm_unmap_gfn_range kvm=kvm:x64 slot=range->slot->id:s16 start=range->start:x64 end=range->end:x64 ${HULL_FETCH}`,
    fallbacks: [
      'p:guest_memfd/kvm_unmap_gfn_range kvm_unmap_gfn_range kvm=kvm:x64 slot=range->slot->id:s16 start=range->start:x64 end=range->end:x64',
    ],
    note: 'Shows the range of a bracket whose kvm_mmu_invalidate_range_add is inlined.',
  },
  { kind: 'UnmapGfnRangeRet', ret: ['kvm_unmap_gfn_range'], slots: { flush: ['flush', ...RET] } },
  {
    kind: 'FlushRemoteTlbs',
    entry: ['kvm_flush_remote_tlbs', 'kvm_flush_remote_tlbs_range'],
    slots: { kvm: KVM },
  },
  // ---- probes: conversion ---------------------------------------------------------------------------------
  {
    kind: 'PreSetAttr',
    entry: ['kvm_arch_pre_set_memory_attributes', 'kvm_pre_set_memory_attributes'],
    names: ['pre_attr'],
    slots: { kvm: KVM, slot: SLOT, start: ['start'], end: ['end'], attrs: ATTRS, ...HULL },
    needs: ['start', 'end', 'attrs'],
    probe: `p:guest_memfd/kvm_arch_pre_set_memory_attributes kvm_arch_pre_set_memory_attributes kvm=kvm:x64 slot=range->slot->id:s16 start=range->start:x64 end=range->end:x64 attributes=range->arg.attributes:x64 ${HULL_FETCH}`,
    fallbacks: [
      'p:guest_memfd/kvm_arch_pre_set_memory_attributes kvm_arch_pre_set_memory_attributes kvm=kvm:x64 slot=range->slot->id:s16 start=range->start:x64 end=range->end:x64 attributes=range->arg.attributes:x64',
    ],
  },
  {
    kind: 'PostSetAttr',
    entry: ['kvm_arch_post_set_memory_attributes'],
    names: ['post_attr'],
    slots: { kvm: KVM, slot: SLOT, start: ['start'], end: ['end'], attrs: ATTRS, ...HULL },
    needs: ['start', 'end', 'attrs'],
    probe: `p:guest_memfd/kvm_arch_post_set_memory_attributes kvm_arch_post_set_memory_attributes kvm=kvm:x64 slot=range->slot->id:s16 start=range->start:x64 end=range->end:x64 attributes=range->arg.attributes:x64 ${HULL_FETCH}`,
    fallbacks: [
      'p:guest_memfd/kvm_arch_post_set_memory_attributes kvm_arch_post_set_memory_attributes kvm=kvm:x64 slot=range->slot->id:s16 start=range->start:x64 end=range->end:x64 attributes=range->arg.attributes:x64',
    ],
    note: 'Runs after kvm_mmu_invalidate_end on correct kernels.',
  },
  {
    kind: 'VmIoctl',
    entry: ['kvm_vm_ioctl'],
    names: ['vm_ioctl', 'kvm_vm_ioctl_attr'],
    slots: {
      cmd: ['cmd', 'ioctl'],
      address: ['address', 'a'],
      size: ['size', 'b'],
      attrs: [...ATTRS, 'c'],
      kvm: KVM,
    },
    needs: ['cmd'],
  },
  {
    kind: 'VmIoctlRet',
    ret: ['kvm_vm_ioctl'],
    names: ['vm_ioctl_ret', 'kvm_vm_ioctl_attr_ret'],
    slots: { cmd: ['cmd', 'ioctl'], ret: RET },
    needs: ['ret'],
  },
  {
    kind: 'VmSetAttr',
    entry: ['kvm_vm_set_mem_attributes', 'kvm_vm_ioctl_set_mem_attributes'],
    names: ['set_attr', 'pp_set_attr'],
    slots: { kvm: KVM, start: ['start'], end: ['end'], attrs: ATTRS },
  },
  {
    kind: 'VmSetAttrRet',
    ret: ['kvm_vm_set_mem_attributes', 'kvm_vm_ioctl_set_mem_attributes'],
    slots: { ret: RET },
    needs: ['ret'],
  },
  {
    kind: 'GmemIoctl',
    entry: ['kvm_gmem_ioctl'],
    names: ['gmem_ioctl'],
    slots: { ino: INO, cmd: ['ioctl', 'cmd'], offset: ['off', 'offset'], size: ['size'], attrs: ATTRS },
    needs: ['ino', 'cmd'],
    probe:
      'p:guest_memfd/kvm_gmem_ioctl kvm_gmem_ioctl ino=file->f_inode->i_ino:u64 ioctl=ioctl:x32 arg=arg:x64',
  },
  {
    kind: 'GmemIoctlRet',
    ret: ['kvm_gmem_ioctl'],
    names: ['gmem_ioctl_ret'],
    slots: { ret: RET },
    needs: ['ret'],
  },
  {
    kind: 'ConvertEnter',
    entry: ['__kvm_gmem_set_attributes', 'kvm_gmem_set_attributes', 'restrictedmem_convert'],
    slots: {
      ino: INO,
      start: [...START, 'pgoff'],
      nr: NPAGES,
      end: END,
      attrs: ATTRS,
      to_private: ['to_private'],
    },
    needs: ['ino', 'start', ['nr', 'end'], ['attrs', 'to_private']],
    probe:
      'p:guest_memfd/kvm_gmem_set_attributes __kvm_gmem_set_attributes ino=inode->i_ino:u64 start=start:x64 nr_pages=nr_pages:u64 attrs=attrs:x64',
  },
  {
    kind: 'ConvertRet',
    ret: ['__kvm_gmem_set_attributes', 'kvm_gmem_set_attributes', 'restrictedmem_convert'],
    slots: {
      ino: INO,
      start: [...START, 'pgoff'],
      nr: NPAGES,
      end: END,
      attrs: ATTRS,
      to_private: ['to_private'],
      ret: RET,
      error_offset: ['error_offset'],
      error_index: ['error_index', 'err_index'],
    },
    needs: ['ret'],
    probe:
      'r:guest_memfd/kvm_gmem_set_attributes_ret __kvm_gmem_set_attributes ino=inode->i_ino:u64 start=start:x64 nr_pages=nr_pages:u64 attrs=attrs:x64 ret=$retval:s32',
  },
  {
    kind: 'ConvertBlocked',
    entry: ['restrictedmem_switch_begin'],
    names: ['kvm_gmem_blocked', 'blocked'],
    slots: { ino: INO, start: ['start'], end: ['end'], attrs: ATTRS },
    note: 'An offset probe after down_write of the invalidate lock inside __kvm_gmem_set_attributes.',
  },
  {
    kind: 'ConvertSafe',
    entry: ['kvm_gmem_is_safe_for_conversion'],
    slots: { mapping: ['mapping'], start: ['start'], nr: NPAGES },
  },
  {
    kind: 'ConvertSafeRet',
    ret: ['kvm_gmem_is_safe_for_conversion'],
    slots: { safe: ['safe', ...RET] },
    needs: ['safe'],
  },
  {
    kind: 'HasRefsRet',
    ret: ['restrictedmem_has_refs'],
    slots: { start: ['start'], end: ['end'], busy: ['busy', ...RET] },
    needs: ['busy'],
  },
  {
    kind: 'StoreAttr',
    entry: ['kvm_gmem_store_attributes', 'restrictedmem_store_attr', 'kvm_gmem_mas_store'],
    names: ['store_attributes', 'store_attr'],
    slots: {
      ino: INO,
      start: ['start', 'index'],
      end: END,
      last: ['last'],
      attrs: ATTRS,
      to_private: ['to_private'],
    },
    needs: [['attrs', 'to_private']],
    note: "The maple tree prints the merged range: the conversion's own range is used.",
  },
  { kind: 'GetAttr', entry: ['kvm_gmem_get_memory_attributes'], slots: { kvm: KVM, gfn: ['gfn'] } },
  {
    kind: 'GetAttrRet',
    ret: ['kvm_gmem_get_memory_attributes'],
    slots: { gfn: ['gfn'], attrs: [...ATTRS, ...RET] },
  },
  { kind: 'ShimDestroy', entry: ['restrictedmem_destroy'], slots: { ino: INO }, needs: ['ino'] },
  // ---- probes: notifiers of the restricted memfd ----------------------------------------------------------
  {
    kind: 'NotifierBind',
    entry: ['restrictedmem_bind', 'restrictedmem_register_notifier', 'inaccessible_register_notifier'],
    names: ['register'],
    slots: { ino: INO, file: ['file'], start: ['start'], end: ['end'], notifier: NOTIFIER },
    needs: [['ino', 'file'], 'notifier'],
  },
  {
    kind: 'NotifierBindRet',
    ret: ['restrictedmem_bind', 'restrictedmem_register_notifier', 'inaccessible_register_notifier'],
    slots: { notifier: NOTIFIER, id: ['id', ...RET] },
  },
  {
    kind: 'NotifierUnbind',
    entry: ['restrictedmem_unbind', 'restrictedmem_unregister_notifier', 'inaccessible_unregister_notifier'],
    names: ['unregister'],
    slots: { ino: INO, file: ['file'], start: ['start'], end: ['end'], notifier: NOTIFIER },
    needs: [['ino', 'file'], 'notifier'],
  },
  {
    kind: 'NotifierMmapStart',
    entry: ['restrictedmem_notifier_mmap_start'],
    slots: { notifier: NOTIFIER, id: ['id'], start: ['start'], end: ['end'] },
    needs: ['notifier'],
  },
  {
    kind: 'NotifierMmapStartRet',
    ret: ['restrictedmem_notifier_mmap_start'],
    slots: { notifier: NOTIFIER, ret: RET },
  },
  {
    kind: 'NotifierMmapAbort',
    entry: ['restrictedmem_notifier_mmap_abort'],
    slots: { notifier: NOTIFIER, id: ['id'], start: ['start'], end: ['end'] },
    needs: ['notifier'],
  },
  {
    kind: 'NotifierMmapEnd',
    entry: ['restrictedmem_notifier_mmap_end'],
    slots: { notifier: NOTIFIER, id: ['id'], start: ['start'], end: ['end'] },
    needs: ['notifier'],
  },
  {
    kind: 'NotifierInvStart',
    entry: [
      'restrictedmem_notifier_invalidate_start',
      'kvm_restrictedmem_invalidate_begin',
      'kvm_restrictedmem_invalidate_start',
    ],
    names: ['inv_begin'],
    slots: { notifier: NOTIFIER, id: ['id'], start: ['start'], end: ['end'] },
    needs: ['notifier'],
    note: 'Per slot. v9 passes an exclusive end, v10 an inclusive one.',
  },
  {
    kind: 'NotifierInvEnd',
    entry: ['restrictedmem_notifier_invalidate_end', 'kvm_restrictedmem_invalidate_end'],
    slots: { notifier: NOTIFIER, id: ['id'], start: ['start'], end: ['end'] },
    needs: ['notifier'],
  },
  {
    kind: 'ShimInvStart',
    entry: ['restrictedmem_invalidate_start', 'inaccessible_notifier_invalidate_start'],
    slots: { ino: INO, file: ['file'], start: ['start'], end: ['end'] },
    needs: [['ino', 'file']],
  },
  {
    kind: 'ShimInvStartRet',
    ret: ['restrictedmem_invalidate_start', 'inaccessible_notifier_invalidate_start'],
    slots: { start: ['start'], end: ['end'] },
  },
  {
    kind: 'ShimInvEnd',
    entry: ['restrictedmem_invalidate_end', 'inaccessible_notifier_invalidate_end'],
    slots: { ino: INO, file: ['file'], start: ['start'], end: ['end'] },
  },
  {
    kind: 'ShimInvEndRet',
    ret: ['restrictedmem_invalidate_end', 'inaccessible_notifier_invalidate_end'],
    slots: { start: ['start'], end: ['end'] },
  },
  // ---- QEMU -----------------------------------------------------------------------------------------------
  {
    kind: 'QemuConvert',
    tracepoints: ['qemu:kvm_convert_memory'],
    text: [
      'start {start:x} size {size:x} shared_to_private{to_private:=1}',
      'start {start:x} size {size:x} private_to_shared{to_private:=0}',
      'start {start:x} size {size:x}',
    ],
    slots: { start: ['start'], size: ['size'], to_private: [] },
    needs: ['start', 'size', 'to_private'],
  },
  {
    kind: 'QemuMemoryFault',
    tracepoints: ['qemu:kvm_memory_fault'],
    text: ['start {start:x} size {size:x} flags {flags:x}', 'gfn {gfn:x} size {size:x} operation {_}'],
    slots: { start: ['start'], size: ['size'], flags: ['flags'], gfn: [] },
    needs: [['start', 'gfn']],
  },
  {
    kind: 'QemuSetUserMemory',
    tracepoints: ['qemu:kvm_set_user_memory'],
    text: [
      `AddrSpace#{as_id:d} ${USER_MEMORY} guest_memfd={gmem_fd:d} guest_memfd_offset={gmem_offset:x} ret={ret:d}`,
      `AddrSpace#{as_id:d} ${USER_MEMORY} ret={ret:d} restricted_fd={gmem_fd:d} restricted_offset={gmem_offset:x}`,
      `AddrSpace#{as_id:d} ${USER_MEMORY} ret={ret:d}`,
      `${USER_MEMORY} ret={ret:d}`,
    ],
    slots: {
      as_id: [],
      slot: [],
      flags: [],
      gpa: [],
      size: [],
      ua: [],
      gmem_fd: [],
      gmem_offset: [],
      ret: [],
    },
    needs: ['slot', 'gpa', 'size', 'ret'],
  },
  {
    kind: 'QemuMapGpaRange',
    tracepoints: ['qemu:kvm_hc_map_gpa_range'],
    text: ['gpa {gpa:x} size {size:x} attributes {attrs:x} flags {flags:x}'],
    slots: { gpa: [], size: [], attrs: [], flags: [] },
  },
  {
    kind: 'QemuDiscard',
    tracepoints: ['qemu:ram_block_discard_range', 'qemu:ram_block_discard_shared_range'],
    text: ['{_} + {size:x}: madvise: {madvise:d} fallocate: {fallocate:d} ret: {ret:d}'],
    slots: { size: [], madvise: [], fallocate: [], ret: [] },
    note: 'ram_block_discard_range up to QEMU 10, ram_block_discard_shared_range from 11.',
  },
  {
    kind: 'QemuRunExit',
    tracepoints: ['qemu:kvm_run_exit'],
    text: ['cpu_index {vcpu:d}, reason {reason:d}'],
    slots: { vcpu: [], reason: [] },
  },
  {
    kind: 'QemuOther',
    tracepoints: [
      'qemu:kvm_ioctl',
      'qemu:kvm_vm_ioctl',
      'qemu:kvm_vcpu_ioctl',
      'qemu:ram_block_attributes_state_change',
      'qemu:kvm_sev_snp_launch_update',
      'qemu:sev_handle_reset',
      'qemu:tdx_handle_reset',
    ],
    slots: {},
  },
  ...ARM64_ROWS,
] as const satisfies readonly MeaningOf<string>[];

type VocabularyRow = (typeof ROWS)[number];

/** A model event: every name that a row of the vocabulary gives, and no other. */
export type EventKind = VocabularyRow['kind'];

type SlotsOfRow<Row> = Row extends { readonly slots: infer Slots } ? keyof Slots & string : never;

/** A slot that some row of the kind fills. */
export type SlotName<Kind extends EventKind> = SlotsOfRow<Extract<VocabularyRow, { readonly kind: Kind }>>;

export const VOCABULARY: readonly Meaning[] = ROWS;
