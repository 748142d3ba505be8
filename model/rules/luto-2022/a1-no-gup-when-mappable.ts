import { Attr } from '../../ops/oplog.js';
import { hex } from '../../pages/state.js';
import { attrOfPage } from '../common.js';
import { rangeText } from '../../pages/pageText.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

/**
 * A1: Linux 7.2 allows what this forbids; the rule is a contract of the 2022 proposal. A refused GUP is the
 * enforcement.
 */
export const a1: RuleDef = {
  id: 'A1',
  name: 'no-gup-when-mappable',
  profile: 'luto-2022',
  severity: 2,
  nature: 'invariant',
  statement: 'While the file can be mapped, no page of it can be obtained by GUP or pinned.',
  source:
    'Andy Lutomirski and Sean Christopherson, mailing list, September and October 2022; secretmem_mapping(), mm/gup.c',
  needs: [['GupRet']],
  about: [...USER_MAPPINGS, 'GupRet'],
  fix: 'Refuse the VMA in check_vma_flags() and the mapping in the fast path, as secretmem does.',
  listen: (run) => ({
    callsCut: ({ gup }, row) => {
      if (gup) run.undecided('lost', row, 'Events are missing within GUP.');
    },
    gup: (fact) => {
      if (!fact.inode) return;
      const { attr } = attrOfPage(run.w, fact.inode, fact.pgoff);
      if (attr === Attr.Private) return;
      const pages = run.pagesOf(fact.inode, fact.pgoff, fact.count);
      if (fact.vmaRow >= 0 && run.lost(fact.vmaRow, fact.row, pages)) return;
      const which = `${rangeText('page', fact.pgoff, fact.count)} of ${inodeText(fact.inode)}`;
      const message = `GUP of ${which} succeeded (flags ${hex(fact.flags)})`;
      run.violation({ row: fact.row, pages, message });
    },
    gupUnseen: (fact) => {
      if (!fact.inode || attrOfPage(run.w, fact.inode, fact.pgoff).attr === Attr.Private) return;
      run.notRecorded(
        fact.row,
        'GUP of a page of the file began, and whether it succeeded is not recorded.',
        ['GupRet'],
        run.pagesOf(fact.inode, fact.pgoff, fact.count),
      );
    },
    gupRefused: () => run.ok(),
  }),
};
