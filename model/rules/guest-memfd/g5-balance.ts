import type { Bracket, Thread, Vm } from '../../world/state.js';
import { isLoss } from '../common.js';
import type { RuleDef } from '../rule.js';
import { CONVERSIONS, INVALIDATIONS } from '../topics.js';

interface Leak {
  readonly vm: Vm;
  readonly bracket: Bracket;
  readonly row: number;
  readonly what: string;
}

/**
 * True where the kernel's own count, which every end shows, says that all brackets of a VM had ended with the
 * last one that was seen: then starts that escaped the probes have theirs.
 */
function isBalancedByCount(vm: Vm): boolean {
  return !vm.hasUncountedEnds && vm.open.length === 0 && vm.quietRow >= vm.lastEndRow;
}

/**
 * G5: invalidation brackets balance. Whether one was left open is judged at the end, by the kernel's own
 * in-progress count where probes fetch it, and by other brackets of the same call site, which show that its
 * end can be seen.
 */
export const g5: RuleDef = {
  id: 'G5',
  name: 'balance',
  profile: 'guest-memfd',
  severity: 2,
  nature: 'invariant',
  statement: 'Every invalidate start has its range and its end, and no end comes without a start.',
  source: 'kvm_mmu_invalidate_start/range_add/end(), virt/kvm/kvm_main.c (WARN_ON_ONCE on imbalance)',
  needs: [['InvStart'], ['InvEnd']],
  // By it a bracket that a hole leaves open is known to be over.
  excuses: [['SysEnterFallocate'], ['SysExitFallocate', 'GmemFallocateRet']],
  shownOtherwise: ({ vms }) => {
    const seen = vms.filter((vm) => vm.ends > 0);
    return seen.length > 0 && seen.every(isBalancedByCount) ? ['InvStart'] : [];
  },
  about: [...INVALIDATIONS, ...CONVERSIONS],
  fix: 'End the bracket on every path out, error paths included.',
  listen: (run) => {
    const leaks: Leak[] = [];
    const balanced = new Map<Vm, Set<Bracket['context']>>();
    const withRange = new Map<Vm, Set<Bracket['context']>>();
    const rangeless: { vm: Vm; bracket: Bracket; row: number }[] = [];
    const note = (map: Map<Vm, Set<Bracket['context']>>, vm: Vm, context: Bracket['context']): void => {
      map.set(vm, (map.get(vm) ?? new Set()).add(context));
    };
    const returned = (t: Thread, row: number, fromRow: number, what: string): void => {
      for (const vm of run.w.bracketedVms.list()) {
        for (const bracket of vm.open) {
          if (
            bracket.tid === t.tid &&
            bracket.startRow >= fromRow &&
            !leaks.some((l) => l.bracket === bracket)
          )
            leaks.push({ vm, bracket, row, what });
        }
      }
    };
    return {
      invEnd: (vm, bracket, row, inprog) => {
        if (inprog <= 0) {
          run.violation({
            row,
            message: `invalidate end while mmu_invalidate_in_progress is ${inprog}: an end without a start`,
          });
          return;
        }
        if (!bracket) return;
        note(balanced, vm, bracket.context);
        if (bracket.sawRangeAdd) note(withRange, vm, bracket.context);
        else if (run.recorded('InvRange')) rangeless.push({ vm, bracket, row });
        run.ok();
      },
      convEnd: (conv, row, t) => returned(t, row, conv.fromRow, 'conversion'),
      callReturn: (t, row, callRow, what) => returned(t, row, callRow, what),
      finish: (lastRow) => {
        for (const { vm, bracket, row, what } of leaks) {
          // A leaked bracket stays in vm.open; one that the kernel's count dropped has ended unseen.
          if (
            !vm.open.includes(bracket) ||
            bracket.endRow >= 0 ||
            vm.holeRow >= 0 ||
            !balanced.get(vm)?.has(bracket.context)
          ) {
            run.notRecorded(
              row,
              'An invalidate end was not seen, and others of this VM escaped the probes too.',
              ['InvEnd'],
              undefined,
            );
            continue;
          }
          if (run.lost(bracket.startRow, row)) continue;
          const later = vm.closed.find((b) => b.startRow > row);
          run.violation({
            row,
            message: `the ${what} returned with its invalidation bracket still open`,
            evidence: [
              [bracket.startRow, 'cause', 'invalidate start without an end'],
              [later?.startRow ?? -1, 'related', 'a later bracket of this VM'],
            ],
          });
        }
        const isJudged = new Set(leaks.map(({ bracket }) => bracket));
        for (const vm of run.w.vms)
          for (const bracket of vm.open) {
            // The call that left it open may have begun, and returned, among what was lost.
            if (bracket.endRow >= 0 || isJudged.has(bracket) || run.lost(0, lastRow)) continue;
            run.notRecorded(
              bracket.startRow,
              'A bracket is open where the trace ends, and that its call has returned is not seen.',
              ['InvEnd', 'SysEnterFallocate', 'SysExitFallocate', 'SysExitIoctl'],
            );
          }
        for (const { vm, bracket, row } of rangeless) {
          if (bracket.context === 'notifier' || !withRange.get(vm)?.has(bracket.context)) continue;
          if (run.lost(bracket.startRow, Math.min(row, lastRow))) continue;
          run.violation({
            row,
            message: 'invalidate end without a range since its start',
            evidence: [[bracket.startRow, 'cause', 'invalidate start']],
          });
        }
        for (const vm of run.w.vms) {
          if (vm.holeRow < 0) continue;
          if (isLoss(run, vm, vm.holeRow))
            run.undecided('lost', vm.holeRow, 'Starts or ends of invalidations of this VM were lost.');
          else if (isBalancedByCount(vm)) run.ok();
          else
            run.notRecorded(
              vm.holeRow,
              'Some starts or ends of this VM escaped the probes (inlined copies).',
              ['InvStart'],
            );
        }
      },
    };
  },
};
