/**
 * The columns of one `perf script` line, up to the event:
 *
 *     comm  pid[/tid] [cpu]  time:  period  system:event:  flags  payload
 *
 * Any column but the event may be missing (-F), and a comm may hold blanks, brackets, colons and digits. So
 * the line is read from its surest part: the time (or where there is none the event's name with its system),
 * from there to the left for cpu, task and comm, and to the right for period and event.
 *
 * Producer: tools/perf/builtin-script.c perf_sample__fprintf_start(), Linux 7.2 and 6.1.
 */
import { Ascii } from '../../base/ascii.js';
import {
  allDigits,
  decimal,
  endOfToken,
  hasShape,
  hasText,
  isDigit,
  skipBlanks,
  startOfDigits,
  trimRight,
} from '../../base/text.js';
import { endsWord } from '../../events/number.js';
import { MAX_PID } from '../../base/units.js';
import { UNKNOWN_CPU, UNKNOWN_TID } from '../../events/table.js';
import { LineSpan, readCpu, readSeconds } from '../../events/textline.js';

/** Columns before the event are far shorter than this; a comm has at most 15 bytes. */
const HEAD_LIMIT = 160;
/** The shortest time, up to its last digit: `.123456`. */
const TIME_BYTES = 7;
const COMM_COLUMN = 16;
const TIME_OF_DAY = '0000-00-00 00:00:00.000000';

/** What a line's head says; reused for every line. */
export class HeadSpan extends LineSpan {
  /** True for a line like `PERF_RECORD_LOST lost 3`, whose name has no colon after it. */
  isRecord = false;
  /** Behind the colon that ends the event's name and its modifiers. */
  eventEnd = 0;
}

/** Reads the line at bytes[start, end) into `out`; false when it is no event. bytes[end] must be readable. */
export function parseHead(bytes: Uint8Array, start: number, end: number, out: HeadSpan): boolean {
  out.tgid = out.tid = UNKNOWN_TID;
  out.cpu = UNKNOWN_CPU;
  const limit = Math.min(end, start + HEAD_LIMIT);
  for (let p = start + TIME_BYTES; p < limit; p++) {
    if (
      bytes[p] !== Ascii.Colon ||
      (bytes[p + 1] !== Ascii.Blank && p + 1 !== end) ||
      !isDigit(bytes[p - 1]!)
    )
      continue;
    const left = readSeconds(bytes, start, p, out);
    out.timeEnd = p;
    if (left >= 0 && parseTask(bytes, start, left, out) && parseEvent(bytes, p + 1, end, out)) return true;
  }
  return parseUntimed(bytes, start, limit, end, out);
}

/**
 * Reads comm, pid or pid/tid, and [cpu] from bytes[start, end), right to left. Nothing at all is well, too.
 */
function parseTask(bytes: Uint8Array, start: number, end: number, out: HeadSpan): boolean {
  let p = skipTod(bytes, start, trimRight(bytes, start, end));
  const misc = skipMisc(bytes, start, p);
  if (p > start && bytes[misc - 1] === Ascii.CloseBracket) p = parseCpu(bytes, start, misc, out);
  if (p < 0) return false;
  p = trimRight(bytes, start, p);
  const numberEnd = p;
  p = startOfDigits(bytes, start, p);
  if (p === numberEnd) return onlyComm(bytes, start, p, out);
  let from = p;
  const hasDash = p > start && bytes[p - 1] === Ascii.Dash;
  if (hasDash) from = --p;
  out.tid = taskNumber(bytes, from, numberEnd);
  if (p > start && bytes[p - 1] === Ascii.Slash) {
    const pidEnd = --p;
    while (p > start && (isDigit(bytes[p - 1]!) || bytes[p - 1] === Ascii.Dash)) p--;
    out.tgid = taskNumber(bytes, p, pidEnd);
  }
  if (p > start && bytes[p - 1] !== Ascii.Blank) {
    out.tgid = out.tid = UNKNOWN_TID;
    // A number glued to what precedes it is the end of a name, or of another tool's `comm-pid`.
    return !hasDash && out.cpu !== UNKNOWN_CPU && onlyComm(bytes, start, numberEnd, out);
  }
  setComm(bytes, start, p, out);
  return true;
}

/** A comm without a task's number: -F comm,time. Then a [cpu] must follow it, or nothing must be there. */
function onlyComm(bytes: Uint8Array, start: number, end: number, out: HeadSpan): boolean {
  setComm(bytes, start, end, out);
  return out.commEnd === out.commStart || out.cpu !== UNKNOWN_CPU;
}

function setComm(bytes: Uint8Array, start: number, end: number, out: HeadSpan): void {
  out.commEnd = trimRight(bytes, start, end);
  out.commStart = skipBlanks(bytes, start, out.commEnd);
}

/** The time of day (-F tod) before the time: `2026-11-22 13:34:20.705937`. */
function skipTod(bytes: Uint8Array, start: number, end: number): number {
  const from = end - TIME_OF_DAY.length;
  return from >= start && hasShape(bytes, from, end, TIME_OF_DAY) ? trimRight(bytes, start, from) : end;
}

/** The misc column (-F misc): letters between [cpu] and time. */
function skipMisc(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && bytes[p - 1]! >= Ascii.UpperA && bytes[p - 1]! <= Ascii.UpperZ) p--;
  const before = trimRight(bytes, start, p);
  return p < end && p > before && bytes[before - 1] === Ascii.CloseBracket ? before : end;
}

/** Reads `[digits]` that ends at `end`; returns where it starts, or -1 when it is none. */
function parseCpu(bytes: Uint8Array, start: number, end: number, out: HeadSpan): number {
  const p = startOfDigits(bytes, start, end - 1);
  if (p <= start || bytes[p - 1] !== Ascii.OpenBracket || p === end - 1) return -1;
  out.cpu = readCpu(bytes, p, end - 1);
  return p - 1;
}

/** Reads the period, if any, and the event's name from bytes[start, end). */
function parseEvent(bytes: Uint8Array, start: number, end: number, out: HeadSpan): boolean {
  let p = skipBlanks(bytes, start, end);
  let tokenEnd = endOfToken(bytes, p, end);
  if (tokenEnd < end && allDigits(bytes, p, tokenEnd)) {
    p = skipBlanks(bytes, tokenEnd, end);
    tokenEnd = endOfToken(bytes, p, end);
  }
  out.nameStart = p;
  out.end = end;
  out.isRecord = isPerfRecord(bytes, p, tokenEnd);
  if (out.isRecord && bytes[tokenEnd - 1] !== Ascii.Colon) {
    out.nameEnd = tokenEnd;
  } else {
    // An event's name is an identifier: what begins with a digit is the time of the line below.
    if (tokenEnd - p < 2 || bytes[tokenEnd - 1] !== Ascii.Colon || isDigit(bytes[p]!)) return false;
    out.nameEnd = withoutModifier(bytes, p, tokenEnd - 1);
  }
  out.eventEnd = tokenEnd;
  out.start = skipBlanks(bytes, tokenEnd, end);
  return true;
}

/** A line without a time (-F comm,pid,event,…): known by an event's name with its system. */
function parseUntimed(bytes: Uint8Array, start: number, limit: number, end: number, out: HeadSpan): boolean {
  out.decimals = out.seconds = out.nanos = 0;
  out.timeEnd = 0;
  for (let p = start; p < limit; ) {
    const token = skipBlanks(bytes, p, limit);
    const tokenEnd = endOfToken(bytes, token, end);
    if (tokenEnd === token) return false;
    if (bytes[tokenEnd - 1] === Ascii.Colon && hasSystem(bytes, token, tokenEnd - 1)) {
      out.commStart = out.commEnd = start;
      const whole = trimRight(bytes, start, token);
      let head = whole;
      if (head > start && !parseTask(bytes, start, head, out)) {
        // The period stands between task and event.
        head = startOfDigits(bytes, start, head);
        if (!parseTask(bytes, start, head, out) && !isCommColumn(bytes, start, whole, out)) return false;
      }
      return parseEvent(bytes, token, end, out);
    }
    p = tokenEnd;
  }
  return false;
}

/** A comm alone (-F comm,event): known by its column, which is 16 wide. */
function isCommColumn(bytes: Uint8Array, start: number, end: number, out: HeadSpan): boolean {
  setComm(bytes, start, end, out);
  return out.commEnd === start + COMM_COLUMN;
}

/**
 * `system:event`: two identifiers, so neither begins with a digit; a modifier may follow. No system of the
 * kernel has a capital letter, which most words before a colon in the output of other programs have.
 */
function hasSystem(bytes: Uint8Array, start: number, end: number): boolean {
  const system = endOfIdentifier(bytes, start, end);
  if (system === start || bytes[system] !== Ascii.Colon || hasCapital(bytes, start, system)) return false;
  const event = endOfIdentifier(bytes, system + 1, end);
  return event > system + 1 && (event === end || bytes[event] === Ascii.Colon);
}

function hasCapital(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p]! >= Ascii.UpperA && bytes[p]! <= Ascii.UpperZ) return true;
  return false;
}

/** The end of the identifier at `start`, or `start` where there is none. */
function endOfIdentifier(bytes: Uint8Array, start: number, end: number): number {
  if (isDigit(bytes[start]!)) return start;
  let p = start;
  while (p < end && !endsWord(bytes, p, end)) p++;
  return p;
}

/** Cuts what perf appends to a tracepoint's name for its modifiers: `kvm:kvm_exit:k`. */
function withoutModifier(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes.indexOf(Ascii.Colon, start);
  if (first < 0 || first >= end) return end;
  const second = bytes.indexOf(Ascii.Colon, first + 1);
  return second < 0 || second >= end ? end : second;
}

const PERF_RECORD = 'PERF_RECORD_';

function isPerfRecord(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > PERF_RECORD.length && hasText(bytes, start, end, PERF_RECORD);
}

/** A task's number, perhaps negative; what exceeds 31 bits is none. */
function taskNumber(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === Ascii.Dash;
  const value = decimal(bytes, negative ? start + 1 : start, end);
  if (value > MAX_PID) return UNKNOWN_TID;
  return negative ? -value : value;
}
