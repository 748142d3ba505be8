import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';

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
    return {
      prepare: (vm, gfn) => {
        if (!vm || gfn < 0) return;
        const set = prepared.get(vm.index) ?? new Set<number>();
        set.add(gfn);
        prepared.set(vm.index, set);
      },
      spteInstall: (vm, rec, fault) => {
        if (!preparesShow || fault?.side !== 1) return;
        const pages = run.gfns(vm, rec.gfn);
        if (prepared.get(vm.index)?.has(rec.gfn)) run.ok();
        else if (!vm.fresh)
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
