import { type Pgoff, plus } from '../../../parsers/base/units.js';
import { Attr } from '../../ops/oplog.js';
import { hex } from '../../pages/state.js';
import { gfnsAt, pgoffAt } from '../../world/memslots.js';
import type { Inode } from '../../world/state.js';
import { attrOfPage } from '../common.js';
import type { RuleDef } from '../rule.js';
import {
  type Donation,
  DonationMarks,
  Donations,
  isSame,
  PinnedDonations,
  PKVM_VMS,
  RETURNS,
  nothingDonated,
} from './donations.js';

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
    'No page that is donated to a protected VM is mapped into user space, pinned or taken by GUP for the host while it is private.',
  source:
    'Documentation/virt/kvm/arm/pkvm.rst: accesses of the host fault; Fuad, 26 September 2022: memory of pKVM must be un-GUP-able',
  needs: [['PkvmStage2Map'], ['PkvmStage2MapRet'], ['PkvmInitVm']],
  excuses: [...RETURNS, ['GupRet'], ['ArmGuestFault'], ['GuestShare']],
  shownOtherwise: nothingDonated,
  about: [...PKVM_VMS, 'PkvmStage2Map'],
  fix: 'Give the host nothing to pin: no mapping of what is private, as a guest_memfd without mmap has none.',
  listen: (run) => {
    const pinned = new PinnedDonations(run.w);
    const untaken = new DonationMarks();
    let untakenCount = 0;
    const untake = (donation: Donation): void => {
      untaken.set(donation, donation.row);
      untakenCount++;
    };
    const take = (donation: Donation): boolean => {
      const wasUntaken = untaken.delete(donation);
      if (wasUntaken) untakenCount--;
      return wasUntaken;
    };
    const donations = new Donations(run, (donation, fault) => {
      const page = fault?.gupPage ?? -1;
      const file = run.recorded('RmapAdd') ? run.w.slotOfGfn(donation.vm, donation.gfn) : undefined;
      if (page >= 0) pinned.set(page, donation);
      if (file?.inode && file.pgoff >= 0) {
        const pgoff = pgoffAt(file, donation.gfn);
        const mapped = file.inode.maps.get(pgoff);
        untake(donation);
        if (mapped && mapped.count > 0) isMapped(donation, file.inode, pgoff, donation.row, mapped.lastAdd);
      } else if (page >= 0) untake(donation);
      else
        run.notRecorded(
          donation.row,
          'Which page was donated is not recorded.',
          ['kretprobe:pin_user_pages with page0=+0(pages)'],
          run.gfns(donation.vm, donation.gfn),
        );
    });
    /** A page of a guest_memfd is mapped while it is donated: legal where its guest has shared it. */
    const isMapped = (donation: Donation, inode: Inode, pgoff: Pgoff, row: number, mapRow: number): void => {
      const { vm, gfn } = donation;
      const pages = run.gfns(vm, gfn);
      const { attr } = attrOfPage(run.w, inode, pgoff);
      if (attr === Attr.Shared || !take(donation) || run.lost(Math.min(mapRow, donation.row), row, pages))
        return;
      if (attr === Attr.Unknown)
        run.notRecorded(row, 'Whether the guest shares the page is not recorded.', ['StoreAttr'], pages);
      else if (mapRow < donation.row && !run.recorded('RmapRemove'))
        run.notRecorded(row, 'Whether the page is still mapped is not recorded.', ['RmapRemove'], pages);
      else if (mapRow < donation.row || donations.mayTellReturned(vm, row, pages))
        run.suspicious({
          row,
          pages,
          message: `the page of gfn ${hex(gfn)} is mapped into user space while it is donated to a protected VM`,
          evidence: [
            [donation.row, 'state', 'donated here, and not returned since'],
            [mapRow, 'cause', 'mapped here'],
          ],
        });
    };
    return {
      ...donations.listener(),
      rmapAdd: (inode, first, count, row) => {
        for (const slot of run.w.slotsOfPages(inode, first, plus(first, count))) {
          const { first: from, end } = gfnsAt(slot, first, plus(first, count));
          for (let gfn = from; gfn < end; gfn = plus(gfn, 1)) {
            const donation = donations.at(slot.vm, gfn);
            if (donation && untaken.get(donation) !== undefined)
              isMapped(donation, inode, pgoffAt(slot, gfn), row, row);
          }
        }
      },
      pageTaken: (page, _flags, row) => {
        const donation = pinned.get(page);
        if (!donation) return;
        const { vm, gfn } = donation;
        if (!isSame(donations.at(vm, gfn), donation)) {
          pinned.delete(page);
          return;
        }
        take(donation);
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
        for (let n = untakenCount; n > 0; n--) run.ok();
      },
    };
  },
};
