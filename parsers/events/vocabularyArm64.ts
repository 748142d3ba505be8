/**
 * The part of the vocabulary that only arm64 has: faults and the stage 2 of its guests, the VMs of pKVM, and
 * the hypervisor's own events. Sources: mmu.c, pkvm.c and trace_arm.h of arch/arm64/kvm, and
 * arch/arm64/include/asm/kvm_hypevents.h, of Linux 7.2.
 */
import { KVM, RET, type MeaningOf } from './meaning.js';

/** A page that a protected guest shares with the host, or takes back. */
const GUEST_SHARE = {
  handle: ['handle', 'vm_handle', 'vm'],
  ipa: ['ipa', 'addr', 'gpa'],
  gfn: ['gfn'],
  ret: ['ret'],
} as const;

const STAGE2_RANGE = { pgt: ['pgt'], addr: ['addr'], size: ['size'] } as const;
const STAGE2_RANGE_FETCH = 'pgt=pgt:x64 addr=addr:x64 size=size:x64';
const STAGE2_MAP = { ...STAGE2_RANGE, phys: ['phys'], prot: ['prot'] } as const;
const STAGE2_MAP_FETCH = `${STAGE2_RANGE_FETCH} phys=phys:x64 prot=prot:x32`;

export const ARM64_ROWS = [
  {
    kind: 'ArmGuestFault',
    tracepoints: ['kvm:kvm_guest_fault'],
    text: ['ipa {ipa:x}, hsr {hsr:x}'],
    slots: { ipa: ['ipa'], hsr: ['hsr', 'esr'] },
    needs: ['ipa'],
  },
  {
    kind: 'HvcArm64',
    tracepoints: ['kvm:kvm_hvc_arm64'],
    text: ['HVC at {pc:x} (r0: {r0:x}, imm: {imm:x})'],
    slots: { pc: ['vcpu_pc', 'pc'], r0: ['r0'], imm: ['imm'] },
    note: 'Only calls that reach the host: a protected VM shares and unshares with the hypervisor alone.',
  },
  // ---- probes: the stage 2 of arm64 and the VMs of pKVM ---------------------------------------------------
  {
    kind: 'GuestAbort',
    entry: ['kvm_handle_guest_abort'],
    slots: { kvm: KVM, vcpu: ['vcpu'] },
    probe: 'p:arm64/kvm_handle_guest_abort kvm_handle_guest_abort kvm=vcpu->kvm:x64',
    fallbacks: ['p:arm64/kvm_handle_guest_abort kvm_handle_guest_abort vcpu=$arg1:x64'],
  },
  { kind: 'MemAbort', entry: ['user_mem_abort', 'gmem_abort', 'pkvm_mem_abort'], slots: {} },
  { kind: 'SmcccCall', entry: ['kvm_smccc_call_handler'], slots: { vcpu: ['vcpu'] } },
  {
    kind: 'PkvmStage2Map',
    entry: ['pkvm_pgtable_stage2_map'],
    slots: STAGE2_MAP,
    needs: ['addr', 'size', 'phys'],
    probe: `p:arm64/pkvm_pgtable_stage2_map pkvm_pgtable_stage2_map ${STAGE2_MAP_FETCH}`,
    note: 'With kvm-arm.mode=protected; the same without the p else. Maps nothing where it does not return 0.',
  },
  {
    kind: 'Stage2Map',
    entry: ['kvm_pgtable_stage2_map'],
    slots: STAGE2_MAP,
    needs: ['addr', 'size', 'phys'],
    probe: `p:arm64/kvm_pgtable_stage2_map kvm_pgtable_stage2_map ${STAGE2_MAP_FETCH}`,
  },
  {
    kind: 'PkvmStage2MapRet',
    ret: ['pkvm_pgtable_stage2_map'],
    slots: { ret: RET },
    needs: ['ret'],
    probe: 'r:arm64/pkvm_pgtable_stage2_map_ret pkvm_pgtable_stage2_map ret=$retval:s32',
  },
  {
    kind: 'Stage2MapRet',
    ret: ['kvm_pgtable_stage2_map'],
    slots: { ret: RET },
    needs: ['ret'],
    probe: 'r:arm64/kvm_pgtable_stage2_map_ret kvm_pgtable_stage2_map ret=$retval:s32',
  },
  {
    kind: 'PkvmStage2Unmap',
    entry: ['pkvm_pgtable_stage2_unmap'],
    slots: STAGE2_RANGE,
    needs: ['addr', 'size'],
    probe: `p:arm64/pkvm_pgtable_stage2_unmap pkvm_pgtable_stage2_unmap ${STAGE2_RANGE_FETCH}`,
  },
  {
    kind: 'Stage2Unmap',
    entry: ['kvm_pgtable_stage2_unmap'],
    slots: STAGE2_RANGE,
    needs: ['addr', 'size'],
    probe: `p:arm64/kvm_pgtable_stage2_unmap kvm_pgtable_stage2_unmap ${STAGE2_RANGE_FETCH}`,
  },
  {
    kind: 'PkvmStage2Destroy',
    entry: ['pkvm_pgtable_stage2_destroy_range'],
    slots: STAGE2_RANGE,
    needs: ['addr', 'size'],
    note: 'The teardown of a VM: a protected one gives back here what was donated to it. Read where it is recorded; a recipe asks for its begin and its end instead, since the whole address space is gone through by 2 MiB each, half a million calls for a VM.',
  },
  {
    kind: 'Stage2Destroy',
    entry: ['kvm_pgtable_stage2_destroy_range'],
    slots: STAGE2_RANGE,
    needs: ['addr', 'size'],
  },
  {
    kind: 'Stage2Teardown',
    entry: ['kvm_free_stage2_pgd'],
    slots: { pgt: ['pgt'] },
    needs: ['pgt'],
    probe: 'p:arm64/kvm_free_stage2_pgd kvm_free_stage2_pgd pgt=mmu->pgt:x64',
    filter: 'pgt != 0',
    note: 'The teardown of a VM begins: any page that it maps may be given back from here on.',
  },
  {
    kind: 'PkvmStage2Gone',
    entry: ['pkvm_pgtable_stage2_destroy_pgd'],
    slots: { pgt: ['pgt'], left: ['left'] },
    needs: ['left'],
    probe:
      'p:arm64/pkvm_pgtable_stage2_destroy_pgd pkvm_pgtable_stage2_destroy_pgd pgt=pgt:x64 left=pgt->pkvm_mappings.rb_root.rb_node:x64',
    note: 'The end of a teardown, since Linux 6.18. `left` is the root of the tree of what is still mapped: 0 where all was given back.',
  },
  {
    kind: 'Stage2Gone',
    entry: ['kvm_pgtable_stage2_destroy_pgd'],
    slots: { pgt: ['pgt'] },
    probe: 'p:arm64/kvm_pgtable_stage2_destroy_pgd kvm_pgtable_stage2_destroy_pgd pgt=pgt:x64',
  },
  {
    kind: 'PkvmInitVm',
    entry: ['pkvm_init_host_vm'],
    slots: { kvm: KVM, type: ['type'] },
    needs: ['kvm'],
    probe: 'p:arm64/pkvm_init_host_vm pkvm_init_host_vm kvm=kvm:x64 type=type:x64',
    fallbacks: ['p:arm64/pkvm_init_host_vm pkvm_init_host_vm kvm=$arg1:x64 type=$arg2:x64'],
    note: 'Bit 31 of the type: the VM is protected.',
  },
  {
    kind: 'PkvmCreateVm',
    entry: ['pkvm_create_hyp_vm'],
    slots: { kvm: KVM },
    needs: ['kvm'],
    probe: 'p:arm64/pkvm_create_hyp_vm pkvm_create_hyp_vm kvm=kvm:x64',
    fallbacks: ['p:arm64/pkvm_create_hyp_vm pkvm_create_hyp_vm kvm=$arg1:x64'],
  },
  {
    kind: 'PkvmDestroyVm',
    entry: ['pkvm_destroy_hyp_vm'],
    slots: { kvm: KVM },
    needs: ['kvm'],
    probe: 'p:arm64/pkvm_destroy_hyp_vm pkvm_destroy_hyp_vm kvm=kvm:x64',
    fallbacks: ['p:arm64/pkvm_destroy_hyp_vm pkvm_destroy_hyp_vm kvm=$arg1:x64'],
  },
  {
    kind: 'ForceReclaim',
    entry: ['pkvm_force_reclaim_guest_page'],
    slots: { phys: ['phys', 'phys_addr'] },
    needs: ['phys'],
    probe: 'p:arm64/pkvm_force_reclaim_guest_page pkvm_force_reclaim_guest_page phys=$arg1:x64',
    note: 'The host kernel touched what is donated, and took it back, zeroed.',
  },
  // ---- the hypervisor of pKVM: its own events, by the names of a kernel that has them ---------------------
  {
    kind: 'HypEnter',
    tracepoints: ['hypervisor:hyp_enter'],
    text: ['reason={_} vcpu={vcpu:d}'],
    slots: { vcpu: ['vcpu'] },
  },
  {
    kind: 'HypExit',
    tracepoints: ['hypervisor:hyp_exit'],
    text: ['reason={_} vcpu={vcpu:d}'],
    slots: { vcpu: ['vcpu'] },
  },
  {
    kind: 'GuestShare',
    tracepoints: ['hypervisor:guest_share_host', 'hypervisor:__pkvm_guest_share_host'],
    slots: GUEST_SHARE,
    needs: [['ipa', 'gfn']],
    note: 'Of no released kernel: with NVHE_EL2_TRACING there are hyp_enter and hyp_exit alone.',
  },
  {
    kind: 'GuestUnshare',
    tracepoints: ['hypervisor:guest_unshare_host', 'hypervisor:__pkvm_guest_unshare_host'],
    slots: GUEST_SHARE,
    needs: [['ipa', 'gfn']],
  },
] as const satisfies readonly MeaningOf<string>[];
