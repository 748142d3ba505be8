import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';
import { Donations, PKVM_VMS, RETURNS, nothingDonated } from './donations.js';

/** P4: what is not returned stays out of the host's reach, and pinned, for ever. */
export const p4: RuleDef = {
  id: 'P4',
  name: 'returned-at-end',
  profile: 'pkvm',
  severity: 2,
  nature: 'invariant',
  statement: 'Every page that was donated to a protected VM is returned before the VM is destroyed.',
  source:
    'pkvm_pgtable_stage2_destroy_range() and pkvm_pgtable_stage2_destroy_pgd(), arch/arm64/kvm/pkvm.c (WARN_ON_ONCE on what is left)',
  needs: [['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm'], ...RETURNS, ['PkvmDestroyVm']],
  shownOtherwise: nothingDonated,
  about: PKVM_VMS,
  fix: 'Reclaim every mapping of the VM before its hypervisor part is destroyed.',
  listen: (run) => {
    const donations = new Donations(run);
    const hadSome = new Set<number>();
    const listener = donations.listener({
      stage2Left: (vm, row) => {
        const { count, first } = donations.of(vm);
        if (!first) return;
        const pages = run.gfns(vm, first.gfn);
        hadSome.delete(vm.index);
        if (run.lost(first.row, row, pages)) return;
        const others = count > 1 ? `, or another of the ${count} that were donated` : '';
        run.violation({
          row,
          pages,
          message: `the VM's stage 2 goes with a page left in it: gfn ${hex(first.gfn)}${others}`,
          evidence: [[first.row, 'cause', 'the first donation that is not seen returned']],
        });
      },
      stage2Gone: (vm, row) => {
        const { count, first } = donations.of(vm);
        if (!first) {
          if (hadSome.has(vm.index)) run.ok();
          return;
        }
        const pages = run.gfns(vm, first.gfn);
        if (!donations.mayTellReturned(vm, row, pages)) return;
        if (run.lost(first.row, row, pages)) return;
        const others = count > 1 ? `, and ${count - 1} more` : '';
        run.violation({
          row,
          pages,
          message: `the VM is destroyed while gfn ${hex(first.gfn)} (pfn ${hex(first.pfn)})${others} was not returned`,
          evidence: [[first.row, 'cause', 'donated here, and not returned since']],
        });
      },
    });
    return {
      ...listener,
      stage2Mapped: (call, rec, row) => {
        listener.stage2Mapped!(call, rec, row);
        if (call.vm.isProtected === true) hadSome.add(call.vm.index);
      },
    };
  },
};
