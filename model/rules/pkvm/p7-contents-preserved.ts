import { layoutOf, PageTable } from '../../../parsers/base/pageTable.js';
import { plus, type Pgoff } from '../../../parsers/base/units.js';
import { hex } from '../../pages/state.js';
import { pgoffAt } from '../../world/memslots.js';
import { type Inode, isInodeConv } from '../../world/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE } from '../topics.js';
import { Donations } from './donations.js';

/** The frame of each page that became private, and where. */
const CONVERTED = layoutOf((rows) => ({ pfn: new Float64Array(rows), row: new Uint32Array(rows) }));
type Converted = PageTable<Pgoff, (typeof CONVERTED)['none']>;

/**
 * P7: a page that goes private in place is the page that is donated: another frame would have been copied, or
 * be empty. A hole that is punched in between is the VMM's own wish.
 */
export const p7: RuleDef = {
  id: 'P7',
  name: 'contents-preserved',
  profile: 'pkvm',
  severity: 2,
  nature: 'invariant',
  statement:
    'A page that is converted to private in place keeps its contents: the frame that is donated is the one that was shared, with no page put in its place between the two.',
  source:
    'Fuad, 23 and 26 September 2022, in the thread of v8: convert with the contents preserved, as for a buffer of hundreds of MiB; in-place conversion series (guest_memfd)',
  needs: [
    ['StoreAttr', 'ConvertRet'],
    ['PkvmStage2Map'],
    ['PkvmStage2MapRet'],
    ['FilemapAdd'],
    ['PkvmInitVm'],
    ['GmemBind'],
    ['GmemBindRet'],
  ],
  excuses: [['FilemapDelete'], ['GmemFallocate']],
  about: IN_PLACE,
  fix: 'Convert the page where it is: neither zero it, nor allocate another and copy.',
  listen: (run) => {
    const { w } = run;
    const converted = new Map<Inode, Converted>();
    const donations = new Donations(run, ({ vm, gfn, pfn, row }) => {
      const slot = w.slotOfGfn(vm, gfn);
      if (!slot?.inode || slot.pgoff < 0) return;
      const { inode } = slot;
      const pgoff = pgoffAt(slot, gfn);
      const pagesOfFile = converted.get(inode);
      const at = pagesOfFile?.at(pgoff) ?? 0;
      if (!pagesOfFile || at === 0) return;
      const before = { pfn: pagesOfFile.columns.pfn[at]!, row: pagesOfFile.columns.row[at]! };
      pagesOfFile.delete(pgoff);
      if (before.pfn === pfn) {
        run.ok();
        return;
      }
      const pages = run.pagesOf(inode, pgoff);
      if (run.lost(before.row, row, pages)) return;
      if (!run.recorded('GmemFallocate')) {
        run.notRecorded(
          row,
          'Whether a hole was punched in between is not recorded.',
          ['GmemFallocate'],
          pages,
        );
        return;
      }
      run.violation({
        row,
        pages,
        message: `page ${hex(pgoff)} of ${inodeText(inode)} went private as pfn ${hex(before.pfn)} and is donated as pfn ${hex(pfn)}: its contents were copied, or are gone`,
        evidence: [[before.row, 'cause', 'the page became private here']],
      });
    });
    return {
      ...donations.listener(),
      store: (conv, row) => {
        if (!isInodeConv(conv) || !conv.rangeKnown) return;
        const pages = converted.get(conv.inode) ?? new PageTable(CONVERTED);
        converted.set(conv.inode, pages);
        for (let pgoff = conv.first; pgoff < conv.end; pgoff = plus(pgoff, 1)) {
          const cached = conv.inode.cache.get(pgoff);
          if (!conv.toPrivate || !cached || cached.deletedRow >= 0 || cached.pfn < 0) {
            pages.delete(pgoff);
            continue;
          }
          const at = pages.rowOf(pgoff);
          pages.columns.pfn[at] = cached.pfn;
          pages.columns.row[at] = row;
        }
      },
      filemapDelete: (inode, first, count, _pfn, _row, t) => {
        if (!t.fallocate) return;
        for (let i = 0; i < count; i++) converted.get(inode)?.delete(plus(first, i));
      },
    };
  },
};
