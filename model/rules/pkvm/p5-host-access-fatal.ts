import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';
import { DonationMarks, Donations } from './donations.js';

/**
 * P5: a process of the host that touches a donated page gets SIGSEGV, of which no event names the page. Where
 * the host's kernel touches one it is taken back by force, zeroed: the guest must not get it, or another, as
 * if nothing had happened.
 */
export const p5: RuleDef = {
  id: 'P5',
  name: 'host-access-fatal',
  profile: 'pkvm',
  severity: 1,
  nature: 'invariant',
  statement:
    'A gfn whose page was reclaimed by force for an access of the host is not mapped for the guest again.',
  source:
    'pkvm_force_reclaim_guest_page() and __pkvm_vcpu_in_poison_fault(), arch/arm64/kvm; Documentation/virt/kvm/arm/pkvm.rst: KVM_RUN returns -EFAULT',
  needs: [['ForceReclaim'], ['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm']],
  about: ['ForceReclaim'],
  fix: 'Leave a poisoned entry in the guest stage 2, and fail the fault that meets it.',
  listen: (run) => {
    const reclaimed = new DonationMarks();
    const donations = new Donations(run, ({ vm, gfn, row }) => {
      const before = donations.at(vm, gfn);
      const since = before && reclaimed.get(before);
      if (!before || since === undefined || run.lost(since, row, run.gfns(vm, gfn))) return;
      run.violation({
        row,
        pages: run.gfns(vm, gfn),
        message: `gfn ${hex(gfn)} is mapped again although its page was reclaimed by force`,
        evidence: [
          [before.row, 'state', 'donated here'],
          [since, 'cause', 'the host touched it, and it was reclaimed'],
        ],
      });
    });
    return {
      ...donations.listener(),
      forceReclaim: (pfn, row) => {
        const donation = donations.ofFrame(pfn);
        if (donation) reclaimed.set(donation, row);
        else
          run.undecided('unknown-start', row, `The donation of pfn ${hex(pfn)} is not in the trace.`, [
            'PkvmStage2MapRet',
          ]);
      },
      stage2Refused: ({ vm, gfn }) => {
        const donation = donations.at(vm, gfn);
        if (donation && reclaimed.get(donation) !== undefined) run.ok();
      },
    };
  },
};
