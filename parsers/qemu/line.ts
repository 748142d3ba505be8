/**
 * One line of QEMU's log backend: `name args`, behind one of two prefixes or none.
 *
 *     kvm_convert_memory start 0x80000000 size 0x200000 shared_to_private
 *     2026-11-22T12:41:37.025958Z kvm_vm_ioctl type 0xae03, arg 0x76    -msg timestamp=on, QEMU 10 and later
 *     4563@1763815297.025958:kvm_vm_ioctl type 0xae03, arg 0x76         -msg timestamp=on, older
 *
 * Producer: scripts/tracetool/backend/log.py and util/log.c of QEMU 11 and 8.
 */
import { Ascii } from '../base/ascii.js';
import { decimal, endOfDigits, hasShape, isDigit, isLetter, skipBlanks } from '../base/text.js';
import { NANO_DIGITS } from '../base/units.js';
import { endsWord } from '../events/number.js';
import { UNKNOWN_TID } from '../events/table.js';
import type { LineSpan } from '../events/textline.js';

const ISO = '0000-00-00T00:00:00';
const ISO_DAY = '0000-00-00'.length;
const SECONDS_A_DAY = 86400;
const SECONDS_AN_HOUR = 3600;
const SECONDS_A_MINUTE = 60;
/** The Gregorian calendar repeats itself. */
const YEARS_OF_ERA = 400;
const DAYS_OF_ERA = 146097;
/** Days from 1 March of the year 0 to 1 January 1970. */
const DAYS_TO_1970 = 719468;
const SECONDS_DIGITS = 11;
const TID_DIGITS = 10;

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
  for (; !endsWord(bytes, p, end); p++) if (bytes[p] === Ascii.Underscore) underscores++;
  // Every event of QEMU has its subsystem before an underscore; a line of anything else rarely begins so.
  if (underscores === 0 || !isLetter(bytes[out.nameStart]!) || (p < end && bytes[p] !== Ascii.Blank))
    return false;
  out.nameEnd = p;
  out.start = skipBlanks(bytes, p, end);
  out.end = end;
  return true;
}

/** True when bytes[start, end) holds the time of another line: `2026-11-22T12:41:37.025958Z `. */
export function holdsTime(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p + ISO.length < end; p++)
    if (bytes[p + ISO_DAY] === Ascii.UpperT && hasShape(bytes, p, end, ISO)) return true;
  return false;
}

/** Reads `YYYY-MM-DDTHH:MM:SS.ffffffZ ` and returns the position after its blank, or -1. */
function parseIso(bytes: Uint8Array, start: number, end: number, out: LineSpan): number {
  if (!hasShape(bytes, start, end, ISO)) return -1;
  const year = decimal(bytes, start, start + 4);
  const month = decimal(bytes, start + 5, start + 7);
  const day = decimal(bytes, start + 8, start + 10);
  const hour = decimal(bytes, start + 11, start + 13);
  const minute = decimal(bytes, start + 14, start + 16);
  const second = decimal(bytes, start + 17, start + 19);
  if (year < 1970 || month < 1 || month > 12 || day < 1) return -1;
  const ofDay = hour * SECONDS_AN_HOUR + minute * SECONDS_A_MINUTE + second;
  out.seconds = daysSince1970(year, month, day) * SECONDS_A_DAY + ofDay;
  let p = start + ISO.length;
  if (bytes[p] === Ascii.Dot) p = fraction(bytes, p + 1, out);
  else out.decimals = NANO_DIGITS;
  return p >= 0 && bytes[p] === Ascii.UpperZ && bytes[p + 1] === Ascii.Blank ? p + 2 : -1;
}

/** Days of a date of the Gregorian calendar since 1970-01-01, by years that begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / YEARS_OF_ERA);
  const yearOfEra = y - era * YEARS_OF_ERA;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_OF_ERA + dayOfEra - DAYS_TO_1970;
}

/** Reads `TID@SECONDS.MICROSECONDS:` and returns the position after it, or -1. */
function parseTidAt(bytes: Uint8Array, start: number, end: number, out: LineSpan): number {
  let p = endOfDigits(bytes, start, end);
  if (bytes[p] !== Ascii.At || p - start > TID_DIGITS) return -1;
  out.tid = decimal(bytes, start, p);
  const secondsAt = p + 1;
  p = endOfDigits(bytes, secondsAt, end);
  if (p === secondsAt || p - secondsAt > SECONDS_DIGITS || bytes[p] !== Ascii.Dot) return -1;
  out.seconds = decimal(bytes, secondsAt, p);
  p = fraction(bytes, p + 1, out);
  return p >= 0 && bytes[p] === Ascii.Colon ? p + 1 : -1;
}

/** Reads up to nine digits after a decimal point; returns the position after them, or -1. */
function fraction(bytes: Uint8Array, start: number, out: LineSpan): number {
  let p = start;
  let value = 0;
  while (isDigit(bytes[p]!) && p - start < NANO_DIGITS) value = value * 10 + (bytes[p++]! - Ascii.Digit0);
  if (p === start) return -1;
  out.decimals = p - start;
  for (let i = out.decimals; i < NANO_DIGITS; i++) value *= 10;
  out.nanos = value;
  return p;
}
