/**
 * Samples of a perf.data: their times, for those who wait for their turn, and rows of those whose turn it is,
 * as ../samples.ts makes them. What is not usual is left to the host.
 */
import { isWhole, putPayload, RowProgram } from '../../tep/kernel/payload';
import {
  BACK,
  CHECKS,
  COMM,
  CPU,
  KIND,
  NAME,
  OFFSETS,
  PAYLOAD,
  POOL,
  POOL_WORDS,
  PROGRAMS,
  RECORDS,
  ROWS,
  TASK_BYTES,
  TASK_COUNT,
  TASKS,
  TGID,
  TID,
  TIMES,
  TS,
  WHEN,
} from './memory';

export * from './memory';
export { ROW_PROGRAM_BYTES } from '../../tep/kernel/payload';

/** Why a run of rows ended. */
const enum Ended {
  All,
  /** The host has to lay down a program for `wanted`, the ID of a format. */
  Program,
  /** The name of the thread `wanted`. */
  Task,
  /** The host makes the row of the next record. */
  Other,
  /** There is no room for it. */
  Full,
}

const RECORD_SAMPLE: u32 = 9;
const HEADER_BYTES: usize = 8;
const BY_HOST: u32 = 1;
const UNKNOWN_CPU: u32 = 0xffff;
const ID_MAX: u32 = 0xffff;
const TWO_32: f64 = 4294967296;

/** Where fields lie in every sample: see SampleLayout in ../abi.ts. */
let tidAt: usize = 0;
let timeAt: usize = 0;
let cpuAt: usize = 0;
let rest: usize = 0;
let hasChain: bool = false;
/** What is subtracted from every time. */
let baseHigh: i64 = 0;
let baseLow: i64 = 0;

export function setLayout(tid: usize, time: usize, cpu: usize, fixed: usize, callchain: bool): void {
  tidAt = tid;
  timeAt = time;
  cpuAt = cpu;
  rest = fixed;
  hasChain = callchain;
}

export function setBase(high: u32, low: u32): void {
  baseHigh = high;
  baseLow = low;
}

/** Records of the latest walk, and how many of them are older than the one before. */
export let walked: i32 = 0;
export let back: i32 = 0;
/** The greatest time of any, and the latest one. */
export let newest: f64 = 0;
export let latest: f64 = 0;

/**
 * Goes by samples that lie whole in memory[p, end) of a piece that begins at `piece`; returns where the first
 * record is that is none, or has no time. `latest` and `newest` were seen before.
 */
export function walk(p: usize, end: usize, piece: usize, latestBefore: f64, newestBefore: f64): usize {
  let at = p;
  let n: usize = 0;
  latest = latestBefore;
  newest = newestBefore;
  back = 0;
  while (n < ROWS && at + HEADER_BYTES <= end) {
    const size: usize = load<u16>(at + 6);
    if (load<u32>(at) !== RECORD_SAMPLE || size < rest || at + size > end) break;
    const time = load<u64>(at + timeAt);
    // 0 and all ones stand for none.
    if (time - 1 >= <u64>-2) break;
    const high = <f64>(<i64>(time >> 32) - baseHigh);
    const ts = high * TWO_32 + <f64>(<i64>(time & 0xffffffff) - baseLow);
    store<f64>(TIMES + 8 * n, ts);
    store<u32>(OFFSETS + 4 * n, <u32>(at - piece));
    if (ts < latest) {
      store<u32>(BACK + 4 * <usize>back, <u32>n);
      back++;
    }
    latest = ts;
    newest = max(newest, ts);
    n++;
    at += size;
  }
  walked = <i32>n;
  return at;
}

export let rows: i32 = 0;
export let checks: i32 = 0;
/** Words in the pool of this run. */
export let pooled: i32 = 0;
export let wanted: i32 = 0;
/** The latest row's time, and the greatest CPU of any. */
export let lastTime: f64 = 0;
export let maxCpu: i32 = -1;
let most: i32 = 0;
let poolStart: u32 = 0;
let firstTime: f64 = 0;

/** Begins a run of up to so many rows, whose payloads begin there in the segment's pool. */
export function startRows(limit: i32, pool: u32, first: f64, last: f64): void {
  rows = 0;
  checks = 0;
  pooled = 0;
  most = limit;
  poolStart = pool;
  firstTime = first;
  lastTime = last;
}

/** The next record of those that become rows. */
export let next: i32 = 0;

/** Makes rows of the records from `from` up to `to`. */
export function run(from: i32, to: i32): i32 {
  for (next = from; next < to; next++) {
    const ended = putRow(load<u32>(RECORDS + 4 * <usize>next), load<f64>(WHEN + 8 * <usize>next));
    if (ended !== Ended.All) return ended;
  }
  return Ended.All;
}

function putRow(p: usize, time: f64): Ended {
  const size: usize = load<u16>(p + 6);
  if (load<u32>(p) !== RECORD_SAMPLE || size < rest || time < lastTime) return Ended.Other;
  const end = p + size;
  let raw = p + rest;
  if (hasChain) {
    // A chain, or a count that is a lie.
    if (raw + 8 > end || load<u64>(raw) !== 0) return Ended.Other;
    raw += 8;
  }
  if (raw + 6 > end) return Ended.Other;
  const rawBytes = load<u32>(raw);
  if (rawBytes < 2 || <usize>rawBytes > end - raw - 4) return Ended.Other;
  const start = raw + 4;
  const rawEnd = start + rawBytes;
  const tid = load<i32>(p + tidAt + 4);
  const task = TASKS + TASK_BYTES * (<usize>tid & (TASK_COUNT - 1));
  const comm = load<u32>(task + 4);
  const id: u32 = load<u16>(start);
  const found = load<u32>(PROGRAMS + 4 * <usize>id);
  if (found === BY_HOST) return Ended.Other;
  const program = changetype<RowProgram>(<usize>found);
  if (
    found !== 0 &&
    program.addressOffset >= 0 &&
    start + program.addressOffset + program.addressSize > rawEnd
  )
    return Ended.Other;
  if (found === 0 || (program.addressOffset >= 0 && !isOfAddress(program, start))) {
    wanted = id;
    return Ended.Program;
  }
  if (comm === 0 || load<i32>(task) !== tid) {
    wanted = tid;
    return Ended.Task;
  }
  if (comm - 1 > ID_MAX) return Ended.Other;
  if (rows >= most || <usize>(pooled + program.words) > POOL_WORDS) return Ended.Full;
  storeRow(p, time, tid, comm - 1, program);
  const words = program.words === 0 ? 0 : putPayload(program, start, rawEnd, POOL + 4 * <usize>pooled);
  pooled += words;
  if (program.isChecked !== 0 || (words !== 0 && !isWhole)) {
    store<i32>(CHECKS + 8 * <usize>checks, rows);
    store<u32>(CHECKS + 8 * <usize>checks + 4, id);
    checks++;
  }
  rows++;
  return Ended.All;
}

/** True for a record of the program's address; it is long enough for one. */
function isOfAddress(program: RowProgram, start: usize): bool {
  const at = start + program.addressOffset;
  const high = program.addressSize === 8 ? load<u32>(at + 4) : 0;
  return load<u32>(at) === program.addressLo && high === program.addressHi;
}

function storeRow(p: usize, time: f64, tid: i32, comm: u32, program: RowProgram): void {
  const row: usize = rows;
  const cpu = load<u32>(p + cpuAt);
  if (cpu < UNKNOWN_CPU) maxCpu = max(maxCpu, <i32>cpu);
  store<f64>(TS + 8 * row, time - firstTime);
  store<i32>(TID + 4 * row, tid);
  store<i32>(TGID + 4 * row, load<i32>(p + tidAt));
  store<u32>(PAYLOAD + 4 * row, program.words === 0 ? 0 : poolStart + pooled);
  store<u16>(COMM + 2 * row, <u16>comm);
  store<u16>(NAME + 2 * row, <u16>program.name);
  store<u16>(CPU + 2 * row, <u16>min(cpu, UNKNOWN_CPU));
  store<u8>(KIND + row, <u8>program.kind);
  lastTime = time;
}
