import { hex } from '../../pages/state.js';
import type { Inode, Slot } from '../../world/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { BOUND_FILES } from '../topics.js';

/** True for slots whose pages of a file may be the same, if it is one file. */
function mayOverlap(a: Slot, b: Slot): boolean {
  if (a.pgoff < 0 || b.pgoff < 0) return true;
  return a.pgoff < b.pgoff + b.npages && b.pgoff < a.pgoff + a.npages;
}

function boundTwice(run: RuleRun, slot: Slot, inode: Inode, other: Slot, row: number): void {
  const range = `pages ${hex(slot.pgoff)}..${hex(slot.pgoff + slot.npages - 1)} of ${inodeText(inode)}`;
  run.violation({
    row,
    pages: run.pagesOf(inode, slot.pgoff, slot.npages),
    message: `slot ${slot.id} is bound to ${range}, to which slot ${other.id} is bound too`,
    evidence: [[other.fromRow, 'state', `slot ${other.id} was bound here`]],
  });
}

/** G13: fd numbers do not name a file (they are duplicated): the inode at bind decides. */
export const g13: RuleDef = {
  id: 'G13',
  name: 'slot-exclusive',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'invariant',
  statement: 'No two live memslots bind overlapping pages of one guest_memfd.',
  source: 'kvm_gmem_bind(), virt/kvm/guest_memfd.c (EEXIST in 7.2, EINVAL before)',
  needs: [['GmemBind', 'SetMemoryRegion']],
  needsWith: [
    { where: ['GmemBind'], needs: [['GmemBindRet']] },
    { where: ['SetMemoryRegion'], needs: [['GmemBindRet', 'SetMemoryRegionRet', 'SysExitIoctl']] },
  ],
  about: BOUND_FILES,
  fix: 'Refuse the bind when xa_find() sees an entry in the range.',
  listen: (run) => {
    const { whichVm } = run.w;
    return {
      callsCut: ({ bind }, row) => {
        if (bind) run.undecided('lost', row, 'Events are missing within the bind of a memslot.');
      },
      bindUnbegun: (row) => {
        if (run.recorded('GmemBind')) run.lost(0, row);
      },
      bindOk: (slot, row) => {
        let unknown = false;
        for (const { slots } of whichVm.vmsOf(slot.vm.tgid)) {
          for (const other of slots.live) {
            if (other === slot || other.fromRow >= row || !mayOverlap(slot, other)) continue;
            if (other.pgoff < 0 || slot.pgoff < 0 || !other.inode || !slot.inode) {
              unknown = true;
              continue;
            }
            if (other.inode !== slot.inode) continue;
            if (!run.lost(other.fromRow, row)) boundTwice(run, slot, slot.inode, other, row);
            return;
          }
        }
        if (unknown)
          run.undecided(
            'not-recorded',
            row,
            'Whether two slots bind the same file is not in the trace: fd numbers do not name a file.',
            ['GmemBindRet ino=slot->gmem.file->f_inode->i_ino'],
          );
        else run.ok();
      },
    };
  },
};
