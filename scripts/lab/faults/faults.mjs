// The faults that the laboratory puts into its kernels: for each what its module is told, the workload that
// meets it, and what must be found where. The place is told by the module itself and by the order of events,
// never by a verdict.

/**
 * `fault` are parameters of faults.c, undefined where nothing is at fault; `rules` are those whose probes
 * are recorded. Of what is expected, `at` is the first event of that name at or behind what the module told
 * last, or, with `first`, told first.
 */
const STEPS = { task: 'steps', armed: 'N' };
const GUEST = { task: 'guest-arm64' };
const STEPS_RULES = 'G2,G2b,G3,G5,G6,G6b,G7,G10,G13';
const BOUND_RULES = 'G5,G6,G6b,G13';
const PKVM_RULES = 'P1,P2,P3,P4,P8';

const X86 = {
  none: { workload: 'steps', rules: STEPS_RULES, fault: undefined, what: 'nothing', expected: [] },
  unzapped: {
    workload: 'steps convert',
    rules: STEPS_RULES,
    fault: { ...STEPS, skip: 'kvm_tdp_mmu_unmap_gfn_range' },
    what: 'a conversion zaps nothing',
    expected: [{ rule: 'G3', profile: 'guest-memfd', at: 'kvm_arch_post_set_memory_attributes' }],
  },
  unbracketed: {
    workload: 'steps hole',
    rules: STEPS_RULES,
    fault: { ...STEPS, skip: 'kvm_gmem_invalidate_begin,kvm_mmu_invalidate_end' },
    what: 'a hole is punched without a bracket, and nothing is zapped',
    expected: [
      { rule: 'G6', profile: 'guest-memfd', at: 'mm_filemap_delete_from_page_cache', first: true },
      { rule: 'G6b', profile: 'guest-memfd', at: 'mm_filemap_delete_from_page_cache', first: true },
    ],
  },
  stale: {
    workload: 'steps race',
    rules: STEPS_RULES,
    fault: { ...STEPS, skip: 'is_page_fault_stale', pause: 'kvm_faultin_pfn', pause_ms: '100' },
    what: 'a fault that a conversion has overtaken is not held to be stale',
    expected: [{ rule: 'G2b', profile: 'guest-memfd', at: 'kvm_tdp_mmu_spte_changed' }],
  },
};

/** Where convert.c lets pages be converted. What begins all brackets of a file is inlined. */
const X86_7_3 = {
  none: X86.none,
  unzapped: X86.unzapped,
  unbracketed: {
    ...X86.unbracketed,
    fault: { ...STEPS, skip: '__kvm_gmem_invalidate_start,kvm_mmu_invalidate_end' },
  },
  stale: {
    ...X86.stale,
    fault: { ...STEPS, skip: 'is_page_fault_stale', pause: 'kvm_mmu_faultin_pfn' },
  },
  met: {
    workload: 'steps meet',
    rules: STEPS_RULES,
    fault: {
      ...STEPS,
      skip: 'is_page_fault_stale',
      pause: 'kvm_mmu_faultin_pfn,truncate_inode_pages_range',
      pause_ms: '200,3000',
    },
    what: 'a page is mapped while a hole is punched at it',
    expected: [
      { rule: 'G2', profile: 'guest-memfd', at: 'kvm_tdp_mmu_spte_changed' },
      // By then its page is no longer in the file.
      { rule: 'G6', profile: 'guest-memfd', at: 'kvm_tdp_mmu_spte_changed' },
      // The hole waits within its bracket.
      { rule: 'S3', profile: 'guest-memfd', at: 'kvm_mmu_invalidate_end', verdict: 'suspicious' },
    ],
  },
  unended: {
    // Behind it nothing could be mapped any more.
    workload: 'steps punch 4 last',
    rules: STEPS_RULES,
    fault: { ...STEPS, skip: 'kvm_mmu_invalidate_end' },
    what: 'the bracket of a hole never ends',
    expected: [{ rule: 'G5', profile: 'guest-memfd', at: 'sys_fallocate', first: true }],
  },
};

const ARM64 = {
  none: {
    workload: 'guest-arm64 protected 4 2',
    rules: PKVM_RULES,
    fault: undefined,
    what: 'nothing',
    expected: [],
  },
  kept: {
    workload: 'guest-arm64 protected 4 2',
    rules: PKVM_RULES,
    // A teardown goes through the address space by 2 MiB each: the call that begins with the guest's memory.
    fault: { ...GUEST, skip: 'pkvm_pgtable_stage2_destroy_range', argument: '1', equals: '0x40000000' },
    what: 'a teardown leaves out the range that has the pages of the VM',
    expected: [{ rule: 'P4', profile: 'pkvm', at: 'pkvm_pgtable_stage2_destroy_pgd' }],
  },
  unpinned: {
    workload: 'guest-arm64 protected 4 2',
    rules: PKVM_RULES,
    // FOLL_LONGTERM of the third argument, for the third page.
    fault: { ...GUEST, clear: 'pin_user_pages', argument: '2', bits: '0x100', from: '3' },
    what: 'a page is pinned, but not for long, before it is donated',
    expected: [{ rule: 'P8', profile: 'pkvm', at: 'pkvm_pgtable_stage2_map_ret' }],
  },
  unended: {
    workload: 'steps punch',
    rules: BOUND_RULES,
    fault: { ...STEPS, skip: 'kvm_mmu_invalidate_end' },
    what: 'the bracket of a hole never ends',
    expected: [{ rule: 'G5', profile: 'guest-memfd', at: 'sys_fallocate', first: true }],
  },
};

/** By the machines' names. */
export const FAULTS = { x86: X86, 'x86-7.3': X86_7_3, arm64: ARM64 };
