/**
 * Named arguments, `name=value`, as ../../events/args.ts reads them where a line has the names of the line
 * before and nothing else. What is odd of a line, and a value of a slot that is no plain number, is left to
 * it.
 */
import { isFailed } from '../../tep/kernel/failedFetch';
import {
  BLANK,
  CLOSE_BRACE,
  CLOSE_PAREN,
  COMMA,
  DASH,
  DOUBLE_QUOTE,
  LOWER_X,
  OPEN_BRACE,
  OPEN_PAREN,
  QUOTE,
  isWordByte,
  same,
} from './bytes';
import { hasHexPrefix, hexRun, readDecimal, readHex, value } from './numbers';

/** Bare hexadecimal is taken for an address from this many digits on. */
const BARE_HEX_DIGITS: usize = 8;
/** What the value of an argument is: see there. */
const VALUE_HEX: u32 = 2;
const VALUE_POINTER: u32 = 3;
const POINTER_BYTES: usize = 18;
const NULL_BYTES: usize = 3;
/** An argument is a pointer to its key, the key's length, its slot, and what its value is. */
const ARG_BYTES: usize = 16;
/** A check is what is checked, and of which slot. */
const CHECK_BYTES: usize = 8;

/**
 * Reads the arguments at bytes [start, end) into the payload at `payload`; false where that is left to the
 * host. `args` is a count, a mask of the slots that all of them fill, a pointer to a count of checks and the
 * checks, and the arguments. `isCall`: they are a system call's.
 */
export function readArgs(args: usize, start: usize, end: usize, payload: usize, isCall: bool): bool {
  const count = load<u32>(args);
  let p = start;
  let arg = args + 12;
  for (let k: u32 = 0; ; k++, arg += ARG_BYTES) {
    while (p < end && (load<u8>(p) === BLANK || load<u8>(p) === COMMA)) p++;
    if (p >= end) {
      if (k < count) return false;
      break;
    }
    const length = load<u32>(arg + 4);
    if (k === count || p + length > end || !same(load<u32>(arg), p, length)) return false;
    p += length;
    const slot = load<i32>(arg + 8);
    if (slot < 0) {
      p = skipValue(p, end, isCall);
      continue;
    }
    p = readValue(p, end, load<u32>(arg + 12), isCall);
    if (p === 0) return false;
    store<u64>(payload + 4 + 8 * slot, value);
  }
  store<u32>(payload, load<u32>(args + 4));
  return areSound(load<u32>(args + 8), payload);
}

/** Reads the number of a slot into `value`. Position behind it, 0 where it is left to the host. */
function readValue(start: usize, end: usize, kind: u32, isCall: bool): usize {
  let p: usize;
  if (isCall || hasHexPrefix(start)) p = readHex(start);
  else {
    p = readDecimal(start);
    if (p === 0 || isWordByte(load<u8>(p))) p = hexRun(start, end) >= BARE_HEX_DIGITS ? readHex(start) : 0;
  }
  if (p === 0 || p > end || !endsValue(p, end)) return 0;
  if (kind === VALUE_POINTER && p - start !== POINTER_BYTES && p - start !== NULL_BYTES) return 0;
  if (kind === VALUE_HEX && load<u8>(start + 1) !== LOWER_X) return 0;
  // A negative number in parentheses says what the number before it means.
  const isTwice = load<u8>(p) === BLANK && load<u8>(p + 1) === OPEN_PAREN && load<u8>(p + 2) === DASH;
  return isTwice ? 0 : p;
}

function endsValue(p: usize, end: usize): bool {
  if (p >= end) return true;
  const c = <u32>load<u8>(p);
  return c === BLANK || c === COMMA || c === CLOSE_PAREN;
}

/** Position behind a value of any kind. */
function skipValue(start: usize, end: usize, isCall: bool): usize {
  const c = <u32>load<u8>(start);
  if (c === QUOTE && !isCall && start + 2 < end && load<u8>(start + 2) === QUOTE) return start + 3;
  if (c === DOUBLE_QUOTE) {
    for (let p = start + 1; p < end; p++)
      if (load<u8>(p) === DOUBLE_QUOTE && endsValue(p + 1, end)) return p + 1;
  } else if (c === OPEN_BRACE || (c === OPEN_PAREN && !isCall)) {
    const close = c === OPEN_BRACE ? CLOSE_BRACE : CLOSE_PAREN;
    for (let p = start; p < end; p++) if (load<u8>(p) === close) return p + 1;
  }
  let p = start;
  while (p < end && load<u8>(p) !== BLANK && load<u8>(p) !== COMMA) p++;
  return p === start ? p + 1 : p;
}

/** False where a fetch has failed, by what ../../events/failedFetch.ts checks. */
function areSound(checks: usize, payload: usize): bool {
  const mask = load<u32>(payload);
  const end = checks + 4 + CHECK_BYTES * load<u32>(checks);
  for (let check = checks + 4; check < end; check += CHECK_BYTES) {
    const slot = load<u32>(check + 4);
    if ((mask & (1 << slot)) !== 0 && isFailed(load<u32>(check), load<u64>(payload + 4 + 8 * slot)))
      return false;
  }
  return true;
}
