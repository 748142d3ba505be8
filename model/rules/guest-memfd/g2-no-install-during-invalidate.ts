import { PAGES_PER_LEVEL } from '../../../parsers/base/units.js';
import type { Bracket, Vm } from '../../world/state.js';
import type { SpteRec } from '../../world/spte.js';
import { hex } from '../../pages/state.js';
import { unsureVm } from '../common.js';
import { Late } from '../late.js';
import type { Missing } from '../missing.js';
import type { RuleDef, RuleRun } from '../rule.js';
import { GUEST_FAULTS, INVALIDATIONS, LEAF_CHANGES } from '../topics.js';

/** What would show brackets with their ranges. */
const BRACKETS: readonly Missing[] = ['?InvStart', '?InvRange|UnmapGfnRange', '?InvEnd'];

interface Candidate {
  readonly vm: Vm;
  readonly bracket: Bracket;
  readonly rec: SpteRec;
  readonly rangeRow: number;
}

/** An install over which no bracket is seen, or the end of a bracket of which no start is. */
interface Seen {
  readonly vm: Vm;
  readonly row: number;
  /** No bracket of the VM was open at this row, by the kernel's own count. */
  readonly quietRow: number;
  /** Undefined for the end of a bracket. */
  readonly rec: SpteRec | undefined;
}

/** Of a VM: their number and the first and last of them, for there may be millions. */
interface Waiting {
  readonly first: SpteRec;
  lastRow: number;
  count: number;
}

/**
 * Installs since events were lost, in a VM in which a bracket may be open whose start is among these. Its end
 * shows it; the kernel's own count shows that there is none.
 */
class WaitingInstalls {
  constructor(
    private readonly run: RuleRun,
    private readonly waiting = new Map<Vm, Waiting>(),
  ) {}

  /** For what is told of the trace as it is, which may go on otherwise. */
  copy(): WaitingInstalls {
    return new WaitingInstalls(this.run, new Map([...this.waiting].map(([vm, of]) => [vm, { ...of }])));
  }

  /** No bracket that is seen is open over a leaf. */
  installed(vm: Vm, rec: SpteRec, quietRow: number): void {
    const { run, waiting } = this;
    if (!run.w.gapBetween(Math.max(vm.fromRow, quietRow), rec.row)) {
      if (waiting.size > 0) this.settle(vm, () => this.held(vm));
      run.ok();
      return;
    }
    const before = waiting.get(vm);
    if (before && run.w.gapBetween(before.lastRow, rec.row)) this.endedUnbegun(vm);
    else if (before && quietRow > before.lastRow) this.settle(vm, () => this.held(vm));
    const now = waiting.get(vm);
    if (now) {
      now.lastRow = rec.row;
      now.count++;
    } else waiting.set(vm, { first: rec, lastRow: rec.row, count: 1 });
  }

  /** A bracket ends of which no start is seen: it was open all the while. */
  endedUnbegun(vm: Vm): void {
    this.settle(vm, () => this.undecided(vm));
  }

  private settle(vm: Vm, tell: () => void): void {
    tell();
    this.waiting.delete(vm);
  }

  finish(lastRow: number): void {
    for (const [vm, { lastRow: last }] of this.waiting)
      if (this.run.w.gapBetween(last, lastRow)) this.undecided(vm);
      else this.held(vm);
  }

  private held(vm: Vm): void {
    for (let n = this.waiting.get(vm)?.count ?? 0; n > 0; n--) this.run.ok();
  }

  private undecided(vm: Vm): void {
    const { run } = this;
    const detail = 'Events were lost: an invalidation may have been open of which no start is seen.';
    const waiting = this.waiting.get(vm);
    if (!waiting) return;
    const { first, count } = waiting;
    const pages = run.gfns(vm, first.gfn);
    for (let n = count; n > 0; n--) run.undecided('lost', first.row, detail, [], pages);
  }
}

/** Brackets that may be open unseen: whether events are missing is asked at nearly every install. */
class UnseenBrackets {
  private readonly installs: WaitingInstalls;
  private readonly late: Late<Seen>;

  constructor(run: RuleRun) {
    this.installs = new WaitingInstalls(run);
    this.late = new Late(run.w.survey, (seen) => takeInto(this.installs, seen));
  }

  installed(vm: Vm, rec: SpteRec): void {
    // Nearly all are: this spares them an object.
    if (this.late.isDue(rec.row)) this.installs.installed(vm, rec, vm.quietRow);
    else this.late.see({ vm, row: rec.row, quietRow: vm.quietRow, rec });
  }

  endedUnbegun(vm: Vm, row: number): void {
    this.late.see({ vm, row, quietRow: vm.quietRow, rec: undefined });
  }

  finish(lastRow: number): void {
    const { all } = this.late;
    const installs = all.length > 0 ? this.installs.copy() : this.installs;
    for (const seen of all) takeInto(installs, seen);
    installs.finish(lastRow);
  }
}

function takeInto(installs: WaitingInstalls, { vm, rec, quietRow }: Seen): void {
  if (rec) installs.installed(vm, rec, quietRow);
  else installs.endedUnbegun(vm);
}

/**
 * G2: no leaf SPTE is installed for a gfn that an open bracket invalidates. Both sides run under mmu_lock, so
 * their order is decided by the lock. Only a bracket's own ranges count: the hull of several is handled
 * conservatively.
 */
export const g2: RuleDef = {
  id: 'G2',
  name: 'no-install-during-invalidate',
  profile: 'guest-memfd',
  severity: 1,
  nature: 'invariant',
  statement: 'No leaf SPTE becomes present for a gfn while an invalidation of that gfn is in progress.',
  source:
    'is_page_fault_stale() and mmu_invalidate_retry_gfn(), arch/x86/kvm/mmu/mmu.c and include/linux/kvm_host.h',
  needs: [LEAF_CHANGES, ['InvStart'], ['InvEnd'], ['InvRange', 'UnmapGfnRange']],
  about: [...GUEST_FAULTS, ...INVALIDATIONS],
  fix: 'Check is_page_fault_stale() under mmu_lock, after get_pfn and before the SPTE is made.',
  listen: (rule) => {
    const brackets = rule.fork(['InvStart'], ['InvEnd'], ['InvRange', 'UnmapGfnRange']);
    const run = brackets.shown;
    if (!run) return { spteInstall: (vm, rec) => noBrackets(rule, vm, rec) };
    const waiting = new Map<Bracket, Candidate[]>();
    const unseen = new UnseenBrackets(run);
    const report = (c: Candidate, endRow: number): void => {
      const pages = run.gfns(c.vm, c.rec.gfn, PAGES_PER_LEVEL[c.rec.level]);
      if (run.lost(c.bracket.startRow, c.rec.row, pages)) return;
      run.violation({
        row: c.rec.row,
        pages,
        message: `leaf SPTE installed for gfn ${hex(c.rec.gfn)} (level ${c.rec.level}) while an invalidation of it is in progress`,
        evidence: [
          [c.bracket.startRow, 'cause', 'invalidate start'],
          [c.rangeRow, 'cause', 'the range that covers the gfn'],
          [endRow, 'confirms', 'invalidate end'],
        ],
      });
    };
    return {
      spteInstall: (vm, rec) => {
        if (brackets.hidden) noBrackets(brackets.hidden, vm, rec);
        if (!rec.vmSure && run.w.vms.some((v) => openOver(v, rec))) {
          unsureVm(run, rec.row, run.gfns(vm, rec.gfn));
          return;
        }
        const open = vm.open.length > 0 ? openOver(vm, rec) : undefined;
        if (!open) {
          unseen.installed(vm, rec);
          return;
        }
        const list = waiting.get(open.bracket) ?? [];
        list.push({ vm, rec, ...open });
        waiting.set(open.bracket, list);
      },
      // The bracket's end on its own thread proves that it was open all the while.
      invEnd: (vm, bracket, row) => {
        if (!bracket) unseen.endedUnbegun(vm, row);
        for (const c of (bracket && waiting.get(bracket)) ?? []) report(c, row);
        if (bracket) waiting.delete(bracket);
      },
      finish: (lastRow) => {
        unseen.finish(lastRow);
        for (const list of waiting.values()) {
          for (const c of list) {
            if (c.vm.holeRow >= 0)
              run.notRecorded(
                c.rec.row,
                "The bracket's end was not seen, and other ends of this VM were missed too (inlined copies escape probes).",
                ['InvEnd'],
                run.gfns(c.vm, c.rec.gfn),
              );
            else report(c, -1);
          }
        }
      },
    };
  },
};

/** Of an install in a trace that shows no brackets nothing is known. */
function noBrackets(run: RuleRun, vm: Vm, rec: SpteRec): void {
  run.notRecordedOf(vm, rec, 'Installs are seen, but no invalidation brackets with their ranges.', BRACKETS);
}

/** The oldest open bracket of a VM that has a leaf's gfns in one of its ranges. */
function openOver(
  vm: Vm,
  rec: SpteRec,
): { readonly bracket: Bracket; readonly rangeRow: number } | undefined {
  const end = rec.gfn + PAGES_PER_LEVEL[rec.level]!;
  for (const bracket of vm.open) {
    const range = bracket.ranges.find((r) => r.first < end && r.end > rec.gfn);
    if (range) return { bracket, rangeRow: range.row };
  }
  return undefined;
}
