/**
 * A line whose payload holds the head of another line: what a pipe, a serial line or a copy leaves where the
 * end of one line and all before another's were lost.
 */
import { Ascii } from '../base/ascii.js';
import { endOfDigits, isDigit, isLetter, startOfDigits, startOfToken, trimRight } from '../base/text.js';
import { hexRun } from './number.js';
import { MICRO_DIGITS, NANO_DIGITS } from '../base/units.js';

/** Ticks of a clock that has no point: fewer digits may be anything. */
const TICKS_DIGITS = 6;
const CPU_DIGITS = 3;
/** Of a kernel's address. */
const POINTER_DIGITS = 16;
const FLAGS_MIN = 4;
const FLAGS_MAX = 8;

/**
 * True when bytes[start, end) holds a head with its CPU: `[001] ..... 113.508405: `, `0d..1. 552465us+: `.
 * Nothing else that is written into a trace looks like that, other than a trace.
 */
export function holdsHead(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p + 1 < end; p++) {
    if (bytes[p] === Ascii.Colon && bytes[p + 1] === Ascii.Blank && headEnds(bytes, start, p)) return true;
  }
  return false;
}

/**
 * True when bytes[start, end) holds what may be left of one: `508405: `, `: (kvm_gmem_get_pfn+0x0/0x1f0)`.
 */
export function holdsHalfHead(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p + 1 < end; p++) {
    if (bytes[p] !== Ascii.Colon || bytes[p + 1] !== Ascii.Blank) continue;
    if (endsTime(bytes, start, p) || headEnds(bytes, start, p) || isPlace(bytes, p + 2, end)) return true;
  }
  return false;
}

/** A time, flags if any, and `[cpu]` end at `colon`; or the marked time of the latency format. */
function headEnds(bytes: Uint8Array, start: number, colon: number): boolean {
  let p = startOfDigits(bytes, start, colon);
  if (p === colon) return endsMicros(bytes, start, colon);
  if (p > start && bytes[p - 1] === Ascii.Dot) {
    const dot = p - 1;
    p = startOfDigits(bytes, start, dot);
    if (p === dot) return false;
  } else if (colon - p < TICKS_DIGITS) return false;
  const beforeTime = trimRight(bytes, start, p);
  if (endsCpu(bytes, start, beforeTime)) return true;
  const flags = startOfToken(bytes, start, beforeTime);
  if (!areFlags(bytes, flags, beforeTime)) return false;
  // Half of a CPU is enough before flags.
  const close = trimRight(bytes, start, flags);
  return close > start && bytes[close - 1] === Ascii.CloseBracket;
}

/** `.508405` or longer, with all its digits. */
function endsTime(bytes: Uint8Array, start: number, colon: number): boolean {
  const p = startOfDigits(bytes, start, colon);
  const digits = colon - p;
  return (digits === MICRO_DIGITS || digits === NANO_DIGITS) && p > start && bytes[p - 1] === Ascii.Dot;
}

/** `0d..1. 552465us+`: a delay's mark, or none, and the flags before the time. */
function endsMicros(bytes: Uint8Array, start: number, colon: number): boolean {
  let p = colon;
  if (p > start && !isLetter(bytes[p - 1]!)) p--;
  if (p - 2 <= start || bytes[p - 1] !== Ascii.LowerS || bytes[p - 2] !== Ascii.LowerU) return false;
  const time = startOfDigits(bytes, start, p - 2);
  if (time === p - 2) return false;
  const flagsEnd = trimRight(bytes, start, time);
  const token = startOfToken(bytes, start, flagsEnd);
  return areFlags(bytes, endOfDigits(bytes, token, flagsEnd), flagsEnd);
}

function endsCpu(bytes: Uint8Array, start: number, end: number): boolean {
  if (end <= start || bytes[end - 1] !== Ascii.CloseBracket) return false;
  const digits = startOfDigits(bytes, start, end - 1);
  return end - 1 - digits >= CPU_DIGITS && digits > start && bytes[digits - 1] === Ascii.OpenBracket;
}

function areFlags(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < FLAGS_MIN || end - start > FLAGS_MAX) return false;
  for (let p = start; p < end; p++) {
    const c = bytes[p]!;
    if (c !== Ascii.Dot && c !== Ascii.Hash && !isDigit(c) && !isLetter(c)) return false;
  }
  return true;
}

/** `(symbol+0x` or `(ffffffff81516850`, where a probe's event begins. */
function isPlace(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== Ascii.OpenParen) return false;
  if (start < end && hexRun(bytes, start + 1, end) === POINTER_DIGITS) return true;
  for (let p = start + 1; p + 2 < end; p++) {
    const c = bytes[p]!;
    if (c === Ascii.Plus)
      return p > start + 1 && bytes[p + 1] === Ascii.Digit0 && bytes[p + 2] === Ascii.LowerX;
    if (c === Ascii.Blank || c === Ascii.CloseParen) return false;
  }
  return false;
}
