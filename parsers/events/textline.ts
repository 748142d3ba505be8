/** Parts of a line that user-space tools (`perf script`, `trace-cmd report`, QEMU) print for one event. */
import { Ascii } from '../base/ascii.js';
import { decimal, hasText, skipBlanks, startOfDigits } from '../base/text.js';
import { MICRO_DIGITS, NANO_DIGITS, NS_PER_US } from '../base/units.js';
import { UNKNOWN_CPU, UNKNOWN_TID } from './table.js';

/** Digits of a time that a double holds exactly before its fraction is added: seconds of 300 years. */
const SECONDS_DIGITS = 10;
const FAILED = '[FAILED TO PARSE]';

/** Where a line's parts are and what they say; reused for every line. */
export class LineSpan {
  commStart = 0;
  commEnd = 0;
  tid = UNKNOWN_TID;
  tgid = UNKNOWN_TID;
  cpu = UNKNOWN_CPU;
  /** Whole seconds and nanoseconds, or ticks split at a billion. */
  seconds = 0;
  nanos = 0;
  /** Digits of the fraction; 0 for ticks, or no time. */
  decimals = 0;
  /** The colon behind the time; 0 where there is none. */
  timeEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  /** The payload. */
  start = 0;
  end = 0;
}

/**
 * Reads `seconds.fraction`, of 6 or 9 decimals, that ends at `end`, into `out`; returns where it starts, or
 * -1.
 */
export function readSeconds(bytes: Uint8Array, start: number, end: number, out: LineSpan): number {
  const fraction = startOfDigits(bytes, start, end);
  const decimals = end - fraction;
  const dot = fraction - 1;
  if ((decimals !== MICRO_DIGITS && decimals !== NANO_DIGITS) || dot < start || bytes[dot] !== Ascii.Dot)
    return -1;
  const whole = startOfDigits(bytes, start, dot);
  if (whole === dot || dot - whole > SECONDS_DIGITS || (whole > start && bytes[whole - 1] !== Ascii.Blank))
    return -1;
  out.seconds = decimal(bytes, whole, dot);
  out.nanos = decimal(bytes, fraction, end) * (decimals === MICRO_DIGITS ? NS_PER_US : 1);
  out.decimals = decimals;
  return whole;
}

/** The CPU whose digits are bytes[start, end). */
export function readCpu(bytes: Uint8Array, start: number, end: number): number {
  return Math.min(decimal(bytes, start, end), UNKNOWN_CPU);
}

/**
 * Start of the fields behind `[FAILED TO PARSE]`, which libtraceevent prints where it cannot evaluate a print
 * format.
 */
export function afterFailed(bytes: Uint8Array, start: number, end: number): number {
  return bytes[start] === Ascii.OpenBracket && hasText(bytes, start, end, FAILED)
    ? skipBlanks(bytes, start + FAILED.length, end)
    : start;
}
