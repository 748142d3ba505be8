import type { Gfn } from '../../../parsers/base/units.js';
import { gfnsAt } from '../../world/memslots.js';
import { type Conv, type InodeConv, type Vm, isInodeConv, isVmConv } from '../../world/state.js';
import type { SpteRec } from '../../world/spte.js';
import { hex } from '../../pages/state.js';
import { doubtfulLeaf, lostStores, mayChangeNothing, unshownBy, unsureVm } from '../common.js';
import { convText } from '../texts.js';
import { PresentLeaves, type Said } from '../presentLeaves.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { CONVERSIONS, LEAF_CHANGES } from '../topics.js';

/**
 * First row from which an SPTE of the new side may legally appear. In VM mode that is the end of the bracket,
 * for want of it the pre handler, else the request; in place it is the store, or where only the return shows
 * that, the call.
 */
function threshold(conv: Conv, row: number): number {
  if (conv.scope === 'inode') return conv.storeExact ? row : conv.fromRow;
  if (conv.invCloseRow >= 0) return conv.invCloseRow;
  return conv.preRow >= 0 ? conv.preRow : conv.fromRow;
}

/** SPTEs of the old side that cover the stored range, with their VM. */
function oldSide(run: RuleRun, conv: Conv, row: number): { vm: Vm; rec: SpteRec }[] {
  const limit = threshold(conv, row);
  const newSide = conv.toPrivate ? 1 : 0;
  const pick = (vm: Vm, first: Gfn, end: Gfn): { vm: Vm; rec: SpteRec }[] =>
    vm.sptes
      .covering(first, end, [])
      .filter((r) => r.row < limit && (conv.scope === 'inode' || r.side !== newSide))
      .map((rec) => ({ vm, rec }));
  if (isVmConv(conv)) return pick(conv.vm, conv.storeFirst, conv.storeEnd);
  if (!isInodeConv(conv)) return [];
  return run.w.slotsOfPages(conv.inode, conv.first, conv.end).flatMap((slot) => {
    const { first, end } = gfnsAt(slot, conv.first, conv.end);
    return pick(slot.vm, first, end);
  });
}

/**
 * True, and said, when no SPTE of the old side is seen although one may be there: it was installed where
 * the bracket may have been open still, or which gfns the file's pages are is known in part only.
 */
function mayBeUnseen(run: RuleRun, conv: Conv, row: number): boolean {
  const pages = run.pagesOfConv(conv);
  if (isVmConv(conv)) {
    if (conv.invCloseRow >= 0) return false;
    const newSide = conv.toPrivate ? 1 : 0;
    const limit = threshold(conv, row);
    const doubtful = conv.vm.sptes
      .covering(conv.storeFirst, conv.storeEnd, [])
      .some((rec) => rec.row >= limit && rec.row < row && rec.side !== newSide);
    if (!doubtful) return false;
    run.notRecorded(
      row,
      'An SPTE was installed during the conversion, and whether its bracket was still open is not recorded.',
      ['InvEnd'],
      pages,
    );
    return true;
  }
  if (!isInodeConv(conv) || bindsAll(run, conv)) return false;
  run.notRecorded(
    row,
    "Which gfns some of the file's pages are is not recorded.",
    unshownBy(run, ['GmemBind', 'GmemBindRet']),
    pages,
  );
  return true;
}

/**
 * Whether memslots of a known extent hold every page of a conversion. Others may be bound too, or grow to
 * hold them.
 */
function bindsAll(run: RuleRun, { inode, first, end }: InodeConv): boolean {
  const slots = run.w.slotsOfPages(inode, first, end);
  let at: number = first;
  for (const slot of [...slots].sort((a, b) => a.pgoff - b.pgoff))
    if (slot.pgoff <= at) at = Math.max(at, slot.pgoff + slot.npages);
  return at >= end || inode.slots.all.every((slot) => slot.sized);
}

/** G3: when an attribute is stored, no SPTE of the side that it leaves is present. */
export const g3: RuleDef = {
  id: 'G3',
  name: 'zap-before-store',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement:
    'When the attribute of a gfn is stored, no present SPTE of the side that it leaves covers the gfn.',
  source:
    'kvm_vm_set_mem_attributes(), virt/kvm/kvm_main.c; __kvm_gmem_invalidate_start(), virt/kvm/guest_memfd.c',
  needs: [LEAF_CHANGES, ['PostSetAttr', 'StoreAttr', 'ConvertRet', 'SysExitIoctl', 'VmIoctlRet']],
  about: CONVERSIONS,
  fix: 'Zap the range in the pre_set handler, inside the bracket, before the attribute is stored.',
  listen: (run) => {
    /** What is said of conversions that came too early: few, of what may be many pages. */
    const said: Said[] = [];
    const leaves = new PresentLeaves(run, ({ subject }) => said[subject]!);
    return {
      ...lostStores(run),
      store: (conv, row) => {
        if (!conv.rangeKnown || mayChangeNothing(run, conv, row)) return;
        const pages = run.pagesOfConv(conv);
        if (!run.recorded(...LEAF_CHANGES)) {
          run.notRecorded(
            row,
            run.recorded('SetSpte', 'MmuPrepareZapPage')
              ? 'Shadow paging has no event for a zapped SPTE.'
              : 'SPTE events are not recorded.',
            LEAF_CHANGES,
            pages,
          );
          return;
        }
        if (conv.scope === 'inode' && conv.inode!.slots.all.length === 0) {
          run.notRecorded(
            row,
            "Which gfns the file's pages are is not recorded.",
            ['GmemBind', 'GetPfn'],
            pages,
          );
          return;
        }
        const old = oldSide(run, conv, row);
        const first = old.find((o) => !o.rec.doubtful) ?? old[0];
        if (!first) {
          if (!mayBeUnseen(run, conv, row)) run.ok();
          return;
        }
        if (conv.rangeMerged) {
          run.notRecorded(
            row,
            'Only the store shows the range, and the maple tree merges it with neighbours that had the attribute before.',
            ['ConvertEnter'],
            pages,
          );
          return;
        }
        const { vm, rec } = first;
        if (run.lost(rec.row, row, pages)) return;
        if (rec.doubtful) {
          doubtfulLeaf(run, row, pages, {
            detail:
              'Two leaves for one gfn were installed: which root each is in, or a zap in between, is not recorded.',
            missing: ['ExternalSpte'],
          });
          return;
        }
        if (!rec.vmSure) {
          unsureVm(run, row, pages);
          return;
        }
        const side = conv.toPrivate ? 'private' : 'shared';
        const spte = `gfn ${hex(rec.gfn)} (level ${rec.level}, pfn ${hex(rec.pfn)})`;
        const message = `${convText(conv)} became ${side} while an SPTE of the old side maps ${spte}`;
        const subject = said.push({ message, pages }) - 1;
        leaves.judge(rec, { row, vm, subject, page: rec.gfn, pfn: rec.pfn });
      },
      finish: (lastRow) => leaves.finish(lastRow),
    };
  },
};
