/**
 * What ftrace prints before an event: task, CPU, flags and time, in the three layouts of
 * kernel/trace/trace_output.c (Linux 7.2; flags differ back to 5.x):
 *
 *   normal   `%16s-%-7d ` [`(%7d) ` or `(-------) `] `[%03d] ` [4 or 5 flags] ` %5lu.%06lu: ` or ` %12llu: `
 *   latency  `%8.8s-%-7d %3d` flags ` %4lldus%c: ` or ` %4lld: `
 *   verbose  `%16s %7d %3d %d %08x %08lx ` `[%08llx] %ld.%03ldms (+%ld.%03ldms): `
 *            or `[%016llx] %lld (+%lld): `
 *
 * A comm may hold anything, so the parts after it are what a line is known by: the field's fixed width is
 * tried first, then every place where a comm of at most 15 bytes could end, rightmost first.
 */
import { Ascii } from '../base/ascii.js';
import { decimal, endOfDigits, isDigit, isLetter, skipBlanks } from '../base/text.js';
import { MAX_PID, NANO_DIGITS, NS_PER_SECOND, NS_PER_US, US_PER_SECOND } from '../base/units.js';
import { UNKNOWN_CPU, UNKNOWN_TID } from '../events/table.js';

/** Widest comm the kernel keeps (TASK_COMM_LEN without its NUL). */
const COMM_BYTES = 15;
const COMM_FIELD = 16;
const LATENCY_COMM_FIELD = 8;
/** Blanks that may stand before a comm, at most: the width of its field, and a console's own indentation. */
const LEADING_BLANKS = 40;
/** A CPU is printed with this many digits, or more. */
const CPU_DIGITS = 3;
const MIN_FLAGS = 4;
const MAX_FLAGS = 8;
/** Digits of a number that a double holds exactly. */
const EXACT_DIGITS = 15;
/** Digits of 2^64, the most that a clock in ticks prints. */
const TICKS_DIGITS = 20;

export const UNIT_NONE = 0;
export const UNIT_NS = 1;
export const UNIT_TICKS = 2;

export const LAYOUT_NORMAL = 1;
export const LAYOUT_LATENCY = 2;
export const LAYOUT_VERBOSE = 3;

/** One line's context; reused for every line. */
export class LineContext {
  commStart = 0;
  commEnd = 0;
  tid = UNKNOWN_TID;
  tgid = UNKNOWN_TID;
  /** True when the line has a column for the thread group, known or not. */
  hasTgid = false;
  cpu = UNKNOWN_CPU;
  /** Where the CPU's digits end, in the latency and the verbose layout. */
  cpuEnd = 0;
  unit = UNIT_NONE;
  /** Decimals printed after the second: 0 for ticks and whole microseconds. */
  decimals = 0;
  layout = LAYOUT_NORMAL;
  /** What {@link readNumber} read last. */
  number = 0;
  /** The time as time[0] * 1e9 + time[1], in nanoseconds or ticks. */
  readonly time = new Float64Array(2);

  clear(): void {
    this.commStart = this.commEnd = 0;
    this.tid = this.tgid = UNKNOWN_TID;
    this.hasTgid = false;
    this.cpu = UNKNOWN_CPU;
    this.unit = UNIT_NONE;
    this.decimals = 0;
    this.time[0] = this.time[1] = 0;
  }
}

/**
 * Reads the context of the line at bytes[start, end) into `out`; returns where the event begins, or -1 if
 * there is none.
 */
export function parseContext(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  const dash = start + COMM_FIELD;
  if (dash < end && bytes[dash] === Ascii.Dash) {
    const event = afterDash(bytes, dash, end, out);
    if (event >= 0 && setComm(bytes, start, dash, out)) return event;
  }
  return parseUnaligned(bytes, start, end, out);
}

function parseUnaligned(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  let first = start;
  while (first < end && first - start <= LEADING_BLANKS && bytes[first] === Ascii.Blank) first++;
  if (bytes[first] === Ascii.OpenBracket) {
    const event = afterCpu(bytes, first, end, out);
    if (event >= 0) return noTask(event, out);
  }
  if (start + LATENCY_COMM_FIELD < end && bytes[start + LATENCY_COMM_FIELD] === Ascii.Dash) {
    const event = afterDash(bytes, start + LATENCY_COMM_FIELD, end, out);
    if (event >= 0 && setComm(bytes, start, start + LATENCY_COMM_FIELD, out)) return event;
  }
  for (let p = Math.min(end - 1, first + COMM_BYTES); p > first; p--) {
    if (bytes[p] === Ascii.Dash) {
      const event = afterDash(bytes, p, end, out);
      if (event >= 0 && setComm(bytes, start, p, out)) return event;
    } else if (bytes[p] === Ascii.Blank && bytes[p - 1] !== Ascii.Blank) {
      const event = verboseAfterComm(bytes, p, end, out);
      if (event >= 0 && setComm(bytes, start, p, out)) return event;
    }
  }
  return -1;
}

/** `[003]` with no task before it, as a hypervisor's own buffer prints. */
function noTask(event: number, out: LineContext): number {
  out.commStart = out.commEnd = 0;
  out.tid = UNKNOWN_TID;
  out.tgid = UNKNOWN_TID;
  out.hasTgid = false;
  return event;
}

function setComm(bytes: Uint8Array, start: number, end: number, out: LineContext): boolean {
  const s = skipBlanks(bytes, start, end);
  if (s === end || end - s > COMM_BYTES) return false;
  out.commStart = s;
  out.commEnd = end;
  return true;
}

/**
 * Reads the digits at `start` into `out.number`. Returns the position after them, `start` itself where there
 * are none, or -1 where they exceed `max`.
 */
function readNumber(bytes: Uint8Array, start: number, end: number, max: number, out: LineContext): number {
  let p = start;
  let value = 0;
  for (; p < end; p++) {
    const digit = bytes[p]! - Ascii.Digit0;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  out.number = value;
  return p;
}

/** From the `-` before a pid to the event, or -1. */
function afterDash(bytes: Uint8Array, dash: number, end: number, out: LineContext): number {
  const digitsEnd = readNumber(bytes, dash + 1, end, MAX_PID, out);
  if (digitsEnd <= dash + 1 || bytes[digitsEnd] !== Ascii.Blank) return -1;
  let p = skipBlanks(bytes, digitsEnd, end);
  out.tid = out.number;
  out.tgid = UNKNOWN_TID;
  out.hasTgid = false;
  if (bytes[p] === Ascii.OpenParen) {
    p = afterTgid(bytes, p, end, out);
    if (p < 0) return -1;
  }
  return bytes[p] === Ascii.OpenBracket ? afterCpu(bytes, p, end, out) : latencyAfterPid(bytes, p, end, out);
}

/** `(   2279) ` or `(-------) `. */
function afterTgid(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  const first = skipBlanks(bytes, start + 1, end);
  let p = first;
  while (p < end && bytes[p] === Ascii.Dash) p++;
  if (p === first) {
    p = readNumber(bytes, first, end, MAX_PID, out);
    out.tgid = out.number;
  }
  if (p <= first || bytes[p] !== Ascii.CloseParen) return -1;
  out.hasTgid = true;
  return skipBlanks(bytes, p + 1, end);
}

/** `[003] `, optional flags, and the time. */
function afterCpu(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  const close = readNumber(bytes, start + 1, end, UNKNOWN_CPU - 1, out);
  if (close - start <= CPU_DIGITS || bytes[close] !== Ascii.CloseBracket) return -1;
  out.cpu = out.number;
  let p = close + 1;
  while (p < end && (bytes[p] === Ascii.Blank || bytes[p] === Ascii.Tab)) p++;
  if (p === close + 1) return -1;
  out.layout = LAYOUT_NORMAL;
  const event = parseTime(bytes, p, end, out);
  if (event >= 0) return event;
  p = afterFlags(bytes, p, end);
  return p < 0 ? -1 : parseTime(bytes, p, end, out);
}

/** After 4 to 8 flags and the blanks behind them, or -1. */
function afterFlags(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && isFlag(bytes[p]!)) p++;
  return p - start < MIN_FLAGS || p - start > MAX_FLAGS || bytes[p] !== Ascii.Blank
    ? -1
    : skipBlanks(bytes, p, end);
}

/**
 * Letters, digits and dots: the characters of irq, need-resched, context, preempt and migrate flags of all
 * kernels.
 */
function isFlag(c: number): boolean {
  return c === Ascii.Dot || isDigit(c) || isLetter(c) || c === Ascii.Hash;
}

/** `331.037598: `, `924706363306: `; sets time, unit and decimals. Returns where the event begins, or -1. */
function parseTime(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  let p = readNumber(bytes, start, Math.min(end, start + EXACT_DIGITS), Infinity, out);
  if (p === start) return -1;
  const whole = out.number;
  if (bytes[p] === Ascii.Dot) return parseSeconds(bytes, p + 1, end, whole, out);
  if (bytes[p] === Ascii.Colon) {
    setTicks(whole, out);
  } else {
    p = endOfDigits(bytes, p, end);
    if (bytes[p] !== Ascii.Colon || p - start > TICKS_DIGITS) return -1;
    out.time[0] = decimal(bytes, start, p - NANO_DIGITS);
    out.time[1] = decimal(bytes, p - NANO_DIGITS, p);
    out.unit = UNIT_TICKS;
  }
  out.decimals = 0;
  return afterColon(bytes, p, end);
}

function parseSeconds(
  bytes: Uint8Array,
  start: number,
  end: number,
  seconds: number,
  out: LineContext,
): number {
  const p = readNumber(bytes, start, end, Infinity, out);
  const decimals = p - start;
  let nanos = out.number;
  if (decimals < 1 || decimals > NANO_DIGITS || bytes[p] !== Ascii.Colon) return -1;
  for (let d = decimals; d < NANO_DIGITS; d++) nanos *= 10;
  out.time[0] = seconds;
  out.time[1] = nanos;
  out.unit = UNIT_NS;
  out.decimals = decimals;
  return afterColon(bytes, p, end);
}

/** After `: `; -1 where something else than a blank follows the colon. */
function afterColon(bytes: Uint8Array, colon: number, end: number): number {
  if (colon >= end || bytes[colon] !== Ascii.Colon) return -1;
  if (colon + 1 >= end) return end;
  return bytes[colon + 1] === Ascii.Blank ? colon + 2 : -1;
}

/** `  1.l.2. 552465us+: ` after a pid, or ` 924706: ` for a clock in ticks. */
function latencyAfterPid(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  const cpuEnd = readNumber(bytes, start, end, UNKNOWN_CPU - 1, out);
  if (cpuEnd <= start) return -1;
  const digits = afterFlags(bytes, cpuEnd, end);
  if (digits < 0) return -1;
  const p = endOfDigits(bytes, digits, end);
  if (p === digits || p - digits > EXACT_DIGITS) return -1;
  const value = decimal(bytes, digits, p);
  out.cpu = out.number;
  out.cpuEnd = cpuEnd;
  out.layout = LAYOUT_LATENCY;
  out.decimals = 0;
  if (bytes[p] === Ascii.LowerU && bytes[p + 1] === Ascii.LowerS)
    return latencyMicros(bytes, p + 2, end, value, out);
  setTicks(value, out);
  return afterColon(bytes, p, end);
}

/**
 * After `us`: a mark for the delay to the next event (one of ` +!#*@$`, absent on old kernels), and a colon.
 */
function latencyMicros(
  bytes: Uint8Array,
  start: number,
  end: number,
  micros: number,
  out: LineContext,
): number {
  out.unit = UNIT_NS;
  setMicros(micros, out);
  return bytes[start] === Ascii.Colon ? afterColon(bytes, start, end) : afterColon(bytes, start + 1, end);
}

function setTicks(ticks: number, out: LineContext): void {
  out.unit = UNIT_TICKS;
  out.time[0] = Math.floor(ticks / NS_PER_SECOND);
  out.time[1] = ticks - out.time[0] * NS_PER_SECOND;
}

function setMicros(micros: number, out: LineContext): void {
  out.time[0] = Math.floor(micros / US_PER_SECOND);
  out.time[1] = (micros - out.time[0] * US_PER_SECOND) * NS_PER_US;
}

/**
 * `    2245   1 2 00000002 00000000 [13bb3b9e] 552.465ms (+0.048ms): ` after a comm. Rare, so read with an
 * expression.
 */
const VERBOSE =
  /^( +(\d{1,10}) +(\d{1,5})) [0-9a-f]+ [0-9a-f]{8} [0-9a-f]{8} \[([0-9a-f]{8,16})\] (-?\d+(?:\.\d+ms)?) \(\+-?\d+(?:\.\d+ms)?\):(?: |$)/;
const VERBOSE_BYTES = 160;
const decoder = new TextDecoder();

function verboseAfterComm(bytes: Uint8Array, start: number, end: number, out: LineContext): number {
  const p = skipBlanks(bytes, start, end);
  if (p >= end || !isDigit(bytes[p]!)) return -1;
  const found = VERBOSE.exec(decoder.decode(bytes.subarray(start, Math.min(end, start + VERBOSE_BYTES))));
  if (!found) return -1;
  const [all, pidAndCpu, pid, cpu, stamp, offset] = found;
  if (Number(pid) > MAX_PID || Number(cpu) >= UNKNOWN_CPU) return -1;
  out.tid = Number(pid);
  out.tgid = UNKNOWN_TID;
  out.hasTgid = false;
  out.cpu = Number(cpu);
  out.cpuEnd = start + pidAndCpu!.length;
  out.layout = LAYOUT_VERBOSE;
  out.decimals = 0;
  const value = BigInt(`0x${stamp}`);
  if (offset!.endsWith('ms')) {
    out.unit = UNIT_NS;
    setMicros(Number(value), out);
  } else {
    out.unit = UNIT_TICKS;
    out.time[0] = Number(value / 1000000000n);
    out.time[1] = Number(value % 1000000000n);
  }
  return start + all.length;
}
