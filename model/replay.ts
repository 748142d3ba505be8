/** The replay of a trace: its events, losses and restarts, one after the other, into the state of a world. */
import type { EventTable } from '../parsers/events/table.js';
import { firstIndex } from '../parsers/base/search.js';
import type { LossMark } from '../parsers/events/issues.js';
import { SEGMENT_ROWS, type Segment } from '../parsers/events/segment.js';
import type { AnalyzeOptions } from './analysis.js';
import { loseCalls } from './lower/loss.js';
import { lowerings } from './lower/lower.js';
import type { Lowering } from './lower/lowering.js';
import { Op } from './ops/oplog.js';
import { Ev } from './world/event.js';
import type { World } from './world/world.js';

/** Rows between two looks at the cancel token. */
const POLL_ROWS = 1 << 14;
/** Rows of one call: engines make quick code of what is called often sooner than of one long loop. */
const RUN_ROWS = 1 << 10;

/**
 * Runs every event from row `from` up to row `end` through its lowering, in trace order, which changes the
 * world and tells its facts; returns true when cancelled.
 */
export function replay(
  w: World,
  table: EventTable,
  options: Pick<AnalyzeOptions, 'progress' | 'cancel'> = {},
  from = 0,
  end = table.length,
): boolean {
  const loweringOf = lowerings();
  const ev = new Ev();
  const breaks = new Breaks(w, table, from);
  for (let s = Math.floor(from / SEGMENT_ROWS); s < table.segments.length; s++) {
    const seg = table.segments[s]!;
    const base = s * SEGMENT_ROWS;
    const rows = Math.min(seg.length, end - base);
    for (let i = Math.max(0, from - base); i < rows; ) {
      if ((i & (POLL_ROWS - 1)) === 0) {
        options.progress?.(base + i);
        if (options.cancel?.cancelled) return true;
      }
      breaks.before(base + i);
      const until = Math.min(rows, (i | (RUN_ROWS - 1)) + 1, breaks.nextRow - base);
      events(w, ev, loweringOf, seg, s, i, until);
      i = until;
    }
  }
  return false;
}

/** The events of a segment from `from` up to `until`. */
function events(
  w: World,
  ev: Ev,
  loweringOf: readonly (Lowering | undefined)[],
  seg: Segment,
  s: number,
  from: number,
  until: number,
): void {
  const { kind } = seg;
  for (let i = from; i < until; i++) {
    const lower = loweringOf[kind[i]!];
    if (lower === undefined) continue;
    ev.point(seg, s, i);
    lower(w, ev, w.thread(ev));
  }
}

/** Where something stands before a row: a loss, or a step back of the times. */
class Breaks {
  private readonly losses: readonly LossMark[];
  private nextLoss: number;
  private nextRestart: number;

  constructor(
    private readonly w: World,
    table: EventTable,
    from: number,
  ) {
    const losses = [...table.losses].sort((a, b) => a.row - b.row);
    const { restarts } = w.survey;
    this.losses = losses;
    this.nextRestart = firstIndex(restarts.length, (i) => restarts[i]! >= from);
    this.nextLoss = firstIndex(losses.length, (i) => losses[i]!.row >= from);
  }

  /** The next row that something stands before. */
  get nextRow(): number {
    const { losses, nextLoss, w, nextRestart } = this;
    return Math.min(losses[nextLoss]?.row ?? Infinity, w.survey.restarts[nextRestart] ?? Infinity);
  }

  /** What stands before a row. */
  before(row: number): void {
    const { w, losses } = this;
    const { restarts } = w.survey;
    if (losses[this.nextLoss] !== undefined && losses[this.nextLoss]!.row <= row) {
      for (; this.nextLoss < losses.length && losses[this.nextLoss]!.row <= row; this.nextLoss++)
        w.op(Op.Loss, -1, row, 0, 0, losses[this.nextLoss]!.cpu, losses[this.nextLoss]!.count);
      loseCalls(w, row);
    }
    if (restarts[this.nextRestart] !== row) return;
    while (restarts[this.nextRestart] === row) this.nextRestart++;
    loseCalls(w, row);
  }
}
