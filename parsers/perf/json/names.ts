/**
 * The JSON of perf has a sample's fields but not its event's name. A probe's function is known where the call
 * chain begins in it; a tracepoint by its fields, where no other event of the vocabulary has the same. The
 * rest stay unnamed.
 */
import { numberOf, type JsonSample } from './sample.js';

/** Functions of kernels are aligned to 16 bytes. */
const ALIGNMENT_MASK = 15n;
/** Entry, or behind an endbr64. */
const ENTRY_OFFSETS: ReadonlySet<bigint> = new Set([0n, 4n]);
/** The chain's first address is the one after the probed instruction. */
const INSTRUCTION_BYTES = 16n;

/** Fields, in order, of tracepoints that can be told by them (Linux 6.12 to 7.2). */
const TRACEPOINTS: Readonly<Record<string, string>> = {
  'vcpu_id guest_rip fault_address error_code': 'kvm:kvm_page_fault',
  'reason errno': 'kvm:kvm_userspace_exit',
  'nr a0 a1 a2 a3': 'kvm:kvm_hypercall',
  'start end attr': 'kvm:kvm_vm_set_mem_attributes',
  'exit_reason guest_rip isa info1 info2 intr_info error_code vcpu_id requests': 'kvm:kvm_exit',
  'vcpu_id rip immediate_exit intr_info error_code': 'kvm:kvm_entry',
  'gfn old_spte new_spte level as_id': 'kvmmmu:kvm_tdp_mmu_spte_changed',
  'gfn spte sptep level r x u': 'kvmmmu:kvm_mmu_set_spte',
  'gfn pfn level access': 'kvmmmu:kvm_mmu_spte_requested',
  '__syscall_nr fd cmd arg': 'syscalls:sys_enter_ioctl',
  '__syscall_nr fd mode offset len': 'syscalls:sys_enter_fallocate',
  '__syscall_nr addr len prot flags fd off': 'syscalls:sys_enter_mmap',
};
/** Two tracepoints have the fields `start end`; the notifier that emits the one is in the call chain. */
const UNMAP_EMITTER = 'kvm_mmu_notifier_invalidate_range_start';
/** sys_exit events have the number only; x86-64's. */
const SYSCALLS: Readonly<Record<string, string>> = {
  '9': 'mmap',
  '11': 'munmap',
  '16': 'ioctl',
  '25': 'mremap',
  '28': 'madvise',
  '285': 'fallocate',
};
const KERNEL_HALF = 1n << 63n;

/** What the samples tell of where probes sit. */
export class ProbeSymbols {
  private readonly symbolAt = new Map<bigint, string>();
  private readonly lowest = new Map<string, bigint>();

  /** Learns from an entry probe's sample: its chain begins at the probed instruction. */
  learn(sample: JsonSample): void {
    const top = sample.chain[0];
    const address = addressOf(sample, '__probe_ip');
    if (
      address === undefined ||
      top?.symbol === undefined ||
      sample.fields.some(([name]) => name === '__probe_ret_ip')
    )
      return;
    if (top.ip < address || top.ip - address > INSTRUCTION_BYTES) return;
    this.symbolAt.set(address, top.symbol);
    const lowest = this.lowest.get(top.symbol);
    if (lowest === undefined || address < lowest) this.lowest.set(top.symbol, address);
  }

  /** The place of a probe as the kernel prints it, `(symbol+0x0)`; undefined where nothing tells. */
  placeOf(sample: JsonSample): { readonly name: string; readonly place: string } | undefined {
    const returned = addressOf(sample, '__probe_func');
    const address = returned ?? addressOf(sample, '__probe_ip');
    const symbol = address === undefined ? undefined : this.symbolAt.get(address);
    if (address === undefined || symbol === undefined) return undefined;
    if (returned !== undefined) return { name: `probe:${symbol}__return`, place: `(0x0 <- ${symbol})` };
    const isEntry = this.lowest.get(symbol) === address && ENTRY_OFFSETS.has(address & ALIGNMENT_MASK);
    // Inside a function: that much is known, but not how far.
    return { name: `probe:${symbol}`, place: `(${symbol}+${isEntry ? '0x0' : '0x1'})` };
  }
}

/** Name of a tracepoint by its fields; undefined where it cannot be told. */
export function tracepointOf(sample: JsonSample): string | undefined {
  const signature = sample.fields.map(([name]) => name).join(' ');
  if (signature === '__syscall_nr ret') {
    const call = SYSCALLS[sample.fields[0]![1]];
    return call && `syscalls:sys_exit_${call}`;
  }
  if (signature === 'address ip error_code') {
    const ip = numberOf(sample.fields[1]![1]);
    return ip === undefined ? undefined : `exceptions:page_fault_${ip < KERNEL_HALF ? 'user' : 'kernel'}`;
  }
  if (signature === 'start end' && sample.chain[0]?.symbol === UNMAP_EMITTER)
    return 'kvm:kvm_unmap_hva_range';
  return TRACEPOINTS[signature];
}

function addressOf(sample: JsonSample, field: string): bigint | undefined {
  const value = sample.fields.find(([name]) => name === field)?.[1];
  return value === undefined ? undefined : numberOf(value.startsWith('0x') ? value : `0x${value}`);
}
