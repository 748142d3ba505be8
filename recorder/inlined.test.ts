import assert from 'node:assert/strict';
import { outlookLines, absenceOf } from './outlook.js';
import { isToldOf, ownCopies } from './inlined.js';
import { moduleOf } from '../test/support/elfSamples.js';

/** As Debian's 6.12.117 has them: the compiler left the calls of two of four places that begin a bracket. */
const DEBIAN = moduleOf(
  [
    'kvm_mmu_invalidate_begin',
    'kvm_mmu_invalidate_end',
    'kvm_vm_ioctl.local',
    'kvm_mmu_notifier_invalidate_range_start.local',
    'kvm_mmu_notifier_invalidate_range_end.local',
    'kvm_gmem_invalidate_begin.local',
    'kvm_gmem_fallocate.local',
    'kvm_zap_gfn_range',
  ],
  [
    ['kvm_gmem_invalidate_begin', 'kvm_mmu_invalidate_begin'],
    ['kvm_zap_gfn_range', 'kvm_mmu_invalidate_begin'],
    ['kvm_zap_gfn_range', 'kvm_mmu_invalidate_end'],
    ['kvm_vm_ioctl', 'kvm_mmu_invalidate_end'],
    ['kvm_mmu_notifier_invalidate_range_end', 'kvm_mmu_invalidate_end'],
    ['kvm_gmem_fallocate', 'kvm_mmu_invalidate_end'],
  ],
);
const PROBED = ['kvm_mmu_invalidate_begin', 'kvm_mmu_invalidate_end', 'kvm_mmu_invalidate_range_add'];
const COPIES = [
  {
    kind: 'InvStart',
    symbol: 'kvm_mmu_invalidate_begin',
    callers: ['kvm_vm_ioctl', 'kvm_mmu_notifier_invalidate_range_start'],
  },
  { kind: 'InvEnd', symbol: 'kvm_mmu_invalidate_end', callers: [] },
] as const;

describe('what a module tells of inlined functions', () => {
  it('names the callers that have a copy, and none where all of them call', () => {
    assert.deepEqual(ownCopies(DEBIAN, PROBED), COPIES);
    assert.deepEqual(ownCopies(DEBIAN, ['kvm_mmu_invalidate_end']), [COPIES[1]]);
    assert.deepEqual(ownCopies(DEBIAN, []), []);
  });

  it('tells nothing of a function that is not seen beyond its file, and of a place that is not there', () => {
    const names = ['kvm_mmu_invalidate_begin.local', 'kvm_vm_ioctl.local'];
    assert.deepEqual(ownCopies(moduleOf(names, []), PROBED), []);
    const alone = moduleOf(['kvm_mmu_invalidate_begin'], []);
    assert.deepEqual(ownCopies(alone, PROBED), [{ ...COPIES[0], callers: [] }]);
  });

  it('takes a part that the compiler split off for its function', () => {
    const names = ['kvm_mmu_invalidate_begin', 'kvm_vm_ioctl.local', 'kvm_vm_ioctl.cold.local'];
    const module = moduleOf(names, [['kvm_vm_ioctl.cold', 'kvm_mmu_invalidate_begin']]);
    assert.deepEqual(ownCopies(module, PROBED), [{ ...COPIES[0], callers: [] }]);
  });

  it('tells nothing of a file that is none, or was cut short', () => {
    assert.equal(ownCopies(Buffer.from('no module'), PROBED), undefined);
    for (let size = 0; size < DEBIAN.length; size++)
      assert.equal(ownCopies(DEBIAN.subarray(0, size), PROBED), undefined, `${size}`);
  });

  it('is asked only where it can tell something', () => {
    assert.ok(isToldOf(PROBED));
    assert.ok(!isToldOf(['kvm_gmem_create']));
  });

  it('is said before the recording, and of what does not occur in it', () => {
    const probe = {
      kind: 'InvStart',
      type: 'p',
      event: 'b',
      symbol: 'b',
      fetch: '',
      filter: '',
      hits: 0,
    } as const;
    const outlook = { refused: [], rules: [], tracepoints: [], probes: [probe], inlined: COPIES };
    assert.deepEqual(outlookLines(outlook).slice(1), [
      'InvStart is not seen in kvm_vm_ioctl, kvm_mmu_notifier_invalidate_range_start: kvm.ko has copies of kvm_mmu_invalidate_begin there; what the kernel counts tells of them where other probes read it',
    ]);
    const { isRecorded, why } = absenceOf(outlook, 'InvStart');
    assert.equal(isRecorded, false);
    assert.match(why, /never hit: it did not happen, or it did in kvm_vm_ioctl, kvm_mmu_notifier/);
  });
});
