/**
 * The columns of one `trace-cmd report` line, up to the event:
 *
 *      qemu-system-x86-1236  [000] d..1.   155.723863: (+2380) tlb_flush:            pages=-1 …      plain, --ts-diff
 *      qemu-system-x86-1236  [000]-0x1     155.723863: tlb_flush:             reason=0 pages=-1      -R
 *     qemu-sys-1236    0d..1.   155.723863: tlb_flush:            …                                  -l
 *        conv:  qemu-system-x86-1575  [000] d..1.   272.011237: …                                    several buffers
 *      gmem_conv_workl-2493  [000] ...2.1113026724331: …                                             ticks, glued to the flags
 *
 * Read from its surest part, the time before the first `: ` that a time precedes: leftwards to flags, cpu, task and comm,
 * which may hold blanks, brackets, colons and digits; rightwards to the event.
 *
 * Producer: trace-cmd 3.4 tracecmd/trace-read.c, libtraceevent event-parse.c tep_print_event().
 */
import { UNKNOWN_CPU, UNKNOWN_TID } from '../events/table.js';

const BLANK = 0x20;
const COLON = 0x3a;
const DOT = 0x2e;
const DASH = 0x2d;
const HEAD_LIMIT = 200;
const SECONDS_DIGITS = 10;
/** Ticks of a counter or a TSC: 2^64 has 20 digits; what exceeds 18 is no time that a double could hold anyway. */
const TICKS_DIGITS = 18;
const BILLION_DIGITS = 9;
/** Width of an event's name with its colon; a longer name is followed by one blank. */
const NAME_COLUMN = 22;
/** irqs-off, need-resched, hardirq/softirq, preempt-depth, and from Linux 5.15 on migrate-disable. */
const FLAG_COUNTS = [5, 4, 6] as const;

/** What a line's head says; reused for every line. */
export class ReportSpan {
  commStart = 0;
  commEnd = 0;
  tid = UNKNOWN_TID;
  tgid = UNKNOWN_TID;
  cpu = UNKNOWN_CPU;
  /** Whole seconds and nanoseconds, or ticks split at a billion. */
  high = 0;
  low = 0;
  /** Digits of the fraction, 6 or 9; 0 for ticks. */
  decimals = 0;
  nameStart = 0;
  nameEnd = 0;
  start = 0;
  end = 0;
  /** True for a line of -R, whose payload is `field=value` throughout. */
  isRaw = false;
}

/** Reads the line at bytes[start, end) into `out`; false when it is no event. bytes[end] must be readable. */
export function parseReport(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  const limit = Math.min(end, start + HEAD_LIMIT);
  for (let p = start + 8; p < limit; p++) {
    if (bytes[p] !== COLON || bytes[p + 1] !== BLANK || !isDigit(bytes[p - 1]!)) continue;
    out.tid = out.tgid = UNKNOWN_TID;
    out.cpu = UNKNOWN_CPU;
    out.isRaw = false;
    const left = parseTime(bytes, start, p, out);
    if (left >= 0 && parseWhere(bytes, start, left, out) && parseEvent(bytes, p + 1, end, out)) return true;
  }
  return false;
}

/** Reads the time that ends at `colon`; returns the end of what precedes it, or -1. */
function parseTime(bytes: Uint8Array, start: number, colon: number, out: ReportSpan): number {
  let p = colon;
  while (p > start && isDigit(bytes[p - 1]!)) p--;
  const digits = colon - p;
  if (bytes[p - 1] === DOT && (digits === 6 || digits === BILLION_DIGITS)) {
    let s = p - 1;
    while (s > start && isDigit(bytes[s - 1]!)) s--;
    const seconds = p - 1 - s;
    if (seconds > 0 && seconds <= SECONDS_DIGITS && (s === start || bytes[s - 1] === BLANK)) {
      out.high = value(bytes, s, p - 1);
      out.low = value(bytes, p, colon) * (digits === 6 ? 1000 : 1);
      out.decimals = digits;
      return s;
    }
  }
  return parseTicks(bytes, start, colon, out);
}

/** Ticks: digits after a blank, or after flags that they are glued to (a flag may be a digit, too). */
function parseTicks(bytes: Uint8Array, start: number, colon: number, out: ReportSpan): number {
  let token = colon;
  while (token > start && bytes[token - 1] !== BLANK) token--;
  let from = -1;
  if (allDigits(bytes, token, colon)) from = token;
  for (const count of FLAG_COUNTS) {
    if (from < 0 && areFlags(bytes, token, token + count) && allDigits(bytes, token + count, colon)) from = token + count;
  }
  const digits = colon - from;
  if (from < 0 || digits > TICKS_DIGITS) return -1;
  const split = Math.max(from, colon - BILLION_DIGITS);
  out.high = value(bytes, from, split);
  out.low = value(bytes, split, colon);
  out.decimals = 0;
  return from;
}

/** Reads comm, pid, tgid, cpu and flags from bytes[start, end), right to left. */
function parseWhere(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  let p = trimRight(bytes, start, end);
  const last = p;
  while (p > start && bytes[p - 1] !== BLANK) p--;
  if (p === last) return false;
  let cpuEnd = p;
  if (isDigit(bytes[p]!) && !bytes.subarray(p, last).includes(0x5d)) {
    // -l: cpu and flags in one, or a cpu without flags.
    let digits = p;
    while (digits < last && isDigit(bytes[digits]!)) digits++;
    if (digits < last && !FLAG_COUNTS.some((n) => last - digits === n && areFlags(bytes, digits, last))) return false;
    out.cpu = cpuOf(bytes, p, digits);
  } else {
    if (bytes[p] !== 0x5b) {
      // Flags of their own column; before them must be the [cpu].
      if (!FLAG_COUNTS.some((n) => last - p === n) || !areFlags(bytes, p, last)) return false;
      const bracket = trimRight(bytes, start, p);
      p = bracket;
      while (p > start && bytes[p - 1] !== BLANK) p--;
      cpuEnd = p;
    }
    if (!parseBracket(bytes, p, out)) return false;
  }
  return parseTask(bytes, start, trimRight(bytes, start, cpuEnd), out);
}

/** Reads `[001]`, and what is glued to it in -R: `[001]-0x1`. */
function parseBracket(bytes: Uint8Array, start: number, out: ReportSpan): boolean {
  let p = start + 1;
  while (isDigit(bytes[p]!)) p++;
  if (bytes[start] !== 0x5b || p === start + 1 || bytes[p] !== 0x5d) return false;
  out.cpu = cpuOf(bytes, start + 1, p);
  out.isRaw = bytes[p + 1] === DASH && bytes[p + 2] === 0x30 && bytes[p + 3] === 0x78;
  return true;
}

/** Reads `comm-pid`, perhaps with `(tgid)` after it and the buffer's name before it. */
function parseTask(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  let e = end;
  if (e > start && bytes[e - 1] === 0x29) {
    let open = e - 2;
    while (open > start && (isDigit(bytes[open]!) || bytes[open] === DASH || bytes[open] === BLANK)) open--;
    if (bytes[open] !== 0x28) return false;
    let digits = open + 1;
    while (bytes[digits] === BLANK) digits++;
    if (allDigits(bytes, digits, e - 1)) out.tgid = value(bytes, digits, e - 1);
    e = trimRight(bytes, start, open);
  }
  let p = e;
  while (p > start && isDigit(bytes[p - 1]!)) p--;
  if (p === e || e - p > SECONDS_DIGITS || p <= start || bytes[p - 1] !== DASH) return false;
  out.tid = value(bytes, p, e);
  let comm = start;
  while (comm < p - 1 && bytes[comm] === BLANK) comm++;
  out.commStart = afterBuffer(bytes, comm, p - 1);
  out.commEnd = p - 1;
  return true;
}

/** Start of the comm behind `buffer:  `, where several buffers were reported at once. */
function afterBuffer(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] !== BLANK && bytes[p] !== COLON) p++;
  if (p === start || bytes[p] !== COLON || bytes[p + 1] !== BLANK || bytes[p + 2] !== BLANK) return start;
  p += 2;
  while (p < end && bytes[p] === BLANK) p++;
  return p;
}

/** Reads `(+123)` of --ts-diff, if there, and the event's name. */
function parseEvent(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  let p = skipBlanks(bytes, start, end);
  if (bytes[p] === 0x28 && bytes[p + 1] === 0x2b) {
    while (p < end && bytes[p] !== BLANK) p++;
    p = skipBlanks(bytes, p, end);
  }
  out.nameStart = p;
  while (p < end && bytes[p] !== BLANK) p++;
  if (p - out.nameStart < 2 || bytes[p - 1] !== COLON) return false;
  out.nameEnd = p - 1;
  out.start = skipBlanks(bytes, p, end);
  out.end = end;
  // Without a flags column (trace-cmd before 3.2) -R is known by the blank that it prints before each field.
  const column = Math.max(NAME_COLUMN, p - out.nameStart + 1);
  if (out.start - out.nameStart === column + 1 && isField(bytes, out.start, end)) out.isRaw = true;
  return true;
}

/** `field=` at `start`. */
function isField(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && bytes[p] !== BLANK && bytes[p] !== 0x3d) p++;
  return p > start && bytes[p] === 0x3d;
}

const FLAG_BYTES = new Set([...'.dDbBXxNnpPlLZzHhsS0123456789abcdef'].map((c) => c.charCodeAt(0)));

function areFlags(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (!FLAG_BYTES.has(bytes[p]!)) return false;
  // The first is never a digit: it tells whether interrupts are off.
  return end > start && !isDigit(bytes[start]!);
}

function cpuOf(bytes: Uint8Array, start: number, end: number): number {
  const cpu = end - start > 5 ? UNKNOWN_CPU : value(bytes, start, end);
  return cpu < UNKNOWN_CPU ? cpu : UNKNOWN_CPU;
}

function value(bytes: Uint8Array, start: number, end: number): number {
  let out = 0;
  for (let p = start; p < end; p++) out = out * 10 + (bytes[p]! - 0x30);
  return out;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function allDigits(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (!isDigit(bytes[p]!)) return false;
  return end > start;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] === BLANK) p++;
  return p;
}

function trimRight(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && bytes[p - 1] === BLANK) p--;
  return p;
}
