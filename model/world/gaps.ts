/**
 * Where events are missing: from the loss marks of a trace, and where the clock of a CPU shows that another
 * recording begins.
 */
import { SEGMENT_ROWS, UNKNOWN_CPU, type EventTable, type Segment } from '../../parsers/events/table.js';
import type { LossMark } from '../../parsers/events/issues.js';

/** Events are missing on some CPU at rows strictly between `after` and `before`. */
export interface Gap {
  /** Last row that is certainly whole, -1 when everything up to `before` may be missing. */
  readonly after: number;
  readonly before: number;
  readonly cpu: number;
  readonly line: number;
}

/** What a finder adds to. */
export interface FoundGaps {
  readonly gaps: Gap[];
  /** Rows at which the clock of a CPU jumps back. */
  readonly restarts: number[];
}

/**
 * Events of one CPU are in the order of its clock, in nanoseconds or ticks; nested ones may be printed a
 * little out of it.
 */
const CLOCK_JITTER = 100_000;

/**
 * A gap runs from the last event of its CPU before the mark to the mark. At a joint of two recordings
 * everything between the two rows may be missing, on every CPU.
 */
export class GapFinder {
  private readonly lastOnCpu = new Int32Array(UNKNOWN_CPU + 1).fill(-1);
  private readonly lastTs = new Float64Array(UNKNOWN_CPU + 1).fill(-Infinity);
  private readonly firstOnCpu = new Map<number, number>();
  private readonly losses: readonly LossMark[];
  private readonly jitter: number;
  private next = 0;

  constructor(private readonly table: EventTable) {
    // The counter clock counts events: it never goes back by itself.
    this.jitter = table.meta.clock === 'counter' ? 0 : CLOCK_JITTER;
    this.losses = [...table.losses].sort((a, b) => a.row - b.row);
  }

  /** Looks at the rows of one segment, each in its turn. */
  segment(seg: Segment, index: number, found: FoundGaps): void {
    const { lastOnCpu, lastTs, jitter } = this;
    const { cpu: cpus, ts: times } = seg;
    const base = index * SEGMENT_ROWS;
    let nextLoss = this.nextLossRow();
    for (let i = 0; i < seg.length; i++) {
      const row = base + i;
      if (nextLoss <= row) {
        this.close(row, found);
        nextLoss = this.nextLossRow();
      }
      const cpu = cpus[i]!;
      if (cpu !== UNKNOWN_CPU) {
        const ts = times[i]!;
        if (ts < lastTs[cpu]! - jitter) this.restart(row, found);
        lastTs[cpu] = ts;
      }
      if (lastOnCpu[cpu] === -1) this.firstOnCpu.set(cpu, row);
      lastOnCpu[cpu] = row;
    }
  }

  /** To be called behind the last segment. */
  finish(found: FoundGaps): void {
    this.close(this.table.length, found);
    const overwritten = this.losses.find((l) => l.cpu < 0 && l.fromStart);
    if (!overwritten) return;
    for (const [cpu, row] of this.firstOnCpu)
      if (cpu !== UNKNOWN_CPU) found.gaps.push({ after: -1, before: row, cpu, line: overwritten.line });
  }

  private nextLossRow(): number {
    return this.losses[this.next]?.row ?? Infinity;
  }

  private close(row: number, found: FoundGaps): void {
    for (; this.next < this.losses.length && this.losses[this.next]!.row <= row; this.next++) {
      const loss = this.losses[this.next]!;
      if (loss.cpu < 0 && loss.fromStart) continue;
      found.gaps.push({ after: this.lastWhole(loss), before: loss.row, cpu: loss.cpu, line: loss.line });
    }
  }

  /** Last row before a loss of which it is certain that nothing is missing up to it. */
  private lastWhole(loss: LossMark): number {
    if (loss.fromStart) return -1;
    return loss.cpu < 0 ? loss.row - 1 : (this.lastOnCpu[loss.cpu] ?? -1);
  }

  private restart(row: number, found: FoundGaps): void {
    this.lastTs.fill(-Infinity);
    found.restarts.push(row);
    found.gaps.push({ after: row - 1, before: row, cpu: -1, line: this.table.line(row) });
  }
}
