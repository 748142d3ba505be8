/**
 * Records of several recordings to lines, in the order of their times: what ../slices.ts and a listing by
 * strings make of them is what this makes of them. What it does not know it asks the host for, and what is
 * not usual it leaves to the host.
 */
import { Lane, laneAt, State, step, Step } from './lanes';
import { Line, putLine } from './line';
import { LANES_MAX } from './memory';

export * from './memory';
export { delta, extra } from './lanes';
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
  /** From here on: what its line came to, see line.ts. */
  Line,
}

export let current: i32 = 0;
let count: i32 = 0;
let until: f64 = 0;

/** Begins with so many lanes, of which records before a time are taken. */
export function begin(lanes: i32, time: f64): void {
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

export function hasThread(): u32 {
  return laneAt(current).hasThread;
}
export function thread(): i32 {
  return laneAt(current).tid;
}

function taken(lane: Lane): void {
  lane.taken = lane.base + <f64>lane.start;
  lane.state = State.Taken;
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
      const line = putLine(lane);
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
