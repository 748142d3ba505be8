import { errnoName } from '../../../parsers/events/errno.js';
import { inTheWayText } from '../../pages/refusedSlot.js';
import type { Region } from '../../world/state.js';
import { rangeText } from '../../pages/pageText.js';
import type { RuleDef } from '../rule.js';
import { BOUND_FILES } from '../topics.js';

/** S7: that the kernel refuses is right; that it had to is news of the VMM. */
export const s7: RuleDef = {
  id: 'S7',
  name: 'refused-memslot',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'The VMM asks for no memslot that the kernel refuses.',
  source:
    'kvm_gmem_bind(), virt/kvm/guest_memfd.c, and kvm_set_memory_region(), virt/kvm/kvm_main.c: ' +
    'EEXIST or EINVAL for pages of a file, or frames, that another memslot has',
  needs: [['GmemBindRet', 'SetMemoryRegion', 'QemuSetUserMemory']],
  needsWith: [
    {
      where: ['SetMemoryRegion'],
      needs: [['GmemBindRet', 'SetMemoryRegionRet', 'SysExitIoctl', 'QemuSetUserMemory']],
    },
  ],
  about: [...BOUND_FILES, 'QemuSetUserMemory'],
  fix: 'Give each memslot pages of the file and guest frames of its own; take the old one away first.',
  listen: (run) => ({
    regionTaken: () => run.ok(),
    regionRefused: ({ vm, region, errno, row, holder }) => {
      const { w } = run;
      // What was lost since may have taken the other one away.
      const sure = holder && !w.gapBetween(Math.min(holder.region.row, row), row) ? holder : undefined;
      const why = inTheWayText(sure && { slot: sure.region.id, clash: sure.clash });
      run.suspicious({
        row,
        pages: run.gfns(vm, region.baseGfn, Math.max(1, region.npages)),
        message: `${regionText(region)} was refused with ${errnoName(errno)}: ${why}`,
        evidence: sure ? [[sure.region.row, 'state', `slot ${sure.region.id} was asked for here`]] : [],
      });
    },
  }),
};

function regionText({ id, baseGfn, npages, isOfFile, fd, pgoff }: Region): string {
  const frames = npages > 0 ? ` (${rangeText('gfn', baseGfn, npages)})` : '';
  const file = fd >= 0 ? ` of fd ${fd}` : '';
  const pages =
    isOfFile && pgoff >= 0 && npages > 0 ? ` with ${rangeText('page', pgoff, npages)}${file}` : '';
  return `memslot ${id}${frames}${pages}`;
}
