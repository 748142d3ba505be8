/**
 * Named arguments in trace text: `name=value` of probes and of options/fields, and `name: value, ` of
 * syscalls. Lines of one event print the same names in the same order, so the names are learned from one line
 * and compared as bytes on the next; a line that differs teaches anew. What a line decodes to never depends
 * on the lines before it.
 *
 * Values (kernel/trace/trace_probe.c, trace_output.c, trace_syscalls.c of Linux 7.2): hexadecimal with 0x,
 * decimal, negative decimal, `0x1f (31)` of options/fields, `(31)` for its one-byte fields, quoted text,
 * `'c'` with any byte in it, `{1,2}`, symbols, and `(fault)` where the kernel could not read. Only numbers
 * fill slots.
 */
import { Ascii, Letter } from '../base/ascii.js';
import { hasText, isDigit, isLetter } from '../base/text.js';
import { endsWord, hexRun, readDec, readHex } from './number.js';
import { dropFailed, fetchGuard, type FetchGuard } from './failedFetch.js';
import type { Resolved } from './resolve.js';
import { kindSlots } from './kinds.js';
import { FAILED_SHIFT } from './slots.js';

/** Set in the result of {@link readArgs} when a value of interest was printed as `(fault)`. */
export const ARGS_FAULT = 1;
/** Set when there is text that is neither an argument nor a second printing of one in brackets. */
export const ARGS_MORE = 2;
/** Set when the names, or their order, are others than on the line before. */
export const ARGS_OTHER_NAMES = 4;
/** Set when what was a number on the line before is none, or a kernel pointer has lost digits. */
export const ARGS_ODD_VALUE = 128;

/** Bare hexadecimal (no 0x) is taken for an address from this many digits on; shorter, it may be a word. */
const BARE_HEX_DIGITS = 8;
/** Slots whose negative values options/fields prints as a 32-bit hexadecimal beside the signed decimal. */
const SIGNED_SLOTS: ReadonlySet<string> = new Set([
  'ret',
  'errno',
  'fd',
  'gmem_fd',
  'slot',
  'nr',
  'refs',
  'count',
  'mapcount',
  'stale',
  'safe',
]);
const NOT_A_SLOT = -1;
/** Arguments that are addresses of the kernel's own objects, on 64-bit kernels, or null. */
const POINTERS: ReadonlySet<string> = new Set([
  'kvm',
  'vm',
  'folio',
  'page',
  'page0',
  'file',
  'notifier',
  'nb',
]);
const HEX_PREFIX = '0x';
const POINTER_START = '0xffff';
const POINTER_BYTES = '0xffff888100ba8000'.length;
const NULL_BYTES = '0x0'.length;

/** A value that may be anything, a number, one with 0x in front, a kernel pointer. */
const VALUE_ANY = 0;
const VALUE_NUMBER = 1;
const VALUE_HEX = 2;
const VALUE_POINTER = 3;

const decoder = new TextDecoder();

/** How to read one event's arguments; holds what its lines have taught so far. */
export class ArgPlan {
  /** `name=` or `name: ` as bytes, in the order of the last line learned. */
  keys: Uint8Array[] = [];
  /** Slot of each key, -1 where the model does not use it. */
  slots: number[] = [];
  /** What each key's value is: see {@link VALUE_NUMBER} and the like. */
  values: number[] = [];
  private readonly rankOf = new Map<string, number>();
  private readonly slotOf: ReadonlyMap<string, number>;
  /** One flag a slot: a negative decimal in parentheses overrides the hexadecimal before it. */
  readonly signed: readonly boolean[];
  /**
   * Of `trace-cmd report -R`, which prints `gfn=180` where the kernel's text says `gfn 180`: one flag a slot,
   * true where a number without 0x is hexadecimal. Undefined for every other text.
   */
  readonly hex: readonly boolean[] | undefined;
  readonly guard: FetchGuard;

  constructor(
    resolved: Resolved,
    readonly isSyscall: boolean,
    isRaw = false,
  ) {
    this.hex = isRaw ? hexSlots(resolved) : undefined;
    this.slotOf = resolved.slotOf;
    this.guard = fetchGuard(resolved.kind);
    for (const name of resolved.slotOf.keys()) this.rankOf.set(name, this.rankOf.size);
    this.signed = kindSlots(resolved.kind).map((slot) => SIGNED_SLOTS.has(slot));
  }

  /**
   * Takes the names and their order from bytes[start, end). Where two names mean one slot, the vocabulary's
   * first wins.
   */
  learn(bytes: Uint8Array, start: number, end: number): void {
    this.keys = [];
    this.slots = [];
    this.values = [];
    const best = new Map<number, number>();
    for (const field of argFields(bytes, start, end, this.isSyscall)) {
      const k = this.keys.length;
      this.keys.push(bytes.slice(field.keyStart, field.start));
      const slot = this.slotOf.get(field.name) ?? NOT_A_SLOT;
      this.slots.push(slot);
      this.values.push(slot < 0 ? VALUE_ANY : valueKind(field, bytes, end, this.isSyscall));
      if (slot < 0) continue;
      const rival = best.get(slot);
      if (rival === undefined) best.set(slot, k);
      else if (this.rank(rival) <= this.rank(k)) this.slots[k] = NOT_A_SLOT;
      else {
        this.slots[rival] = NOT_A_SLOT;
        best.set(slot, k);
      }
    }
  }

  private rank(k: number): number {
    const key = this.keys[k]!;
    const name = decoder.decode(key.subarray(0, key.length - (this.isSyscall ? 2 : 1)));
    return this.rankOf.get(name) ?? this.rankOf.size;
  }
}

/**
 * Reads the arguments at bytes[start, end) into the payload at pool[at] (mask, then two words a slot).
 * Returns flags ({@link ARGS_FAULT}); the mask says what was read.
 */
export function readArgs(
  plan: ArgPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
  pool: Uint32Array,
  at: number,
): number {
  let flags = walk(plan, bytes, start, end, pool, at);
  if (flags < 0) {
    plan.learn(bytes, start, end);
    flags = Math.max(0, walk(plan, bytes, start, end, pool, at)) | ARGS_OTHER_NAMES;
  }
  dropFailed(plan.guard, pool, at);
  return flags;
}

/** One pass with the learned names; -1 when the line has other names than those. */
function walk(
  plan: ArgPlan,
  bytes: Uint8Array,
  start: number,
  end: number,
  pool: Uint32Array,
  at: number,
): number {
  const keys = plan.keys;
  const isSyscall = plan.isSyscall;
  let pos = start;
  let mask = 0;
  let flags = 0;
  let k = 0;
  for (;;) {
    while (pos < end && (bytes[pos] === Ascii.Blank || bytes[pos] === Ascii.Comma)) pos++;
    if (pos >= end) break;
    if (k === keys.length || !startsWith(bytes, pos, end, keys[k]!)) {
      if (keyEnd(bytes, pos, end, isSyscall) >= 0) return -1;
      if (bytes[pos] !== Ascii.OpenParen && bytes[pos] !== Ascii.OpenBracket) flags |= ARGS_MORE;
      pos = skipValue(bytes, pos, end, isSyscall);
      continue;
    }
    const slot = plan.slots[k]!;
    pos += keys[k]!.length;
    k++;
    if (slot < 0) {
      pos = skipValue(bytes, pos, end, isSyscall);
      continue;
    }
    const word = at + 1 + 2 * slot;
    const after =
      plan.hex === undefined
        ? readValue(bytes, pos, end, pool, word, isSyscall)
        : readRawValue(plan.hex[slot]!, bytes, pos, end, pool, word);
    if (after >= 0) {
      mask |= 1 << slot;
      const kind = plan.values[k - 1]!;
      if (kind >= VALUE_HEX && isCutShort(kind, bytes, pos, after)) flags |= ARGS_ODD_VALUE;
      if (
        plan.signed[slot] &&
        bytes[after] === Ascii.Blank &&
        bytes[after + 1] === Ascii.OpenParen &&
        bytes[after + 2] === Ascii.Dash
      ) {
        readDec(bytes, after + 2, end, pool, word);
      }
      pos = after;
    } else {
      if (bytes[pos] === Ascii.OpenParen && bytes[pos + 1] === Ascii.LowerF) {
        flags |= ARGS_FAULT;
        mask |= 1 << (slot + FAILED_SHIFT);
      } else if (plan.values[k - 1] !== VALUE_ANY && isNoNumber(bytes, pos, end)) flags |= ARGS_ODD_VALUE;
      pos = skipValue(bytes, pos, end, isSyscall);
    }
  }
  if (k < keys.length) return -1;
  pool[at] = mask;
  return flags;
}

/** What the value of a field is, by its first line. */
function valueKind(field: ArgField, bytes: Uint8Array, end: number, isSyscall: boolean): number {
  const scratch = new Uint32Array(2);
  if (readValue(bytes, field.start, end, scratch, 0, isSyscall) < 0) return VALUE_ANY;
  const isPointer = POINTERS.has(field.name) && hasText(bytes, field.start, end, POINTER_START);
  if (isPointer && field.end - field.start === POINTER_BYTES) return VALUE_POINTER;
  // A system call prints 0 without it.
  return !isSyscall && hasText(bytes, field.start, end, HEX_PREFIX) ? VALUE_HEX : VALUE_NUMBER;
}

/** True when the number at bytes[start, end) has no 0x where others had it, or is half a pointer. */
function isCutShort(kind: number, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (kind === VALUE_POINTER) return length !== POINTER_BYTES && length !== NULL_BYTES;
  return bytes[start + 1] !== Ascii.LowerX;
}

/** A number that goes on as something else, or another argument's name where a number should be. */
function isNoNumber(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end) return true;
  const c = bytes[start]!;
  if (c === Ascii.Dash || isDigit(c)) return true;
  for (let p = start; p < end && bytes[p] !== Ascii.Blank; p++) if (bytes[p] === Ascii.Equals) return true;
  return false;
}

function startsWith(bytes: Uint8Array, pos: number, end: number, key: Uint8Array): boolean {
  const n = key.length;
  if (pos + n > end) return false;
  for (let i = 0; i < n; i++) if (bytes[pos + i] !== key[i]) return false;
  return true;
}

/**
 * Reads a number into out[word..word + 1] and returns the position after it, or -1 when the value is no
 * number.
 */
function readValue(
  bytes: Uint8Array,
  pos: number,
  end: number,
  out: Uint32Array,
  word: number,
  isSyscall: boolean,
): number {
  const c = bytes[pos]!;
  let after = -1;
  if (c === Ascii.Digit0 && (bytes[pos + 1]! | Letter.LowerBit) === Ascii.LowerX)
    after = readHex(bytes, pos, end, out, word);
  else if (isSyscall) after = readHex(bytes, pos, end, out, word);
  else if (c === Ascii.OpenParen) {
    after = readDec(bytes, pos + 1, end, out, word);
    return after >= 0 && bytes[after] === Ascii.CloseParen ? after + 1 : -1;
  } else if (c === Ascii.Quote) {
    if (pos + 2 >= end || bytes[pos + 2] !== Ascii.Quote) return -1;
    out[word] = bytes[pos + 1]!;
    out[word + 1] = 0;
    return pos + 3;
  } else {
    after = readDec(bytes, pos, end, out, word);
    if (after < 0 || !endsWord(bytes, after, end)) {
      after = hexRun(bytes, pos, end) >= BARE_HEX_DIGITS ? readHex(bytes, pos, end, out, word) : -1;
    }
  }
  return after >= 0 && endsValue(bytes, after, end) ? after : -1;
}

/**
 * Slots that the kernel prints in hexadecimal; none where the print format is a statement, whose fields -R
 * prints in decimal.
 */
function hexSlots(resolved: Resolved): boolean[] {
  const slots = kindSlots(resolved.kind);
  const forms = (resolved.meaning.text ?? []).join(' ');
  return slots.map((slot) => !slots.includes('role') && forms.includes(`{${slot}:x}`));
}

/**
 * A value of `trace-cmd report -R`: also `180` for 0x180, and `symbol (0xffff…)` or ` (0x7f…)` of an address.
 */
function readRawValue(
  isHex: boolean,
  bytes: Uint8Array,
  pos: number,
  end: number,
  out: Uint32Array,
  word: number,
): number {
  const prefixed = bytes[pos] === Ascii.Digit0 && bytes[pos + 1] === Ascii.LowerX;
  const after =
    isHex && !prefixed ? readHex(bytes, pos, end, out, word) : readValue(bytes, pos, end, out, word, false);
  if (after >= 0 && endsValue(bytes, after, end)) return after;
  let p = pos;
  while (p < end && bytes[p] !== Ascii.Blank && bytes[p] !== Ascii.Equals) p++;
  if (bytes[p] !== Ascii.Blank || bytes[p + 1] !== Ascii.OpenParen || bytes[p + 2] !== Ascii.Digit0)
    return -1;
  const close = readHex(bytes, p + 2, end, out, word);
  return close >= 0 && bytes[close] === Ascii.CloseParen ? close + 1 : -1;
}

function endsValue(bytes: Uint8Array, pos: number, end: number): boolean {
  if (pos >= end) return true;
  const c = bytes[pos]!;
  return c === Ascii.Blank || c === Ascii.Comma || c === Ascii.CloseParen;
}

/** Position after a value of any kind. Quoted text ends at a quote before a blank, a comma or the end. */
function skipValue(bytes: Uint8Array, pos: number, end: number, isSyscall: boolean): number {
  const c = bytes[pos];
  if (c === Ascii.Quote && !isSyscall && pos + 2 < end && bytes[pos + 2] === Ascii.Quote) return pos + 3;
  if (c === Ascii.DoubleQuote) {
    for (let p = pos + 1; p < end; p++)
      if (bytes[p] === Ascii.DoubleQuote && endsValue(bytes, p + 1, end)) return p + 1;
  } else if (c === Ascii.OpenBrace || (c === Ascii.OpenParen && !isSyscall)) {
    const close = bytes.indexOf(c === Ascii.OpenBrace ? Ascii.CloseBrace : Ascii.CloseParen, pos);
    if (close >= 0 && close < end) return close + 1;
  }
  let p = pos;
  while (p < end && bytes[p] !== Ascii.Blank && bytes[p] !== Ascii.Comma) p++;
  return p === pos ? pos + 1 : p;
}

/** Position after `name=` (or `name: ` of a syscall) at `pos`, or -1 when there is no name here. */
function keyEnd(bytes: Uint8Array, pos: number, end: number, isSyscall: boolean): number {
  const c = bytes[pos]!;
  if (!isLetter(c) && c !== Ascii.Underscore) return -1;
  let p = pos + 1;
  while (p < end && (!endsWord(bytes, p, end) || bytes[p] === Ascii.Dot)) p++;
  if (isSyscall) return p + 1 < end && bytes[p] === Ascii.Colon && bytes[p + 1] === Ascii.Blank ? p + 2 : -1;
  return p < end && bytes[p] === Ascii.Equals ? p + 1 : -1;
}

/** One printed argument: name, and the byte ranges of its key (with `=` or `: `) and value. */
export interface ArgField {
  readonly name: string;
  readonly keyStart: number;
  readonly start: number;
  readonly end: number;
}

/** All arguments at bytes[start, end) in order. Not for hot paths. */
export function argFields(bytes: Uint8Array, start: number, end: number, isSyscall: boolean): ArgField[] {
  const fields: ArgField[] = [];
  let pos = start;
  for (;;) {
    while (pos < end && (bytes[pos] === Ascii.Blank || bytes[pos] === Ascii.Comma)) pos++;
    if (pos >= end) return fields;
    const value = keyEnd(bytes, pos, end, isSyscall);
    const after = skipValue(bytes, value < 0 ? pos : value, end, isSyscall);
    if (value >= 0) {
      const name = decoder.decode(bytes.subarray(pos, value - (isSyscall ? 2 : 1)));
      fields.push({ name, keyStart: pos, start: value, end: after });
    }
    pos = after;
  }
}
