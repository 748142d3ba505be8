/** One row of the table, as ../read.ts makes it of a record. */
import { Lane } from './lanes';
import {
  AT,
  CHECKS,
  COMM,
  CPU,
  FILLED,
  KIND,
  NAME,
  PAYLOAD,
  POOL,
  POOL_WORDS,
  PROGRAMS,
  TASKS,
  TASK_BYTES,
  TASK_COUNT,
  TGID,
  TID,
  TS,
} from './memory';
import { BY_HOST, Line, want } from './line';

/** Words of a step: slot, offset in the record, bytes, 1 when signed. */
const STEP_BYTES: usize = 16;
/** Words of a check: what is checked, of which slot, the slots that are no data when it fails. */
const CHECK_BYTES: usize = 12;
/** What is checked of a slot, as in ../../events/failedFetch.ts. */
const IS_LINK: u32 = 0;
const IS_INODE: u32 = 2;
const IS_INDEX: u32 = 3;
const MAPPING_FLAGS: u64 = 3;
const KERNEL_MIN: u64 = 0xff00000000000000;
const INODE_MIN: u64 = 0x8000000000000000;
const INDEX_MIN: u64 = 1 << 51;
/** How far up a payload's head the bits stand of slots that take two words, or hold no data. */
const HIGH_SHIFT: u32 = 16;
const ID_MAX: u32 = 0xffff;

/** What to do with the records of an event, as the host lays it down: words of 32 bits. */
@unmanaged
class RowProgram {
  kind: u32;
  name: u32;
  words: u32;
  /** The payload's mask when all steps are done. */
  mask: u32;
  /** The host looks at each of its payloads. */
  isChecked: u32;
  /** Of a probe: where the record has its address, -1 for none, and the address that this is for. */
  addressOffset: i32;
  addressSize: u32;
  addressLo: u32;
  addressHi: u32;
  /** See SlotPlan.steps in ../../tep/plan.ts, by ascending slots, and how many there are. */
  steps: usize;
  count: i32;
  /** Checks behind the steps: see SlotPlan.guard. */
  checks: i32;
}

export const ROW_PROGRAM_BYTES: usize = 48;

export let rows: i32 = 0;
export let checks: i32 = 0;
/** Words in the pool of this run. */
export let pooled: i32 = 0;
let most: i32 = 0;
let poolStart: u32 = 0;

/** Begins a run of up to so many rows, whose payloads begin there in the segment's pool. */
export function startRows(limit: i32, pool: u32): void {
  rows = 0;
  checks = 0;
  pooled = 0;
  most = limit;
  poolStart = pool;
}

/** Puts the row of a lane's current record. */
export function putRow(lane: Lane): Line {
  if (rows >= most) return Line.Full;
  const start = lane.start;
  const end = lane.end;
  if (lane.byHost !== 0 || start + 8 > end || lane.ts < lane.lastTs) return Line.Other;
  const tid = load<i32>(start + 4);
  if ((lane.hasThread === 0 || tid !== lane.tid) && !findThread(lane, tid)) return Line.Task;
  if (lane.comm > ID_MAX) return Line.Other;
  const id = load<u16>(start);
  const at = load<u32>(PROGRAMS + 4 * <usize>id);
  if (at <= BY_HOST) {
    want(id);
    return at === BY_HOST ? Line.Other : Line.Program;
  }
  const program = changetype<RowProgram>(<usize>at);
  if (program.addressOffset >= 0 && !isOfAddress(program, start, end)) {
    want(id);
    return Line.Program;
  }
  if (<usize>(pooled + program.words) > POOL_WORDS) return Line.Full;
  storeRow(lane, program);
  const isWhole = program.words === 0 || putPayload(program, start, end);
  if (program.isChecked !== 0 || !isWhole) {
    store<i32>(CHECKS + 8 * <usize>checks, rows);
    store<u32>(CHECKS + 8 * <usize>checks + 4, id);
    checks++;
  }
  rows++;
  return Line.Printed;
}

function findThread(lane: Lane, tid: i32): bool {
  const entry = TASKS + TASK_BYTES * (<usize>tid & (TASK_COUNT - 1));
  const comm = load<u32>(entry + 4);
  if (comm === 0 || load<i32>(entry) !== tid) {
    want(<usize>tid);
    return false;
  }
  lane.tid = tid;
  lane.hasThread = 1;
  lane.comm = comm - 1;
  lane.tgid = load<i32>(entry + 8);
  return true;
}

/** True for a record of the program's address, or one that is too short for any. */
function isOfAddress(program: RowProgram, start: usize, end: usize): bool {
  const at = start + program.addressOffset;
  if (at + program.addressSize > end) return true;
  const high = program.addressSize === 8 ? load<u32>(at + 4) : 0;
  return load<u32>(at) === program.addressLo && high === program.addressHi;
}

function storeRow(lane: Lane, program: RowProgram): void {
  const row: usize = rows;
  store<f64>(TS + 8 * row, lane.ts);
  store<f64>(AT + 8 * row, lane.base + <f64>lane.start);
  store<i32>(TID + 4 * row, lane.tid);
  store<i32>(TGID + 4 * row, lane.tgid);
  store<u16>(COMM + 2 * row, <u16>lane.comm);
  store<u16>(NAME + 2 * row, <u16>program.name);
  store<u32>(PAYLOAD + 4 * row, program.words === 0 ? 0 : poolStart + pooled);
  store<u16>(CPU + 2 * row, <u16>lane.cpu);
  store<u16>(KIND + 2 * row, <u16>program.kind);
  lane.lastTs = lane.ts;
  if (lane.firstRow < 0) lane.firstRow = rows;
  lane.lastRow = rows;
}

/**
 * What fillSlots of ../../tep/plan.ts does, packed as by ../../events/slots.ts; true where all steps were
 * done, and all of them gave data.
 */
function putPayload(program: RowProgram, start: usize, end: usize): bool {
  const p = POOL + 4 * <usize>pooled;
  let mask: u32 = 0;
  let wide: u32 = 0;
  let to = p + 4;
  let step = program.steps;
  for (let left = program.count; left > 0; left--) {
    const slot = load<u32>(step);
    const at = start + load<u32>(step + 4);
    const size = load<u32>(step + 8);
    if (at + size <= end) {
      const value = valueAt(at, size, load<u32>(step + 12) !== 0);
      const isWide: u32 = u32(value >> 32 !== 0);
      mask |= 1 << slot;
      wide |= isWide << slot;
      store<u64>(to, value);
      store<u64>(FILLED + 8 * <usize>slot, value);
      to += 4 + 4 * isWide;
    }
    step += STEP_BYTES;
  }
  const gone = program.checks === 0 ? 0 : failed(program.checks, step, mask);
  if (gone !== 0) to = pack(mask, wide | gone, p + 4);
  store<u32>(p, (mask & ~gone) | ((wide | gone) << HIGH_SHIFT));
  pooled += <u32>((to - p) >> 2);
  return mask === program.mask && gone === 0;
}

/** The slots that are no data: what dropFailed of ../../events/failedFetch.ts marks. */
function failed(count: i32, checks: usize, mask: u32): u32 {
  let gone: u32 = 0;
  let check = checks;
  for (let left = count; left > 0; left--) {
    const slot = load<u32>(check + 4);
    const isThere = ((mask & ~gone) >>> slot) & 1;
    if (isThere !== 0 && isFailed(load<u32>(check), load<u64>(FILLED + 8 * <usize>slot)))
      gone |= mask & ~gone & load<u32>(check + 8);
    check += CHECK_BYTES;
  }
  return gone;
}

function isFailed(what: u32, read: u64): bool {
  if (what === IS_INODE) return read >= INODE_MIN;
  if (what === IS_INDEX) return read >= INDEX_MIN;
  if (read === 0) return true;
  if (what === IS_LINK) return false;
  return (read & MAPPING_FLAGS) !== 0 || (read >> 32 !== 0 && read < KERNEL_MIN);
}

/** Puts the slots that are there, with two words for the wide ones; returns where they end. */
function pack(mask: u32, wide: u32, at: usize): usize {
  let to = at;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const slot = ctz(rest);
    store<u64>(to, load<u64>(FILLED + 8 * <usize>slot));
    to += 4 + 4 * ((wide >>> slot) & 1);
  }
  return to;
}

function valueAt(at: usize, size: u32, isSigned: bool): u64 {
  if (size === 8) return load<u64>(at);
  if (isSigned) {
    if (size === 4) return <u64>(<i64>load<i32>(at));
    return size === 2 ? <u64>(<i64>load<i16>(at)) : <u64>(<i64>load<i8>(at));
  }
  if (size === 4) return load<u32>(at);
  return size === 2 ? load<u16>(at) : load<u8>(at);
}
