/** Why a guest exited, to KVM and to user space, by number and by the name that the kernel prints. */
import type { ValueTable, Vendor } from './word.js';

/** VMX: the low 16 bits of the exit reason. */
export const VMX_EXITS: ValueTable = {
  source:
    'VMX_EXIT_REASONS of arch/x86/include/uapi/asm/vmx.h; SDM volume 3, appendix C; vmx.h of Xen for 78 to 81',
  values: new Map([
    [0, 'EXCEPTION_NMI'],
    [1, 'EXTERNAL_INTERRUPT'],
    [2, 'TRIPLE_FAULT'],
    [3, 'INIT_SIGNAL'],
    [4, 'SIPI_SIGNAL'],
    [5, 'IO_SMI'],
    [6, 'OTHER_SMI'],
    [7, 'INTERRUPT_WINDOW'],
    [8, 'NMI_WINDOW'],
    [9, 'TASK_SWITCH'],
    [10, 'CPUID'],
    [11, 'GETSEC'],
    [12, 'HLT'],
    [13, 'INVD'],
    [14, 'INVLPG'],
    [15, 'RDPMC'],
    [16, 'RDTSC'],
    [17, 'RSM'],
    [18, 'VMCALL'],
    [19, 'VMCLEAR'],
    [20, 'VMLAUNCH'],
    [21, 'VMPTRLD'],
    [22, 'VMPTRST'],
    [23, 'VMREAD'],
    [24, 'VMRESUME'],
    [25, 'VMWRITE'],
    [26, 'VMOFF'],
    [27, 'VMON'],
    [28, 'CR_ACCESS'],
    [29, 'DR_ACCESS'],
    [30, 'IO_INSTRUCTION'],
    [31, 'MSR_READ'],
    [32, 'MSR_WRITE'],
    [33, 'INVALID_STATE'],
    [34, 'MSR_LOAD_FAIL'],
    [36, 'MWAIT_INSTRUCTION'],
    [37, 'MONITOR_TRAP_FLAG'],
    [39, 'MONITOR_INSTRUCTION'],
    [40, 'PAUSE_INSTRUCTION'],
    [41, 'MCE_DURING_VMENTRY'],
    [43, 'TPR_BELOW_THRESHOLD'],
    [44, 'APIC_ACCESS'],
    [45, 'EOI_INDUCED'],
    [46, 'GDTR_IDTR'],
    [47, 'LDTR_TR'],
    [48, 'EPT_VIOLATION'],
    [49, 'EPT_MISCONFIG'],
    [50, 'INVEPT'],
    [51, 'RDTSCP'],
    [52, 'PREEMPTION_TIMER'],
    [53, 'INVVPID'],
    [54, 'WBINVD'],
    [55, 'XSETBV'],
    [56, 'APIC_WRITE'],
    [57, 'RDRAND'],
    [58, 'INVPCID'],
    [59, 'VMFUNC'],
    [60, 'ENCLS'],
    [61, 'RDSEED'],
    [62, 'PML_FULL'],
    [63, 'XSAVES'],
    [64, 'XRSTORS'],
    [65, 'PCONFIG'],
    [66, 'SPP'],
    [67, 'UMWAIT'],
    [68, 'TPAUSE'],
    [69, 'LOADIWKEY'],
    [70, 'ENCLV'],
    [72, 'ENQCMD_PASID'],
    [73, 'ENQCMDS_PASID'],
    [74, 'BUS_LOCK'],
    [75, 'NOTIFY'],
    [76, 'SEAMCALL'],
    [77, 'TDCALL'],
    [78, 'RDMSRLIST'],
    [79, 'WRMSRLIST'],
    [80, 'URDMSR'],
    [81, 'UWRMSR'],
    [84, 'MSR_READ_IMM'],
    [85, 'MSR_WRITE_IMM'],
  ]),
};

/** SVM: the exit code, and what a guest of SEV-ES asks for through its GHCB. */
export const SVM_EXITS: ValueTable = {
  source:
    'SVM_EXIT_REASONS of arch/x86/include/uapi/asm/svm.h; APM volume 2, appendix C; GHCB specification; ' +
    "AMD's patches of SEV-TIO for 0x80000020 and 0x80000021",
  values: new Map([
    [0x0, 'read_cr0'],
    [0x2, 'read_cr2'],
    [0x3, 'read_cr3'],
    [0x4, 'read_cr4'],
    [0x8, 'read_cr8'],
    [0x10, 'write_cr0'],
    [0x12, 'write_cr2'],
    [0x13, 'write_cr3'],
    [0x14, 'write_cr4'],
    [0x18, 'write_cr8'],
    [0x20, 'read_dr0'],
    [0x21, 'read_dr1'],
    [0x22, 'read_dr2'],
    [0x23, 'read_dr3'],
    [0x24, 'read_dr4'],
    [0x25, 'read_dr5'],
    [0x26, 'read_dr6'],
    [0x27, 'read_dr7'],
    [0x30, 'write_dr0'],
    [0x31, 'write_dr1'],
    [0x32, 'write_dr2'],
    [0x33, 'write_dr3'],
    [0x34, 'write_dr4'],
    [0x35, 'write_dr5'],
    [0x36, 'write_dr6'],
    [0x37, 'write_dr7'],
    [0x40, 'DE excp'],
    [0x41, 'DB excp'],
    [0x43, 'BP excp'],
    [0x44, 'OF excp'],
    [0x45, 'BR excp'],
    [0x46, 'UD excp'],
    [0x47, 'NM excp'],
    [0x48, 'DF excp'],
    [0x4a, 'TS excp'],
    [0x4b, 'NP excp'],
    [0x4c, 'SS excp'],
    [0x4d, 'GP excp'],
    [0x4e, 'PF excp'],
    [0x50, 'MF excp'],
    [0x51, 'AC excp'],
    [0x52, 'MC excp'],
    [0x53, 'XF excp'],
    [0x60, 'interrupt'],
    [0x61, 'nmi'],
    [0x62, 'smi'],
    [0x63, 'init'],
    [0x64, 'vintr'],
    [0x65, 'cr0_sel_write'],
    [0x66, 'read_idtr'],
    [0x67, 'read_gdtr'],
    [0x68, 'read_ldtr'],
    [0x69, 'read_rt'],
    [0x6a, 'write_idtr'],
    [0x6b, 'write_gdtr'],
    [0x6c, 'write_ldtr'],
    [0x6d, 'write_rt'],
    [0x6e, 'rdtsc'],
    [0x6f, 'rdpmc'],
    [0x70, 'pushf'],
    [0x71, 'popf'],
    [0x72, 'cpuid'],
    [0x73, 'rsm'],
    [0x74, 'iret'],
    [0x75, 'swint'],
    [0x76, 'invd'],
    [0x77, 'pause'],
    [0x78, 'hlt'],
    [0x79, 'invlpg'],
    [0x7a, 'invlpga'],
    [0x7b, 'io'],
    [0x7c, 'msr'],
    [0x7d, 'task_switch'],
    [0x7e, 'ferr_freeze'],
    [0x7f, 'shutdown'],
    [0x80, 'vmrun'],
    [0x81, 'hypercall'],
    [0x82, 'vmload'],
    [0x83, 'vmsave'],
    [0x84, 'stgi'],
    [0x85, 'clgi'],
    [0x86, 'skinit'],
    [0x87, 'rdtscp'],
    [0x88, 'icebp'],
    [0x89, 'wbinvd'],
    [0x8a, 'monitor'],
    [0x8b, 'mwait'],
    [0x8c, 'mwait_cond'],
    [0x8d, 'xsetbv'],
    [0x8e, 'rdpru'],
    [0x8f, 'write_efer_trap'],
    [0x90, 'write_cr0_trap'],
    [0x91, 'write_cr1_trap'],
    [0x92, 'write_cr2_trap'],
    [0x93, 'write_cr3_trap'],
    [0x94, 'write_cr4_trap'],
    [0x95, 'write_cr5_trap'],
    [0x96, 'write_cr6_trap'],
    [0x97, 'write_cr7_trap'],
    [0x98, 'write_cr8_trap'],
    [0x99, 'write_cr9_trap'],
    [0x9a, 'write_cr10_trap'],
    [0x9b, 'write_cr11_trap'],
    [0x9c, 'write_cr12_trap'],
    [0x9d, 'write_cr13_trap'],
    [0x9e, 'write_cr14_trap'],
    [0x9f, 'write_cr15_trap'],
    [0xa0, 'invlpgb'],
    [0xa1, 'invlpgb_illegal'],
    [0xa2, 'invpcid'],
    [0xa3, 'mcommit'],
    [0xa4, 'tlbsync'],
    [0xa5, 'buslock'],
    [0xa6, 'idle-halt'],
    [0x400, 'npf'],
    [0x401, 'avic_incomplete_ipi'],
    [0x402, 'avic_unaccelerated_access'],
    [0x403, 'vmgexit'],
    [0x407, 'pml_full'],
    [0x80000001, 'vmgexit_mmio_read'],
    [0x80000002, 'vmgexit_mmio_write'],
    [0x80000003, 'vmgexit_nmi_complete'],
    [0x80000004, 'vmgexit_ap_hlt_loop'],
    [0x80000005, 'vmgexit_ap_jump_table'],
    [0x80000010, 'vmgexit_page_state_change'],
    [0x80000011, 'vmgexit_guest_request'],
    [0x80000012, 'vmgexit_ext_guest_request'],
    [0x80000013, 'vmgexit_ap_creation'],
    [0x80000014, 'vmgexit_hv_doorbell'],
    [0x80000015, 'vmgexit_hv_ipi'],
    [0x80000016, 'vmgexit_hv_timer'],
    [0x80000017, 'vmgexit_get_apic_ids'],
    [0x80000018, 'vmgexit_snp_run_vmpl'],
    [0x8000001a, 'vmgexit_savic'],
    [0x80000020, 'vmgexit_sev_tio_guest_request'],
    [0x80000021, 'vmgexit_sev_tio_op'],
    [0x8000fffd, 'vmgexit_hypervisor_feature'],
    [0x8000fffe, 'vmgexit_termination_request'],
    [0x8000ffff, 'vmgexit_unsupported_event'],
    [0xf0000000, 'sw'],
    // SVM_EXIT_ERR, in 32 bits.
    [0xffffffff, 'invalid_guest_state'],
  ]),
};

/** `kvm_run.exit_reason`, by number: why KVM_RUN returned. */
export const KVM_EXITS: ValueTable = {
  source: 'KVM_EXIT_* of include/uapi/linux/kvm.h',
  values: new Map([
    [0, 'KVM_EXIT_UNKNOWN'],
    [1, 'KVM_EXIT_EXCEPTION'],
    [2, 'KVM_EXIT_IO'],
    [3, 'KVM_EXIT_HYPERCALL'],
    [4, 'KVM_EXIT_DEBUG'],
    [5, 'KVM_EXIT_HLT'],
    [6, 'KVM_EXIT_MMIO'],
    [7, 'KVM_EXIT_IRQ_WINDOW_OPEN'],
    [8, 'KVM_EXIT_SHUTDOWN'],
    [9, 'KVM_EXIT_FAIL_ENTRY'],
    [10, 'KVM_EXIT_INTR'],
    [11, 'KVM_EXIT_SET_TPR'],
    [12, 'KVM_EXIT_TPR_ACCESS'],
    [13, 'KVM_EXIT_S390_SIEIC'],
    [14, 'KVM_EXIT_S390_RESET'],
    [15, 'KVM_EXIT_DCR'],
    [16, 'KVM_EXIT_NMI'],
    [17, 'KVM_EXIT_INTERNAL_ERROR'],
    [18, 'KVM_EXIT_OSI'],
    [19, 'KVM_EXIT_PAPR_HCALL'],
    [20, 'KVM_EXIT_S390_UCONTROL'],
    [21, 'KVM_EXIT_WATCHDOG'],
    [22, 'KVM_EXIT_S390_TSCH'],
    [23, 'KVM_EXIT_EPR'],
    [24, 'KVM_EXIT_SYSTEM_EVENT'],
    [25, 'KVM_EXIT_S390_STSI'],
    [26, 'KVM_EXIT_IOAPIC_EOI'],
    [27, 'KVM_EXIT_HYPERV'],
    [28, 'KVM_EXIT_ARM_NISV'],
    [29, 'KVM_EXIT_X86_RDMSR'],
    [30, 'KVM_EXIT_X86_WRMSR'],
    [31, 'KVM_EXIT_DIRTY_RING_FULL'],
    [32, 'KVM_EXIT_AP_RESET_HOLD'],
    [33, 'KVM_EXIT_X86_BUS_LOCK'],
    [34, 'KVM_EXIT_XEN'],
    [35, 'KVM_EXIT_RISCV_SBI'],
    [36, 'KVM_EXIT_RISCV_CSR'],
    [37, 'KVM_EXIT_NOTIFY'],
    [38, 'KVM_EXIT_LOONGARCH_IOCSR'],
    [39, 'KVM_EXIT_MEMORY_FAULT'],
    [40, 'KVM_EXIT_TDX'],
    [41, 'KVM_EXIT_ARM_SEA'],
    [42, 'KVM_EXIT_ARM_LDST64B'],
    [43, 'KVM_EXIT_SNP_REQ_CERTS'],
  ]),
};

/** What the exits of this domain are about, by the name that the kernel prints. */
const EXIT_MEANINGS: ReadonlyMap<string, string> = new Map([
  ['npf', 'nested page fault'],
  ['EPT_VIOLATION', 'EPT violation: a nested page fault'],
  ['EPT_MISCONFIG', 'EPT misconfiguration: an access to an MMIO entry'],
  ['hypercall', 'hypercall (VMMCALL)'],
  ['VMCALL', 'hypercall (VMCALL)'],
  ['TDCALL', 'call of a TDX guest'],
  ['vmgexit', 'request of an SEV-ES guest through its GHCB'],
  ['io', 'port I/O'],
  ['IO_INSTRUCTION', 'port I/O'],
  ['hlt', 'the guest has nothing to do'],
  ['idle-halt', 'the guest has nothing to do'],
  ['HLT', 'the guest has nothing to do'],
  ['interrupt', 'interrupt of the host'],
  ['EXTERNAL_INTERRUPT', 'interrupt of the host'],
  ['EXCEPTION_NMI', 'exception, or NMI of the host'],
  ['PF excp', 'page fault of the guest'],
  ['msr', 'RDMSR or WRMSR'],
  ['shutdown', 'triple fault'],
  ['TRIPLE_FAULT', 'triple fault'],
  ['PML_FULL', 'page-modification log full'],
  ['pml_full', 'page-modification log full'],
  ['SEAMCALL', 'call of the TDX module from a guest, which cannot be'],
  ['invalid_guest_state', 'VMRUN refused the state of the guest'],
]);

/** What returns to user space mean there, by number. */
const KVM_EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [3, 'hypercall that user space serves, such as a conversion'],
  [39, 'fault on memory that is not as the access needs it: private or shared'],
]);

/** `KVM_EXIT_MEMORY_FAULT: fault on memory …`; undefined for a number that no table knows. */
export function kvmExitText(reason: number): string | undefined {
  const name = KVM_EXITS.values.get(reason);
  const meaning = KVM_EXIT_MEANINGS.get(reason);
  return name !== undefined && meaning !== undefined ? `${name}: ${meaning}` : name;
}

const VMX_REASON_BITS = 0xffff;

/** The name of an exit by its number; undefined where the vendor is not known, or the number is not. */
export function exitName(reason: number, vendor: Vendor): string | undefined {
  if (vendor === 'intel') return VMX_EXITS.values.get(reason & VMX_REASON_BITS);
  return vendor === 'amd' ? SVM_EXITS.values.get(reason < 0 ? reason >>> 0 : reason) : undefined;
}

export function exitMeaning(name: string): string | undefined {
  return EXIT_MEANINGS.get(name);
}

// PENDING_INTERRUPT is what kernels before 5.6 call 7.
const VMX_NAMES: ReadonlySet<string> = new Set([...VMX_EXITS.values.values(), 'PENDING_INTERRUPT']);
const SVM_NAMES: ReadonlySet<string> = new Set(SVM_EXITS.values.values());
/** `reason npf rip`, `reason EPT_VIOLATION rip`; perf's library has `reason EXIT_NPF rip` on AMD. */
const REASON = /\breason ((?:EXIT_)?[A-Za-z_-][\w-]*(?: excp)?)/;

/** The exit's name as the kernel prints it, out of an event's text; undefined where it prints none. */
export function printedExit(text: string): string | undefined {
  const name = REASON.exec(text)?.[1];
  return name?.startsWith('EXIT_') ? name.slice('EXIT_'.length).toLowerCase() : name;
}

/** Vendor by an exit's printed name, or by the instruction set that its raw fields tell. */
export function exitVendor(text: string): Vendor {
  const name = printedExit(text);
  if (name !== undefined) {
    if (VMX_NAMES.has(name)) return 'intel';
    return SVM_NAMES.has(name) ? 'amd' : 'unknown';
  }
  const isa = /\bisa[=:] ?(?:0x)?([12])\b/.exec(text)?.[1];
  return isaVendor(isa);
}

/** KVM_ISA_VMX and KVM_ISA_SVM of arch/x86/kvm/trace.h. */
export function isaVendor(isa: string | undefined): Vendor {
  if (isa === '1') return 'intel';
  return isa === '2' ? 'amd' : 'unknown';
}
