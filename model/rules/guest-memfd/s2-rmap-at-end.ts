import { hex } from '../../pages/state.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

export const s2: RuleDef = {
  id: 'S2',
  name: 'rmap-never-removed',
  profile: 'guest-memfd',
  severity: 3,
  nature: 'suspicion',
  statement: 'When a file is released, none of its pages is still mapped.',
  source: 'kvm_gmem_release(), virt/kvm/guest_memfd.c',
  needs: [['RmapAdd'], ['RmapRemove'], ['GmemRelease']],
  about: [...USER_MAPPINGS, 'RmapAdd'],
  fix: "Look for the mapping's owner: a VMA that outlives its file pins it.",
  listen: (run) => ({
    released: (inode, row) => {
      if (!run.recorded('RmapAdd') || !run.recorded('RmapRemove')) return;
      const [first] = inode.maps;
      if (!first) {
        run.ok();
        return;
      }
      const [pgoff, rec] = first;
      if (run.lost(rec.since, row, run.pagesOf(inode, pgoff))) return;
      run.suspicious({
        row,
        pages: run.pagesOf(inode, pgoff),
        message: `page ${hex(pgoff)} of ${inodeText(inode)} is still mapped when the file is released`,
        evidence: [[rec.since, 'state', 'mapped here']],
      });
    },
  }),
};
