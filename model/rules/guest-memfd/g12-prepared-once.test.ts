import assert from 'node:assert/strict';
import { judgeAll } from '../../../test/support/oneTrace.js';

const KVM = 'kvm=0xffff888100ba8000';
const created = [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)',
  'sys_ioctl -> 0x4',
  `kvm_gmem_create: (kvm_gmem_create+0x0/0x2d0) ${KVM} size=0x10000 flags=0x0`,
];
const install = [
  'kvm_page_fault: vcpu 0 rip 0x0 address 0x0000000100003000 error_code 0x2000500000006',
  `kvm_tdp_mmu_map: (kvm_tdp_mmu_map+0x0/0x7c0) ${KVM} gfn=0x100003 pfn=0x106d43 fault_seq=1 seq=1 inprog=0 priv=1`,
  'kvm_tdp_mmu_spte_changed: as id 0 gfn 100003 level 1 old_spte 8000000000000000 new_spte 106d43e67',
];
/** By the names of 7.2 and of 7.3. */
const prepared = `sev_gmem_prepare: (sev_gmem_prepare+0x0/0x1f0 [kvm_amd]) ${KVM} pfn=0x106d43 gfn=0x100003`;
const madePrivate = (pfn: string, nr: number): string =>
  `sev_gmem_make_private: (sev_gmem_make_private+0x0/0x180 [kvm_amd]) ${KVM} gfn=0x100000 pfn=${pfn} nr_pages=${nr}`;
const madeShared = 'sev_gmem_make_shared: (sev_gmem_make_shared+0x0/0x120 [kvm_amd]) pfn=0x106d43 nr_pages=1';
const invalidated =
  'sev_gmem_invalidate: (sev_gmem_invalidate+0x0/0x200 [kvm_amd]) start=0x106d40 end=0x106d44';

const said = (...events: readonly string[]): string[] =>
  judgeAll([...created, ...events], ['guest-memfd'])
    .analysis.findings.filter(({ rule }) => rule === 'G12')
    .map(({ verdict, message }) => `${verdict} ${message}`);

describe('a private SPTE and the RMP', () => {
  it('fits a page that was made private, alone or in a range', () => {
    assert.deepEqual(said(prepared, ...install), []);
    assert.deepEqual(said(madePrivate('0x106d40', 16), ...install), []);
  });

  it('does not fit a page beside the range', () => {
    assert.match(said(madePrivate('0x106d40', 2), ...install)[0]!, /^suspicious .* not seen to be prepared$/);
  });

  it('does not fit a page that was made shared since', () => {
    for (const shared of [madeShared, invalidated])
      for (const before of [prepared, madePrivate('0x106d40', 16)]) {
        assert.match(said(before, shared, ...install)[0]!, /^suspicious .* made shared in the RMP/);
        assert.deepEqual(said(before, shared, before, ...install), []);
      }
  });
});
