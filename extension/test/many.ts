/**
 * A trace with thousands of conversions, in the words of a recording:
 * the lists beside it cannot show all of it at once.
 */

import { stamp } from '../../test/support/filler.js';

const KVM = ' kvm=0xffff888100ba8000';

export interface Many {
  readonly conversions: number;
  /** Every so many-th is refused with -ENOMEM, and made again for the same page. */
  readonly failEvery: number;
  /** Every so many-th takes a hundred times as long. */
  readonly slowEvery: number;
}

/** One page after the other goes private; the last conversion is still in flight at the end. */
export function manyConversions({ conversions, failEvery, slowEvery }: Many): string {
  const lines: string[] = ['# clock: mono'];
  let us = 100_000_000;
  const event = (text: string): void => {
    lines.push(`       CPU 0/KVM-746     (    745) [000] ...1. ${stamp(us)}: ${text}`);
    us += 5;
  };
  for (let i = 0, gfn = 0x100000; i < conversions; i++) {
    const hex = gfn.toString(16);
    const end = (gfn + 1).toString(16);
    const fails = i % failEvery === failEvery - 1;
    const wanted = `address=0x${hex}000 size=0x1000 attributes=0x8`;
    event(`kvm_vm_ioctl_attr: (kvm_vm_ioctl+0x0/0x2390) cmd=0x4020aed2 ${wanted}`);
    event(`kvm_vm_set_mem_attributes: 0x000000${hex} -- 0x000000${end} [0x8]`);
    if (i === conversions - 1) break;
    if (i % slowEvery === slowEvery - 1) us += 5000;
    if (!fails) {
      const range = `start=0x${hex} end=0x${end}`;
      const post = 'kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250)';
      event(`kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40)${KVM} inprog=0 seq=${i}`);
      event(`kvm_mmu_invalidate_range_add: (kvm_mmu_invalidate_range_add+0x0/0x60)${KVM} ${range}`);
      event(`kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70)${KVM} inprog=1 seq=${i}`);
      event(`${post}${KVM} slot=10 ${range} attributes=0x8`);
      // Pages that differ in what maps them stay runs of their own.
      gfn += 2;
    }
    const probe = 'kvm_vm_ioctl_attr_ret: (__x64_sys_ioctl+0x3ec/0x980 <- kvm_vm_ioctl)';
    event(`${probe} cmd=0x4020aed2 ret=${fails ? '-12' : '0'}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A bracket that ends again and again without a start: each time the same violation. */
export function manyViolations(count: number): string {
  const end = 'kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70)';
  const line = (i: number, event: string): string =>
    `       CPU 0/KVM-746     (    745) [000] ...1. ${stamp(100_000_000 + 5 * i)}: ${event}`;
  const start = 'kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40)';
  const lines = [
    line(0, `${start}${KVM} inprog=0 seq=1`),
    line(1, `${end}${KVM} inprog=1 seq=1`),
    ...Array.from({ length: count }, (_, i) => line(i + 2, `${end}${KVM} inprog=0 seq=2`)),
  ];
  return `# clock: mono\n${lines.join('\n')}\n`;
}
