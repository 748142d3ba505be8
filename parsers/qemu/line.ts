/**
 * One line of QEMU's log backend: `name args`, behind one of three prefixes or none.
 *
 *     kvm_convert_memory start 0x80000000 size 0x200000 shared_to_private
 *     2026-11-22T12:41:37.025958Z kvm_vm_ioctl type 0xae03, arg 0x76          -msg timestamp=on, QEMU 10 and later
 *     4563@1763815297.025958:kvm_vm_ioctl type 0xae03, arg 0x76               -msg timestamp=on, older
 *
 * Producer: scripts/tracetool/backend/log.py and util/log.c of QEMU 11 and 8.
 */
import { endOfDigits, isDigit, skipBlanks } from '../base/text.js';
import { endsWord } from '../events/number.js';
import { UNKNOWN_TID } from '../events/table.js';
import type { LineSpan } from '../events/textline.js';

const BLANK = 0x20;
const ISO_MIN = 'YYYY-MM-DDTHH:MM:SSZ'.length;
const SECONDS_A_DAY = 86400;
/** Days from 1 March of the year 0 to 1 January 1970. */
const DAYS_TO_1970 = 719468;
const SECONDS_DIGITS = 11;

/** Reads the line at bytes[start, end) into `out`; false when it is no event. bytes[end] must be readable. */
export function parseQemuLine(bytes: Uint8Array, start: number, end: number, out: LineSpan): boolean {
  out.decimals = out.seconds = out.nanos = 0;
  out.tid = UNKNOWN_TID;
  let p = start;
  if (isDigit(bytes[p]!)) {
    p = parseIso(bytes, start, end, out);
    if (p < 0) p = parseTidAt(bytes, start, end, out);
    if (p < 0) return false;
  }
  out.nameStart = p;
  let underscores = 0;
  for (; !endsWord(bytes, p, end); p++) if (bytes[p] === 0x5f) underscores++;
  // Every event of QEMU has its subsystem before an underscore; a line of anything else rarely begins so.
  if (underscores === 0 || isDigit(bytes[out.nameStart]!) || (p < end && bytes[p] !== BLANK)) return false;
  out.nameEnd = p;
  out.start = skipBlanks(bytes, p, end);
  out.end = end;
  return true;
}

/** Reads `YYYY-MM-DDTHH:MM:SS.ffffffZ ` and returns the position after its blank, or -1. */
function parseIso(bytes: Uint8Array, start: number, end: number, out: LineSpan): number {
  if (end - start < ISO_MIN) return -1;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  const marks =
    bytes[start + 4] === 0x2d &&
    bytes[start + 7] === 0x2d &&
    bytes[start + 10] === 0x54 &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a;
  if (!marks || year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || minute < 0 || second < 0)
    return -1;
  out.seconds = daysSince1970(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
  let p = start + 19;
  if (bytes[p] === 0x2e) p = fraction(bytes, p + 1, out);
  else out.decimals = 9;
  return p >= 0 && bytes[p] === 0x5a && bytes[p + 1] === BLANK ? p + 2 : -1;
}

/** Days of a date of the Gregorian calendar since 1970-01-01, by years that begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - DAYS_TO_1970;
}

/** Reads `TID@SECONDS.MICROSECONDS:` and returns the position after it, or -1. */
function parseTidAt(bytes: Uint8Array, start: number, end: number, out: LineSpan): number {
  let p = endOfDigits(bytes, start, end);
  if (bytes[p] !== 0x40 || p - start > 10) return -1;
  out.tid = digits(bytes, start, p - start);
  const secondsAt = p + 1;
  p = endOfDigits(bytes, secondsAt, end);
  if (p === secondsAt || p - secondsAt > SECONDS_DIGITS || bytes[p] !== 0x2e) return -1;
  out.seconds = digits(bytes, secondsAt, p - secondsAt);
  p = fraction(bytes, p + 1, out);
  return p >= 0 && bytes[p] === 0x3a ? p + 1 : -1;
}

/** Reads up to nine digits after a decimal point; returns the position after them, or -1. */
function fraction(bytes: Uint8Array, start: number, out: LineSpan): number {
  let p = start;
  let value = 0;
  while (isDigit(bytes[p]!) && p - start < 9) value = value * 10 + (bytes[p++]! - 0x30);
  if (p === start) return -1;
  out.decimals = p - start;
  for (let i = out.decimals; i < 9; i++) value *= 10;
  out.nanos = value;
  return p;
}

/** Value of exactly `count` digits, -1 when one is none. */
function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    if (!isDigit(bytes[i]!)) return -1;
    value = value * 10 + (bytes[i]! - 0x30);
  }
  return value;
}
