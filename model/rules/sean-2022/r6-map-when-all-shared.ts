import { asPgoff, PAST_ALL_PGOFFS, type Pgoff } from '../../../parsers/base/units.js';
import { Attr } from '../../ops/oplog.js';
import { hex } from '../../pages/state.js';
import { lostMmaps } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef, Ruling } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

const UNORDERED = 'The conversion and the mmap are on two CPUs too close in time to be ordered.';

export const r6: RuleDef = {
  id: 'R6',
  name: 'map-when-all-shared',
  profile: 'sean-2022',
  severity: 1,
  nature: 'invariant',
  statement:
    'The file is mapped only while every gfn of its memslots is shared and no conversion is in flight.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 6',
  needs: [
    ['FileMmap', 'FileMmapRet'],
    ['FileMmapRet', 'SysExitMmap'],
    ['StoreAttr', 'ConvertRet', 'PostSetAttr'],
  ],
  about: USER_MAPPINGS,
  fix: 'Refuse in the mmap_start notifier while a page of the slot is private.',
  listen: (run) => {
    const conversions = run.fork(['StoreAttr', 'ConvertRet', 'PostSetAttr']);
    return {
      ...lostMmaps(run),
      mmapOk: (vma, row) => {
        const { inode } = vma;
        let page: Pgoff | undefined;
        let since = -1;
        let unknown = false;
        /** Since when the attributes of all pages are known. */
        let oldest = row;
        const end = inode.pageCount >= 0 ? asPgoff(inode.pageCount) : PAST_ALL_PGOFFS;
        inode.attr.visit(asPgoff(0), end, (first, _end, value, from) => {
          if (value === Attr.Private && page === undefined) {
            page = first;
            since = from;
          } else if (value === Attr.Unknown) unknown = true;
          oldest = Math.min(oldest, Math.max(from, inode.firstRow));
        });
        const pages = run.pagesOf(inode, page ?? asPgoff(0));
        if (page !== undefined) {
          if (run.lost(since, row, pages)) return;
          const message = `${inodeText(inode)} was mapped while page ${hex(page)} is private`;
          const evidence: Ruling['evidence'] = [[since, 'state', 'the page became private here']];
          run.violationSince(since, { row, pages, message, evidence }, UNORDERED);
          return;
        }
        const conv = [...inode.converting].find(
          (c) => c.blockedRow >= 0 && c.blockedRow < row && c.storeRow < 0,
        );
        if (conv) {
          const range = run.pagesOfConv(conv);
          if (run.lost(conv.blockedRow, row, range)) return;
          if (!run.recorded('ConvertRet', 'GmemIoctlRet', 'SysExitIoctl'))
            run.notRecorded(row, 'Whether the conversion has ended is not recorded.', ['ConvertRet'], range);
          else
            run.violationSince(
              conv.blockedRow,
              {
                row,
                pages: range,
                message: `${inodeText(inode)} was mapped during a conversion`,
                evidence: [[conv.blockedRow, 'state', 'the conversion blocks here and has not ended']],
              },
              UNORDERED,
            );
          return;
        }
        if (run.lost(oldest, row, pages)) return;
        if (!unknown) {
          run.ok();
          return;
        }
        const { shown, hidden } = conversions;
        hidden?.notRecorded(row, 'Conversions are not recorded.', ['StoreAttr', 'ConvertRet'], pages);
        if (!inode.fresh && (inode.isForgotten || run.w.conversions.length === 0))
          shown?.undecided(
            'unknown-start',
            row,
            "The attributes of the file's pages are not known yet.",
            [],
            pages,
          );
        else shown?.ok();
      },
      mmapRet: (_inode, ret) => {
        if (ret < 0) run.ok();
      },
    };
  },
};
