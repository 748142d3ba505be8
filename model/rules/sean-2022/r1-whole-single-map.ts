import { asPgoff } from '../../../parsers/base/units.js';
import { hex } from '../../pages/state.js';
import { lostMmaps, mayBeAnother, UNMAPS, unshownBy } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

export const r1: RuleDef = {
  id: 'R1',
  name: 'whole-single-map',
  profile: 'sean-2022',
  severity: 2,
  nature: 'invariant',
  statement: 'The file is mapped as a whole or not at all, and at most once.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 1',
  needs: [
    ['FileMmap', 'FileMmapRet'],
    ['FileMmapRet', 'SysExitMmap'],
  ],
  excuses: [['VmaClose', 'SysExitMunmap']],
  about: USER_MAPPINGS,
  fix: "Check vm_pgoff, the length against the file's size, and the mapping count in .mmap.",
  listen: (run) => {
    const unmaps = run.fork(...UNMAPS);
    return {
      ...lostMmaps(run),
      mmapOk: (vma, row) => {
        const { inode } = vma;
        const count = (vma.end - vma.start) / run.w.pages.bytes;
        const pages = run.pagesOf(inode, asPgoff(Math.max(0, vma.pgoff)), Math.max(1, Math.ceil(count)));
        const part = vma.pgoff > 0 || (inode.pageCount >= 0 && vma.start >= 0 && count !== inode.pageCount);
        if (part) {
          const size = inode.pageCount >= 0 ? `; the file has ${inode.pageCount}` : '';
          run.violation({
            row,
            pages,
            message: `${count} pages from page ${hex(vma.pgoff)} of ${inodeText(inode)} were mapped${size}`,
          });
          return;
        }
        const other = inode.vmas[0];
        if (other) {
          const { shown, hidden } = unmaps;
          hidden?.notRecorded(
            row,
            'Whether the older mapping is gone is not recorded.',
            ['VmaClose', 'SysExitMunmap'],
            pages,
          );
          if (shown && !shown.lost(other.row, row, pages))
            shown.violation({
              row,
              pages,
              message: `${inodeText(inode)} was mapped again while it is mapped`,
              evidence: [[other.row, 'state', 'the older mapping, still live']],
            });
          return;
        }
        if (inode.pageCount < 0)
          run.notRecorded(
            row,
            'The size of the file is not recorded.',
            unshownBy(run, ['GmemCreate', 'FileMmap']),
            pages,
          );
        else if (!run.recorded('FileMmap'))
          run.notRecorded(row, 'Mappings are not recorded from their beginning.', ['FileMmap'], pages);
        else if (!mayBeAnother(run, inode, row, pages)) run.ok();
      },
      mmapRet: (_inode, ret) => {
        // A refused mmap is the enforcement.
        if (ret < 0) run.ok();
      },
    };
  },
};
