/**
 * Moving through the trace: which event a step goes to, and running until something stops it.
 * Everything works in both directions.
 */
import { Op, type OpCode } from '../../model/ops/oplog.js';
import type { TraceIndex } from '../../model/cursor/traceIndex.js';
import type { Moment } from '../../model/objects/moment.js';
import type { ExprObject } from '../../model/expr/value.js';
import { renderTemplate } from '../../model/expr/template.js';
import { conditionHolds, type Breakpoint, type Direction, type StopReason } from './breakpoints.js';
import type { DebugHost } from './host.js';
import type { Follow } from './launch.js';
import type { Threads } from './threads.js';
import { Watcher, type Watch } from './watch.js';

/** Which events a step goes to. `undefined` is every event. */
export type EventTest = ((row: number) => boolean) | undefined;

/** The test for what the launch follows. */
export function followTest(follow: Follow, index: TraceIndex, threads: Threads): EventTest {
  const { table, analysis } = index;
  switch (follow.kind) {
    case 'all':
    case 'here':
      return undefined;
    case 'thread':
      return (row) => table.tid(row) === follow.number;
    case 'vcpu': {
      const tids = new Set(threads.ofVcpu(follow.number).map((thread) => thread.tid));
      return (row) => tids.has(table.tid(row));
    }
    case 'conversion': {
      const conversion = analysis.conversions[follow.number];
      if (!conversion) return () => false;
      const last = conversion.untilRow < 0 ? table.length - 1 : conversion.untilRow;
      const phases = new Set(conversion.phaseRows);
      return (row) =>
        row >= conversion.fromRow && row <= last && (table.tid(row) === conversion.tid || phases.has(row));
    }
    case 'page':
      return touchTest(index, pageWatch(follow));
  }
}

function pageWatch(follow: Follow & { readonly kind: 'page' }): Watch {
  const ofVm = follow.gfn >= 0;
  return {
    unit: ofVm ? 'gfn' : 'pgoff',
    subject: Math.max(0, ofVm ? follow.vm : follow.inode),
    first: ofVm ? follow.gfn : follow.pgoff,
    count: 1,
    fact: 'state',
  };
}

/** Events with an operation that touches what a watch means. */
export function touchTest(index: TraceIndex, watch: Watch): EventTest {
  const { ops } = index.analysis;
  const watcher = new Watcher(index, watch);
  return (row) => {
    for (let i = ops.firstAtRow(row); i < ops.length && ops.row(i) === row; i++)
      if (!isBracket(ops.op(i)) && watcher.touches(ops, i)) return true;
    return false;
  };
}

/** The start and the end of an invalidation name no page: its range does. */
function isBracket(op: OpCode): boolean {
  return op === Op.InvStart || op === Op.InvEnd;
}

/** The nearest row that passes, -1 when there is none. */
export function nearestRow(index: TraceIndex, row: number, direction: Direction, test: EventTest): number {
  for (let r = row + direction; r >= 0 && r < index.table.length; r += direction)
    if (!test || test(r)) return r;
  return -1;
}

/**
 * The nearest row whose event changes the state of the shim; leaves the cursor there.
 * -1, and the cursor as it was, when there is none.
 */
export function nearestChange(moment: Moment, direction: Direction, test: EventTest): number {
  const { ops } = moment.cursor;
  const start = moment.row;
  let row = start;
  for (;;) {
    const i = direction > 0 ? ops.firstAtRow(row + 1) : ops.firstAtRow(row) - 1;
    if (i < 0 || i >= ops.length) break;
    row = ops.row(i);
    if (test && !test(row)) continue;
    moment.cursor.seek(row - 1);
    if (moment.cursor.seek(row)) return row;
  }
  moment.cursor.seek(start);
  return -1;
}

export interface RunEnd {
  /** Why it stopped; undefined at the limit. */
  readonly stop: StopReason | undefined;
  readonly breakpoints: readonly number[];
  readonly paused: boolean;
}

export interface RunOptions {
  readonly direction: Direction;
  /** The run ends before this row when nothing stops it; the row itself is not asked. */
  readonly limit: number;
  readonly isPaused: () => boolean;
  /** A log point's message at the moment's row. */
  readonly log: (message: string) => void;
}

/** Work between two looks at the client's messages. */
const SLICE_MS = 40;

/**
 * Runs until a breakpoint stops it, the client pauses it, or nothing is left before the limit;
 * leaves the cursor where it stopped.
 */
export async function run(
  moment: Moment,
  root: ExprObject,
  breakpoints: () => readonly Breakpoint[],
  host: DebugHost,
  options: RunOptions,
): Promise<RunEnd> {
  const { direction, limit } = options;
  let row = moment.row;
  let sliceEnd = host.now() + SLICE_MS;
  for (;;) {
    const set = breakpoints();
    const next = nearestOf(set, row, direction);
    const isBeyond = direction > 0 ? next >= limit : next <= limit;
    if (next < 0 || isBeyond) return { stop: undefined, breakpoints: [], paused: false };
    row = next;
    moment.cursor.seek(row);
    const hit = hitsAt(moment, root, set, direction, row, options.log);
    if (hit) return hit;
    if (host.now() >= sliceEnd) {
      await host.breathe();
      if (options.isPaused()) return { stop: undefined, breakpoints: [], paused: true };
      sliceEnd = host.now() + SLICE_MS;
    }
  }
}

/** Whether something stops at `row` on the way; for the last event of a step. */
export function stopAt(
  moment: Moment,
  root: ExprObject,
  breakpoints: readonly Breakpoint[],
  direction: Direction,
  log: (message: string) => void,
): RunEnd | undefined {
  return hitsAt(moment, root, breakpoints, direction, moment.row, log);
}

function nearestOf(breakpoints: readonly Breakpoint[], row: number, direction: Direction): number {
  let nearest = -1;
  for (const breakpoint of breakpoints) {
    const found = breakpoint.nearest(row, direction);
    const isNearer = nearest < 0 || (direction > 0 ? found < nearest : found > nearest);
    if (found >= 0 && isNearer) nearest = found;
  }
  return nearest;
}

function hitsAt(
  moment: Moment,
  root: ExprObject,
  breakpoints: readonly Breakpoint[],
  direction: Direction,
  row: number,
  log: (message: string) => void,
): RunEnd | undefined {
  const hit: number[] = [];
  let stop: StopReason | undefined;
  for (const breakpoint of breakpoints) {
    if (breakpoint.nearest(row - direction, direction) !== row) continue;
    const reason = breakpoint.reason(moment);
    if (!reason) continue;
    const { condition } = breakpoint;
    const holds = conditionHolds(condition, root);
    if (holds === false) continue;
    breakpoint.hits++;
    if (condition.hits && !condition.hits(breakpoint.hits)) continue;
    if (condition.log) {
      log(renderTemplate(condition.log, root));
      continue;
    }
    hit.push(breakpoint.id);
    stop ??= holds === true ? reason : failedCondition(reason, holds);
  }
  return stop && { stop, breakpoints: hit, paused: false };
}

function failedCondition(reason: StopReason, why: string): StopReason {
  return {
    ...reason,
    description: 'Condition failed',
    text: `The condition cannot be worked out here: ${why}`,
  };
}
