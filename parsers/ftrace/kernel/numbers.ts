/**
 * Numbers as the kernel prints them. What they read to must be what ../../events/number.ts reads; where that
 * would take more care than is worth it here, `isUnsure` is set and the line is left to it.
 */
import { BLANK, DASH, DIGIT_0, LOWER_X, isDigit } from './bytes';

/** More digits than these may not fit, or not be exact. */
const DECIMAL_DIGITS: usize = 18;
const HEX_DIGITS: usize = 16;
const NO_DIGIT: u32 = 16;
const LOWER_A: i8 = 0x61;
/** Eight bytes: of the digit 0; what brings all above 9 to the highest bit, and that bit. */
const ZEROS: u64 = ((<u64>0x30303030) << 32) | 0x30303030;
const TO_TOP: u64 = ((<u64>0x76767676) << 32) | 0x76767676;
const TOPS: u64 = ((<u64>0x80808080) << 32) | 0x80808080;
const PAIRS: u64 = ((<u64>0x00ff00ff) << 32) | 0x00ff00ff;
const FOURS: u64 = ((<u64>0xffff) << 32) | 0xffff;
const LANES: v128 = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

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
  const bytes = v128.load(p);
  const digits = i8x16.sub(bytes, i8x16.splat(<i8>DIGIT_0));
  const letters = i8x16.sub(v128.or(bytes, i8x16.splat(<i8>BLANK)), i8x16.splat(LOWER_A));
  const areDigits = i8x16.lt_u(digits, i8x16.splat(10));
  const areLetters = i8x16.lt_u(letters, i8x16.splat(6));
  const count = ctz(~i8x16.bitmask(v128.or(areDigits, areLetters)));
  if (count === 0) return 0;
  if (count === <i32>HEX_DIGITS && hexDigit(load<u8>(p + HEX_DIGITS)) !== NO_DIGIT) isUnsure = true;
  const each = v128.bitselect(digits, i8x16.add(letters, i8x16.splat(10)), areDigits);
  // The last one comes into the last lane, zeroes before the first; then two become a byte.
  const places = i8x16.add(LANES, i8x16.splat(<i8>(count - <i32>HEX_DIGITS)));
  const nibbles = i8x16.swizzle(each, places);
  const pairs = v128.or(i16x8.shl(nibbles, 4), i16x8.shr_u(nibbles, 8));
  const packed = v128.and(pairs, i16x8.splat(0xff));
  value = bswap(i64x2.extract_lane(i8x16.narrow_i16x8_u(packed, packed), 0));
  return p + count;
}

/** Up to eight digits at `p`: how many, and what they are as a number in the bits above. */
export function digitsAt(p: usize): u64 {
  const bytes = load<u64>(p) ^ ZEROS;
  // The first byte that is none has its highest bit; what is behind it does not count.
  const others = ((bytes + TO_TOP) | bytes) & TOPS;
  if (others === 0) return (readEight(bytes) << 8) | 8;
  const count = ctz(others) >> 3;
  return count === 0 ? 0 : (readEight(bytes << (64 - 8 * count)) << 8) | count;
}

/** The number of eight digits, the first one in the lowest byte. */
export function readEight(digits: u64): u64 {
  const pairs = (digits * 10 + (digits >> 8)) & PAIRS;
  const fours = (pairs * 100 + (pairs >> 16)) & FOURS;
  return (fours * 10000 + (fours >> 32)) & 0xffffffff;
}

/** Reads a decimal number, negative ones too, into `value`. Position behind it; 0 where there is none. */
export function readDecimal(p: usize): usize {
  const isNegative = load<u8>(p) === DASH;
  if (isNegative) p++;
  const first = p;
  const digits = digitsAt(p);
  let read = digits >> 8;
  p += <usize>(digits & 0xff);
  if (p === first + 8) for (; isDigit(load<u8>(p)); p++) read = read * 10 + (load<u8>(p) - DIGIT_0);
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
