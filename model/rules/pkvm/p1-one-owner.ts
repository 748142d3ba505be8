import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';
import { Donations, PKVM_VMS, RETURNS, nothingDonated } from './donations.js';

/** P1: the hypervisor refuses to donate what the host does not own alone. */
export const p1: RuleDef = {
  id: 'P1',
  name: 'one-owner',
  profile: 'pkvm',
  severity: 1,
  nature: 'invariant',
  statement:
    'A frame that is donated to a protected VM is donated to no other VM, nor at another gfn, until it is returned.',
  source: '__pkvm_host_donate_guest(), arch/arm64/kvm/hyp/nvhe/mem_protect.c: the host must own the page',
  needs: [['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm']],
  excuses: RETURNS,
  shownOtherwise: nothingDonated,
  about: [...PKVM_VMS, 'PkvmStage2Map'],
  fix: 'Check the owner of the page in the host before it changes, under the locks of the host and of the guest.',
  listen: (run) => {
    const donations = new Donations(run, (donation) => {
      const { vm, gfn, pfn } = donation;
      const before = donations.ofFrame(pfn);
      if (!before || (before.vm === vm && before.gfn === gfn)) {
        run.ok();
        return;
      }
      donations.beforeReturn(
        donation,
        before,
        `pfn ${hex(pfn)} is donated at gfn ${hex(gfn)} while gfn ${hex(before.gfn)} ${
          before.vm === vm ? 'of the same VM' : 'of another VM'
        } has it`,
      );
    });
    return donations.listener();
  },
};
