import { plus, type Pgoff } from '../../../parsers/base/units.js';
import type { EventKind } from '../../../parsers/events/vocabulary.js';
import { holdsPages } from '../../world/memslots.js';
import type { Inode, Slot, Thread, Vm } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { missingOf } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { DELETIONS } from '../topics.js';

/**
 * G6b: a hole is punched in a bound file only inside an invalidation bracket. Teardown after release is
 * exempt.
 */
export const g6b: RuleDef = {
  id: 'G6b',
  name: 'unbracketed-truncate',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'invariant',
  statement: 'Pages of a file that is bound to a memslot are deleted only inside an invalidation bracket.',
  source: 'kvm_gmem_punch_hole(), virt/kvm/guest_memfd.c',
  needs: [
    ['FilemapDelete'],
    ['GmemInvStart', 'InvStart'],
    ['GmemFallocate', 'GmemPunchHole', 'SysEnterFallocate'],
  ],
  about: DELETIONS,
  fix: 'Bracket the truncation with kvm_gmem_invalidate_start and _end under the invalidate lock.',
  listen: (run) => {
    const candidates: {
      vm: Vm;
      row: number;
      message: string;
      pages: ReturnType<typeof run.pagesOf>;
      fromRow: number;
    }[] = [];
    const unbracketed = (
      inode: Inode,
      pgoff: Pgoff,
      count: number,
      row: number,
      t: Thread,
      fromRow: number,
      vm: Vm,
    ): void => {
      const pages = run.pagesOf(inode, pgoff, count);
      const message = `page ${hex(pgoff)} of ${inodeText(inode)} deleted outside an invalidation bracket`;
      if (run.recorded('GmemInvStart')) {
        if (!run.lost(fromRow, row, pages))
          run.violation({
            row,
            message,
            pages,
            evidence: [
              [
                fromRow,
                'missing-since',
                'punching the hole begins; no bracket is open over the page when it goes',
              ],
            ],
          });
      } else if (run.recorded('InvStart') && run.recorded('InvEnd')) {
        const slots = run.w.slotsOfPages(inode, pgoff, plus(pgoff, count));
        if (slots.every((s) => s.vm.open.some((b) => b.tid === t.tid))) run.ok();
        else candidates.push({ vm, row, message, pages, fromRow });
      } else
        run.notRecorded(
          row,
          'Invalidation brackets are not recorded.',
          missingOf(run, ['GmemInvStart', 'InvStart', 'InvEnd']),
          pages,
        );
    };
    const notKnown = (
      what: string,
      kinds: readonly EventKind[],
      inode: Inode,
      pgoff: Pgoff,
      count: number,
      row: number,
    ): void => {
      const missing = missingOf(run, kinds);
      if (missing.length > 0)
        run.notRecorded(row, `${what} is not recorded.`, missing, run.pagesOf(inode, pgoff, count));
    };
    return {
      callsCut: ({ fallocate }, row) => {
        if (fallocate?.inode) run.undecided('lost', row, 'Events are missing while a hole is punched.');
      },
      filemapDelete: (inode, pgoff, count, _pfn, row, t) => {
        const hole = t.fallocate;
        if (inode.provider !== 'guest_memfd' || inode.releasedRow >= 0) return;
        let slot: Slot | undefined;
        for (const s of inode.slots.live) if (!slot && holdsPages(s, pgoff, plus(pgoff, count))) slot = s;
        if (!hole) {
          if (!slot) return;
          notKnown('Why a page of a bound file is deleted', ['GmemFallocate'], inode, pgoff, count, row);
          if (run.recorded('GmemFallocate')) run.lost(0, row, run.pagesOf(inode, pgoff, count));
          return;
        }
        if (!slot) {
          if (inode.slots.live.length === inode.slots.all.length)
            notKnown(
              'Whether the page is bound',
              ['GmemBind', 'GmemBindRet', 'GetPfn'],
              inode,
              pgoff,
              count,
              row,
            );
          return;
        }
        for (const b of inode.gmemBrackets) {
          if (b.tid !== t.tid || b.startRow <= hole.row || b.first > pgoff || b.end < pgoff + count) continue;
          run.ok();
          return;
        }
        unbracketed(inode, pgoff, count, row, t, hole.row, slot.vm);
      },
      finish: () => {
        for (const c of candidates) {
          if (c.vm.holeRow >= 0 || c.vm.starts === 0)
            run.notRecorded(
              c.row,
              'Some brackets of this VM escaped the probes (inlined copies).',
              ['GmemInvStart'],
              c.pages,
            );
          else if (!run.lost(c.fromRow, c.row, c.pages))
            run.violation({
              row: c.row,
              message: c.message,
              pages: c.pages,
              evidence: [[c.fromRow, 'missing-since', 'punching the hole begins']],
            });
        }
      },
    };
  },
};
