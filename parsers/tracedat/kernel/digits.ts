/** Numbers as digits, where they are wanted. Bytes behind them may be written, and mean nothing. */

/** Digits of each number below a hundred. */
const PAIRS = memory.data<u8>([
  48, 48, 48, 49, 48, 50, 48, 51, 48, 52, 48, 53, 48, 54, 48, 55, 48, 56, 48, 57, 49, 48, 49, 49, 49, 50, 49,
  51, 49, 52, 49, 53, 49, 54, 49, 55, 49, 56, 49, 57, 50, 48, 50, 49, 50, 50, 50, 51, 50, 52, 50, 53, 50, 54,
  50, 55, 50, 56, 50, 57, 51, 48, 51, 49, 51, 50, 51, 51, 51, 52, 51, 53, 51, 54, 51, 55, 51, 56, 51, 57, 52,
  48, 52, 49, 52, 50, 52, 51, 52, 52, 52, 53, 52, 54, 52, 55, 52, 56, 52, 57, 53, 48, 53, 49, 53, 50, 53, 51,
  53, 52, 53, 53, 53, 54, 53, 55, 53, 56, 53, 57, 54, 48, 54, 49, 54, 50, 54, 51, 54, 52, 54, 53, 54, 54, 54,
  55, 54, 56, 54, 57, 55, 48, 55, 49, 55, 50, 55, 51, 55, 52, 55, 53, 55, 54, 55, 55, 55, 56, 55, 57, 56, 48,
  56, 49, 56, 50, 56, 51, 56, 52, 56, 53, 56, 54, 56, 55, 56, 56, 56, 57, 57, 48, 57, 49, 57, 50, 57, 51, 57,
  52, 57, 53, 57, 54, 57, 55, 57, 56, 57, 57,
]);

export function hexDigits(value: u64): i32 {
  return value === 0 ? 1 : <i32>((67 - clz(value)) >> 2);
}

/** Puts the digits of a number at an address. */
export function putHex(at: usize, value: u64, digits: i32): void {
  if (digits <= 8) {
    store<u64>(at, eight(<u32>value) >> <u64>(8 * (8 - digits)));
    return;
  }
  const high = digits - 8;
  store<u64>(at, eight(<u32>(value >> 32)) >> <u64>(8 * (8 - high)));
  store<u64>(at + <usize>high, eight(<u32>value));
}

/** Both words of 32 bits. */
const BOTH: u64 = 0x100000001;

/** The eight digits of a word, the first in the lowest byte. */
function eight(word: u32): u64 {
  let x = <u64>bswap(word);
  x = ((x << 16) | x) & (0x0000ffff * BOTH);
  x = ((x << 8) | x) & (0x00ff00ff * BOTH);
  x = ((x >> 4) | (x << 8)) & (0x0f0f0f0f * BOTH);
  const letters = ((x + 0x06060606 * BOTH) >> 4) & (0x01010101 * BOTH);
  return x + 0x30303030 * BOTH + letters * 39;
}

export function decimalDigits(value: u64): i32 {
  let digits = 1;
  let rest = value;
  for (; rest >= 10000; rest /= 10000) digits += 4;
  if (rest >= 1000) return digits + 3;
  if (rest >= 100) return digits + 2;
  return rest >= 10 ? digits + 1 : digits;
}

/** Puts the last `digits` digits of a number. */
export function putDecimal(at: usize, value: u64, digits: i32): void {
  let p = at + <usize>digits;
  let wide = value;
  for (; wide > 0xffffffff && p >= at + 2; wide /= 100) {
    p -= 2;
    store<u16>(p, load<u16>(PAIRS + 2 * <usize>(wide % 100)));
  }
  let rest = <u32>wide;
  for (; p >= at + 2; rest /= 100) {
    p -= 2;
    store<u16>(p, load<u16>(PAIRS + 2 * <usize>(rest % 100)));
  }
  if (p > at) store<u8>(at, 48 + <u8>(rest % 10));
}
