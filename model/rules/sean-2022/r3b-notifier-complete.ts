import { inodeText } from '../common.js';
import type { RuleDef } from '../rule.js';

export const r3b: RuleDef = {
  id: 'R3b', name: 'notifier-complete', profile: 'sean-2022', severity: 1, nature: 'invariant',
  statement: 'Before an mmap, a conversion or a hole takes effect, every notifier bound to the range has been started.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 3',
  needs: [['NotifierBind'], ['NotifierMmapStart', 'NotifierInvStart']],
  about: ['NotifierBind'],
  fix: 'Walk the whole list of bindings under its lock.',
  listen: (run) => ({
    mmapRet: (inode, ret, row, t) => {
      const m = t.mmapNotify;
      if (ret < 0 || !m || inode.notifiers.length === 0) return;
      if (!run.recorded('NotifierMmapStart')) {
        run.notRecorded(row, 'The mmap callbacks of notifiers are not recorded.', ['NotifierMmapStart']);
        return;
      }
      const missed = inode.notifiers.find((n) => n.row < m.startRow && !m.started.includes(n));
      if (!missed) run.ok();
      else if (!run.lost(missed.row, row)) {
        run.violation({ row, message: `mmap of ${inodeText(inode)} succeeded, but notifier ${missed.id} was not started`, evidence: [[missed.row, 'state', `notifier ${missed.id} was bound here`], [m.startRow, 'missing-since', 'the mmap begins']] });
      }
    },
    shimOp: (t, inode, first, end, row, what) => {
      if (inode.provider !== 'restrictedmem' || inode.notifiers.length === 0 || inode.releasedRow >= 0) return;
      const b = t.shimBracket?.inode === inode ? t.shimBracket : undefined;
      if (b?.checked || (!b && what === 'end') || (!b && !t.conv && !t.fallocate)) return;
      if (!run.recorded('NotifierInvStart')) {
        if (what !== 'end') run.notRecorded(row, 'The invalidate callbacks of notifiers are not recorded.', ['NotifierInvStart']);
        return;
      }
      if (b) b.checked = true;
      const from = b?.first ?? first;
      const to = b?.end ?? end;
      const missed = inode.notifiers.find((n) => n.first < to && n.end > from && !b?.started.has(n) && n.row < row);
      if (!missed) run.ok();
      else if (!run.lost(missed.row, row)) {
        run.violation({
          row, pages: run.pagesOf(inode, from, Math.max(1, to - from)), message: `${what === 'delete' ? 'a hole is punched in' : 'a conversion of'} ${inodeText(inode)} takes effect without invalidate_start on notifier ${missed.id}`,
          evidence: [[missed.row, 'state', `notifier ${missed.id} was bound here`], [b?.row ?? -1, 'missing-since', 'the bracket begins']],
        });
      }
    },
  }),
};
