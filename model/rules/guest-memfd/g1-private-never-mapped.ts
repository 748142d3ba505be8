import { plus } from '../../../parsers/base/units.js';
import { type Inode, isInodeConv } from '../../world/state.js';
import { isServiced } from '../../world/faultResult.js';
import { Attr } from '../../ops/oplog.js';
import { hex } from '../../pages/state.js';
import {
  attrOfPage,
  isNeverConverted,
  lostFaults,
  lostStores,
  mayBeAnother,
  mayHidePages,
} from '../common.js';
import { mappedBeforeStore, mappingsAt, undecidedMapping } from '../mappings.js';
import { convText, inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE, USER_MAPPINGS } from '../topics.js';

/**
 * G1: a private page is never mapped by the host. A SIGBUS for the host's access is the enforcement, not a
 * breach.
 */
export const g1: RuleDef = {
  id: 'G1',
  name: 'private-never-mapped',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement:
    'A page whose attribute is private has no user mapping, and a user fault on it is refused with SIGBUS.',
  source: 'kvm_gmem_fault_user_mapping() and __kvm_gmem_set_attributes(), virt/kvm/guest_memfd.c',
  needs: [
    ['StoreAttr', 'ConvertRet', 'PostSetAttr'],
    ['UserFaultRet', 'RmapAdd'],
  ],
  // What is never converted is what its creation made it.
  shownOtherwise: (w) => (isNeverConverted(w) ? ['StoreAttr'] : []),
  excuses: [['RmapRemove']],
  about: [...IN_PLACE, ...USER_MAPPINGS],
  fix: "Test the page's attribute in the fault handler under the invalidate lock, and unmap before the attribute is stored.",
  listen: (run) => {
    const flagged = new Set<number>();
    const results = run.fork(['UserFaultRet', 'RmapAdd']);
    const { w } = run;
    /** Serviced faults on pages that were not known to be private then, by file. */
    const serviced = new Map<Inode, { count: number; readonly row: number }>();
    const noteServiced = (inode: Inode, row: number): void => {
      const known = serviced.get(inode);
      if (known) known.count++;
      else serviced.set(inode, { count: 1, row });
    };
    return {
      ...lostStores(run, mayHidePages),
      ...lostFaults(run),
      store: (conv, row) => {
        if (!conv.toPrivate || !isInodeConv(conv) || !conv.rangeKnown) return;
        const state = mappingsAt(run, conv.inode, conv.first, conv.end, row);
        if (state.is === 'unknown') undecidedMapping(run, state, conv, row);
        else if (state.is === 'empty') run.ok();
        else if (!mappedBeforeStore(run, state, conv, row))
          run.undecided(
            'order',
            row,
            'A mapping was added on another CPU too close in time to be ordered.',
            ['a global trace_clock'],
            run.pagesOf(conv.inode, state.pgoff),
          );
        else {
          run.violation({
            row,
            pages: run.pagesOf(conv.inode, state.pgoff),
            message: `${convText(conv)} became private while page ${hex(state.pgoff)} is mapped by the host`,
            evidence: [
              [state.rec.since, 'state', `page ${hex(state.pgoff)} mapped here and not removed since`],
              [conv.fromRow, 'related', 'the conversion begins'],
            ],
          });
        }
      },
      userFaultEnter: (ctx) => {
        const unanswered = results.hidden;
        if (!unanswered || !ctx.inode) return;
        if (attrOfPage(w, ctx.inode, ctx.pgoff).attr === Attr.Private) {
          unanswered.notRecorded(
            ctx.row,
            'A user fault on a private page is seen to begin, but neither its result nor the rmap is recorded.',
            ['UserFaultRet', 'RmapAdd'],
            run.pagesOf(ctx.inode, ctx.pgoff),
          );
        }
      },
      userFaultRet: (ctx, inode, pgoff, ret, row) => {
        const { attr, row: attrRow } = attrOfPage(w, inode, pgoff);
        const pages = run.pagesOf(inode, pgoff);
        if (attr === Attr.Unknown && isServiced(ret)) mayBeAnother(run, inode, row, pages);
        if (attr !== Attr.Private) {
          if (isServiced(ret)) noteServiced(inode, row);
          return;
        }
        if (!isServiced(ret)) {
          run.ok();
          return;
        }
        if (run.lost(attrRow, row, pages)) return;
        if (!ctx || ctx.row < attrRow || !w.ordered(attrRow, ctx.row)) {
          run.undecided('order', row, 'The fault may have begun before the page became private.', [], pages);
          return;
        }
        flagged.add(ctx.row);
        run.violation({
          row,
          pages,
          message: `user fault on private page ${hex(pgoff)} of ${inodeText(inode)} was serviced (returned ${hex(ret)})`,
          evidence: [
            [attrRow, 'cause', 'the page became private here'],
            [ctx.row, 'related', 'the fault begins'],
          ],
        });
      },
      rmapAdd: (inode, first, count, row, fault) => {
        if (fault && flagged.has(fault.row)) return;
        for (let p = first; p < first + count; p = plus(p, 1)) {
          const { attr, row: attrRow } = attrOfPage(w, inode, p);
          if (attr !== Attr.Private) continue;
          const pages = run.pagesOf(inode, p);
          if (run.lost(attrRow, row, pages)) return;
          run.violationSince(
            attrRow,
            {
              row,
              pages,
              message: `private page ${hex(p)} of ${inodeText(inode)} is mapped by the host`,
              evidence: [[attrRow, 'cause', 'the page became private here']],
            },
            'The mapping and the conversion are on two CPUs too close in time to be ordered.',
          );
          return;
        }
      },
      finish: () => {
        // That a page is shared is news only where nothing shows conversions.
        if (!isNeverConverted(w)) return;
        for (const [inode, { count, row }] of serviced) {
          if (inode.initialAttr === Attr.Shared) for (let i = 0; i < count; i++) run.ok();
          else run.undecided('unknown-start', row, 'Which file the fault was on showed only later.');
        }
      },
    };
  },
};
