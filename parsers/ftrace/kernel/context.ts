/**
 * What stands before an event, in the normal layout with the task in its column: `%16s-%-7d [(%7d) ][%03d]
 * flags %5lu.%06lu: `. See ../context.ts, which reads every layout.
 */
import {
  BLANK,
  CLOSE_BRACKET,
  CLOSE_PAREN,
  COLON,
  DASH,
  DIGIT_0,
  DOT,
  OPEN_BRACKET,
  OPEN_PAREN,
  isDigit,
  isLetter,
  skipBlanks,
} from './bytes';
import { CPUS } from './memory';

const TASK_COLUMN: usize = 16;
/** Digits of a thread, a CPU and a time's seconds that are read here, at most. */
const DIGITS: usize = 9;
const CPU_DIGITS: usize = 3;
const MIN_FLAGS: usize = 4;
const MAX_FLAGS: usize = 8;
const HASH: u32 = 0x23;
const US_DIGITS: usize = 6;
const NS_DIGITS: usize = 9;
const NS_PER_US: f64 = 1000;
/** Widths of the columns of thread, CPU and seconds; wider numbers push the event to the right. */
const TID_WIDTH: u32 = 7;
const CPU_WIDTH: u32 = 3;
const SECONDS_WIDTH: u32 = 5;

export let tid: i32 = 0;
/** -1 where it is not known. */
export let tgid: i32 = 0;
export let hasTgid: bool = false;
export let cpu: i32 = 0;
export let seconds: f64 = 0;
/** Behind the second. */
export let nanos: f64 = 0;
/** Digits behind the second; where the time begins, 0 where its seconds have a zero before them. */
export let decimals: u32 = 0;
export let timeStart: usize = 0;
/** By how much the numbers before the event exceed their columns. */
export let wider: u32 = 0;

let number: u32 = 0;

/** Reads some digits into `number`. Position behind them; 0 where there are none, or too many. */
function readNumber(p: usize): usize {
  const first = p;
  let read: u32 = 0;
  for (; isDigit(load<u8>(p)); p++) read = read * 10 + (load<u8>(p) - DIGIT_0);
  number = read;
  return p === first || p - first > DIGITS ? 0 : p;
}

/** Digits of a number beyond those of its column. */
function widerBy(n: u32, width: u32): u32 {
  let digits: u32 = 1;
  for (; n >= 10; n /= 10) digits++;
  return digits > width ? digits - width : 0;
}

/** Reads the context of the line at `start`. Returns where its event begins; 0 where it is not read here. */
export function readContext(start: usize): usize {
  const dash = start + TASK_COLUMN;
  // A name of 16 bytes is none of a task; what has none before its number is not looked at here.
  if (load<u8>(dash) !== DASH || load<u8>(start) !== BLANK || skipBlanks(start) >= dash) return 0;
  let p = readNumber(dash + 1);
  if (p === 0 || load<u8>(p) !== BLANK) return 0;
  tid = number;
  wider = widerBy(number, TID_WIDTH);
  p = readTgid(skipBlanks(p));
  if (p === 0 || load<u8>(p) !== OPEN_BRACKET) return 0;
  p = readCpu(p + 1);
  if (p === 0) return 0;
  p = isDigit(load<u8>(p)) ? p : afterFlags(p);
  return p === 0 ? 0 : readTime(p);
}

/** `(   2279) ` or `(-------) `, where there is one. */
function readTgid(p: usize): usize {
  tgid = -1;
  hasTgid = false;
  if (load<u8>(p) !== OPEN_PAREN) return p;
  p = skipBlanks(p + 1);
  if (load<u8>(p) === DASH) {
    while (load<u8>(p) === DASH) p++;
  } else {
    p = readNumber(p);
    if (p === 0) return 0;
    tgid = number;
  }
  if (load<u8>(p) !== CLOSE_PAREN) return 0;
  hasTgid = true;
  return skipBlanks(p + 1);
}

/** `003] `, behind the bracket. */
function readCpu(start: usize): usize {
  const p = readNumber(start);
  if (p === 0 || p - start < CPU_DIGITS || number >= <u32>CPUS) return 0;
  if (load<u8>(p) !== CLOSE_BRACKET || load<u8>(p + 1) !== BLANK) return 0;
  cpu = number;
  wider += widerBy(number, CPU_WIDTH);
  return skipBlanks(p + 1);
}

function afterFlags(start: usize): usize {
  let p = start;
  while (isFlag(load<u8>(p))) p++;
  return p - start < MIN_FLAGS || p - start > MAX_FLAGS || load<u8>(p) !== BLANK ? 0 : skipBlanks(p);
}

function isFlag(c: u32): bool {
  return c === DOT || isDigit(c) || isLetter(c) || c === HASH;
}

/** `331.037598: ` */
function readTime(p: usize): usize {
  const first = p;
  p = readNumber(p);
  if (p === 0 || load<u8>(p) !== DOT) return 0;
  seconds = number;
  timeStart = <u32>load<u8>(first) === DIGIT_0 && p - first > 1 ? 0 : first;
  wider += widerBy(number, SECONDS_WIDTH);
  const point = p;
  p = readNumber(point + 1);
  if (p === 0) return 0;
  const digits = p - point - 1;
  if (digits !== US_DIGITS && digits !== NS_DIGITS) return 0;
  decimals = <u32>digits;
  nanos = digits === US_DIGITS ? <f64>number * NS_PER_US : <f64>number;
  return load<u8>(p) === COLON && load<u8>(p + 1) === BLANK ? p + 2 : 0;
}
