/**
 * Lines of ftrace text to rows, as far as they are plain: what ../reader.ts makes of them is what this makes
 * of them, and a line of which that is not certain ends the run, for the reader to take it. Nothing here
 * knows of damage, of other layouts, or of what the reader says of a text: a line about which there is
 * anything to say is not plain.
 */
import { CARRIAGE_RETURN, QUOTE, newlineOfPlain, holdsColonBlank, same, skipBlanks } from './bytes';
import { comm, cpu, decimals, hasTgid, keepHead, nanos, readContext, readKnown } from './context';
import { seconds, tgid, tid, timeStart, wider } from './context';
import { endsAsBefore, hasKnownEnding } from './endings';
import { matchForm } from './forms';
import { readArgs } from './args';
import {
  AT,
  COMM,
  CPU,
  CPUS_SEEN,
  CPU_ROWS,
  CPU_TIMES,
  FILLED,
  KIND,
  NAME,
  PAYLOAD,
  POOL,
  TASKS,
  TASK_BYTES,
  TASK_NAMES,
  TGID,
  TID,
  TIME_AT,
  TS,
} from './memory';
import { beSure, isUnsure } from './numbers';
import { Plan, isAsPrinted, isSyscall, payloadEnd, payloadOf, planAt, setLast } from './plan';

export * from './memory';
export { addPlan, forgetPlans, setLast } from './plan';

const NS_PER_SECOND: f64 = 1e9;
/** Below it, whole numbers are exact. */
const EXACT: f64 = 9e15;
const LINE_BYTES_MIN: usize = 48;

/** What a run found, for the host to go on with. */
export let rows: i32 = 0;
/** Where the first line begins that was not taken. */
export let position: usize = 0;
/** Where the next payload goes in the segment's pool. */
export let poolUsed: u32 = 0;
/** A line had a column for its thread group; a line's numbers were no wider than their columns. */
export let sawTgid: bool = false;
export let sawUsual: bool = false;
/** The times of the last row, and the greatest of a row since order was broken, with its CPU. */
export let lastTime: f64 = 0;
export let highest: f64 = 0;
export let highestCpu: i32 = 0;
export let cpusSeen: i32 = 0;

/** What holds of the text before the run. */
let firstSecond: f64 = 0;
let firstNanos: f64 = 0;
let firstDecimals: u32 = 0;
let lateMax: f64 = 0;
let column: usize = 0;
let poolStart: u32 = 0;

/**
 * Takes the clock as it is: the first row's time and how many decimals it had, the greatest time and its CPU,
 * and by how much a row of another CPU may be late. The times of CPUs are laid down by the host.
 */
export function setClock(
  second: f64,
  nano: f64,
  digits: u32,
  greatest: f64,
  greatestCpu: i32,
  late: f64,
): void {
  firstSecond = second;
  firstNanos = nano;
  firstDecimals = digits;
  highest = greatest;
  highestCpu = greatestCpu;
  lateMax = late;
}

/**
 * Takes lines from bytes [from, to) of the memory, up to `most` rows. `at` is the first one's place, as a
 * distance; events begin in `usual`, wider numbers apart; payloads go into a pool from `used` on.
 */
export function run(from: usize, to: usize, at: u32, most: i32, usual: usize, used: u32): void {
  begin(usual, used);
  let start = from;
  while (rows < most) {
    const newline = newlineOfPlain(start, to);
    if (newline < start + LINE_BYTES_MIN) break;
    const end = load<u8>(newline - 1) === CARRIAGE_RETURN ? newline - 1 : newline;
    if (!takeLine(start, end)) break;
    store<u32>(AT + 4 * rows, at + <u32>(start - from));
    rows++;
    start = newline + 1;
  }
  position = start;
}

function begin(usual: usize, used: u32): void {
  for (let i = 0; i < cpusSeen; i++) store<i32>(CPU_ROWS + 4 * load<u32>(CPUS_SEEN + 4 * i), -1);
  cpusSeen = 0;
  rows = 0;
  sawTgid = false;
  sawUsual = false;
  column = usual;
  poolUsed = used;
  poolStart = used;
}

/** Makes the next row of a line; false where it is left to the host, with nothing changed. */
function takeLine(start: usize, end: usize): bool {
  beSure();
  let event = readKnown(start);
  const isKnown = event !== 0;
  if (!isKnown) event = readContext(start);
  if (event === 0 || event >= end || event - start !== column + wider) return false;
  const task = TASK_NAMES + TASK_BYTES * (<usize>tid & (TASKS - 1));
  if (!isKnown && !same(task, start, 16)) return false;
  const time = (seconds - firstSecond) * NS_PER_SECOND + (nanos - firstNanos);
  if (time < load<f64>(CPU_TIMES + 8 * cpu) || (time < highest && highest - time > lateMax)) return false;
  const at = planAt(event, end);
  if (at === 0) return false;
  const plan = changetype<Plan>(at);
  // A quoted byte may be the line's end itself.
  const last = payloadEnd(plan, end);
  if (load<u8>(last - 1) === QUOTE || !readPayload(plan, payloadOf(plan, event), last) || isUnsure)
    return false;
  setLast(at);
  tick(time);
  if (!isKnown) keepHead(start, load<u32>(task + 16));
  storeRow(plan, time, <u16>(isKnown ? comm : load<u32>(task + 16)));
  store<u8>(TIME_AT + rows, isAsPrinted(plan) ? timeAt(start, event, time) : 0);
  return true;
}

/** Reads what stands behind an event's name to FILLED; false where there is anything to say of it. */
function readPayload(plan: Plan, start: usize, end: usize): bool {
  if (plan.slots === 0)
    return plan.wasSeen !== 0 && hasKnownEnding(plan, start, end) && !holdsColonBlank(start, end);
  if (plan.forms === 0)
    return plan.args !== 0 && readArgs(plan.args, start + plan.placeLength, end, FILLED, isSyscall(plan));
  const count = load<u32>(plan.forms);
  for (let i: usize = 0; i < count; i++) {
    const after = matchForm(load<u32>(plan.forms + 4 + 4 * i), start, end, FILLED);
    // A form without a mask fills less than its event needs.
    if (after !== 0) return load<u32>(FILLED) !== 0 && endsForm(plan, start, after, end);
  }
  return false;
}

/** True where a printed form at bytes [start, after) ends the line as it did before. */
function endsForm(plan: Plan, start: usize, after: usize, end: usize): bool {
  if (after < end && skipBlanks(after) < end) return endsAsBefore(plan, start, end);
  return plan.goesOn === 0 && plan.wasSeen !== 0;
}

/**
 * Where in a line its time begins, if the line goes on as the row is printed: with as many decimals as the
 * first, and not before it. 0 where it does not.
 */
function timeAt(start: usize, event: usize, time: f64): u8 {
  const isPrinted = decimals === firstDecimals && seconds >= firstSecond && time < EXACT;
  return isPrinted && timeStart !== 0 && event - start < 256 ? <u8>(timeStart - start) : 0;
}

function tick(time: f64): void {
  store<f64>(CPU_TIMES + 8 * cpu, time);
  lastTime = time;
  if (time < highest) return;
  highest = time;
  highestCpu = cpu;
}

/** Puts what is in FILLED into the pool, as ../../events/slots.ts packs it: no slot of it lacks data. */
function storePayload(): void {
  const read = load<u32>(FILLED);
  const start = POOL + 4 * (poolUsed - poolStart);
  let head = read;
  let to = start + 4;
  for (let rest = read; rest !== 0; rest &= rest - 1) {
    const slot = ctz(rest);
    const value = load<u64>(FILLED + 4 + 8 * slot);
    store<u64>(to, value);
    to += 4;
    if (value >> 32 === 0) continue;
    to += 4;
    head |= 1 << (slot + 16);
  }
  store<u32>(start, head);
  poolUsed += <u32>((to - start) >> 2);
}

function storeRow(plan: Plan, time: f64, comm: u16): void {
  const row: usize = rows;
  store<f64>(TS + 8 * row, time);
  store<i32>(TID + 4 * row, tid);
  store<i32>(TGID + 4 * row, tgid);
  store<u16>(COMM + 2 * row, comm);
  store<u16>(NAME + 2 * row, <u16>plan.name);
  store<u16>(CPU + 2 * row, <u16>cpu);
  store<u8>(KIND + row, <u8>plan.kind);
  store<u32>(PAYLOAD + 4 * row, plan.slots === 0 ? 0 : poolUsed);
  if (plan.slots !== 0) storePayload();
  if (hasTgid) sawTgid = true;
  if (wider === 0) sawUsual = true;
  if (load<i32>(CPU_ROWS + 4 * cpu) < 0) store<i32>(CPUS_SEEN + 4 * cpusSeen++, cpu);
  store<i32>(CPU_ROWS + 4 * cpu, rows);
}
