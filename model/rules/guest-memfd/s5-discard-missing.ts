import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

export const s5: RuleDef = {
  id: 'S5',
  name: 'shared-discard-missing',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'After a conversion to private the VMM discards the shared copy of the memory.',
  source: 'kvm_convert_memory() and ram_block_discard_range(), QEMU',
  needs: [['QemuConvert'], ['QemuDiscard']],
  about: ['QemuConvert'],
  fix: 'Discard the shared side in the VMM, or memory use doubles.',
  listen: (run) => {
    let waiting: { row: number; start: number; size: number; tid: number } | undefined;
    const miss = (): void => {
      if (!waiting) return;
      const w = waiting;
      waiting = undefined;
      run.suspicious({
        row: w.row,
        message: `gpa ${hex(w.start)}+${hex(w.size)} became private and its shared copy was not discarded`,
      });
    };
    return {
      qemuConvert: (row, start, size, toPrivate, t) => {
        miss();
        if (!toPrivate) return;
        if (!run.recorded('QemuDiscard')) run.notRecorded(row, 'Discards are not recorded.', ['QemuDiscard']);
        else waiting = { row, start, size, tid: t.tid };
      },
      qemuDiscard: () => {
        if (waiting) run.ok();
        waiting = undefined;
      },
      finish: (lastRow) => {
        if (waiting && !run.lost(waiting.row, lastRow)) miss();
      },
    };
  },
};
