/** The replay of a trace: its events, losses and restarts, one after the other, into the state of a world. */
import type { EventTable } from '../parsers/events/table.js';
import { firstIndex } from '../parsers/base/search.js';
import { SEGMENT_ROWS } from '../parsers/events/segment.js';
import type { AnalyzeOptions } from './analysis.js';
import { loseCalls } from './lower/loss.js';
import { lowerings } from './lower/lower.js';
import { Op } from './ops/oplog.js';
import { Ev } from './world/event.js';
import type { World } from './world/world.js';

/** Rows between two looks at the cancel token. */
const POLL_ROWS = 1 << 14;

/**
 * Runs every event from row `from` on through its lowering, in trace order, which changes the world and tells
 * its facts; returns true when cancelled.
 */
export function replay(
  w: World,
  table: EventTable,
  options: Pick<AnalyzeOptions, 'progress' | 'cancel'> = {},
  from = 0,
): boolean {
  const loweringOf = lowerings();
  const ev = new Ev();
  const losses = [...table.losses].sort((a, b) => a.row - b.row);
  const { restarts } = w.survey;
  let nextRestart = firstIndex(restarts.length, (i) => restarts[i]! >= from);
  let nextLoss = firstIndex(losses.length, (i) => losses[i]!.row >= from);
  for (let s = Math.floor(from / SEGMENT_ROWS); s < table.segments.length; s++) {
    const seg = table.segments[s]!;
    for (let i = Math.max(0, from - s * SEGMENT_ROWS); i < seg.length; i++) {
      if ((i & (POLL_ROWS - 1)) === 0) {
        options.progress?.(s * SEGMENT_ROWS + i);
        if (options.cancel?.cancelled) return true;
      }
      const row = s * SEGMENT_ROWS + i;
      if (nextLoss < losses.length && losses[nextLoss]!.row <= row) {
        for (; nextLoss < losses.length && losses[nextLoss]!.row <= row; nextLoss++)
          w.op(Op.Loss, -1, row, 0, 0, losses[nextLoss]!.cpu, losses[nextLoss]!.count);
        loseCalls(w, row);
      }
      if (nextRestart < restarts.length && restarts[nextRestart] === row) {
        while (restarts[nextRestart] === row) nextRestart++;
        loseCalls(w, row);
      }
      const lower = loweringOf[seg.kind[i]!];
      if (lower === undefined) continue;
      ev.point(seg, s, i);
      lower(w, ev, w.thread(ev));
    }
  }
  return false;
}
