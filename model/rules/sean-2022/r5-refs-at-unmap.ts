import { asPgoff } from '../../../parsers/base/units.js';
import { RefKind } from '../../ops/oplog.js';
import { type Inode, type Thread, isInodeConv } from '../../world/state.js';
import { hex } from '../../pages/state.js';
import { cutUnmap, lostStores, mayHidePages } from '../common.js';
import { HeldRefs, refsIn } from '../heldRefs.js';
import { convText, inodeText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { IN_PLACE, NOTIFIERS } from '../topics.js';

/** R5: the last munmap, or a conversion to private, leaves no reference behind, or the object dies. */
export const r5: RuleDef = {
  id: 'R5',
  name: 'refs-at-unmap',
  profile: 'sean-2022',
  severity: 1,
  nature: 'invariant',
  statement:
    'When the last mapping goes or pages become private, no reference to them is outstanding, or the file is destroyed.',
  source: 'Sean Christopherson, mailing list, 19 September 2022, restriction 5',
  needs: [['StoreAttr', 'ConvertRet', 'VmaClose', 'SysExitMunmap']],
  needsWith: [
    { where: IN_PLACE, needs: [['StoreAttr', 'ConvertRet']] },
    { where: NOTIFIERS, needs: [['VmaClose', 'SysExitMunmap']] },
    { where: ['GetPfn', 'PutPage'], needs: [['GetPfnRet']] },
  ],
  excuses: [
    ['GupRet', 'GrabFolio'],
    ['UnpinPage', 'UnpinPages', 'UnpinFolio', 'UnpinRange'],
    ['PutPage'],
    ['ShimDestroy'],
  ],
  about: [...IN_PLACE, ...NOTIFIERS, 'VmaClose', 'PutPage'],
  fix: 'Fail with -EAGAIN, wait for the references, or destroy the object.',
  listen: (run) => {
    const held = new HeldRefs(run);
    let closing: { inode: Inode; t: Thread; row: number }[] = [];
    const judge = (c: { inode: Inode; row: number }): void => {
      held.judge(
        undefined,
        c.inode,
        asPgoff(0),
        asPgoff(Infinity),
        c.row,
        (pgoff) =>
          `the last mapping of ${inodeText(c.inode)} went while page ${hex(pgoff)} is referenced, and the file lives on`,
      );
    };
    const settle = (inode: Inode, judgeIt: boolean): void => {
      // Asked for each page that KVM gets.
      if (closing.length === 0) return;
      for (const c of closing) if (c.inode === inode && judgeIt) judge(c);
      closing = closing.filter((c) => c.inode !== inode);
    };
    return {
      ...held.listener(),
      ...lostStores(run, mayHidePages),
      callsCut: (t, row) => {
        const inode = cutUnmap(run, t);
        if (inode?.provider === 'restrictedmem')
          run.undecided('lost', row, 'Events are missing within an unmap of the file.');
      },
      store: (conv, row) => {
        if (!conv.toPrivate || !isInodeConv(conv)) return;
        const { inode } = conv;
        if (
          !held.judge(
            conv,
            inode,
            conv.first,
            conv.end,
            row,
            (pgoff) => `${convText(conv)} became private while page ${hex(pgoff)} is referenced`,
          )
        )
          run.ok();
      },
      vmaGone: (inode, row, t, last) => {
        if (!last || inode.provider !== 'restrictedmem') return;
        const [from, until] = [asPgoff(0), asPgoff(Infinity)];
        if (refsIn(inode, from, until, [RefKind.Pin, RefKind.GetPfn]).length > 0)
          closing.push({ inode, t, row });
        else if (!held.mayBePinned(undefined, inode, from, until, row)) run.ok();
      },
      destroyed: (inode) => {
        if (closing.some((c) => c.inode === inode)) run.ok();
        settle(inode, false);
      },
      // The file still works after its mapping went with a reference: it was not destroyed.
      getPfnOk: (inode) => settle(inode, true),
      mmapOk: (vma) => settle(vma.inode, true),
      finish: () =>
        held.finish(() => {
          for (const c of closing) {
            if (run.recorded('ShimDestroy')) judge(c);
            else
              run.notRecorded(
                c.row,
                'Whether the file was destroyed is not recorded.',
                ['ShimDestroy'],
                run.pagesOf(c.inode, asPgoff(0)),
              );
          }
        }),
    };
  },
};
