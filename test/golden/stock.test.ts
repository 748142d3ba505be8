/**
 * Recordings of stock kernels, all of which behave: which rules are decided on each, and which are not, for
 * the reasons that the kernel gives (inlined functions, probes of an older recipe). None breaks a rule, and
 * nothing is asked for that the recorded kernel has not.
 */
import assert from 'node:assert/strict';
import { judgeStock, stockRecordings } from './findingsText.js';

/** What a kernel has no function or tracepoint of. */
const NOT_IN_6_12 =
  /kvm_mmu_invalidate_start|_gmem_invalidate_start|__kvm_gmem_invalidate|kvm_gmem_(?:mmap|fault_user)|_gmem_(?:set|store)_attributes|kvm_vm_set_mem_attributes|kvm_mmu_faultin_pfn/;
const NOT_IN_7_2 = /_begin\b|_gmem_(?:set|store)_attributes|__kvm_set_memory_region|kprobe:kvm_faultin_pfn/;

interface Expected {
  /** Rules every check of which was decided. */
  readonly held: string;
  /** Rules with a check that was not, or without a need; all others do not apply. */
  readonly undecided: string;
  readonly absent: RegExp;
}

const NOT_ON_ARM64 =
  /_begin\b|kvmmmu:|kvm_tdp_mmu|kvm_mmu_faultin_pfn|kvm:kvm_page_fault|kvm:kvm_hypercall|set_memory_attributes|_gmem_(?:set|store)_attributes/;

const MAP = 'G1 G2b G5 G6 G6b G7 G13 S2 S3 S7';
const CONV = 'G2b G3 G5 G6 G6b G7 G10 G13 S1 S10 S2 S3 S4 S7 S9';
/** Its filter leaves out what is mapped besides the guest's file, which nobody maps here. */
const RECORDED = `${CONV.replace('S2 ', '')} G2 G4`;

const EXPECTED: Readonly<Record<string, Expected>> = {
  // kvm_mmu_invalidate_range_add is inlined, so that brackets have no ranges; kvm_gmem_bind is in 7.3.
  'debian-7.2.13-map.recipe.txt.gz': { held: MAP, undecided: 'G2', absent: NOT_IN_7_2 },
  'debian-7.3.4-map.recipe.txt.gz': { held: MAP, undecided: 'G2', absent: NOT_IN_7_2 },
  'debian-7.2.13-map.recorder.txt.gz': { held: `${MAP} G2`, undecided: '', absent: NOT_IN_7_2 },
  'debian-7.2.13-map.recorder.dat.gz': { held: `${MAP} G2`, undecided: '', absent: NOT_IN_7_2 },
  // Probes of a recipe that knew only the names of 7.2.
  'debian-6.12.95-conv.recipe.txt.gz': {
    held: CONV.replace(/\b(?:G6b|S3) /g, ''),
    undecided: 'G2 G4 G6b S3',
    absent: NOT_IN_6_12,
  },
  // Most starts are inlined; the recorder's probes read the kernel's own count of brackets.
  'debian-7.2.13-conv.recipe.txt.gz': { held: CONV, undecided: 'G2 G4', absent: NOT_IN_7_2 },
  'debian-7.2.13-conv.recorder.txt.gz': { held: RECORDED, undecided: '', absent: NOT_IN_7_2 },
  'debian-7.2.13-conv.recorder.dat.gz': { held: RECORDED, undecided: '', absent: NOT_IN_7_2 },
  // No attributes, no TDP MMU. Brackets were not probed, or most starts are inlined.
  'debian-7.2.13-arm64-pkvm-plain.txt.gz': {
    held: '',
    undecided: 'G2 G2b G5 S3',
    absent: NOT_ON_ARM64,
  },
  'debian-7.2.13-arm64-pkvm-protected.txt.gz': {
    held: 'P1 P3',
    undecided: 'G2 G2b G5 S3 P2 P4 P6 P8',
    absent: NOT_ON_ARM64,
  },
  'debian-7.2.13-arm64-pkvm.recipe.txt.gz': {
    held: 'G5 S7',
    undecided: 'G2 G2b G8 S2 S3',
    absent: NOT_ON_ARM64,
  },
  // By the laboratory's recorder. Nothing invalidates what is mapped; teardowns by their begin and their end.
  'debian-7.3.4-arm64-pkvm-protected.recorder.txt.gz': {
    held: 'P1 P2 P3 P4 P8 S7',
    undecided: 'G2 G2b P6',
    absent: NOT_ON_ARM64,
  },
  'debian-7.3.4-arm64-pkvm-plain.recorder.txt.gz': {
    held: 'S7',
    undecided: 'G2 G2b',
    absent: NOT_ON_ARM64,
  },
  // Pages of 16 KiB, without pKVM.
  'debian-7.3.4-arm64-16k-plain.recorder.txt.gz': {
    held: 'S7',
    undecided: 'G2 G2b',
    absent: NOT_ON_ARM64,
  },
  'debian-7.3.4-arm64-pkvm-map.recorder.txt.gz': {
    held: 'G1 S2',
    undecided: 'G2 G2b G5 G6 G6b G13 S3 S7',
    absent: NOT_ON_ARM64,
  },
  'debian-7.3.4-arm64-16k-map.recorder.txt.gz': {
    held: 'G1 S2',
    undecided: 'G2 G2b G5 G6 G6b G13 S3 S7',
    absent: NOT_ON_ARM64,
  },
};

const inOrder = (ids: readonly string[]): string => [...ids].sort().join(' ');

describe('recordings of stock kernels', () => {
  for (const [name, { held, undecided, absent }] of Object.entries(EXPECTED)) {
    it(name, () => {
      const { findings, rules } = judgeStock(name).analysis;
      assert.deepEqual(
        findings
          .filter(({ verdict }) => verdict !== 'undecidable')
          .map(({ id, message }) => `${id} ${message}`),
        [],
      );
      const open = rules.filter((rule) => rule.undecided > 0 || rule.status === 'undecidable');
      const closed = rules.filter((rule) => rule.status === 'judged' && !open.includes(rule));
      assert.equal(
        inOrder(closed.map(({ id }) => id)),
        inOrder(held.split(' ').filter((id) => id !== '')),
        'held',
      );
      assert.equal(
        inOrder(open.map(({ id }) => id)),
        inOrder(undecided.split(' ').filter((id) => id !== '')),
        'undecided',
      );
      for (const { id, reasons } of open)
        for (const { reason, missing } of reasons) {
          assert.equal(reason, 'not-recorded', id);
          assert.ok(missing.length > 0, id);
          for (const what of missing) assert.doesNotMatch(what, absent, id);
        }
    });
  }

  it('are all here', () => {
    assert.deepEqual(stockRecordings(), Object.keys(EXPECTED).sort());
  });
});
