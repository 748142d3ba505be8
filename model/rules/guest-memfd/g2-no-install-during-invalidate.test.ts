/** Which leaves an open bracket forbids: those that share a gfn with one of its ranges, and no neighbour. */
import assert from 'node:assert/strict';
import { lineOf } from '../../../test/golden/judge.js';
import { judgeAll, type Said } from '../../../test/support/oneTrace.js';

const KVM = 'kvm=0xffff888100aa0000';
const vmm = (event: string): Said => ({ event, tid: 100, cpu: 0 });
const start = vmm(`kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) ${KVM} inprog=0 seq=8`);
const end = vmm(`kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70) ${KVM} inprog=1 seq=8`);
const range = (first: number, past: number): Said => {
  const name = 'kvm_mmu_invalidate_range_add';
  return vmm(`${name}: (${name}+0x0/0x60) ${KVM} start=0x${first.toString(16)} end=0x${past.toString(16)}`);
};
/** A vCPU installs a leaf, 4K or 2M, whose first gfn this is. */
const install = (gfn: number, level: 1 | 2 = 1): Said => {
  const leaf = level === 1 ? '106d43e67' : '106c00ee7';
  const values = `level ${level} old_spte 8000000000000000 new_spte ${leaf}`;
  return { event: `kvm_tdp_mmu_spte_changed: as id 0 gfn ${gfn.toString(16)} ${values}`, tid: 101, cpu: 1 };
};

/** Lines at which G2 finds a violation, counted from the first event. */
function found(...events: Said[]): number[] {
  const judged = judgeAll(events, ['guest-memfd']);
  const headerLines = 4;
  return judged.analysis.findings
    .filter((f) => f.rule === 'G2' && f.verdict === 'violation')
    .map((f) => lineOf(judged, f) - headerLines);
}

describe('G2, a leaf installed inside a bracket', () => {
  for (const [gfn, isForbidden] of [
    [0x1001, false],
    [0x1002, true],
    [0x1003, true],
    [0x1004, false],
  ] as const)
    it(`${isForbidden ? 'forbids' : 'lets'} gfn 0x${gfn.toString(16)} of 0x1002..0x1003`, () => {
      assert.deepEqual(found(start, range(0x1002, 0x1004), install(gfn), end), isForbidden ? [3] : []);
    });

  it('forbids a 2M leaf that has one of the gfns, and lets its neighbours', () => {
    const around = (gfn: number): number[] => found(start, range(0x11ff, 0x1200), install(gfn, 2), end);
    assert.deepEqual([around(0x0e00), around(0x1000), around(0x1200)], [[], [3], []]);
  });

  it('looks at each range of the bracket, not at what lies between them', () => {
    const ranges = [range(0x1000, 0x1001), range(0x1004, 0x1005)];
    assert.deepEqual(found(start, ...ranges, install(0x1002), end), []);
    assert.deepEqual(found(start, ...ranges, install(0x1004), end), [4]);
  });

  it('lets what is installed before the bracket and after it', () => {
    assert.deepEqual(found(install(0x1002), start, range(0x1002, 0x1004), end, install(0x1003)), []);
  });

  it('finds each leaf that one bracket forbids, though it never ends', () => {
    assert.deepEqual(
      found(
        start,
        range(0x1002, 0x1004),
        end,
        start,
        range(0x1002, 0x1004),
        install(0x1002),
        install(0x1003),
      ),
      [6, 7],
    );
  });
});
