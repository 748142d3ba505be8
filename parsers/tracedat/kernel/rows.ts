/** One row of the table, as ../read.ts makes it of a record. */
import { Lane } from './lanes';
import {
  AT,
  CHECKS,
  COMM,
  CPU,
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
import { isWhole, putPayload, RowProgram } from '../../tep/kernel/payload';
import { BY_HOST, Line, want } from './line';

const ID_MAX: u32 = 0xffff;

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
  const words = program.words === 0 ? 0 : putPayload(program, start, end, POOL + 4 * <usize>pooled);
  pooled += words;
  if (program.isChecked !== 0 || (words !== 0 && !isWhole)) {
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
  store<u8>(KIND + row, <u8>program.kind);
  lane.lastTs = lane.ts;
  if (lane.firstRow < 0) lane.firstRow = rows;
  lane.lastRow = rows;
}
