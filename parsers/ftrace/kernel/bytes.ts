/** Bytes: comparing them, and the first end of a line. */

export const BLANK: u32 = 0x20;
export const QUOTE: u32 = 0x27;
export const DOUBLE_QUOTE: u32 = 0x22;
export const OPEN_PAREN: u32 = 0x28;
export const CLOSE_PAREN: u32 = 0x29;
export const COMMA: u32 = 0x2c;
export const DASH: u32 = 0x2d;
export const DOT: u32 = 0x2e;
export const DIGIT_0: u32 = 0x30;
export const COLON: u32 = 0x3a;
export const EQUALS: u32 = 0x3d;
export const OPEN_BRACKET: u32 = 0x5b;
export const CLOSE_BRACKET: u32 = 0x5d;
export const UNDERSCORE: u32 = 0x5f;
export const OPEN_BRACE: u32 = 0x7b;
export const CLOSE_BRACE: u32 = 0x7d;
const NEWLINE: i8 = 0x0a;
export const CARRIAGE_RETURN: u32 = 0x0d;
const LETTERS: u32 = 26;
const LOWER_BIT: u32 = 0x20;
const LOWER_A: u32 = 0x61;
export const LOWER_X: u32 = 0x78;
/** Bytes of a vector. */
const VECTOR: usize = 16;

/** True for the ten digits. */
export function isDigit(c: u32): bool {
  return c - DIGIT_0 < 10;
}

/** True for A to Z and a to z. */
export function isLetter(c: u32): bool {
  return (c | LOWER_BIT) - LOWER_A < LETTERS;
}

/** True for what a number or a name goes on with. */
export function isWordByte(c: u32): bool {
  return isDigit(c) || isLetter(c) || c === UNDERSCORE;
}

/** True where `length` bytes at `a` are those at `b`; bytes behind them are looked at. */
export function same(a: usize, b: usize, length: usize): bool {
  return length < 8 ? isZeroBelow(load<u64>(a) ^ load<u64>(b), length) : sameLong(a, b, length);
}

/** True where the first `length` bytes, fewer than eight, are all zero. */
function isZeroBelow(bytes: u64, length: usize): bool {
  return (bytes & (((<u64>1) << (8 * <u64>length)) - 1)) === 0;
}

function sameLong(a: usize, b: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + VECTOR <= length; i += VECTOR)
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  if (i + 8 <= length) {
    if (load<u64>(a + i) !== load<u64>(b + i)) return false;
    i += 8;
  }
  return isZeroBelow(load<u64>(a + i) ^ load<u64>(b + i), length - i);
}

/** Position of the first byte at or after `p` that is no blank. */
export function skipBlanks(p: usize): usize {
  while (load<u8>(p) === BLANK) p++;
  return p;
}

/**
 * The newline of the line that begins at `start`. 0 where none lies before `limit`, and where the line is not
 * plain: it holds a byte beyond ASCII.
 */
export function newlineOfPlain(start: usize, limit: usize): usize {
  const newlines = i8x16.splat(NEWLINE);
  let beyond: i32 = 0;
  for (let p = start; p < limit; p += VECTOR) {
    const bytes = v128.load(p);
    const found = i8x16.bitmask(i8x16.eq(bytes, newlines));
    const high = i8x16.bitmask(bytes);
    if (found === 0) {
      beyond |= high;
      continue;
    }
    const before = (found & -found) - 1;
    const end = p + ctz(found);
    return (beyond | (high & before)) === 0 && end < limit ? end : 0;
  }
  return 0;
}

/** True where bytes [start, end) hold a colon with a blank behind it. */
export function holdsColonBlank(start: usize, end: usize): bool {
  const colons = i8x16.splat(<i8>COLON);
  const blanks = i8x16.splat(<i8>BLANK);
  for (let p = start; p < end; p += VECTOR) {
    const both = v128.and(i8x16.eq(v128.load(p), colons), i8x16.eq(v128.load(p + 1), blanks));
    const found = i8x16.bitmask(both);
    if (found !== 0 && p + ctz(found) + 1 < end) return true;
  }
  return false;
}
