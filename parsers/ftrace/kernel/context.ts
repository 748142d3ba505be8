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
import { CPUS, HEADS, HEAD_BYTES } from './memory';
import { readEight } from './numbers';

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
const TID_MOST: u32 = 9_999_999;
const CPU_MOST: u32 = 999;
const SECONDS_MOST: u32 = 99_999;

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

/** Digits of a number beyond those of its column; `most` is the greatest that fits. */
function widerBy(n: u32, width: u32, most: u32): u32 {
  return n <= most ? 0 : digitsBeyond(n, width);
}

function digitsBeyond(n: u32, width: u32): u32 {
  let digits: u32 = 1;
  for (; n >= 10; n /= 10) digits++;
  return digits > width ? digits - width : 0;
}

/** Reads the context of the line at `start`. Returns where its event begins; 0 where it is not read here. */
export function readContext(start: usize): usize {
  const dash = start + TASK_COLUMN;
  // A name of 16 bytes is none of a task; what has none before its number is not looked at here.
  const blanks = i8x16.bitmask(i8x16.eq(v128.load(start), i8x16.splat(<i8>BLANK)));
  if (load<u8>(dash) !== DASH || (blanks & 1) === 0 || blanks === 0xffff) return 0;
  let p = readNumber(dash + 1);
  if (p === 0 || load<u8>(p) !== BLANK) return 0;
  tid = number;
  wider = widerBy(number, TID_WIDTH, TID_MOST);
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
  wider += widerBy(number, CPU_WIDTH, CPU_MOST);
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
  wider += widerBy(number, SECONDS_WIDTH, SECONDS_MOST);
  const point = p;
  p = readNumber(point + 1);
  if (p === 0) return 0;
  const digits = p - point - 1;
  if (digits !== US_DIGITS && digits !== NS_DIGITS) return 0;
  decimals = <u32>digits;
  nanos = digits === US_DIGITS ? <f64>number * NS_PER_US : <f64>number;
  return load<u8>(p) === COLON && load<u8>(p + 1) === BLANK ? p + 2 : 0;
}

/** Bytes of a head at most, and where behind them the numbers of it are. */
const HEAD_TEXT: usize = 48;
const VECTOR: usize = 16;
/** `[` before a CPU of three digits, `] ` behind it; `: ` behind six digits of a time. */
const CPU_MARKS: u64 = 0x0000205d0000005b;
const CPU_MASK: u64 = 0x0000ffff000000ff;
const TIME_END: u64 = 0x203a;
const PRIME: u64 = 0x9e3779b97f4a7;
const HEADS_SHIFT: u64 = 58;

/** Id of the name of a line's task. */
export let comm: u32 = 0;

/** Where the head is kept, if it is, of lines of the thread of the one at `start`. */
function headOf(start: usize): usize {
  return HEADS + HEAD_BYTES * <usize>((load<u64>(start + TASK_COLUMN) * PRIME) >> HEADS_SHIFT);
}

/** Keeps what stands before the CPU of the line at `start`, which {@link readContext} has read. */
export function keepHead(start: usize, taskComm: u32): void {
  let length = TASK_COLUMN;
  while (load<u8>(start + length) !== OPEN_BRACKET) length++;
  if (length > HEAD_TEXT) return;
  const head = headOf(start);
  memory.copy(head, start, length);
  store<u32>(head + HEAD_TEXT, <u32>length);
  store<i32>(head + HEAD_TEXT + 4, tid);
  store<i32>(head + HEAD_TEXT + 8, tgid);
  store<u32>(head + HEAD_TEXT + 12, taskComm);
  store<u32>(head + HEAD_TEXT + 16, hasTgid ? 1 : 0);
  store<u32>(head + HEAD_TEXT + 20, widerBy(<u32>tid, TID_WIDTH, TID_MOST));
}

/**
 * As {@link readContext}, of a line that begins as one that was read, has three digits of its CPU and six
 * behind its second: nearly every line. 0 where it is none of these.
 */
export function readKnown(start: usize): usize {
  const head = headOf(start);
  const length = <usize>load<u32>(head + HEAD_TEXT);
  if (length === 0) return 0;
  const tail = length - VECTOR;
  let other = v128.xor(v128.load(start), v128.load(head));
  other = v128.or(other, v128.xor(v128.load(start + tail), v128.load(head + tail)));
  if (length > 2 * VECTOR)
    other = v128.or(other, v128.xor(v128.load(start + VECTOR), v128.load(head + VECTOR)));
  if (v128.any_true(other)) return 0;
  const bracket = load<u64>(start + length);
  const digits = ((bracket >> 8) & 0xffffff) ^ 0x303030;
  if ((bracket & CPU_MASK) !== CPU_MARKS || (((digits + 0x767676) | digits) & 0x808080) !== 0) return 0;
  cpu = <i32>((digits & 0xff) * 100 + ((digits >> 8) & 0xff) * 10 + (digits >> 16));
  if (cpu >= <i32>CPUS) return 0;
  const time = behindFlags(start + length + 6);
  if (time === 0) return 0;
  tid = load<i32>(head + HEAD_TEXT + 4);
  tgid = load<i32>(head + HEAD_TEXT + 8);
  comm = load<u32>(head + HEAD_TEXT + 12);
  hasTgid = load<u32>(head + HEAD_TEXT + 16) !== 0;
  wider = load<u32>(head + HEAD_TEXT + 20);
  return readMicros(time);
}

/** Position behind flags, and blanks, at `p`; 0 where that takes a closer look. */
function behindFlags(p: usize): usize {
  if (isDigit(load<u8>(p))) return 0;
  const bytes = v128.load(p);
  const letters = i8x16.sub(v128.or(bytes, i8x16.splat(0x20)), i8x16.splat(0x61));
  const digits = i8x16.sub(bytes, i8x16.splat(<i8>DIGIT_0));
  const marks = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>DOT)), i8x16.eq(bytes, i8x16.splat(<i8>HASH)));
  const words = v128.or(i8x16.lt_u(letters, i8x16.splat(26)), i8x16.lt_u(digits, i8x16.splat(10)));
  const flags = <usize>ctz(~i8x16.bitmask(v128.or(marks, words)));
  if (flags < MIN_FLAGS || flags > MAX_FLAGS) return 0;
  const blanks = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>BLANK))) >> <i32>flags;
  const count = <usize>ctz(~blanks);
  return count === 0 || flags + count >= VECTOR ? 0 : p + flags + count;
}

/** `331.037598: ` */
function readMicros(first: usize): usize {
  const point = readNumber(first);
  if (point === 0 || load<u8>(point) !== DOT) return 0;
  seconds = number;
  timeStart = <u32>load<u8>(first) === DIGIT_0 && point - first > 1 ? 0 : first;
  wider += widerBy(number, SECONDS_WIDTH, SECONDS_MOST);
  const bytes = load<u64>(point + 1);
  const digits = (bytes ^ 0x303030303030) & 0xffffffffffff;
  if (bytes >> 48 !== TIME_END || (((digits + 0x767676767676) | digits) & 0x808080808080) !== 0) return 0;
  decimals = <u32>US_DIGITS;
  nanos = <f64>(<u32>readEight(digits << 16)) * NS_PER_US;
  return point + 1 + US_DIGITS + 2;
}
