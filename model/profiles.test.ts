import assert from 'node:assert/strict';
import { judgeAll } from '../test/support/oneTrace.js';

describe('chooseProfiles', () => {
  const profilesOf = (...events: readonly string[]): readonly string[] => judgeAll(events).analysis.profiles;
  it('takes guest_memfd where nothing asks for another', () => {
    assert.deepEqual(profilesOf('kvm_entry: vcpu 0, rip 0x1'), ['guest-memfd']);
    assert.deepEqual(
      profilesOf('kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x1f0) kvm=0xffff888100000000 slot=1 gfn=0x1'),
      ['guest-memfd'],
    );
  });
  it('takes the contract of September 2022 for its notifiers', () => {
    assert.deepEqual(
      profilesOf(
        'restrictedmem_bind: (restrictedmem_bind+0x0/0x60) ino=5 start=0x0 end=0x4 notifier=0xffff888100000000',
      ),
      ['sean-2022'],
    );
  });
  it('takes the other proposal where restrictedmem blocks faults and unmaps', () => {
    assert.deepEqual(
      profilesOf(
        'restrictedmem_convert: (restrictedmem_convert+0x0/0x160) ino=5 start=0x0 end=0x1 to_private=1',
        'restrictedmem_switch_begin: (restrictedmem_switch_begin+0x0/0x10) ino=5 start=0x0 end=0x1',
        'unmap_mapping_pages: (unmap_mapping_pages+0x0/0x90) ino=5 start=0x0 nr=1 even_cows=0',
        'restrictedmem_invalidate_start: (restrictedmem_invalidate_start+0x0/0x90) ino=5 start=0x0 end=0x1',
      ),
      ['luto-2022'],
    );
  });
});
