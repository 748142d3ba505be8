import type { Vm } from '../../shim/state.js';
import { hex, inodeText, missingOf } from '../common.js';
import type { RuleDef } from '../rule.js';

/** G6b: a hole is punched in a bound file only inside an invalidation bracket. Teardown after release is exempt. */
export const g6b: RuleDef = {
  id: 'G6b', name: 'unbracketed-truncate', profile: 'guest-memfd', severity: 2, nature: 'invariant',
  statement: 'Pages of a file that is bound to a memslot are deleted only inside an invalidation bracket.',
  source: 'kvm_gmem_punch_hole(), virt/kvm/guest_memfd.c',
  needs: [['FilemapDelete'], ['GmemInvStart', 'InvStart'], ['GmemFallocate', 'GmemPunchHole', 'SysEnterFallocate']],
  about: ['FilemapDelete', 'GmemFallocate'],
  fix: 'Bracket the truncation with kvm_gmem_invalidate_start and _end under the invalidate lock.',
  listen: (run) => {
    const candidates: { vm: Vm; row: number; message: string; pages: ReturnType<typeof run.pagesOf>; fromRow: number }[] = [];
    return {
      filemapDelete: (inode, pgoff, count, _pfn, row, t) => {
        const hole = t.fallocate;
        if (inode.provider !== 'guest_memfd' || !hole || inode.releasedRow >= 0) return;
        const pages = run.pagesOf(inode, pgoff, count);
        const slots = run.w.slotsOfPages(inode, pgoff, pgoff + count);
        if (slots.length === 0) return;
        const message = `page ${hex(pgoff)} of ${inodeText(inode)} deleted outside an invalidation bracket`;
        const bracket = inode.gmemBrackets.find((b) => b.tid === t.tid && b.startRow > hole.row && b.first <= pgoff && b.end >= pgoff + count);
        if (bracket) run.ok();
        else if (run.recorded('GmemInvStart')) {
          if (!run.lost(hole.row, row, pages)) run.violation({ row, message, pages, evidence: [[hole.row, 'missing-since', 'punching the hole begins; no invalidate start follows']] });
        } else if (run.recorded('InvStart') && run.recorded('InvEnd')) {
          if (slots.every((s) => s.vm.open.some((b) => b.tid === t.tid))) run.ok();
          else candidates.push({ vm: slots[0]!.vm, row, message, pages, fromRow: hole.row });
        } else run.notRecorded(row, 'Invalidation brackets are not recorded.', missingOf(run, ['GmemInvStart', 'InvStart', 'InvEnd']), pages);
      },
      finish: () => {
        for (const c of candidates) {
          if (c.vm.holeRow >= 0 || c.vm.starts === 0) run.notRecorded(c.row, 'Some brackets of this VM escaped the probes (inlined copies).', ['GmemInvStart'], c.pages);
          else if (!run.lost(c.fromRow, c.row, c.pages)) run.violation({ row: c.row, message: c.message, pages: c.pages, evidence: [[c.fromRow, 'missing-since', 'punching the hole begins']] });
        }
      },
    };
  },
};
