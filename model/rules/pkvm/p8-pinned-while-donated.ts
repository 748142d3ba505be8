import type { Gfn } from '../../../parsers/base/units.js';
import { hex } from '../../pages/state.js';
import { UNPIN_KINDS } from '../heldRefs.js';
import type { RuleDef } from '../rule.js';
import { Donations, isSame, PinnedDonations, PKVM_VMS, RETURNS, nothingDonated } from './donations.js';

const FOLL_PIN = 0x80000;
const FOLL_LONGTERM = 0x100;

/** P8: without the pin the host's MM could migrate, swap or free what the guest has. */
export const p8: RuleDef = {
  id: 'P8',
  name: 'pinned-while-donated',
  profile: 'pkvm',
  severity: 1,
  nature: 'invariant',
  statement:
    "A page of the VMM's memory is pinned for long before it is donated to a protected VM, and until it is returned.",
  source: 'pkvm_mem_abort(), arch/arm64/kvm/mmu.c; __pkvm_pgtable_stage2_reclaim(), arch/arm64/kvm/pkvm.c',
  needs: [['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm']],
  excuses: [...RETURNS, ['GupRet'], ['GetPfn'], ['ArmGuestFault'], UNPIN_KINDS],
  shownOtherwise: nothingDonated,
  about: [...PKVM_VMS, 'PkvmStage2Map'],
  fix: 'Take the pin before the page is donated, and drop it after the hypervisor has given the page back.',
  listen: (run) => {
    const { w } = run;
    const pinned = new PinnedDonations(w);
    /** Of those without a pin: gfn, VM, row, and where the fault began, -1 not seen. */
    const unpinned: number[] = [];
    let withPin = 0;
    const donations = new Donations(run, (donation, fault) => {
      const { vm, gfn } = donation;
      if (w.slotOfGfn(vm, gfn)?.inode) return;
      if (!fault || fault.gupRow < 0) {
        unpinned.push(gfn, vm.index, donation.row, fault ? fault.startRow : -1);
        return;
      }
      if (
        fault.gupFlags >= 0 &&
        (fault.gupFlags & FOLL_PIN) === 0 &&
        (fault.gupFlags & FOLL_LONGTERM) === 0
      ) {
        unpinned.push(gfn, vm.index, donation.row, fault.startRow);
        return;
      }
      withPin++;
      if (run.recorded(...UNPIN_KINDS)) run.ok();
      else
        run.notRecorded(
          donation.row,
          'Whether the page stays pinned is not recorded.',
          ['UnpinPages'],
          run.gfns(vm, gfn),
        );
      if (fault.gupPage >= 0) pinned.set(fault.gupPage, donation);
    });
    return {
      ...donations.listener(),
      pageUnpinned: (page, row) => {
        const donation = pinned.get(page);
        pinned.delete(page);
        if (!donation || !isSame(donations.at(donation.vm, donation.gfn), donation)) return;
        // A teardown gives each page back and then unpins it, in turn.
        if (donations.isReturning(donation.vm)) return;
        const message = `the page of gfn ${hex(donation.gfn)} is unpinned while it is donated`;
        donations.beforeReturn({ ...donation, row }, donation, message);
      },
      finish: () => {
        for (let i = 0; i < unpinned.length; i += 4) {
          const [gfn, vm, row, startRow] = unpinned.slice(i, i + 4) as [Gfn, number, number, number];
          const pages = run.gfns(w.vms[vm]!, gfn);
          const isSeen = startRow >= 0;
          // That other faults show their pins proves that this one would have.
          if (withPin === 0 || !isSeen)
            run.notRecorded(
              row,
              'Whether the page was pinned is not recorded.',
              isSeen
                ? ['kretprobe:pin_user_pages with page0=+0(pages)']
                : ['ArmGuestFault', 'kretprobe:pin_user_pages with page0=+0(pages)'],
              pages,
            );
          else if (!run.lost(startRow, row, pages))
            run.violation({
              row,
              pages,
              message: `gfn ${hex(gfn)} is donated without a pin of its page`,
              evidence: [[startRow, 'missing-since', 'the fault begins; no page is pinned for it']],
            });
        }
      },
    };
  },
};
