import { asPgoff } from '../../../parsers/base/units.js';
import { lostMmaps, mayBeAnother } from '../common.js';
import { inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { USER_MAPPINGS } from '../topics.js';

export const r1b: RuleDef = {
  id: 'R1b',
  name: 'fork',
  profile: 'sean-2022',
  severity: 2,
  nature: 'invariant',
  statement: 'A mapping of the file is not duplicated by fork.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 1; dup_mmap(), kernel/fork.c',
  needs: [
    ['FileMmap', 'FileMmapRet'],
    ['FileMmapRet', 'SysExitMmap'],
    ['VmaOpen', 'UserFault'],
  ],
  about: USER_MAPPINGS,
  fix: 'Set VM_DONTCOPY in .mmap.',
  listen: (run) => ({
    ...lostMmaps(run),
    vmaDup: (vma, row) => {
      const original = vma.inode.vmas.find((v) => v !== vma && v.start === vma.start);
      const from = original?.row ?? row;
      if (!run.lost(from, row))
        run.violation({
          row,
          pages: run.pagesOf(vma.inode, asPgoff(Math.max(0, vma.pgoff))),
          message: `a mapping of ${inodeText(vma.inode)} was duplicated by fork`,
          evidence: [[from, 'state', 'the original mapping']],
        });
    },
    userFaultEnter: (ctx, t) => {
      const { inode } = ctx;
      if (!inode || ctx.addr < 0 || t.tgid < 0 || inode.vmas.length === 0) return;
      if (inode.vmas.some((v) => v.tgid === t.tgid && ctx.addr >= v.start && ctx.addr < v.end)) {
        run.ok();
        return;
      }
      const parent = inode.vmas.find((v) => v.tgid !== t.tgid && ctx.addr >= v.start && ctx.addr < v.end);
      // Another process faults at the very address of the parent's mapping without ever having mapped the
      // file itself.
      if (!parent || run.lost(0, ctx.row)) return;
      const pages = run.pagesOf(inode, asPgoff(Math.max(0, ctx.pgoff)));
      if (mayBeAnother(run, inode, ctx.row, pages)) return;
      run.violation({
        row: ctx.row,
        pages,
        message: `another process uses a mapping of ${inodeText(inode)} that it is not seen to make`,
        evidence: [[parent.row, 'state', 'the mapping that was duplicated']],
      });
    },
    faultUnbegun: (inode, pgoff, row) => {
      const pages = inode && pgoff >= 0 ? run.pagesOf(inode, pgoff) : undefined;
      run.undecided('lost', row, 'The address of a user fault is among lost events.', [], pages);
    },
    mmapOk: () => run.ok(),
  }),
};
