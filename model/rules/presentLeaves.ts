/** Judgements on an SPTE that is taken to be present, held back until it is sure that no zap went unseen. */
import type { Gfn, Pfn } from '../../parsers/base/units.js';
import type { SpteRec, SpteWaiter } from '../world/spte.js';
import type { Vm } from '../world/state.js';
import type { PageRange, Reason } from '../findings/finding.js';
import type { Missing } from './missing.js';
import type { RuleRun } from './rule.js';

/** What a judgement says, if it comes to that. */
export interface Said {
  readonly message: string;
  /** Pages of an undecided check; a violation is about the SPTE's own first frame. */
  readonly pages: PageRange;
}

/** What is kept of a judgement until it can be told: numbers alone, since every page may have one. */
export interface Judged {
  readonly row: number;
  readonly vm: Vm;
  /** The SPTE. */
  readonly gfn: Gfn;
  /** Whatever the rule needs to say it. */
  readonly subject: number;
  readonly page: number;
  readonly pfn: Pfn;
}

const FIRST_ROWS = 8;

function makeColumns(rows: number): {
  readonly row: Uint32Array;
  readonly vm: Int32Array;
  readonly gfn: Float64Array;
  readonly installed: Uint32Array;
  readonly subject: Uint32Array;
  readonly page: Float64Array;
  readonly pfn: Float64Array;
  /** 1 for what was told. */
  readonly isTold: Uint8Array;
} {
  return {
    row: new Uint32Array(rows),
    vm: new Int32Array(rows),
    gfn: new Float64Array(rows),
    installed: new Uint32Array(rows),
    subject: new Uint32Array(rows),
    page: new Float64Array(rows),
    pfn: new Float64Array(rows),
    isTold: new Uint8Array(rows),
  };
}

/**
 * A zap by a thread that a pid filter hides would go unseen. The SPTE's next event tells: it is still there,
 * or something else is.
 */
export class PresentLeaves implements SpteWaiter {
  private columns = makeColumns(0);
  private used = 0;

  /** `say`: what a judgement is, in words. */
  constructor(
    private readonly run: RuleRun,
    private readonly say: (judged: Judged) => Said,
  ) {}

  /** A violation that stands unless the SPTE turns out to have been zapped unseen. */
  judge(rec: SpteRec, { row, vm, subject, page, pfn }: Omit<Judged, 'gfn'>): void {
    if (this.used === this.columns.row.length) this.grow();
    const at = this.used++;
    const { columns } = this;
    columns.row[at] = row;
    columns.vm[at] = vm.index;
    columns.gfn[at] = rec.gfn;
    columns.installed[at] = rec.row;
    columns.subject[at] = subject;
    columns.page[at] = page;
    columns.pfn[at] = pfn;
    rec.await(this, at);
  }

  settled(check: number, wasPresent: boolean, row: number): void {
    this.columns.isTold[check] = 1;
    if (wasPresent) this.violation(check, row);
    else
      this.zapNotRecorded(
        check,
        'The SPTE seems to have been zapped by a task that the trace does not show.',
      );
  }

  /**
   * What would have refuted a judgement may be among lost events, or gone with the VM. It leaves all as it
   * was: the trace may go on.
   */
  finish(lastRow: number): void {
    for (let at = 0; at < this.used; at++) {
      if (this.columns.isTold[at] === 1) continue;
      const { row, vm } = this.judgedAt(at);
      const vmIsGone = vm.slots.all.length > 0 && vm.slots.live.length === 0;
      if (this.run.w.gapBetween(row, lastRow)) this.lost(at);
      else if (vmIsGone)
        this.zapNotRecorded(
          at,
          'The VM went away without a zap of this SPTE in the trace: zaps were not all recorded.',
        );
      else this.violation(at, -1);
    }
  }

  private judgedAt(at: number): Judged {
    const { row, vm, gfn, subject, page, pfn } = this.columns;
    return {
      row: row[at]!,
      vm: this.run.w.vms[vm[at]!]!,
      gfn: gfn[at] as Gfn,
      subject: subject[at]!,
      page: page[at]!,
      pfn: pfn[at] as Pfn,
    };
  }

  private violation(at: number, confirmRow: number): void {
    const judged = this.judgedAt(at);
    const { row, vm, gfn } = judged;
    this.run.violation({
      row,
      message: this.say(judged).message,
      pages: this.run.gfns(vm, gfn),
      evidence: [
        [this.columns.installed[at]!, 'state', 'the SPTE was installed here'],
        [confirmRow, 'confirms', 'the SPTE is still present here'],
      ],
    });
  }

  private zapNotRecorded(at: number, detail: string): void {
    this.undecided(at, 'not-recorded', detail, ['an empty set_event_pid']);
  }

  private lost(at: number): void {
    const detail = 'Events are missing after this: they may have shown that the SPTE had been zapped unseen.';
    this.undecided(at, 'lost', detail, []);
  }

  private undecided(at: number, reason: Reason, detail: string, missing: readonly Missing[]): void {
    const judged = this.judgedAt(at);
    this.run.undecided(reason, judged.row, detail, missing, this.say(judged).pages);
  }

  private grow(): void {
    const more = makeColumns(Math.max(FIRST_ROWS, 2 * this.used));
    for (const name of Object.keys(more) as (keyof typeof more)[]) more[name].set(this.columns[name]);
    this.columns = more;
  }
}
