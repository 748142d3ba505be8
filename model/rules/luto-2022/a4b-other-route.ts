import { hex } from '../../pages/state.js';
import { mayBeAnother } from '../common.js';
import { inodeText } from '../texts.js';
import type { EventKind } from '../../../parsers/events/vocabulary.js';
import type { GupFact } from '../../world/facts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

/** FOLL_FORCE of ptrace and /proc/mem, and FOLL_REMOTE of process_vm_readv (mm/internal.h). */
const FOLL_FORCE = 0x8;
const FOLL_REMOTE = 0x40000;

export const a4b: RuleDef = {
  id: 'A4b',
  name: 'other-route',
  profile: 'luto-2022',
  severity: 2,
  nature: 'suspicion',
  statement:
    "A page of the file is reached only through the shim's fault handler, by no other task and no forced access.",
  source: 'Andy Lutomirski, mailing list, September 2022; ptrace_access_vm(), process_vm_rw()',
  needs: [['RmapAdd'], ['UserFault'], ['UserFaultRet']],
  needsWith: [{ where: ['GupEnter', 'GrabFolio', 'GrabFolioFast'], needs: [['GupRet']] }],
  excuses: [['GupRet']],
  about: USER_MAPPINGS,
  fix: 'Refuse remote and forced access in the GUP check of the VMA.',
  listen: (run) => {
    const flagsUnknown = ({ row, inode, pgoff, count }: GupFact, missing: readonly EventKind[]): void => {
      if (inode)
        run.notRecorded(
          row,
          'GUP of a page of the file is seen, but not whether a remote or forced one succeeded.',
          missing,
          run.pagesOf(inode, pgoff, count),
        );
    };
    return {
      callsCut: ({ gup }, row) => {
        if (gup) run.undecided('lost', row, 'Events are missing within GUP.');
      },
      gup: (fact) => {
        if (!fact.inode) return;
        if (fact.flags < 0) {
          flagsUnknown(fact, ['GupEnter']);
          return;
        }
        if ((fact.flags & (FOLL_FORCE | FOLL_REMOTE)) === 0) {
          run.ok();
          return;
        }
        run.suspicious({
          row: fact.row,
          pages: run.pagesOf(fact.inode, fact.pgoff, fact.count),
          message: `page ${hex(fact.pgoff)} of ${inodeText(fact.inode)} reached by a remote or forced GUP (flags ${hex(fact.flags)})`,
        });
      },
      gupUnseen: (fact) => {
        if (fact.flags < 0 || (fact.flags & (FOLL_FORCE | FOLL_REMOTE)) !== 0) flagsUnknown(fact, ['GupRet']);
      },
      rmapAdd: (inode, first, count, row, fault) => {
        // Only both ends of a fault show which mapping is its own.
        if (!run.recorded('UserFault') || !run.recorded('UserFaultRet')) return;
        if (fault) run.ok();
        else if (run.lost(inode.fresh ? inode.firstRow : 0, row, run.pagesOf(inode, first, count))) return;
        else if (inode.fresh) {
          run.suspicious({
            row,
            pages: run.pagesOf(inode, first, count),
            message: `page ${hex(first)} of ${inodeText(inode)} was mapped without a fault in the shim's handler`,
          });
        } else mayBeAnother(run, inode, row, run.pagesOf(inode, first, count));
      },
    };
  },
};
