import { asPgoff, plus, type Pgoff } from '../../../parsers/base/units.js';
import { gfnsAt, holdsPages, pgoffAt } from '../../world/memslots.js';
import type { Inode } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { doubtfulLeaf, unsureVm } from '../common.js';
import { inodeText } from '../texts.js';
import { PresentLeaves } from '../presentLeaves.js';
import type { RuleDef } from '../rule.js';
import { DELETIONS, LEAF_CHANGES } from '../topics.js';

/**
 * G6: a page leaves the page cache only when no SPTE maps it, and does not come back through a fault that
 * found it before.
 */
export const g6: RuleDef = {
  id: 'G6',
  name: 'punch-vs-getpfn',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement: 'No present SPTE maps the pfn of a page that was deleted from the file.',
  source: 'kvm_gmem_punch_hole(), virt/kvm/guest_memfd.c; is_page_fault_stale(), arch/x86/kvm/mmu/mmu.c',
  needs: [['FilemapDelete'], LEAF_CHANGES, ['GmemBind', 'GetPfn', 'QemuSetUserMemory']],
  about: DELETIONS,
  fix: 'Invalidate and zap the range before truncating it, and let the fault retry on the sequence number.',
  listen: (run) => {
    const sptesShow = run.shown(...LEAF_CHANGES);
    const present = new PresentLeaves(run, ({ vm, gfn, subject, page, pfn }) => ({
      message: `${deletedText(run.w.inodes[subject]!, asPgoff(page))} while the SPTE of gfn ${hex(gfn)} maps its pfn ${hex(pfn)}`,
      pages: run.gfns(vm, gfn),
    }));
    return {
      callsCut: ({ fallocate, fault }, row) => {
        if (fallocate?.inode) run.undecided('lost', row, 'Events are missing while a hole is punched.');
        if (fault && !fault.installed && fault.getPfnRow >= 0)
          run.undecided('lost', row, 'Events are missing within a guest fault.');
      },
      filemapDelete: (inode, pgoff, count, pfn, row, t) => {
        if (inode.provider !== 'guest_memfd') return;
        let bound = false;
        let clean = true;
        for (const s of inode.slots.live) {
          if (!holdsPages(s, pgoff, plus(pgoff, count))) continue;
          if (!sptesShow()) {
            run.notRecorded(row, 'SPTE events are not recorded.', LEAF_CHANGES, run.pagesOf(inode, pgoff));
            return;
          }
          bound = true;
          const { first, end } = gfnsAt(s, pgoff, plus(pgoff, count));
          const rec = s.vm.sptes.mapping(first, end, pfn, count, row);
          if (!rec) continue;
          clean = false;
          if (rec.doubtful) {
            doubtfulLeaf(run, row, run.pagesOf(inode, pgoff), {
              detail: 'Two leaves for one gfn were installed: a zap in between may not be recorded.',
              missing: ['SpteChanged'],
            });
            continue;
          }
          if (run.lost(rec.row, row, run.pagesOf(inode, pgoff))) continue;
          if (!rec.vmSure) unsureVm(run, row, run.gfns(s.vm, rec.gfn));
          else present.judge(rec, { row, vm: s.vm, subject: inode.index, page: pgoff, pfn });
        }
        if (!bound) {
          if (t.fallocate && inode.slots.all.length === 0 && inode.releasedRow < 0)
            run.notRecorded(
              row,
              'Which gfn the page is bound to is not recorded.',
              ['GmemBind', 'GetPfn'],
              run.pagesOf(inode, pgoff),
            );
        } else if (clean) run.ok();
      },
      spteInstall: (vm, rec, fault) => {
        const slot = run.w.slotOfGfn(vm, rec.gfn);
        if (!slot?.inode || slot.pgoff < 0 || rec.level !== 1) return;
        const goneRow = slot.inode.cache.goneRow(pgoffAt(slot, rec.gfn), rec.pfn);
        if (goneRow < 0) return;
        const found = fault ? Math.max(fault.getPfnOkRow, fault.getPfnRow) : -1;
        const pages = run.gfns(vm, rec.gfn);
        if (found > goneRow || run.lost(goneRow, rec.row, pages) || found < 0) return;
        if (!rec.vmSure) {
          unsureVm(run, rec.row, pages);
          return;
        }
        run.violation({
          row: rec.row,
          pages,
          message: `SPTE of gfn ${hex(rec.gfn)} installed with pfn ${hex(rec.pfn)}, which was deleted from ${inodeText(slot.inode)} since get_pfn`,
          evidence: [
            [found, 'cause', 'get_pfn returned the page'],
            [goneRow, 'cause', 'the page was deleted here'],
          ],
        });
      },
      finish: (lastRow) => present.finish(lastRow),
    };
  },
};

function deletedText(inode: Inode, pgoff: Pgoff): string {
  return `page ${hex(pgoff)} of ${inodeText(inode)} deleted`;
}
