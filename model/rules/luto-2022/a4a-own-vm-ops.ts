import { asPgoff } from '../../../parsers/base/units.js';
import { inodeText, pointerText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

/** A4a: which operations are the shim's own is learnt from the first mapping of its files. */
export const a4a: RuleDef = {
  id: 'A4a',
  name: 'own-vm_ops',
  profile: 'luto-2022',
  severity: 3,
  nature: 'invariant',
  statement: "Every mapping of the file uses the shim's own vm_ops.",
  source: 'Andy Lutomirski, mailing list, September 2022; kvm_gmem_mmap(), virt/kvm/guest_memfd.c',
  needs: [['FileMmap', 'FileMmapRet']],
  about: USER_MAPPINGS,
  fix: "Set vma->vm_ops in the file's mmap handler and let nothing replace it.",
  listen: (run) => {
    const own = new Map<string, { ops: number; row: number }>();
    return {
      mmapOk: (vma, row, _t, hasVmOps, vmOps) => {
        if (!hasVmOps) {
          run.notRecorded(
            row,
            "The mapping's vm_ops are not recorded.",
            ['FileMmapRet vm_ops=vma->vm_ops:x64'],
            run.pagesOf(vma.inode, asPgoff(Math.max(0, vma.pgoff))),
          );
          return;
        }
        const known = own.get(vma.inode.provider);
        if (!known && vmOps >= 0) {
          own.set(vma.inode.provider, { ops: vmOps, row });
          run.ok();
        } else if (known?.ops === vmOps) run.ok();
        else {
          run.violation({
            row,
            pages: run.pagesOf(vma.inode, asPgoff(Math.max(0, vma.pgoff))),
            message: `a mapping of ${inodeText(vma.inode)} has vm_ops ${pointerText(vmOps)}, not the shim's`,
            evidence: known ? [[known.row, 'related', "a mapping with the shim's vm_ops"]] : [],
          });
        }
      },
    };
  },
};
