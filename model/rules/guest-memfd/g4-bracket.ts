import { type Conv, type Vm, isInodeConv } from '../../world/state.js';
import { lostStores, mayChangeNothing, missingOf } from '../common.js';
import { convText } from '../texts.js';
import type { RuleDef } from '../rule.js';
import { CONVERSIONS } from '../topics.js';

/** Whether the union of ranges holds [first, end). */
function covers(
  ranges: readonly { readonly first: number; readonly end: number }[],
  first: number,
  end: number,
): boolean {
  let at = first;
  for (const r of [...ranges].sort((a, b) => a.first - b.first)) if (r.first <= at) at = Math.max(at, r.end);
  return at >= end;
}

function sideOf({ toPrivate }: Conv): string {
  return toPrivate ? 'private' : 'shared';
}

/**
 * G4: an attribute is stored only inside an invalidation bracket of its range. In VM mode the post handler
 * runs after the bracket's end on correct kernels, so the bracket is looked for between the request and post.
 */
export const g4: RuleDef = {
  id: 'G4',
  name: 'bracket',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement:
    'Every store of an attribute lies inside an invalidation bracket of this conversion over the changed range.',
  source:
    'kvm_vm_set_mem_attributes(), virt/kvm/kvm_main.c; kvm_gmem_invalidate_start/end(), virt/kvm/guest_memfd.c',
  needs: [
    ['GmemInvStart', 'InvStart'],
    ['GmemInvStart', 'InvEnd'],
    ['PostSetAttr', 'StoreAttr', 'ConvertRet', 'SysExitIoctl', 'VmIoctlRet'],
  ],
  about: CONVERSIONS,
  fix: 'Call invalidate_start for the range before the store, and invalidate_end after it, under the same lock.',
  listen: (run) => {
    const candidates: { conv: Conv; row: number; vms: Vm[] }[] = [];
    const report = (conv: Conv, row: number, what = 'without an invalidation bracket'): void => {
      if (conv.callRow < 0) {
        run.undecided(
          run.w.survey.hasGaps ? 'lost' : 'unknown-start',
          row,
          'The beginning of the conversion is not in the trace.',
          [],
          run.pagesOfConv(conv),
        );
        return;
      }
      if (run.lost(conv.callRow, row, run.pagesOfConv(conv))) return;
      const opened = conv.sawInvStart || conv.sawGmemBracket;
      const begins = opened ? 'the conversion begins' : 'the conversion begins; no invalidate start follows';
      run.violation({
        row,
        pages: run.pagesOfConv(conv),
        message: `${convText(conv)} became ${sideOf(conv)} ${what}`,
        evidence: [
          [conv.callRow, 'missing-since', begins],
          [conv.invOpenRow, 'related', 'its bracket begins'],
        ],
      });
    };
    return {
      ...lostStores(run),
      store: (conv, row) => {
        if (!conv.rangeKnown || mayChangeNothing(run, conv, row)) return;
        const pages = run.pagesOfConv(conv);
        if (conv.scope === 'vm') {
          const isBracketed = conv.sawInvEnd && (conv.sawInvStart || conv.isBracketCounted);
          if (
            isBracketed &&
            conv.storeExact &&
            conv.invRanges.length > 0 &&
            !covers(conv.invRanges, conv.storeFirst, conv.storeEnd)
          )
            report(conv, row, 'outside the range of its invalidation bracket');
          else if (isBracketed) run.ok();
          else if (!run.recorded('InvStart') || !run.recorded('InvEnd'))
            run.notRecorded(
              row,
              'Invalidation brackets are not recorded.',
              missingOf(run, ['InvStart', 'InvEnd']),
              pages,
            );
          else if (conv.sawInvStart || conv.sawInvEnd)
            run.notRecorded(
              row,
              'Only one side of the bracket is recorded (inlined copies escape probes).',
              ['InvStart'],
              pages,
            );
          else candidates.push({ conv, row, vms: conv.vm ? [conv.vm] : [] });
          return;
        }
        if (!isInodeConv(conv)) return;
        const covered =
          conv.sawGmemBracket &&
          (conv.rangeMerged || (conv.gmemFirst <= conv.first && conv.gmemEnd >= conv.end));
        const changedOutside =
          conv.storeExact &&
          conv.changedEnd > conv.changedFirst &&
          (conv.gmemFirst > conv.changedFirst || conv.gmemEnd < conv.changedEnd);
        const closed = conv.storeExact && conv.gmemClosedBeforeStore;
        if (covered && !closed && !changedOutside && conv.storeExact) run.ok();
        else if (covered && !conv.storeExact)
          run.notRecorded(
            row,
            'The conversion has its bracket, but whether the attribute was stored inside it is not recorded.',
            ['StoreAttr'],
            pages,
          );
        else if (conv.sawGmemBracket)
          report(
            conv,
            row,
            closed
              ? 'after its invalidation bracket had ended'
              : 'outside the range of its invalidation bracket',
          );
        else if (run.recorded('GmemInvStart')) report(conv, row);
        else if (run.recorded('InvStart') && run.recorded('InvEnd')) {
          const vms = [...new Set(run.w.slotsOfPages(conv.inode, conv.first, conv.end).map((s) => s.vm))];
          const open = vms.length > 0 && vms.every((vm) => vm.open.some((b) => b.tid === conv.tid));
          if (open || (!conv.storeExact && conv.sawInvStart)) run.ok();
          else if (vms.length === 0)
            run.notRecorded(
              row,
              "Which VM the file's pages are bound to is not recorded.",
              ['GmemBind', 'GetPfn'],
              pages,
            );
          else candidates.push({ conv, row, vms });
        } else
          run.notRecorded(
            row,
            'Invalidation brackets are not recorded.',
            missingOf(run, ['GmemInvStart', 'GmemInvEnd', 'InvStart', 'InvEnd']),
            pages,
          );
      },
      // Whether this build's probes see every bracket is known only when the whole trace has been seen.
      finish: () => {
        for (const { conv, row, vms } of candidates) {
          const hole = vms.find((vm) => vm.holeRow >= 0 || vm.starts === 0);
          if (hole)
            run.notRecorded(
              row,
              'Some brackets of this VM escaped the probes (kvm_mmu_invalidate_start is inlined on ordinary builds).',
              ['InvStart'],
              run.pagesOfConv(conv),
            );
          else report(conv, row);
        }
      },
    };
  },
};
