/** One line: a task, a CPU and a time, then what the event's program puts. */
import { decimalDigits, hexDigits, putDecimal, putHex } from './digits';
import { Lane } from './lanes';
import { HEAD_BYTES, OUT, OUT_BYTES, PROGRAMS, TASKS, TASK_BYTES, TASK_COUNT } from './memory';
import { KEPT_BYTES, KEPT_COUNT, Kept, Program, PROGRAM_BYTES, Step, STEP_BYTES, Value } from './program';

/** What a line comes to; what is not Printed leaves nothing behind. */
export const enum Line {
  Printed,
  /** The host has to lay down a program for `wanted`, an event id. */
  Program,
  /** The name of the thread `wanted`. */
  Task,
  /** A text of the step `wanted`, of the words `low` and `high`. */
  Kept,
  /** The line itself. */
  Other,
  /** There is no room for it. */
  Full,
}

export const BY_HOST: u32 = 1;
const BLANK: u8 = 32;
const ZERO: u8 = 48;
const DASH: u8 = 45;
/** `0x` and `: ` as words. */
const PREFIX: u16 = 0x7830;
const COLON_AND_BLANK: u16 = 0x203a;
const NEWLINE: u8 = 10;
const NS_PER_SECOND: u64 = 1000000000;
const NS_PER_US: u32 = 1000;
const MICRO_DIGITS: i32 = 6;
const EXACT: f64 = 9007199254740991;

export let wanted: usize = 0;
/** What the host is asked for. */
export function want(what: usize): void {
  wanted = what;
}

export let low: u32 = 0;
export let high: u32 = 0;
/** Behind the last line. */
export let used: usize = OUT;

let startRest: f64 = 0;
let startSecond: u64 = 0;
let timeDigits: i32 = 9;
/** The latest second, and its digits with a point behind, in 24 bytes. */
let second: u64 = <u64>-1;
let secondLength: u32 = 0;
const secondText = memory.data(32);

/** Times are since this second and nanosecond, and have so many decimals. */
export function setTime(seconds: f64, rest: f64, decimals: i32): void {
  startSecond = <u64>seconds;
  startRest = rest;
  timeDigits = decimals;
  second = <u64>-1;
}

export function startLines(): void {
  used = OUT;
}

/** Puts the line of a lane's current record. */
export function putLine(lane: Lane): Line {
  const start = lane.start;
  const end = lane.end;
  if (start + 8 > end) return Line.Other;
  // Its thread is the next record's, too, where that has none, whoever prints the line.
  const tid = load<i32>(start + 4);
  if ((lane.hasThread === 0 || tid !== lane.tid) && !findTask(lane, tid)) return Line.Task;
  const id = load<u16>(start);
  const at = load<u32>(PROGRAMS + 4 * <usize>id);
  if (at <= BY_HOST) {
    wanted = id;
    return at === BY_HOST ? Line.Other : Line.Program;
  }
  const program = changetype<Program>(<usize>at);
  if (used + program.most + HEAD_BYTES > OUT + OUT_BYTES) return Line.Full;
  let p = copy(used, lane.task, lane.taskLength);
  store<u64>(p, lane.cpuText);
  p += lane.cpuLength;
  p = putTime(p, startRest + lane.ts);
  if (p === 0) return Line.Other;
  p = putProgram(program, start, end, p);
  if (p === 0) return Line.Kept;
  store<u8>(p, NEWLINE);
  used = p + 1;
  return Line.Printed;
}

function findTask(lane: Lane, tid: i32): bool {
  const entry = TASKS + TASK_BYTES * (<usize>tid & (TASK_COUNT - 1));
  const text = load<u32>(entry + 4);
  if (text === 0 || load<i32>(entry) !== tid) {
    wanted = <usize>tid;
    return false;
  }
  lane.tid = tid;
  lane.hasThread = 1;
  lane.task = text;
  lane.taskLength = load<u32>(entry + 8);
  return true;
}

/** Copies bytes, and up to 15 behind them that mean nothing; returns where they end. */
function copy(to: usize, from: usize, length: u32): usize {
  v128.store(to, v128.load(from));
  for (let i: usize = 16; i < length; i += 16) v128.store(to + i, v128.load(from + i));
  return to + length;
}

/** `12.345678: `; returns 0 for a time that the host prints. */
function putTime(at: usize, rest: f64): usize {
  if (!(rest >= 0 && rest <= EXACT)) return 0;
  const whole = <u64>rest;
  if (<f64>whole !== rest) return 0;
  let p = at;
  const own = whole / NS_PER_SECOND;
  if (own !== second) keepSecond(own);
  p = copy(p, secondText, secondLength);
  let fraction = <u32>(whole - own * NS_PER_SECOND);
  if (timeDigits === MICRO_DIGITS) fraction /= NS_PER_US;
  putDecimal(p, fraction, timeDigits);
  p += timeDigits;
  store<u16>(p, COLON_AND_BLANK);
  return p + 2;
}

function keepSecond(own: u64): void {
  second = own;
  const value = startSecond + own;
  const digits = decimalDigits(value);
  putDecimal(secondText, value, digits);
  store<u8>(secondText + digits, 46);
  secondLength = digits + 1;
}

/** Returns where the text ends; 0 where the host has to make a part of it. */
function putProgram(program: Program, start: usize, end: usize, at: usize): usize {
  let p = at;
  let step = changetype<Step>(changetype<usize>(program) + PROGRAM_BYTES);
  for (let left = program.steps; left > 0; left--) {
    p = copy(p, step.text, step.textLength);
    const value = step.value;
    if (value === Value.Hex || value === Value.Decimal) p = putInteger(step, start, end, p);
    else if (value === Value.Kept) {
      p = putKept(step, start, end, p);
      if (p === 0) return 0;
    }
    step = changetype<Step>(changetype<usize>(step) + STEP_BYTES);
  }
  return p;
}

function putKept(step: Step, start: usize, end: usize, at: usize): usize {
  low = wordOf(start, end, step.lowOffset, step.lowSize, step.lowLimit, step.lowMask);
  high = wordOf(start, end, step.highOffset, step.highSize, step.highLimit, step.highMask);
  const slot = (low ^ (low >>> 8) ^ (low >>> 16) ^ high ^ (high >>> 8)) & (KEPT_COUNT - 1);
  const kept = changetype<Kept>(step.kept + KEPT_BYTES * slot);
  if (kept.text === 0 || kept.low !== low || kept.high !== high) {
    wanted = changetype<usize>(step);
    return 0;
  }
  return copy(at, kept.text, kept.length);
}

function wordOf(start: usize, end: usize, offset: u32, size: u32, limit: u32, mask: u32): u32 {
  if (size === 0 || start + limit > end) return 0;
  const at = start + offset;
  if (size === 1) return load<u8>(at) & mask;
  return (size === 2 ? load<u16>(at) : load<u32>(at)) & mask;
}

function putInteger(step: Step, start: usize, end: usize, at: usize): usize {
  let value = fieldOf(step, start, end);
  const cut = step.cut;
  if (cut >= 0) {
    const word = (<u32>value) << cut;
    value = step.isSignedText !== 0 ? <u64>(<i64>(<i32>word >> cut)) : <u64>(word >>> cut);
  }
  const isNegative = step.isSignedText !== 0 && <i64>value < 0;
  if (isNegative) value = 0 - value;
  const isHex = step.value === Value.Hex;
  const digits = isHex ? hexDigits(value) : decimalDigits(value);
  let before = value === 0 ? 0 : step.prefix;
  if (isNegative) before = 1;
  let missing = step.width - before - digits;
  let p = at;
  if (step.hasZeros === 0) for (; missing > 0; missing--) store<u8>(p++, BLANK);
  if (isNegative) store<u8>(p++, DASH);
  else if (before > 0) {
    store<u16>(p, PREFIX);
    p += 2;
  }
  for (; missing > 0; missing--) store<u8>(p++, ZERO);
  if (isHex) putHex(p, value, digits);
  else putDecimal(p, value, digits);
  return p + digits;
}

/** A field as 64 bits; a record that ends within it has none of it. */
function fieldOf(step: Step, start: usize, end: usize): u64 {
  const size = step.size;
  const at = start + step.offset;
  if (at + size > end) return 0;
  if (size === 8) return load<u64>(at) << step.leftShift;
  if (step.isSigned === 0) {
    if (size === 4) return load<u32>(at);
    return size === 2 ? load<u16>(at) : load<u8>(at);
  }
  if (size === 4) return <u64>(<i64>load<i32>(at));
  return size === 2 ? <u64>(<i64>load<i16>(at)) : <u64>(<i64>load<i8>(at));
}
