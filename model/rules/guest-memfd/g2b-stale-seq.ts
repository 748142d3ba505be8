import type { Gfn } from '../../../parsers/base/units.js';
import type { Bracket, GuestFault, Thread, Vm } from '../../world/state.js';
import type { SpteRec } from '../../world/spte.js';
import { hex } from '../../pages/state.js';
import { isLoss, lostGuestFaults, unsureVm } from '../common.js';
import type { Missing } from '../missing.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { GUEST_FAULTS, INVALIDATIONS, LEAF_CHANGES } from '../topics.js';

/** What would show how far a fault is behind. */
const SEQUENCES: readonly Missing[] = ['?TdpMap', '?InvStart', '?InvEnd'];
const LOOK_UP: readonly Missing[] = ['TdpMap', '?GetPfn'];
const LOOK_UP_OF_ARM64: readonly Missing[] = ['TdpMap', 'GetPfn'];

/** G2b: an install whose fault took its sequence snapshot before an invalidation that has ended since. */
export const g2b: RuleDef = {
  id: 'G2b',
  name: 'stale-seq',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement:
    'A fault does not install an SPTE when an invalidation of its gfn began and ended since it looked up the page.',
  source:
    'mmu_invalidate_retry_gfn(), include/linux/kvm_host.h; kvm_mmu_faultin_pfn(), arch/x86/kvm/mmu/mmu.c',
  needs: [LEAF_CHANGES, ['TdpMap', 'GetPfn'], ['TdpMap', 'InvStart']],
  // Plain memory is looked up by GUP on arm64.
  shownOtherwise: (w) => (w.stage2LookUps > 0 ? ['GetPfn'] : []),
  about: [...GUEST_FAULTS, ...INVALIDATIONS],
  fix: 'Compare fault->mmu_seq with kvm->mmu_invalidate_seq under mmu_lock and retry when they differ.',
  listen: (rule) => {
    const brackets = rule.fork(['InvStart'], ['InvEnd']);
    /** Installs that no bracket meets, as far as they are seen; whether all are is known at the end. */
    const unmet = new Map<Vm, { count: number; readonly row: number; readonly gfn: Gfn }>();
    const noteUnmet = (vm: Vm, rec: SpteRec): void => {
      const known = unmet.get(vm);
      if (known) known.count++;
      else unmet.set(vm, { count: 1, row: rec.row, gfn: rec.gfn });
    };
    /** Judges an install in a trace that shows brackets. */
    const judgeBrackets = (run: RuleRun, vm: Vm, rec: SpteRec, fault: GuestFault, t: Thread): void => {
      if (fault.getPfnRow < 0) {
        const isX86 = run.dialect.machine !== 'arm64';
        const mayBeLost = isX86 && t.mayHaveFaulted && run.w.gapBetween(0, rec.row);
        if (mayBeLost && run.recorded('GetPfn') && run.lost(0, rec.row, run.gfns(vm, rec.gfn))) return;
        run.notRecorded(
          rec.row,
          'The moment at which the fault looked up the page is not recorded.',
          // Memory that is no file's is looked up by GUP.
          isX86 ? LOOK_UP : LOOK_UP_OF_ARM64,
          run.gfns(vm, rec.gfn),
        );
        return;
      }
      const between = closedSince(vm, fault.getPfnRow, rec);
      if (!between) {
        noteUnmet(vm, rec);
        return;
      }
      const pages = run.gfns(vm, rec.gfn);
      if (run.lost(fault.getPfnRow, rec.row, pages)) return;
      if (!rec.vmSure) {
        unsureVm(run, rec.row, pages);
      } else if (!run.w.ordered(fault.getPfnRow, between.startRow)) {
        run.undecided(
          'order',
          rec.row,
          'get_pfn and the invalidation are on two CPUs too close in time to be ordered.',
          ['a global trace_clock', 'TdpMap fault_seq=fault->mmu_seq seq=vcpu->kvm->mmu_invalidate_seq'],
          pages,
        );
      } else {
        run.violation({
          row: rec.row,
          pages,
          message: `SPTE installed for gfn ${hex(rec.gfn)} although an invalidation of it began and ended since get_pfn`,
          evidence: [
            [fault.getPfnRow, 'cause', 'get_pfn'],
            [between.startRow, 'cause', 'invalidate start'],
            [between.endRow, 'cause', 'invalidate end'],
          ],
        });
      }
    };
    return {
      ...lostGuestFaults(rule),
      spteInstall: (vm, rec, fault, t) => {
        if (!fault) {
          if (t.mayHaveFaulted) rule.lost(0, rec.row, rule.gfns(vm, rec.gfn));
          return;
        }
        if (fault.mapRow >= 0 && fault.faultSeq >= 0 && fault.seq >= 0) {
          if (fault.faultSeq === fault.seq) rule.ok();
          else {
            rule.violation({
              row: rec.row,
              pages: rule.gfns(vm, rec.gfn),
              message: `SPTE installed for gfn ${hex(rec.gfn)} by a fault with sequence ${fault.faultSeq} while the VM is at ${fault.seq}`,
              evidence: [
                [fault.mapRow, 'cause', `fault_seq=${fault.faultSeq} seq=${fault.seq}`],
                [fault.getPfnRow, 'related', 'the fault looked up the page'],
              ],
            });
          }
          return;
        }
        brackets.hidden?.notRecordedOf(
          vm,
          rec,
          'Neither sequence numbers nor invalidation brackets are recorded.',
          SEQUENCES,
        );
        if (brackets.shown) judgeBrackets(brackets.shown, vm, rec, fault, t);
      },
      finish: () => {
        const run = brackets.shown;
        if (!run) return;
        for (const [vm, { count, row, gfn }] of unmet) {
          if (vm.holeRow < 0) for (let i = 0; i < count; i++) run.ok();
          else if (isLoss(run, vm, vm.holeRow))
            run.undecided('lost', row, 'Starts or ends of invalidations of this VM were lost.');
          else
            run.notRecorded(
              row,
              'Some brackets of this VM escaped the probes (inlined copies), and no sequence numbers are recorded.',
              ['TdpMap'],
              run.gfns(vm, gfn),
            );
        }
      },
    };
  },
};

/** The oldest bracket over the gfn of an SPTE that began and ended between `fromRow` and its install. */
function closedSince(vm: Vm, fromRow: number, rec: SpteRec): Bracket | undefined {
  let oldest: Bracket | undefined;
  // They stand in the order of their ends: what ended before the fault ends the search, which most do at
  // once.
  for (let i = vm.closed.length - 1; i >= 0; i--) {
    const b = vm.closed[i]!;
    if (b.endRow <= fromRow) break;
    if (b.startRow <= fromRow || b.endRow >= rec.row) continue;
    for (const r of b.ranges) if (r.first <= rec.gfn && r.end > rec.gfn) oldest = b;
  }
  return oldest;
}
