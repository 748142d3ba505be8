/**
 * Which invalidation brackets around an in-place conversion count: those over all of its pages, of its own
 * thread.
 */
import assert from 'node:assert/strict';
import { judgeAll, type Said } from '../../../test/support/oneTrace.js';

const KVM = 'kvm=0xffff888100aa0000';
const probe = (name: string, args: string): string => `${name}: (${name}+0x0/0x100) ${args}`;
const hex = (n: number): string => `0x${n.toString(16)}`;

/** A file of sixteen pages at gfn 0x1000, all of them private once before. */
const FILE = [
  'sys_ioctl(fd: 3, cmd: 0xae01, arg: 4)',
  'sys_ioctl -> 0x4',
  probe('kvm_gmem_create', `${KVM} size=0x10000 flags=0x3`),
  probe('kvm_gmem_bind', `${KVM} slot=1 base_gfn=0x1000 npages=16 fd=8 offset=0x0`),
  'kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=1 ino=70 pgoff=0x0',
];
const ENTER = probe('kvm_gmem_set_attributes', 'ino=70 start=0x4 nr_pages=2 attrs=0x8');
const STORE = probe('kvm_gmem_store_attributes', 'index=0x4 last=0x5 attrs=0x8');
const RETURN =
  'kvm_gmem_set_attributes_ret: (kvm_gmem_ioctl+0x109/0x170 <- __kvm_gmem_set_attributes) ino=70 start=0x4 nr_pages=2 attrs=0x8 ret=0';
const open = (first: number, end: number): string[] => [
  probe('kvm_gmem_invalidate_start', `${KVM} start=${hex(first)} end=${hex(end)}`),
  probe('kvm_mmu_invalidate_start', `${KVM} inprog=0 seq=8`),
  probe('kvm_mmu_invalidate_range_add', `${KVM} start=${hex(0x1000 + first)} end=${hex(0x1000 + end)}`),
];
const close = (first: number, end: number): string[] => [
  probe('kvm_gmem_invalidate_end', `ino=70 start=${hex(first)} end=${hex(end)}`),
  probe('kvm_mmu_invalidate_end', `${KVM} inprog=1 seq=8`),
];
/** The trace shows that every kind of event is recorded before the conversion that is judged. */
const WARM_UP = [...open(8, 10), ...close(8, 10)];

/** Verdicts of G4 on a conversion of pages 4 and 5, in the order of the trace. */
function verdicts(...events: readonly (string | Said)[]): string[] {
  const { analysis } = judgeAll([...FILE, ...WARM_UP, ...events], ['guest-memfd']);
  const { held } = analysis.rules.find(({ id }) => id === 'G4')!;
  const found = analysis.findings.filter(({ rule }) => rule === 'G4');
  return [
    ...found.map(({ verdict, reason }) => reason ?? verdict),
    ...Array.from({ length: held }, () => 'held'),
  ];
}

describe('G4, the bracket of an in-place conversion', () => {
  for (const [first, end, verdict] of [
    [4, 6, 'held'],
    [3, 7, 'held'],
    [0, 16, 'held'],
    [5, 6, 'violation'],
    [4, 5, 'violation'],
    [0, 4, 'violation'],
    [6, 16, 'violation'],
  ] as const)
    it(`over pages ${first} to ${end - 1} of 4 to 5: ${verdict}`, () => {
      assert.deepEqual(verdicts(ENTER, ...open(first, end), STORE, ...close(first, end), RETURN), [verdict]);
    });

  it('must not end before the store, nor begin after it', () => {
    assert.deepEqual(verdicts(ENTER, ...open(4, 6), ...close(4, 6), STORE, RETURN), ['violation']);
    assert.deepEqual(verdicts(ENTER, STORE, ...open(4, 6), ...close(4, 6), RETURN), ['violation']);
  });

  it('is not that of another thread', () => {
    const peer = (events: string[]): Said[] =>
      events.map((event) => ({ event, tid: 102, tgid: 100, cpu: 1 }));
    assert.deepEqual(verdicts(...peer(open(4, 6)), ENTER, STORE, RETURN, ...peer(close(4, 6))), [
      'violation',
    ]);
  });

  it('is not needed by one that failed, nor by one that changes nothing', () => {
    assert.deepEqual(verdicts(ENTER, RETURN.replace('ret=0', 'ret=-11')), []);
    const once = [ENTER, ...open(4, 6), STORE, ...close(4, 6), RETURN];
    assert.deepEqual(verdicts(...once, ENTER, RETURN), ['held']);
  });

  it('is undecided where events are missing since the conversion began', () => {
    assert.deepEqual(
      verdicts(ENTER, 'CPU:0 [LOST 3 EVENTS]', STORE.replace('index', 'ino=70 index'), RETURN),
      ['lost'],
    );
  });

  it('may be two brackets that cover the range together', () => {
    const both = [...open(4, 5), ...open(5, 6)];
    assert.deepEqual(verdicts(ENTER, ...both, STORE, ...close(4, 5), ...close(5, 6), RETURN), ['held']);
  });
});

describe('G4, the bracket of a conversion whose start was inlined', () => {
  const REQUEST = 'kvm_vm_set_mem_attributes: 0x00000000001004 -- 0x00000000001006 [0x8]';
  const RANGE = `${KVM} slot=1 start=0x1004 end=0x1006 attributes=0x8`;
  const pre = (counted: string): string => probe('kvm_arch_pre_set_memory_attributes', `${RANGE}${counted}`);
  const POST = probe('kvm_arch_post_set_memory_attributes', RANGE);
  const end = (inprog: number, seq: number): string =>
    probe('kvm_mmu_invalidate_end', `${KVM} inprog=${inprog} seq=${seq}`);
  /** Elsewhere a start is seen: it is recorded. */
  const SEEN = [...open(8, 10).slice(1), end(1, 7)];

  for (const [what, before, after, verdict] of [
    ['is the one that the kernel counts', ' inprog=1 seq=8 hs=0x1004 he=0x1006', end(1, 8), 'held'],
    ['may be wider', ' inprog=1 seq=8 hs=0x1000 he=0x1010', end(1, 8), 'held'],
    ['is not known without the count', '', end(1, 8), 'not-recorded'],
    [
      'is not known where another ended meanwhile',
      ' inprog=1 seq=7 hs=0x1004 he=0x1006',
      end(1, 8),
      'not-recorded',
    ],
    [
      'is not known where several are open before',
      ' inprog=2 seq=8 hs=0x1004 he=0x1006',
      end(1, 8),
      'not-recorded',
    ],
    [
      'is not known where several are open after',
      ' inprog=1 seq=8 hs=0x1004 he=0x1006',
      end(2, 8),
      'not-recorded',
    ],
    [
      'is another where it does not cover the range',
      ' inprog=1 seq=8 hs=0x1005 he=0x1006',
      end(1, 8),
      'not-recorded',
    ],
    ['is none where none is open', ' inprog=0 seq=8 hs=0x1004 he=0x1006', end(1, 8), 'not-recorded'],
  ] as const)
    it(what, () => {
      assert.deepEqual(verdicts(...SEEN, REQUEST, pre(before), after, POST), [verdict]);
    });
});
