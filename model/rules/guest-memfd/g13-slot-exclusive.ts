import { hex } from '../../pages/state.js';
import type { Slot } from '../../world/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { BOUND_FILES } from '../topics.js';

/** The slots of a list that only grows that have not ended, in its order. */
class LiveSlots {
  private live: Slot[] = [];
  private seen = 0;

  constructor(private readonly all: readonly Slot[]) {}

  list(): readonly Slot[] {
    while (this.seen < this.all.length) this.live.push(this.all[this.seen++]!);
    // One that has ended never lives again: each is left out once.
    if (this.live.some(({ untilRow }) => untilRow >= 0))
      this.live = this.live.filter(({ untilRow }) => untilRow < 0);
    return this.live;
  }
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
    const slots = new LiveSlots(run.w.slots);
    return {
      callsCut: ({ bind }, row) => {
        if (bind) run.undecided('lost', row, 'Events are missing within the bind of a memslot.');
      },
      bindUnbegun: (row) => {
        if (run.recorded('GmemBind')) run.lost(0, row);
      },
      bindOk: (slot, row) => {
        let unknown = false;
        for (const other of slots.list()) {
          if (other === slot || other.fromRow >= row) continue;
          if (other.vm.tgid !== slot.vm.tgid) continue;
          if (other.pgoff < 0 || slot.pgoff < 0) {
            unknown = true;
            continue;
          }
          if (other.pgoff >= slot.pgoff + slot.npages || slot.pgoff >= other.pgoff + other.npages) continue;
          if (!other.inode || !slot.inode) {
            unknown = true;
            continue;
          }
          if (other.inode !== slot.inode) continue;
          if (run.lost(other.fromRow, row)) return;
          const range = `pages ${hex(slot.pgoff)}..${hex(slot.pgoff + slot.npages - 1)} of ${inodeText(slot.inode)}`;
          run.violation({
            row,
            pages: run.pagesOf(slot.inode, slot.pgoff, slot.npages),
            message: `slot ${slot.id} is bound to ${range}, to which slot ${other.id} is bound too`,
            evidence: [[other.fromRow, 'state', `slot ${other.id} was bound here`]],
          });
          return;
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
