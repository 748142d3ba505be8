import { hex } from '../../pages/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';

export const g14: RuleDef = {
  id: 'G14',
  name: 'write-to-poison',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'invariant',
  statement: 'A poisoned page is not handed out: get_pfn fails with -EHWPOISON.',
  source: 'kvm_gmem_get_pfn() and kvm_gmem_error_folio(), virt/kvm/guest_memfd.c',
  needs: [['GetPfn'], ['GetPfnRet'], ['MemoryFailure', 'GmemErrorFolio']],
  about: ['MemoryFailure', 'GmemErrorFolio'],
  fix: 'Test folio_test_hwpoison() before the page is returned.',
  listen: (all) => {
    // A page fails at any time, and mostly never.
    const { shown: run } = all.fork(['MemoryFailure', 'GmemErrorFolio']);
    return !run
      ? {}
      : {
          getPfnOk: (inode, pgoff, row, fromRow) => {
            if (pgoff < 0) return;
            const poisoned = inode.poisoned.get(pgoff);
            if (poisoned === undefined) {
              run.ok();
              return;
            }
            const pages = run.pagesOf(inode, pgoff);
            if (run.lost(poisoned, row, pages)) return;
            if (fromRow < poisoned || !run.w.ordered(poisoned, fromRow))
              run.undecided(
                'order',
                row,
                'The look-up may have begun before the page was poisoned.',
                [],
                pages,
              );
            else
              run.violation({
                row,
                pages,
                message: `get_pfn returned poisoned page ${hex(pgoff)} of ${inodeText(inode)}`,
                evidence: [[poisoned, 'cause', 'the page was poisoned here']],
              });
          },
        };
  },
};
