import assert from 'node:assert/strict';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { readTrace } from '../../parsers/index.js';
import { analyze } from '../index.js';

/**
 * `perf script` lines of one thread, a microsecond apart. Without returns: perf is seldom asked for sys_exit.
 */
function script(...payloads: readonly string[]): string {
  return payloads.map((payload, i) => `CPU 0/KVM  555/556  [000]   370.60000${i}: ${payload}\n`).join('');
}

const KVM = 'kvm=0xffff88811b4da000';
const request = (attrs: string): string =>
  `kvm:kvm_vm_set_mem_attributes: 0x00000000100000 -- 0x00000000100200 [${attrs}]`;
const post = (attrs: string): string =>
  `guest_memfd:kvm_arch_post_set_memory_attributes: (ffffffff812a8e30) ${KVM} slot=10 start=0x100000 end=0x100200 attributes=${attrs}`;
const SHARED_FAULT = [
  'kvm:kvm_page_fault: vcpu 0 rip 0x403f70 address 0x0000000100000000 error_code 0x100000004',
  'guest_memfd:kvm_mmu_faultin_pfn: (ffffffff8129adb0) gfn=0x100000 addr=0x100000000 error_code=0x100000004',
  'kvmmmu:kvm_tdp_mmu_spte_changed: as id 0 gfn 100000 level 1 old_spte 8000000000000000 new_spte 120d8de67',
];

/** Verdicts of G7, which compares a fault with its gfn's attribute. */
function mismatches(text: string): string[] {
  const { table } = readTrace(new MemorySource(new TextEncoder().encode(text)), { cancel: NEVER_CANCELLED });
  assert.equal(table.meta.format, 'perf-script');
  return analyze(table, { profiles: ['guest-memfd'] })
    .findings.filter((f) => f.rule === 'G7')
    .map((f) => f.verdict);
}

describe('conversions whose return is not recorded', () => {
  it('end where the thread asks for the same range back', () => {
    assert.deepEqual(
      mismatches(script(request('0x8'), post('0x8'), request('0x0'), post('0x0'), ...SHARED_FAULT)),
      [],
    );
  });

  it('still show a shared install on private memory, which the conversion that never ended may excuse', () => {
    assert.deepEqual(
      mismatches(script(request('0x0'), post('0x0'), request('0x8'), post('0x8'), ...SHARED_FAULT)),
      ['undecidable'],
    );
  });
});
