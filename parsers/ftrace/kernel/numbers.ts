/**
 * Numbers as the kernel prints them. What they read to must be what ../../events/number.ts reads; where that
 * would take more care than is worth it here, `isUnsure` is set and the line is left to it.
 */
import { BLANK, DASH, DIGIT_0, LOWER_X, isDigit } from './bytes';

/** More digits than these may not fit, or not be exact. */
const DECIMAL_DIGITS: usize = 18;
const HEX_DIGITS: usize = 16;
const NO_DIGIT: u32 = 16;

/** The number that was read last, as 64 bits in two's complement. */
export let value: u64 = 0;
/** True once something was met that is not read here. */
export let isUnsure: bool = false;

/** A line begins. */
export function beSure(): void {
  isUnsure = false;
}

/** Value of a hexadecimal digit; 16 for any other byte. */
export function hexDigit(c: u32): u32 {
  const digit = c - DIGIT_0;
  if (digit < 10) return digit;
  const letter = (c | BLANK) - 0x61;
  return letter < 6 ? letter + 10 : NO_DIGIT;
}

/** True where a number begins with 0x, or with 0X. */
export function hasHexPrefix(p: usize): bool {
  return load<u8>(p) === DIGIT_0 && (load<u8>(p + 1) | BLANK) === LOWER_X;
}

/** Reads hexadecimal, with or without 0x, into `value`. Position behind it; 0 where there is none. */
export function readHex(p: usize): usize {
  if (hasHexPrefix(p)) p += 2;
  const first = p;
  let read: u64 = 0;
  for (;;) {
    const digit = hexDigit(load<u8>(p));
    if (digit === NO_DIGIT) break;
    read = (read << 4) | digit;
    p++;
  }
  if (p === first) return 0;
  if (p - first > HEX_DIGITS) isUnsure = true;
  value = read;
  return p;
}

/** Reads a decimal number, negative ones too, into `value`. Position behind it; 0 where there is none. */
export function readDecimal(p: usize): usize {
  const isNegative = load<u8>(p) === DASH;
  if (isNegative) p++;
  const first = p;
  let read: u64 = 0;
  for (; isDigit(load<u8>(p)); p++) read = read * 10 + (load<u8>(p) - DIGIT_0);
  if (p === first) return 0;
  if (p - first > DECIMAL_DIGITS) isUnsure = true;
  value = isNegative ? 0 - read : read;
  return p;
}

/** Count of the hexadecimal digits of bytes [p, end). */
export function hexRun(p: usize, end: usize): usize {
  let q = p;
  while (q < end && hexDigit(load<u8>(q)) !== NO_DIGIT) q++;
  return q - p;
}
