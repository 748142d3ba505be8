import { asPgoff, type Pgoff } from '../../../parsers/base/units.js';
import { hex } from '../../pages/state.js';
import { mayBeAnother, UNMAPS } from '../common.js';
import { inodeText } from '../texts.js';
import type { Inode, Vma } from '../../world/state.js';
import type { RuleDef, RuleRun } from '../rule.js';

const MMAPS = ['FileMmap', 'FileMmapRet'] as const;

export const r2: RuleDef = {
  id: 'R2',
  name: 'no-getpfn-while-mapped',
  profile: 'sean-2022',
  severity: 1,
  nature: 'invariant',
  statement: 'No page of the file is handed to KVM while a user mapping of the file exists.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 2',
  needs: [['GetPfnRet'], MMAPS],
  about: ['GetPfn', 'GetPfnRet', 'PutPage'],
  fix: 'Fail get_pfn with -EBUSY while has_mapping is set.',
  listen: (run) => {
    const mappings = run.fork(MMAPS);
    const unmaps = mappings.shown?.fork(...UNMAPS);
    return {
      callsCut: ({ getPfn }, row) => {
        if (getPfn) run.undecided('lost', row, 'Events are missing within get_pfn.');
      },
      getPfnUnbegun: (row) => run.undecided('lost', row, 'Which page get_pfn returned is among lost events.'),
      getPfnOk: (inode, pgoff, row) => {
        const { shown, hidden } = mappings;
        const pages = run.pagesOf(inode, asPgoff(Math.max(0, pgoff)));
        hidden?.notRecorded(row, 'Whether the file is mapped is not recorded.', MMAPS, pages);
        if (!shown) return;
        const vma = inode.vmas[0];
        if (!vma) {
          if (!shown.lost(inode.firstRow, row, pages) && !mayBeAnother(shown, inode, row, pages)) shown.ok();
          return;
        }
        if (shown.lost(vma.row, row, pages)) return;
        unmaps?.hidden?.notRecorded(
          row,
          'Whether the mapping is gone is not recorded.',
          ['VmaClose', 'SysExitMunmap'],
          pages,
        );
        if (unmaps?.shown) taken(unmaps.shown, inode, pgoff, vma, row);
      },
    };
  },
};

/** get_pfn succeeded while the file is mapped, as far as the trace shows. */
function taken(run: RuleRun, inode: Inode, pgoff: Pgoff, vma: Vma, row: number): void {
  run.violationSince(
    vma.row,
    {
      row,
      pages: run.pagesOf(inode, asPgoff(Math.max(0, pgoff))),
      message: `get_pfn of page ${hex(pgoff)} of ${inodeText(inode)} succeeded while the file is mapped`,
      evidence: [[vma.row, 'state', 'the mapping, still live']],
    },
    'The mapping and get_pfn are on two CPUs too close in time to be ordered.',
  );
}
