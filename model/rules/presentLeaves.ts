/** Judgements on an SPTE that is taken to be present, held back until it is sure that no zap went unseen. */
import type { SpteRec } from '../world/spte.js';
import type { Vm } from '../world/state.js';
import type { Reason } from '../findings/finding.js';
import type { Missing, RuleRun } from './rule.js';

interface Judgement {
  readonly row: number;
  readonly message: string;
  /** Pages of an undecided check; a violation is about the SPTE's own first frame. */
  readonly pages: ReturnType<RuleRun['gfns']>;
}

/**
 * A zap by a thread that a pid filter hides would go unseen. The SPTE's next event tells: it is still there,
 * or something else is.
 */
export class PresentLeaves {
  private waiting: { readonly vm: Vm; readonly row: number; readonly settle: Settle }[] = [];

  constructor(private readonly run: RuleRun) {}

  /** A violation that stands unless the SPTE turns out to have been zapped unseen. */
  judge(vm: Vm, rec: SpteRec, judgement: Judgement): void {
    const settle = new Settle(this.run, vm, rec, judgement);
    rec.pending ??= [];
    rec.pending.push({
      confirm: (row) => settle.once(() => settle.violation(row)),
      refute: () =>
        settle.once(() =>
          settle.zapNotRecorded('The SPTE seems to have been zapped by a task that the trace does not show.'),
        ),
    });
    this.waiting.push({ vm, row: judgement.row, settle });
  }

  /**
   * What would have refuted a judgement may be among lost events, or gone with the VM. It leaves all as it
   * was: the trace may go on.
   */
  finish(lastRow: number): void {
    this.waiting = this.waiting.filter(({ settle }) => settle.isOpen);
    for (const { vm, row, settle } of this.waiting) {
      const vmIsGone = vm.slots.length > 0 && vm.slots.every((slot) => slot.untilRow >= 0);
      if (this.run.w.gapBetween(row, lastRow)) settle.lost();
      else if (vmIsGone)
        settle.zapNotRecorded(
          'The VM went away without a zap of this SPTE in the trace: zaps were not all recorded.',
        );
      else settle.violation(-1);
    }
  }
}

/** One judgement, told once: by whatever comes first. */
class Settle {
  isOpen = true;

  constructor(
    private readonly run: RuleRun,
    private readonly vm: Vm,
    private readonly rec: SpteRec,
    private readonly judgement: Judgement,
  ) {}

  once(tell: () => void): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    tell();
  }

  violation(confirmRow: number): void {
    const { run, vm, rec } = this;
    const { row, message } = this.judgement;
    run.violation({
      row,
      message,
      pages: run.gfns(vm, rec.gfn),
      evidence: [
        [rec.row, 'state', 'the SPTE was installed here'],
        [confirmRow, 'confirms', 'the SPTE is still present here'],
      ],
    });
  }

  zapNotRecorded(detail: string): void {
    this.undecided('not-recorded', detail, ['an empty set_event_pid']);
  }

  lost(): void {
    const detail = 'Events are missing after this: they may have shown that the SPTE had been zapped unseen.';
    this.undecided('lost', detail, []);
  }

  private undecided(reason: Reason, detail: string, missing: readonly Missing[]): void {
    const { row, pages } = this.judgement;
    this.run.undecided(reason, row, detail, missing, pages);
  }
}
