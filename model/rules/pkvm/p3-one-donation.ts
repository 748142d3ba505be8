import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';
import { Donations, PKVM_VMS, RETURNS, nothingDonated } from './donations.js';

/** P3: of two vCPUs that fault at once the second is told to try again, and donates nothing. */
export const p3: RuleDef = {
  id: 'P3',
  name: 'one-donation',
  profile: 'pkvm',
  severity: 1,
  nature: 'invariant',
  statement: 'A gfn of a protected VM is not donated a second time before the first was returned.',
  source: 'pkvm_pgtable_stage2_map(), arch/arm64/kvm/pkvm.c: -EAGAIN where there is a mapping',
  needs: [['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm']],
  excuses: RETURNS,
  shownOtherwise: nothingDonated,
  about: [...PKVM_VMS, 'PkvmStage2Map'],
  fix: 'Look the mapping up under mmu_lock before the hypervisor is asked, and return -EAGAIN where there is one.',
  listen: (run) => {
    const donations = new Donations(run, (donation) => {
      const { vm, gfn, pfn } = donation;
      const before = donations.at(vm, gfn);
      if (!before) {
        run.ok();
        return;
      }
      donations.beforeReturn(
        donation,
        before,
        `gfn ${hex(gfn)} is donated again, pfn ${hex(pfn)} after pfn ${hex(before.pfn)}, without a return in between`,
      );
    });
    return donations.listener();
  },
};
