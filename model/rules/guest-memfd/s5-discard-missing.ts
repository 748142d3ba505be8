import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';
import { QEMU_CONVERSIONS } from '../topics.js';

export const s5: RuleDef = {
  id: 'S5',
  name: 'shared-discard-missing',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'After a conversion to private the VMM discards the shared copy of the memory.',
  source: 'kvm_convert_memory() and ram_block_discard_range(), QEMU',
  needs: [['QemuConvert']],
  excuses: [['QemuDiscard']],
  about: QEMU_CONVERSIONS,
  fix: 'Discard the shared side in the VMM, or memory use doubles.',
  listen: (run) => {
    /** By the thread that converts, which discards too: several VMs may be at it. */
    const waiting = new Map<number, { row: number; start: number; size: number }>();
    const miss = (tid: number): void => {
      const converted = waiting.get(tid);
      if (!converted) return;
      const { row, start, size } = converted;
      run.suspicious({
        row,
        message: `gpa ${hex(start)}+${hex(size)} became private and no discard of its shared copy is seen`,
      });
    };
    return {
      qemuConvert: (row, start, size, toPrivate, t) => {
        miss(t.tid);
        waiting.delete(t.tid);
        if (!toPrivate) return;
        if (!run.recorded('QemuDiscard')) run.notRecorded(row, 'Discards are not recorded.', ['QemuDiscard']);
        else waiting.set(t.tid, { row, start, size });
      },
      qemuDiscard: (_row, t) => {
        if (waiting.delete(t.tid)) run.ok();
      },
      finish: (lastRow) => {
        for (const [tid, { row }] of waiting) if (!run.lost(row, lastRow)) miss(tid);
      },
    };
  },
};
