import { asPgoff } from '../../../parsers/base/units.js';
import { cutUnmap } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

/** R4: entering __split_vma proves nothing, it is entered on correct shims and refuses with -EINVAL. */
export const r4: RuleDef = {
  id: 'R4',
  name: 'no-split',
  profile: 'sean-2022',
  severity: 2,
  nature: 'invariant',
  statement: 'A mapping of the file is not split, moved or partly unmapped.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 4',
  needs: [['FileMmap', 'FileMmapRet'], ['SplitVmaRet']],
  needsWith: [{ where: ['VmaMremap', 'SysEnterMremap'], needs: [['VmaMremapRet', 'SysExitMremap']] }],
  about: USER_MAPPINGS,
  fix: 'Return -EINVAL from vm_ops->may_split and vm_ops->mremap.',
  listen: (run) => ({
    vmaSplit: (inode, row, how, fromRow) => {
      if (run.lost(fromRow, row)) return;
      const what = how === 'mremap' ? 'moved by mremap' : `split (${how})`;
      run.violation({
        row,
        pages: run.pagesOf(inode, asPgoff(0), Math.max(1, inode.pageCount)),
        message: `a mapping of ${inodeText(inode)} was ${what}`,
        evidence: [[fromRow, 'cause', 'the call begins']],
      });
    },
    callsCut: (t, row) => {
      const inode = t.syscallOn ?? cutUnmap(run, t);
      if (inode) run.undecided('lost', row, 'Events are missing within a call that changes a mapping.');
    },
    vmaGone: () => run.ok(),
  }),
};
