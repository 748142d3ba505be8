import { hex } from '../../pages/state.js';
import type { RuleDef } from '../rule.js';
import { type Donation, Donations, PKVM_VMS, RETURNS, nothingDonated } from './donations.js';

/**
 * P2: GUP itself touches no page, so that nothing stops it; whoever uses what it took faults. The donor's own
 * pin tells which page is which.
 */
export const p2: RuleDef = {
  id: 'P2',
  name: 'host-excluded',
  profile: 'pkvm',
  severity: 2,
  nature: 'suspicion',
  statement:
    'No page that is donated to a protected VM is pinned or taken by GUP for the host while it is private.',
  source:
    'Documentation/virt/kvm/arm/pkvm.rst: accesses of the host fault; Fuad, 26 September 2022: memory of pKVM must be un-GUP-able',
  needs: [['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm']],
  excuses: [...RETURNS, ['GupRet'], ['ArmGuestFault'], ['GuestShare']],
  shownOtherwise: nothingDonated,
  about: [...PKVM_VMS, 'PkvmStage2Map'],
  fix: 'Give the host nothing to pin: no mapping of what is private, as a guest_memfd without mmap has none.',
  listen: (run) => {
    const pinned = new Map<number, Donation>();
    const untaken = new Set<Donation>();
    const donations = new Donations(run, (donation) => {
      const page = donation.fault?.gupPage ?? -1;
      if (page >= 0) {
        pinned.set(page, donation);
        untaken.add(donation);
      } else
        run.notRecorded(
          donation.row,
          'Which page was donated is not recorded.',
          ['kretprobe:pin_user_pages with page0=+0(pages)'],
          run.gfns(donation.vm, donation.gfn),
        );
    });
    return {
      ...donations.listener(),
      pageTaken: (page, _flags, row) => {
        const donation = pinned.get(page);
        if (!donation) return;
        const { vm, gfn } = donation;
        if (donations.at(vm, gfn) !== donation) {
          pinned.delete(page);
          return;
        }
        untaken.delete(donation);
        const pages = run.gfns(vm, gfn);
        if (run.lost(donation.row, row, pages)) return;
        if (!donations.mayTellReturned(vm, row, pages)) return;
        run.suspicious({
          row,
          pages,
          message: `GUP takes the page of gfn ${hex(gfn)} while it is donated to a protected VM`,
          evidence: [[donation.row, 'state', 'donated here, and not returned since']],
        });
      },
      finish: () => {
        for (let n = untaken.size; n > 0; n--) run.ok();
      },
    };
  },
};
