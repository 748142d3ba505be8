/**
 * The columns of one `trace-cmd report` line, up to the event:
 *
 *      qemu-system-x86-1236  [000] d..1.   155.723863: (+2380) tlb_flush:      pages=-1    plain, --ts-diff
 *      qemu-system-x86-1236  [000]-0x1     155.723863: tlb_flush:       reason=0 pages=-1  -R
 *     qemu-sys-1236    0d..1.   155.723863: tlb_flush:            …                        -l
 *        conv:  qemu-system-x86-1575  [000] d..1.   272.011237: …                          several buffers
 *      gmem_conv_workl-2493  [000] ...2.1113026724331: …                     ticks, glued to the flags
 *
 * Read from its surest part, the time before the first `: ` that a time precedes: leftwards to flags, cpu,
 * task and comm, which may hold blanks, brackets, colons and digits; rightwards to the event.
 *
 * Producer: trace-cmd 3.4 tracecmd/trace-read.c, libtraceevent event-parse.c tep_print_event().
 */
import { Ascii } from '../base/ascii.js';
import {
  allDigits,
  decimal,
  endOfDigits,
  endOfToken,
  isDigit,
  skipBlanks,
  startOfDigits,
  startOfToken,
  trimRight,
} from '../base/text.js';
import { UNKNOWN_CPU, UNKNOWN_TID } from '../events/table.js';
import { LineSpan, readCpu, readSeconds } from '../events/textline.js';

const HEAD_LIMIT = 200;
/** Bytes before the colon of the shortest time. */
const TIME_BYTES = '0.123456'.length;
const PID_DIGITS = 10;
/**
 * Ticks of a counter or a TSC: 2^64 has 20 digits; what exceeds 18 is no time that a double could hold
 * anyway.
 */
const TICKS_DIGITS = 18;
const BILLION_DIGITS = 9;
/** Width of an event's name with its colon; a longer name is followed by one blank. */
export const NAME_COLUMN = 22;
/** irqs-off, need-resched, hardirq/softirq, preempt-depth, and from Linux 5.15 on migrate-disable. */
const FLAG_COUNTS = [5, 4, 6] as const;

/** What a line's head says; reused for every line. */
export class ReportSpan extends LineSpan {
  /** True for a line of -R, whose payload is `field=value` throughout. */
  isRaw = false;
}

/** Reads the line at bytes[start, end) into `out`; false when it is no event. bytes[end] must be readable. */
export function parseReport(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  const limit = Math.min(end, start + HEAD_LIMIT);
  for (let p = start + TIME_BYTES; p < limit; p++) {
    if (bytes[p] !== Ascii.Colon || bytes[p + 1] !== Ascii.Blank || !isDigit(bytes[p - 1]!)) continue;
    out.tid = out.tgid = UNKNOWN_TID;
    out.cpu = UNKNOWN_CPU;
    out.isRaw = false;
    out.timeEnd = p;
    const left = parseTime(bytes, start, p, out);
    if (left >= 0 && parseWhere(bytes, start, left, out) && parseEvent(bytes, p + 1, end, out)) return true;
  }
  return false;
}

/** Reads the time that ends at `colon`; returns the end of what precedes it, or -1. */
function parseTime(bytes: Uint8Array, start: number, colon: number, out: ReportSpan): number {
  const left = readSeconds(bytes, start, colon, out);
  return left >= 0 ? left : parseTicks(bytes, start, colon, out);
}

/** Ticks: digits after a blank, or after flags that they are glued to (a flag may be a digit, too). */
function parseTicks(bytes: Uint8Array, start: number, colon: number, out: ReportSpan): number {
  const token = startOfToken(bytes, start, colon);
  let from = -1;
  if (allDigits(bytes, token, colon)) from = token;
  // More digits than the column is wide stand right behind the cpu: `[000]17014665805817:`.
  const bracket =
    bytes[token] === Ascii.OpenBracket ? bytes.subarray(token, colon).indexOf(Ascii.CloseBracket) : -1;
  if (bracket > 0 && allDigits(bytes, token + bracket + 1, colon)) from = token + bracket + 1;
  for (const count of FLAG_COUNTS) {
    if (from < 0 && areFlags(bytes, token, token + count) && allDigits(bytes, token + count, colon))
      from = token + count;
  }
  const digits = colon - from;
  if (from < 0 || digits > TICKS_DIGITS) return -1;
  const split = Math.max(from, colon - BILLION_DIGITS);
  out.seconds = decimal(bytes, from, split);
  out.nanos = decimal(bytes, split, colon);
  out.decimals = 0;
  return from;
}

/** Reads comm, pid, tgid, cpu and flags from bytes[start, end), right to left. */
function parseWhere(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  const last = trimRight(bytes, start, end);
  const p = startOfToken(bytes, start, last);
  if (p === last) return false;
  let cpuStart = p;
  if (isDigit(bytes[p]!) && !bytes.subarray(p, last).includes(Ascii.CloseBracket)) {
    // -l: cpu and flags in one, or a cpu without flags.
    const digits = endOfDigits(bytes, p, last);
    if (digits < last && !FLAG_COUNTS.some((n) => last - digits === n && areFlags(bytes, digits, last)))
      return false;
    out.cpu = readCpu(bytes, p, digits);
  } else {
    if (bytes[p] !== Ascii.OpenBracket) {
      // Flags of their own column; before them must be the [cpu].
      if (!FLAG_COUNTS.some((n) => last - p === n) || !areFlags(bytes, p, last)) return false;
      cpuStart = startOfToken(bytes, start, trimRight(bytes, start, p));
    }
    if (!parseBracket(bytes, cpuStart, last, out)) return false;
  }
  return parseTask(bytes, start, trimRight(bytes, start, cpuStart), out);
}

/** Reads `[001]`, and what is glued to it in -R: `[001]-0x1`. */
function parseBracket(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  const p = endOfDigits(bytes, start + 1, end);
  if (bytes[start] !== Ascii.OpenBracket || p === start + 1 || bytes[p] !== Ascii.CloseBracket) return false;
  out.cpu = readCpu(bytes, start + 1, p);
  out.isRaw = bytes[p + 1] === Ascii.Dash && bytes[p + 2] === Ascii.Digit0 && bytes[p + 3] === Ascii.LowerX;
  return true;
}

/** Reads `comm-pid`, perhaps with `(tgid)` after it and the buffer's name before it. */
function parseTask(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  let e = end;
  if (e > start && bytes[e - 1] === Ascii.CloseParen) {
    let open = e - 2;
    while (
      open > start &&
      (isDigit(bytes[open]!) || bytes[open] === Ascii.Dash || bytes[open] === Ascii.Blank)
    )
      open--;
    if (bytes[open] !== Ascii.OpenParen) return false;
    const digits = skipBlanks(bytes, open + 1, e);
    if (allDigits(bytes, digits, e - 1)) out.tgid = decimal(bytes, digits, e - 1);
    e = trimRight(bytes, start, open);
  }
  const p = startOfDigits(bytes, start, e);
  if (p === e || e - p > PID_DIGITS || p <= start || bytes[p - 1] !== Ascii.Dash) return false;
  out.tid = decimal(bytes, p, e);
  out.commStart = afterBuffer(bytes, skipBlanks(bytes, start, p - 1), p - 1);
  out.commEnd = p - 1;
  return true;
}

/** Start of the comm behind `buffer:  `, where several buffers were reported at once. */
function afterBuffer(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] !== Ascii.Blank && bytes[p] !== Ascii.Colon) p++;
  if (p === start || bytes[p] !== Ascii.Colon || bytes[p + 1] !== Ascii.Blank || bytes[p + 2] !== Ascii.Blank)
    return start;
  return skipBlanks(bytes, p + 2, end);
}

/** Reads `(+123)` of --ts-diff, if there, and the event's name. */
function parseEvent(bytes: Uint8Array, start: number, end: number, out: ReportSpan): boolean {
  let p = skipBlanks(bytes, start, end);
  if (bytes[p] === Ascii.OpenParen && bytes[p + 1] === Ascii.Plus) {
    p = skipBlanks(bytes, endOfToken(bytes, p, end), end);
  }
  out.nameStart = p;
  p = endOfToken(bytes, p, end);
  if (p - out.nameStart < 2 || bytes[p - 1] !== Ascii.Colon) return false;
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
  while (p < end && bytes[p] !== Ascii.Blank && bytes[p] !== Ascii.Equals) p++;
  return p > start && bytes[p] === Ascii.Equals;
}

const FLAG_BYTES = new Set([...'.dDbBXxNnpPlLZzHhsS0123456789abcdef'].map((c) => c.charCodeAt(0)));

function areFlags(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (!FLAG_BYTES.has(bytes[p]!)) return false;
  // The first is never a digit: it tells whether interrupts are off.
  return end > start && !isDigit(bytes[start]!);
}
