import { slotsOf } from '../../world/slots.js';
import type { Bracket, Conv, Thread, Vm } from '../../world/state.js';
import { isLoss } from '../common.js';
import type { RuleDef } from '../rule.js';
import { CONVERSIONS, INVALIDATIONS } from '../topics.js';

interface Leak {
  readonly vm: Vm;
  /** Undefined where the start is inlined. */
  readonly bracket: Bracket | undefined;
  /** The start, or where the kernel counted the bracket. */
  readonly fromRow: number;
  /** Where the call returned. */
  readonly row: number;
  readonly what: string;
  /** mmu_invalidate_seq in the bracket, which every end adds one to; -1 where it is not recorded. */
  readonly seq: number;
  /** A later event that shows the same sequence number: no bracket has ended since; -1 none. */
  provedRow: number;
  /** The kernel counted none later, so that its end went unseen. */
  isOver: boolean;
}

const START = slotsOf('InvStart', 'seq', 'inprog');
const END = slotsOf('InvEnd', 'seq');
const PRE = slotsOf('PreSetAttr', 'seq', 'inprog');

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
    const { table } = run.w;
    const seqAt = (row: number, slots: { readonly seq: number }): number => table.num(row, slots.seq);
    const leaks: Leak[] = [];
    /** Those since which no count was seen, and those that the first count behind them left open. */
    const unproved = new Map<Vm, Leak[]>();
    const unsettled = new Map<Vm, Leak[]>();
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
            leak({ vm, bracket, fromRow: bracket.startRow, row, what, seq: seqAt(bracket.startRow, START) });
        }
      }
    };
    /** A conversion within a bracket that the kernel counted, though its start was not seen. */
    const converted = (conv: Conv, row: number, t: Thread): void => {
      const { vm, preRow } = conv;
      if (!vm || preRow < 0 || conv.sawInvEnd || !(table.num(preRow, PRE.inprog) > 0)) return;
      if (vm.open.some(({ tid }) => tid === t.tid)) return;
      leak({ vm, bracket: undefined, fromRow: preRow, row, what: 'conversion', seq: seqAt(preRow, PRE) });
    };
    const leak = (found: Omit<Leak, 'provedRow' | 'isOver'>): void => {
      const made = { ...found, provedRow: -1, isOver: false };
      leaks.push(made);
      unproved.set(made.vm, [...(unproved.get(made.vm) ?? []), made]);
    };
    /** The kernel has ended `seq` brackets of a VM and counts `others` as open, besides that of the event. */
    const counted = (vm: Vm, row: number, seq: number, others: number): void => {
      // The next count tells whether none has ended since: it only grows, and the one that is left is among
      // those that are open, unless the VM is another one at the same address.
      for (const each of unproved.get(vm) ?? []) {
        const isLeft = each.seq >= 0 && each.seq === seq && others > 0;
        if (isLeft && run.w.ordered(each.row, row)) each.provedRow = row;
        else unsettled.set(vm, [...(unsettled.get(vm) ?? []), each]);
      }
      unproved.delete(vm);
      if (others !== 0) return;
      for (const each of unsettled.get(vm) ?? []) each.isOver = run.w.ordered(each.row, row);
      unsettled.delete(vm);
    };
    return {
      invStart: (vm, _, row) => counted(vm, row, seqAt(row, START), table.num(row, START.inprog)),
      invEnd: (vm, bracket, row, inprog) => {
        counted(vm, row, seqAt(row, END), inprog - 1);
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
      convEnd: (conv, row, t) => {
        returned(t, row, conv.fromRow, 'conversion');
        converted(conv, row, t);
      },
      callReturn: (t, row, callRow, what) => returned(t, row, callRow, what),
      finish: (lastRow) => {
        for (const { vm, bracket, fromRow, row, what, provedRow, isOver } of leaks) {
          const isProved = provedRow >= 0;
          if (!bracket && isOver) continue;
          // A leaked bracket stays in vm.open; one that the kernel's count dropped has ended unseen.
          if (
            !isProved &&
            (!bracket ||
              !vm.open.includes(bracket) ||
              bracket.endRow >= 0 ||
              vm.holeRow >= 0 ||
              !balanced.get(vm)?.has(bracket.context))
          ) {
            run.notRecorded(
              row,
              'An invalidate end was not seen, and others of this VM escaped the probes too.',
              ['InvEnd'],
              undefined,
            );
            continue;
          }
          if (run.lost(fromRow, Math.max(row, provedRow))) continue;
          const later = vm.closed.find((b) => b.startRow > row);
          run.violation({
            row,
            message: `the ${what} returned with its invalidation bracket still open`,
            evidence: [
              bracket
                ? [fromRow, 'cause', 'invalidate start without an end']
                : [fromRow, 'cause', 'the kernel counts the bracket, which does not end'],
              [
                provedRow,
                'state',
                'no bracket of this VM has ended since: its mmu_invalidate_seq is the same',
              ],
              isProved
                ? [-1, 'related', '']
                : [later?.startRow ?? -1, 'related', 'a later bracket of this VM'],
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
