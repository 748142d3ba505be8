import assert from 'node:assert/strict';
import { operationLines } from '../../test/support/operations.js';
import { judgeAll, type Said } from '../../test/support/oneTrace.js';

const KVM = '0xfff00000052f0000';
const PGT = 'pgt=0xfff000000402fec0';
const created = (type: number): string[] => [
  `pkvm_init_host_vm: (pkvm_init_host_vm+0x0/0xb8) kvm=${KVM} type=${type}`,
];
const map = (gfn: number, pfn: number, { size = 0x1000, pgt = PGT, ret = 0 } = {}): string[] => [
  `pkvm_pgtable_stage2_map: (pkvm_pgtable_stage2_map+0x0/0x278) ${pgt} addr=${gfn * 0x1000} size=${size} phys=${pfn * 0x1000} prot=15`,
  `pkvm_pgtable_stage2_map_ret: (user_mem_abort+0x5dc/0xe50 <- pkvm_pgtable_stage2_map) ret=${ret}`,
];
const unmap = (gfn: number, pages: number): string =>
  `pkvm_pgtable_stage2_unmap: (pkvm_pgtable_stage2_unmap+0x0/0x60) ${PGT} addr=${gfn * 0x1000} size=${pages * 0x1000}`;

const sptes = (...events: readonly (string | Said)[]): string[] =>
  operationLines(judgeAll(events)).filter((line) => line.includes('Spte'));

describe('the stage 2 of arm64', () => {
  it('has what a mapping made that returned 0, of any size', () => {
    assert.equal(sptes(...created(0), ...map(0x40010, 0x4150b)).length, 1);
    assert.match(sptes(...created(0), ...map(0x40000, 0x48000, { size: 0x200000 }))[0]!, /SpteSet.*0x40000/);
    assert.deepEqual(sptes(...created(0), ...map(0x40010, 0x4150b, { ret: -11 })), []);
  });

  it('loses what is unmapped, by any task', () => {
    const events = [...created(0), ...map(0x40010, 0x4150b), ...map(0x40011, 0x4150c)];
    const lines = sptes(...events, { event: unmap(0x40000, 0x20), tid: 7, tgid: 7 });
    assert.equal(lines.filter((line) => line.includes('SpteZap')).length, 2);
  });

  it('is not that of a guest of the guest', () => {
    const other = { pgt: 'pgt=0xfff0000004030000' };
    assert.equal(sptes(...created(0), ...map(0x40010, 0x4150b), ...map(0x10, 0x4150c, other)).length, 1);
  });

  it('prints the pointer of its VM as the kernel did', () => {
    const { analysis } = judgeAll([...created(0), ...map(0x40010, 0x4150b)]);
    assert.deepEqual(
      analysis.vms.map(({ label }) => label),
      [`kvm:${KVM}`],
    );
  });
});

describe('an install into the stage 2 within an invalidation', () => {
  const start = `kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${KVM} inprog=0 seq=4`;
  const range = `kvm_unmap_gfn_range: (kvm_unmap_gfn_range+0x0/0x88) kvm=${KVM} start=0x40010 end=0x40011`;
  const end = `kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0xa0) kvm=${KVM} inprog=1 seq=4`;
  const fault = 'kvm_guest_fault: ipa 0x40010000, hsr 0x93c18007, hxfar 0x40010000, pc 0x00000040000008';
  const notifier = (...events: string[]): Said[] => events.map((event) => ({ event, tid: 101 }));
  const g2 = (...events: readonly (string | Said)[]): string[] =>
    judgeAll([...created(0), unmap(0x50000, 1), ...events], ['guest-memfd'])
      .analysis.findings.filter(({ rule }) => rule === 'G2')
      .map(({ verdict, message }) => `${verdict} ${message}`);

  it('breaks G2, and one before or behind it does not', () => {
    assert.match(
      g2(...notifier(start, range), fault, ...map(0x40010, 0x4150b), ...notifier(end))[0] ?? '',
      /^violation leaf SPTE installed for gfn 0x40010/,
    );
    assert.deepEqual(g2(...notifier(start, range, end), fault, ...map(0x40010, 0x4150b)), []);
  });

  it('leaves G2 undecided where nothing shows whether the mapping was made', () => {
    const [entry] = map(0x40010, 0x4150b);
    const events = [...created(0), ...notifier(start, range), fault, entry!, ...notifier(end)];
    const { rules } = judgeAll(events, ['guest-memfd']).analysis;
    const rule = rules.find(({ id }) => id === 'G2')!;
    assert.equal(rule.status, 'undecidable');
    assert.match(rule.reasons[0]!.missing.join(), /kretprobe:pkvm_pgtable_stage2_map/);
  });
});
