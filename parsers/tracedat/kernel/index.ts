/**
 * Records of several recordings to lines, or to rows of the table, in the order of their times: what
 * ../slices.ts and a listing by strings, or ../read.ts, make of them is what this makes of them. What it does
 * not know it asks the host for, and what is not usual it leaves to the host.
 */
import { Lane, laneAt, State, step, Step } from './lanes';
import { Line, putLine } from './line';
import { putRow } from './rows';
import { LANES_MAX } from './memory';

export * from './memory';
export { delta, extra } from './lanes';
export { ROW_PROGRAM_BYTES } from '../../tep/kernel/payload';
export { checks, pooled, rows, startRows } from './rows';
export { high, low, setTime, startLines, used, wanted } from './line';
export { KEPT_BYTES, KEPT_COUNT, PROGRAM_BYTES, STEP_BYTES } from './program';

/** Why a run ended; the lane that it is about is `current`. */
const enum Ended {
  /** No lane has a record any more. */
  All,
  /** The lane's page has no more. */
  Page,
  Stamp,
  /** Its record is behind the slice. */
  Until,
  /** A damaged record at `extra`. */
  Bad,
  /** From here on: what its line came to, see line.ts. */
  Line,
}

export let current: i32 = 0;
let count: i32 = 0;
let until: f64 = 0;
let makesRows: bool = false;

/** Begins with so many lanes, of which records before a time are taken: as rows, or as lines. */
export function begin(lanes: i32, time: f64, asRows: bool): void {
  makesRows = asRows;
  count = min(lanes, <i32>LANES_MAX);
  until = time;
}

export function setLane(index: i32, from: f64, cpuText: u64, cpuLength: u32): void {
  const lane = laneAt(index);
  lane.state = State.Taken;
  lane.from = from;
  lane.taken = -1;
  lane.hasThread = 0;
  lane.position = 0;
  lane.pageEnd = 0;
  lane.cpuText = cpuText;
  lane.cpuLength = cpuLength;
}

/** The same of one whose records become rows. */
export function setRowLane(index: i32, cpu: u32): void {
  setLane(index, -1, 0, 0);
  const lane = laneAt(index);
  lane.cpu = cpu;
  lane.events = 0;
  noteRow(index, -Infinity);
}

/** The host has made a row of a lane, of this time; what this made of it before is known to it. */
export function noteRow(index: i32, time: f64): void {
  const lane = laneAt(index);
  lane.lastTs = time;
  lane.byHost = 0;
  forgetRows(index);
}

export function forgetRows(index: i32): void {
  const lane = laneAt(index);
  lane.firstRow = -1;
  lane.lastRow = -1;
  lane.events = 0;
}

/** The next record of a lane is for the host. */
export function leaveNext(index: i32): void {
  laneAt(index).byHost = 1;
}

export function firstRow(index: i32): i32 {
  return laneAt(index).firstRow;
}
export function lastRow(index: i32): i32 {
  return laneAt(index).lastRow;
}
export function lastTs(index: i32): f64 {
  return laneAt(index).lastTs;
}
export function events(index: i32): u32 {
  return laneAt(index).events;
}

/** A lane goes on with a page. */
export function setPage(index: i32, ts: f64, position: usize, pageEnd: usize, base: f64): void {
  const lane = laneAt(index);
  lane.ts = ts;
  lane.position = position;
  lane.pageEnd = pageEnd;
  lane.base = base;
}

export function endLane(index: i32): void {
  laneAt(index).state = State.Ended;
}

/** The current lane's record was taken by the host. */
export function take(): void {
  taken(laneAt(current));
}

/** Threads are looked up anew: their texts were forgotten. */
export function forgetThreads(): void {
  for (let i = 0; i < count; i++) laneAt(i).hasThread = 0;
}

export function ts(): f64 {
  return laneAt(current).ts;
}
export function setTs(time: f64): void {
  laneAt(current).ts = time;
}
export function start(): usize {
  return laneAt(current).start;
}
export function end(): usize {
  return laneAt(current).end;
}
export function place(): f64 {
  const lane = laneAt(current);
  return lane.base + <f64>lane.start;
}
export function takenPlace(): f64 {
  return laneAt(current).taken;
}

/** Whether a record of the lane had a thread, and the latest one. */
export function hasThread(index: i32): u32 {
  return laneAt(index).hasThread;
}
export function thread(index: i32): i32 {
  return laneAt(index).tid;
}

function taken(lane: Lane): void {
  lane.taken = lane.base + <f64>lane.start;
  lane.state = State.Taken;
  lane.events++;
}

export function run(): i32 {
  for (let i = 0; i < count; i++) {
    const lane = laneAt(i);
    if (lane.state !== State.Taken) continue;
    const ended = goOn(lane, i);
    if (ended !== 0) return ended;
  }
  while (true) {
    const chosen = earliest(-1);
    if (chosen < 0) return Ended.All;
    current = chosen;
    const lane = laneAt(chosen);
    const next = earliest(chosen);
    const limit = next < 0 ? Infinity : laneAt(next).ts;
    do {
      const line = makesRows ? putRow(lane) : putLine(lane);
      if (line !== Line.Printed) return Ended.Line + line;
      taken(lane);
      const ended = goOn(lane, chosen);
      if (ended !== 0) return ended;
    } while (lane.ts < limit || (lane.ts === limit && chosen < next));
  }
}

/** Goes to the next record of a lane; 0 where it is one of the slice. */
function goOn(lane: Lane, index: i32): i32 {
  const found = step(lane);
  if (found === Step.Record && lane.ts < until) {
    lane.state = State.Ready;
    return 0;
  }
  current = index;
  if (found === Step.Record) return Ended.Until;
  if (found === Step.Bad) return Ended.Bad;
  return found === Step.Page ? Ended.Page : Ended.Stamp;
}

/** The lane, other than one, whose record comes first; -1 where there is none. */
function earliest(but: i32): i32 {
  let best = -1;
  let bestTs: f64 = 0;
  for (let i = 0; i < count; i++) {
    const lane = laneAt(i);
    if (lane.state !== State.Ready || i === but) continue;
    if (best < 0 || lane.ts < bestTs) {
      best = i;
      bestTs = lane.ts;
    }
  }
  return best;
}

/** True where bytes may have something unseen in them: see ../../base/visible.ts. Reads 15 bytes more. */
export function mayBeUnseen(from: usize, to: usize): bool {
  let p = from;
  for (; p + 16 <= to; p += 16) if (unseen(v128.load(p))) return true;
  for (; p < to; p++) {
    const c = load<u8>(p);
    if (c >= 127 || (c < 32 && c !== 10 && c !== 9)) return true;
  }
  return false;
}

function unseen(bytes: v128): bool {
  const control = v128.lt<u8>(bytes, v128.splat<u8>(32));
  const blank = v128.or(v128.eq<u8>(bytes, v128.splat<u8>(10)), v128.eq<u8>(bytes, v128.splat<u8>(9)));
  const beyond = v128.ge<u8>(bytes, v128.splat<u8>(127));
  return v128.any_true(v128.or(v128.andnot(control, blank), beyond));
}
