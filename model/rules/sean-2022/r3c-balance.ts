import type { Notifier, Thread } from '../../world/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { NOTIFIED_OPERATIONS, NOTIFIERS } from '../topics.js';

function unstarted(run: RuleRun, n: Notifier, row: number, what: string, fromRow: number): void {
  if (run.lost(fromRow, row)) return;
  run.violation({
    row,
    message: `${what} on notifier ${n.id} of ${inodeText(n.inode)} without its start`,
    evidence: [[n.row, 'state', `notifier ${n.id} was bound here`]],
  });
}

export const r3c: RuleDef = {
  id: 'R3c',
  name: 'notifier-balance',
  profile: 'sean-2022',
  severity: 2,
  nature: 'invariant',
  statement:
    "Each notifier's start is followed by its end or abort before the call returns, and no end comes without a start.",
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 3',
  needs: [['NotifierBind'], ['NotifierMmapStart', 'NotifierInvStart'], ['NotifierMmapEnd', 'NotifierInvEnd']],
  needsWith: [
    {
      where: ['NotifierMmapStart', 'NotifierMmapAbort', 'NotifierMmapEnd'],
      needs: [['FileMmap'], ['FileMmapRet', 'SysExitMmap']],
    },
    { where: NOTIFIED_OPERATIONS, needs: [['NotifierInvStart'], ['NotifierInvEnd']] },
  ],
  about: NOTIFIERS,
  fix: 'Hold the bindings stable across start and end.',
  listen: (run) => ({
    notifierEnd: (n, row, t: Thread) => {
      const started = t.shimBracket?.started.has(n) ?? false;
      if (started) run.ok();
      else if (run.recorded('NotifierInvStart'))
        unstarted(run, n, row, 'invalidate_end', t.shimBracket?.fromEntry ? t.shimBracket.row : n.row);
      else run.notRecorded(row, 'The start callbacks of notifiers are not recorded.', ['NotifierInvStart']);
    },
    // An mmap_end without its start is what R3b finds at the mmap's return: one fact, told once.
    notifierMmapEnd: (n, _row, t) => {
      if (t.mmapNotify?.started.includes(n)) run.ok();
    },
    mmapRet: (inode, ret, row, t) => {
      const m = t.mmapNotify;
      if (!m || !run.recorded('NotifierMmapEnd', 'NotifierMmapAbort')) return;
      // Without its result the last one started may be the one that refused, which gets no abort.
      const started = ret < 0 && !run.recorded('NotifierMmapStartRet') ? m.started.slice(0, -1) : m.started;
      const open = started.find((n) => !m.ended.has(n) && !m.aborted.includes(n));
      if (!open) {
        run.lost(inode.firstRow, row);
        return;
      }
      const other = ret < 0 ? 'NotifierMmapAbort' : 'NotifierMmapEnd';
      if (!run.recorded(other))
        run.notRecorded(row, 'How a started notifier is told the outcome is not recorded.', [other]);
      else if (!run.lost(m.startRow, row))
        run.violation({
          row,
          message: `mmap of ${inodeText(inode)} returned; notifier ${open.id} was started and neither ended nor aborted`,
          evidence: [[m.startRow, 'cause', 'the mmap begins']],
        });
    },
    shimBracketEnd: (t, row) => {
      const b = t.shimBracket;
      const open = b ? [...b.started][0] : undefined;
      if (b && !open) run.lost(b.inode.firstRow, row);
      if (!b || !open) return;
      if (!run.recorded('NotifierInvEnd'))
        run.notRecorded(row, 'The end callbacks of notifiers are not recorded.', ['NotifierInvEnd']);
      else if (!run.lost(b.row, row))
        run.violation({
          row,
          message: `the call returned; notifier ${open[0].id} of ${inodeText(b.inode)} was started and not ended`,
          evidence: [[open[1], 'cause', 'invalidate_start']],
        });
    },
  }),
};
