import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { NOTIFIED_OPERATIONS, NOTIFIERS } from '../topics.js';

export const r3a: RuleDef = {
  id: 'R3a',
  name: 'notifier-order',
  profile: 'sean-2022',
  severity: 2,
  nature: 'invariant',
  statement:
    'Notifiers are started in list order, and on failure those that were started are aborted in reverse.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 3',
  needs: [
    ['NotifierBind'],
    ['NotifierMmapStart', 'NotifierInvStart'],
    ['NotifierMmapAbort', 'NotifierMmapEnd', 'NotifierInvEnd'],
  ],
  needsWith: [
    {
      where: ['NotifierMmapStart', 'NotifierMmapAbort'],
      needs: [['FileMmap'], ['FileMmapRet', 'SysExitMmap']],
    },
    { where: NOTIFIED_OPERATIONS, needs: [['NotifierInvStart']] },
  ],
  about: NOTIFIERS,
  fix: 'Unwind with list_for_each_entry_continue_reverse().',
  listen: (run) => {
    // One unwinding in the wrong order is one finding, however many notifiers it runs through.
    const told = new WeakSet<object>();
    return {
      notifierStart: (n, row, t) => {
        const started = t.mmapNotify ? t.mmapNotify.started : [...(t.shimBracket?.started.keys() ?? [])];
        const order = n.inode.notifiers;
        const before = started.filter((x) => x !== n).map((x) => order.indexOf(x));
        const oldest = order[0]?.row ?? n.row;
        if (order.indexOf(n) >= 0 && run.lost(oldest, row)) return;
        if (before.some((i) => i > order.indexOf(n)))
          run.violation({
            row,
            message: `notifier ${n.id} of ${inodeText(n.inode)} was started after one that is bound later`,
            evidence: [[n.row, 'state', `notifier ${n.id} was bound here`]],
          });
        else run.ok();
      },
      notifierAbort: (n, row, t) => {
        const m = t.mmapNotify;
        if (!m || told.has(m)) return;
        if (!run.recorded('NotifierMmapStart')) {
          run.notRecorded(row, 'Which notifiers were started is not recorded.', ['NotifierMmapStart']);
          return;
        }
        // Without its result the last one started may be the one that refused, which gets no abort.
        const started = run.recorded('NotifierMmapStartRet') ? m.started : m.started.slice(0, -1);
        const left = started.filter((x) => !m.aborted.includes(x));
        const next = left[left.length - 1];
        if (run.lost(Math.min(m.startRow, n.inode.notifiers[0]?.row ?? n.row), row)) return;
        if (next === n) run.ok();
        else {
          const why = next ? `notifier ${next.id} must come first (reverse order)` : 'it was not started';
          run.violation({
            row,
            message: `the abort of ${inodeText(n.inode)} begins with notifier ${n.id}; ${why}`,
            evidence: [[m.startRow, 'cause', 'the mmap begins']],
          });
          told.add(m);
        }
      },
      mmapRet: (_inode, ret, row, t) => {
        if (ret < 0 && (t.mmapNotify?.started.length ?? 0) > 0 && !run.recorded('NotifierMmapAbort'))
          run.notRecorded(row, 'How started notifiers are told of a failed mmap is not recorded.', [
            'NotifierMmapAbort',
          ]);
      },
    };
  },
};
