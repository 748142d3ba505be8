import assert from 'node:assert/strict';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';
import { operationLines } from '../../test/support/operations.js';

const LOSS = 'CPU:0 [LOST 3 EVENTS]';

function spteOps(...events: readonly (string | Said)[]): string[] {
  return operationLines(judgeAll(events), 'SpteSet', 'SpteZap');
}

describe('SPTEs that are told, not seen to change', () => {
  it('are there from kvm_mmu_set_spte on, in the form of old kernels and of new ones', () => {
    assert.deepEqual(
      spteOps(
        'kvm_mmu_set_spte: gfn fffff spte 8be2171025 (r-xu) level 1 at 8a53b01ff8',
        'kvm_mmu_set_spte: gfn 32319fe00 spte 6000001c6e00b77 (rwxu) level 1 at 8a53b01ff8',
      ),
      ['SpteSet 0 0xfffff+1 pfn 0x8be2171 1', 'SpteSet 0 0x32319fe00+1 pfn 0x1c6e00 1'],
    );
  });

  it('cover the huge page that a frame lies in', () => {
    assert.deepEqual(spteOps('kvm_mmu_spte_requested: gfn 84d pfn 100b4a4d level 2'), [
      'SpteSet 0 0x800+512 pfn 0x100b4a00 2',
    ]);
  });

  it('are told each time, since what went between shows in no event', () => {
    const set = 'kvm_mmu_set_spte: gfn 10 spte 120825 (r-xu) level 1 at 8a53b01ff8';
    assert.equal(spteOps(set, set).length, 2);
  });

  it('are not known to be there any more after a loss', () => {
    const zapAll = 'kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 1';
    assert.deepEqual(
      spteOps('kvm_mmu_set_spte: gfn 10 spte 120825 (r-xu) level 1 at 8a53b01ff8', LOSS, zapAll),
      ['SpteSet 0 0x10+1 pfn 0x120 1'],
    );
  });

  it('may be gone where their frames are invalidated, converted or unmapped', () => {
    const set = 'kvm_mmu_set_spte: gfn 10 spte 120825 (r-xu) level 1 at 8a53b01ff8';
    const doubts = (event: string): string[] => operationLines(judgeAll([set, event]), 'SpteDoubt');
    const converted = 'kvm_vm_set_mem_attributes: 0x00000000000008 -- 0x00000000000018 [0x8]';
    assert.deepEqual(doubts(converted), ['SpteDoubt 0 0x8+16 0 0']);
    assert.deepEqual(
      doubts('kvm_unmap_hva_range: mmu notifier unmap range: 0x7f0000000000 -- 0x7f0000001000'),
      ['SpteDoubt 0 0x10+1 0 0'],
    );
    assert.deepEqual(operationLines(judgeAll([converted]), 'SpteDoubt'), []);
  });

  it('may be gone where any task reclaims memory, which makes no VM of it', () => {
    const unmap = 'kvm_unmap_hva_range: mmu notifier unmap range: 0x7f0000000000 -- 0x7f0000001000';
    const judged = judgeAll([
      'kvm_mmu_set_spte: gfn 10 spte 120825 (r-xu) level 1 at 8a53b01ff8',
      { event: unmap, tid: 50, tgid: 50 },
    ]);
    assert.deepEqual(operationLines(judged, 'SpteDoubt'), ['SpteDoubt 0 0x10+1 0 0']);
    assert.equal(judged.analysis.vms.length, 1);
  });

  it('go with all roots', () => {
    assert.deepEqual(
      spteOps(
        'kvm_mmu_set_spte: gfn 10 spte 120825 (r-xu) level 1 at 8a53b01ff8',
        'kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 1',
      ),
      ['SpteSet 0 0x10+1 pfn 0x120 1', 'SpteZap 0 0x10+1 pfn 0x120 1'],
    );
  });

  it('are no news where the change itself is recorded', () => {
    const change =
      'kvm_tdp_mmu_spte_changed: as id 0 gfn 10 level 1 old_spte 8000000000000000 new_spte 120e67';
    const requested = 'kvm_mmu_spte_requested: gfn 10 pfn 120 level 1';
    const set = 'kvm_mmu_set_spte: gfn 10 spte 120e67 (rwxu) level 1 at 8a53b01ff8';
    assert.deepEqual(spteOps(requested, change, set), ['SpteSet 0 0x10+1 pfn 0x120 1']);
    assert.deepEqual(spteOps(requested, set), ['SpteSet 0 0x10+1 pfn 0x120 1']);
  });

  it('are none where nothing is mapped: a frozen one, an MMIO one of Intel and of AMD', () => {
    for (const spte of ['80000000000005a0', 'fee00586', '80000fee00581', '0'])
      assert.deepEqual(spteOps(`kvm_mmu_set_spte: gfn fee00 spte ${spte} (---u) level 1 at 8a53b01ff8`), []);
  });

  it('are of the VM of their thread group', () => {
    const set = (gfn: string, tid: number, tgid: number): Said => ({
      event: `kvm_mmu_set_spte: gfn ${gfn} spte 120e67 (rwxu) level 1 at 8a53b01ff8`,
      tid,
      tgid,
    });
    assert.deepEqual(spteOps(set('10', 101, 100), set('10', 201, 200)), [
      'SpteSet 0 0x10+1 pfn 0x120 1',
      'SpteSet 1 0x10+1 pfn 0x120 1',
    ]);
  });
});
