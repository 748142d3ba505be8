import type { Inode, Notifier } from '../../world/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef, Ruling } from '../rule.js';
import { NOTIFIERS } from '../topics.js';

export const r3b: RuleDef = {
  id: 'R3b',
  name: 'notifier-complete',
  profile: 'sean-2022',
  severity: 1,
  nature: 'invariant',
  statement:
    'Before an mmap, a conversion or a hole takes effect, every notifier bound to the range has been started.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 3',
  needs: [['NotifierBind'], ['NotifierMmapStart', 'NotifierInvStart']],
  needsWith: [
    {
      where: ['NotifierMmapStart', 'NotifierMmapAbort', 'NotifierMmapEnd'],
      needs: [['FileMmap'], ['FileMmapRet', 'SysExitMmap']],
    },
    {
      where: ['NotifierInvStart', 'NotifierInvEnd'],
      needs: [['StoreAttr', 'FilemapDelete', 'NotifierInvEnd']],
    },
  ],
  about: NOTIFIERS,
  fix: 'Walk the whole list of bindings under its lock.',
  listen: (run) => {
    const waiting: { n: Notifier; ruling: Ruling }[] = [];
    /** Without unbind probes a notifier may be gone: a later call of it proves that it was still bound. */
    const missed = (n: Notifier, called: boolean, ruling: Ruling): void => {
      if (run.lost(n.row, ruling.row)) return;
      if (called || run.recorded('NotifierUnbind')) run.violation(ruling);
      else waiting.push({ n, ruling });
    };
    const stillBound = (n: Notifier): void => {
      for (let i = waiting.length - 1; i >= 0; i--)
        if (waiting[i]!.n === n) run.violation(waiting.splice(i, 1)[0]!.ruling);
    };
    /** Every notifier that is known was started; one whose bind was lost may have been left out. */
    const whole = (inode: Inode, row: number): void => {
      if (!run.lost(inode.firstRow, row)) run.ok();
    };
    const hasNone = (inode: Inode, row: number): boolean => {
      if (inode.notifiers.length > 0) return false;
      if (run.recorded('NotifierBind')) run.lost(inode.firstRow, row);
      return true;
    };
    return {
      notifierStart: stillBound,
      notifierEnd: stillBound,
      notifierMmapEnd: stillBound,
      finish: () => {
        for (const x of waiting)
          run.notRecorded(x.ruling.row, 'Whether the notifier was still bound is not recorded.', [
            'NotifierUnbind',
          ]);
      },
      mmapRet: (inode, ret, row, t) => {
        const m = t.mmapNotify;
        if (ret < 0 || !m || hasNone(inode, row)) return;
        if (!run.recorded('NotifierMmapStart')) {
          run.notRecorded(row, 'The mmap callbacks of notifiers are not recorded.', ['NotifierMmapStart']);
          return;
        }
        const skipped = inode.notifiers.find((n) => n.row < m.startRow && !m.started.includes(n));
        if (!skipped) whole(inode, row);
        else {
          missed(skipped, m.ended.has(skipped), {
            row,
            message: `mmap of ${inodeText(inode)} succeeded, but notifier ${skipped.id} was not started`,
            evidence: [
              [skipped.row, 'state', `notifier ${skipped.id} was bound here`],
              [m.startRow, 'missing-since', 'the mmap begins'],
            ],
          });
        }
      },
      shimOp: (t, inode, first, end, row, what) => {
        if (inode.provider !== 'restrictedmem' || inode.releasedRow >= 0) return;
        if (what !== 'end' && hasNone(inode, row)) return;
        const b = t.shimBracket?.inode === inode ? t.shimBracket : undefined;
        if (b?.checked || (!b && what === 'end') || (!b && !t.conv && !t.fallocate)) return;
        if (!run.recorded('NotifierInvStart')) {
          if (what !== 'end')
            run.notRecorded(row, 'The invalidate callbacks of notifiers are not recorded.', [
              'NotifierInvStart',
            ]);
          return;
        }
        if (b) b.checked = true;
        const from = b?.first ?? first;
        const to = b?.end ?? end;
        const skipped = inode.notifiers.find(
          (n) => n.first < to && n.end > from && !b?.started.has(n) && n.row < row,
        );
        if (!skipped) whole(inode, row);
        else {
          const op = what === 'delete' ? 'a hole is punched in' : 'a conversion of';
          missed(skipped, false, {
            row,
            pages: run.pagesOf(inode, from, Math.max(1, to - from)),
            message: `${op} ${inodeText(inode)} takes effect without invalidate_start on notifier ${skipped.id}`,
            evidence: [
              [skipped.row, 'state', `notifier ${skipped.id} was bound here`],
              [b?.row ?? -1, 'missing-since', 'the bracket begins'],
            ],
          });
        }
      },
    };
  },
};
