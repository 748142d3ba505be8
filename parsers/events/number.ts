/**
 * Numbers in trace text, straight into payload words: digits in, `[lo, hi]` of a 64-bit value out, no string
 * and no bigint between. Every reader returns the position after the digits, or -1 when there are none or
 * they exceed 64 bits.
 */
import { Ascii, Letter } from '../base/ascii.js';
import { TWO_32 } from '../base/words.js';

/** Largest count of decimal digits whose value a double holds exactly. */
const EXACT_DIGITS = 15;

/** Value of a hexadecimal digit, -1 for any other byte. */
const HEX_VALUE = new Int8Array(256).fill(-1);
for (let d = 0; d < 10; d++) HEX_VALUE[Ascii.Digit0 + d] = d;
for (let d = 0; d < 6; d++) HEX_VALUE[Ascii.LowerA + d] = HEX_VALUE[0x41 + d] = 10 + d;

/** 1 for bytes that may continue a number or a name: a number ends only before another kind of byte. */
const WORD_BYTE = new Uint8Array(256);
for (let c = Ascii.Digit0; c <= Ascii.Digit9; c++) WORD_BYTE[c] = 1;
for (let c = 0x41; c <= 0x5a; c++) WORD_BYTE[c] = WORD_BYTE[c + Letter.LowerBit] = 1;
WORD_BYTE[Ascii.Underscore] = 1;

/** True when a number that ended before `pos` is whole: what follows is neither a digit nor a letter. */
export function endsWord(bytes: Uint8Array, pos: number, end: number): boolean {
  return pos >= end || WORD_BYTE[bytes[pos]!] === 0;
}

/** Reads hexadecimal digits, with or without `0x`, into out[at] (low word) and out[at + 1] (high word). */
export function readHex(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
  let pos = start;
  if (pos + 1 < end && bytes[pos] === Ascii.Digit0 && (bytes[pos + 1]! | Letter.LowerBit) === Ascii.LowerX)
    pos += 2;
  const first = pos;
  let lo = 0;
  let hi = 0;
  for (; pos < end; pos++) {
    const digit = HEX_VALUE[bytes[pos]!]!;
    if (digit < 0) break;
    if (hi >>> 28 !== 0) return -1;
    hi = (hi << 4) | (lo >>> 28);
    lo = (lo << 4) | digit;
  }
  if (pos === first) return -1;
  out[at] = lo;
  out[at + 1] = hi;
  return pos;
}

/** Reads decimal digits, with or without a minus sign; a negative value becomes 64-bit two's complement. */
export function readDec(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
  const negative = start < end && bytes[start] === Ascii.Dash;
  const first = negative ? start + 1 : start;
  let pos = first;
  let value = 0;
  const exactEnd = Math.min(end, first + EXACT_DIGITS);
  for (; pos < exactEnd; pos++) {
    const digit = bytes[pos]! - Ascii.Digit0;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (pos === first) return -1;
  let lo = value >>> 0;
  let hi = (value - lo) / TWO_32;
  for (; pos < end; pos++) {
    const digit = bytes[pos]! - Ascii.Digit0;
    if (digit < 0 || digit > 9) break;
    const low = lo * 10 + digit;
    lo = low >>> 0;
    hi = hi * 10 + (low - lo) / TWO_32;
    if (hi >= TWO_32) return -1;
  }
  if (negative) {
    lo = -lo >>> 0;
    hi = lo === 0 ? -hi >>> 0 : ~hi >>> 0;
  }
  out[at] = lo;
  out[at + 1] = hi;
  return pos;
}

/** Count of hexadecimal digits from `pos`, at most `end - pos`. */
export function hexRun(bytes: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && HEX_VALUE[bytes[p]!]! >= 0) p++;
  return p - pos;
}
