import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

/** Pages of one event, at most: a folio of guest_memfd. */
const MOST_PAGES = 1 << 18;

export const g12: RuleDef = {
  id: 'G12',
  name: 'prepared-once',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'suspicion',
  statement: 'On SEV-SNP a private SPTE is installed only for a page whose RMP entry was made private.',
  source: 'sev_gmem_prepare(), arch/x86/kvm/svm/sev.c',
  needs: [['GmemPrepare'], ['SpteChanged']],
  about: ['GmemPrepare', 'GmemArchInvalidate', 'RmpFault'],
  fix: 'Prepare the page in kvm_gmem_get_pfn before it is mapped.',
  listen: (run) => {
    const preparesShow = run.recorded('GmemPrepare');
    const prepared = new Map<number, Set<number>>();
    /** Where a frame that was made shared had been private: a gfn of a VM. */
    const privateAt = new Map<number, { readonly set: Set<number>; readonly gfn: number }>();
    const sharedAgain = new Map<Set<number>, Map<number, number>>();
    return {
      prepare: (vm, gfn, _row, pfn, count) => {
        if (!vm || gfn < 0) return;
        const set = prepared.get(vm.index) ?? new Set<number>();
        prepared.set(vm.index, set);
        for (let i = 0; i < Math.min(count, MOST_PAGES); i++) {
          set.add(gfn + i);
          if (pfn >= 0) privateAt.set(pfn + i, { set, gfn: gfn + i });
          sharedAgain.get(set)?.delete(gfn + i);
        }
      },
      madeShared: (first, end, row) => {
        for (let pfn: number = first; pfn < Math.max(end, first + 1) && pfn < first + MOST_PAGES; pfn++) {
          const before = privateAt.get(pfn);
          if (!before) continue;
          privateAt.delete(pfn);
          before.set.delete(before.gfn);
          const rows = sharedAgain.get(before.set) ?? new Map<number, number>();
          sharedAgain.set(before.set, rows.set(before.gfn, row));
        }
      },
      spteInstall: (vm, rec, fault) => {
        if (!preparesShow || fault?.side !== 1) return;
        const pages = run.gfns(vm, rec.gfn);
        const mine = prepared.get(vm.index);
        const since = mine && sharedAgain.get(mine)?.get(rec.gfn);
        if (mine?.has(rec.gfn)) run.ok();
        else if (since !== undefined) {
          if (!run.lost(since, rec.row, pages))
            run.suspicious({
              row: rec.row,
              pages,
              message: `private SPTE of gfn ${hex(rec.gfn)} installed, but its page was made shared in the RMP and not private again`,
              evidence: [[since, 'cause', 'made shared here']],
            });
        } else if (!vm.fresh)
          run.undecided(
            'unknown-start',
            rec.row,
            'The page may have been prepared before the trace began.',
            [],
            pages,
          );
        else if (!run.lost(vm.createdRow, rec.row, pages))
          run.suspicious({
            row: rec.row,
            pages,
            message: `private SPTE of gfn ${hex(rec.gfn)} installed, but its page is not seen to be prepared`,
          });
      },
    };
  },
};
