/** Which architecture a trace is of, by what occurs in it. */
import { KIND_COUNT, kindSlots } from './kinds.js';
import { hasSlot, highWord } from './slots.js';
import type { EventTable } from './table.js';

/** Events and functions that no other architecture has. */
const OF_ARM64 = [
  /^(?:user_mem_abort|gmem_abort|kvm_handle_guest_abort|kvm_guest_fault|kvm_hvc_arm64|hyp_enter|hyp_exit)$/,
  /^_*p?kvm_(?:pgtable_stage2|create_hyp|destroy_hyp|init_host)_/,
  /^kvm_(?:wfx_arm64|sys_access|arm_\w+|timer_\w+_(?:irq|state))$|^vgic_update_irq_pending$/,
];
/** Slot of the pointer to a VM by kind number, -1 for kinds without one. */
const KVM_SLOTS = Int8Array.from({ length: KIND_COUNT }, (_, kind) => kindSlots(kind).indexOf('kvm'));
/**
 * High words of kernel addresses: those of arm64 begin with 12 ones. x86 has none between these and where its
 * map of all memory begins but with five levels, whose addresses begin with 8 ones and a zero.
 */
const ARM64_KERNEL = 0xfff00000;
const X86_KERNEL = 0xffff8800;

/** Names of a trace's events, without their system. */
export function namesIn({ names }: EventTable): ReadonlySet<string> {
  const bare = new Set<string>();
  for (let id = 0; id < names.size; id++) {
    const name = names.text(id);
    bare.add(name.slice(name.indexOf(':') + 1));
  }
  return bare;
}

/** Whether names of arm64 occur, or the first pointer to a VM is none that x86 could have. */
export function isOfArm64(table: EventTable, counts: Uint32Array): boolean {
  const names = [...namesIn(table), ...(table.meta.symbols ?? [])];
  if (names.some((name) => OF_ARM64.some((form) => form.test(name)))) return true;
  const hasKvm = (kind: number): boolean => KVM_SLOTS[kind]! >= 0;
  if (!counts.some((count, kind) => count > 0 && hasKvm(kind))) return false;
  for (const segment of table.segments)
    for (let i = 0; i < segment.length; i++) {
      const kind = segment.kind[i]!;
      if (!hasKvm(kind)) continue;
      const [p, slot] = [segment.payload[i]!, KVM_SLOTS[kind]!];
      const high = hasSlot(segment, p, slot) ? highWord(segment, p, slot) : 0;
      if (high > 0) return high >= ARM64_KERNEL && high < X86_KERNEL;
    }
  return false;
}
