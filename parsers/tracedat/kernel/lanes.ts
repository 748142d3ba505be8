/** Recordings whose records are taken by time: what ../stream.ts does within a page. */
import { LANES, LANE_BYTES } from './memory';

const TYPE_PADDING: u32 = 29;
const TYPE_TIME_EXTEND: u32 = 30;
const TYPE_TIME_STAMP: u32 = 31;
const EXTEND_SCALE: f64 = 134217728;

/** What a step comes to. */
export const enum Step {
  Record,
  /** The page has no more. */
  Page,
  /** An absolute time, which the host works out from `extra` and `delta`. */
  Stamp,
  /** A record at `extra` that cannot be one: what the page has behind it is gone. */
  Bad,
}

export const enum State {
  Ended,
  /** Its current record is to be taken. */
  Ready,
  /** Its current record was taken. */
  Taken,
}

@unmanaged
export class Lane {
  /** Time of the current record. */
  ts: f64;
  /** What makes a place in the recording of an address. */
  base: f64;
  /** Places of the first record that is wanted, and of the latest that was taken. */
  from: f64;
  taken: f64;
  position: usize;
  pageEnd: usize;
  /** The current record. */
  start: usize;
  end: usize;
  state: u32;
  tid: i32;
  hasThread: u32;
  task: usize;
  taskLength: u32;
  cpuLength: u32;
  cpuText: u64;
  /** For rows: the latest one's time; the first and latest of this run, -1 for none; the thread's name. */
  lastTs: f64;
  firstRow: i32;
  lastRow: i32;
  comm: u32;
  tgid: i32;
  cpu: u32;
  /** Records that were taken. */
  events: u32;
  /** The next record is for the host. */
  byHost: u32;
}

export let extra: u32 = 0;
export let delta: u32 = 0;

export function laneAt(index: i32): Lane {
  return changetype<Lane>(LANES + LANE_BYTES * <usize>index);
}

/** Goes to the next record that is wanted. */
export function step(lane: Lane): Step {
  while (true) {
    const p = lane.position;
    const pageEnd = lane.pageEnd;
    if (p >= pageEnd) return Step.Page;
    if (p + 4 > pageEnd) return bad(lane, p);
    const word = load<u32>(p);
    const type = word & 31;
    const ticks = word >>> 5;
    if (type - 1 < TYPE_PADDING - 1) {
      const end = p + 4 + 4 * <usize>type;
      if (end > pageEnd) return bad(lane, p);
      lane.ts += <f64>ticks;
      lane.start = p + 4;
      lane.end = end;
      lane.position = end;
      if (lane.base + <f64>(p + 4) >= lane.from) return Step.Record;
      continue;
    }
    if (type === TYPE_PADDING && ticks === 0) {
      lane.position = pageEnd;
      continue;
    }
    if (p + 8 > pageEnd) return bad(lane, p);
    const next = load<u32>(p + 4);
    lane.position = p + 8;
    if (type === TYPE_TIME_EXTEND) lane.ts += <f64>next * EXTEND_SCALE + <f64>ticks;
    else if (type === TYPE_TIME_STAMP) {
      extra = next;
      delta = ticks;
      return Step.Stamp;
    } else {
      if (next < 4 || <usize>next > pageEnd - p - 4) return bad(lane, p);
      if (takeLong(lane, p, type, ticks, next)) return Step.Record;
    }
  }
}

function bad(lane: Lane, p: usize): Step {
  lane.position = lane.pageEnd;
  extra = <u32>p;
  return Step.Bad;
}

/** A record with its length in a word of its own; false of one that is none, or not wanted. */
function takeLong(lane: Lane, p: usize, type: u32, ticks: u32, length: u32): bool {
  lane.ts += <f64>ticks;
  lane.position = min(p + 4 + ((<usize>length + 3) & ~3), lane.pageEnd);
  if (type !== 0 || length <= 4) return false;
  lane.start = p + 8;
  lane.end = p + 4 + <usize>length;
  return lane.base + <f64>lane.start >= lane.from;
}
