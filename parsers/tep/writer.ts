/**
 * A print format as steps that put bytes where they are wanted: what {@link EventPrinter} makes a string of,
 * without a string for any field. What no step knows is put as the string that the evaluator makes; what
 * would have to be changed behind it (a line's end) is left to whoever asked.
 */
import { Ascii } from '../base/ascii.js';
import type { ByteSink } from '../base/byteSink.js';
import { TWO_32 } from '../base/words.js';
import type { FastInteger } from './fastint.js';
import type { KeyWords } from './keyWords.js';
import type { RecordBytes } from './record.js';

/** More than an integer takes with its sign and prefix, but for its width. */
export const DIGITS_MAX = 32;
/** Texts of one step that are kept, by what they are made of. */
const KEPT = 256;
/** Above this a high word makes a number beyond 2^53. */
const EXACT_HIGH = 1 << 21;
const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();
/** The digits of each byte. */
const HEX_DIGITS = encoder.encode('0123456789abcdef');
const HIGH_DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => HEX_DIGITS[byte >> 4]!);
const LOW_DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => HEX_DIGITS[byte & 15]!);

/** What a part of a print format tells of itself. */
export interface WriterPart {
  readonly text: string;
  readonly print: ((record: RecordBytes) => string) | undefined;
  readonly integer: FastInteger | undefined;
  /** What its text is made of, where that is little. */
  readonly key: KeyWords | undefined;
}

export const enum Value {
  None,
  Hex,
  Decimal,
  Kept,
  Any,
}

/** A literal text and the value behind it; all are of one shape, so that the loop over them is quick. */
export class WriterStep {
  readonly value: Value;
  readonly offset: number;
  readonly size: number;
  readonly isSigned: boolean;
  readonly leftShift: number;
  /** By how much 32 bits are shifted to have those that are read; -1 where all 64 are. */
  readonly cut: number;
  readonly isSignedText: boolean;
  readonly width: number;
  readonly fill: number;
  readonly prefix: number;
  /** Texts that are kept, and the words that each is of. */
  readonly lows = new Int32Array(KEPT);
  readonly highs = new Int32Array(KEPT);
  readonly texts: (Uint8Array | undefined)[];

  constructor(
    readonly text: Uint8Array,
    { print, integer, key }: Omit<WriterPart, 'text'>,
  ) {
    this.value = kindOfValue(integer, key, print);
    this.offset = integer?.offset ?? 0;
    this.size = integer?.size ?? 0;
    this.isSigned = integer?.isSigned ?? false;
    this.leftShift = integer?.leftShift ?? 0;
    this.cut = integer && integer.conversion.bits < 64 ? 32 - integer.conversion.bits : -1;
    this.isSignedText = integer?.conversion.signed ?? false;
    this.width = integer?.width ?? 0;
    this.fill = integer?.hasZeros ? Ascii.Digit0 : Ascii.Blank;
    this.prefix = integer?.prefix ?? 0;
    this.print = print;
    this.key = key;
    this.texts = new Array<Uint8Array | undefined>(KEPT).fill(undefined);
  }
  readonly print: ((record: RecordBytes) => string) | undefined;
  readonly key: KeyWords | undefined;
}

function kindOfValue(
  integer: FastInteger | undefined,
  key: KeyWords | undefined,
  print: WriterPart['print'],
): Value {
  if (!print) return Value.None;
  if (integer) return integer.conversion.radix === 16 ? Value.Hex : Value.Decimal;
  return key ? Value.Kept : Value.Any;
}

/** The steps of a print format; undefined for one whose own words end a line. */
export function writerOf(parts: readonly WriterPart[]): RecordWriter | undefined {
  const steps: WriterStep[] = [];
  let text = NO_BYTES;
  for (const part of parts) {
    if (endsLine(part.text)) return undefined;
    if (part.print) {
      steps.push(new WriterStep(text, part));
      text = NO_BYTES;
    } else text = encoder.encode(part.text);
  }
  if (text.length > 0)
    steps.push(new WriterStep(text, { print: undefined, integer: undefined, key: undefined }));
  return new RecordWriter(steps);
}

export const endsLine = (text: string): boolean => text.includes('\n') || text.includes('\r');

export class RecordWriter {
  /** Bytes of all texts and integers, at most. */
  private readonly most: number;

  constructor(readonly steps: readonly WriterStep[]) {
    this.most = steps.reduce((sum, { text, width }) => sum + text.length + width + DIGITS_MAX, 0);
  }

  /** Puts the text of a record; false where it has a line's end in it, and nothing counts of what was put. */
  write(record: RecordBytes, sink: ByteSink): boolean {
    const { steps } = this;
    sink.need(this.most);
    let p = sink.used;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      const { text, value } = step;
      const { bytes } = sink;
      for (let k = 0; k < text.length; k++) bytes[p++] = text[k]!;
      if (value === Value.Hex || value === Value.Decimal) p = putInteger(step, record, bytes, p);
      else if (value !== Value.None) {
        sink.used = p;
        if (!putAny(step, record, sink)) return false;
        sink.need(this.most);
        p = sink.used;
      }
    }
    sink.used = p;
    return true;
  }
}

/** Puts what is no integer; false where it has a line's end. */
function putAny(step: WriterStep, record: RecordBytes, sink: ByteSink): boolean {
  if (step.value === Value.Kept) {
    const bytes = keptText(step, record);
    if (bytes === undefined) return false;
    sink.put(bytes);
    return true;
  }
  const text = step.print!(record);
  if (endsLine(text)) return false;
  sink.putText(text);
  return true;
}

/** The text of the words that a step is of, made once; undefined where it has a line's end. */
function keptText(step: WriterStep, record: RecordBytes): Uint8Array | undefined {
  const key = step.key!;
  const low = key.low(record);
  const high = key.high(record);
  const at = (low ^ (low >>> 8) ^ (low >>> 16) ^ high ^ (high >>> 8)) & (KEPT - 1);
  const known = step.texts[at];
  if (known !== undefined && step.lows[at] === low && step.highs[at] === high) return known;
  const text = step.print!(record);
  if (endsLine(text)) return undefined;
  const bytes = encoder.encode(text);
  step.lows[at] = low;
  step.highs[at] = high;
  step.texts[at] = bytes;
  return bytes;
}

/** A word of a record of little-endian ones. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Puts what {@link FastInteger} says of a record's field, digit for digit; returns where it ends. */
function putInteger(
  step: WriterStep,
  { bytes, start, end }: RecordBytes,
  into: Uint8Array,
  p: number,
): number {
  const { size, cut, isSignedText } = step;
  const at = start + step.offset;
  let lo = 0;
  let hi = 0;
  // A record that ends within the field has none of it.
  if (at + size <= end) {
    if (size === 8) {
      lo = word(bytes, at);
      hi = word(bytes, at + 4);
      const { leftShift } = step;
      if (leftShift > 0) {
        hi = (hi << leftShift) | (lo >>> (32 - leftShift));
        lo <<= leftShift;
      }
    } else {
      if (size === 4) lo = word(bytes, at);
      else lo = size === 2 ? bytes[at]! | (bytes[at + 1]! << 8) : bytes[at]!;
      if (step.isSigned) {
        const unread = 32 - size * 8;
        lo = (lo << unread) >> unread;
        hi = lo >> 31;
      }
    }
  }
  if (cut >= 0) {
    lo = isSignedText ? (lo << cut) >> cut : (lo << cut) >>> cut;
    lo |= 0;
    hi = isSignedText ? lo >> 31 : 0;
  }
  if (!isSignedText || hi >= 0) return putDigits(step, hi, lo, false, into, p);
  return putDigits(step, ~hi + (lo === 0 ? 1 : 0), -lo | 0, true, into, p);
}

/** Puts a sign, a prefix and the digits of two signed words in the width that is wanted. */
function putDigits(
  step: WriterStep,
  hi: number,
  lo: number,
  isNegative: boolean,
  into: Uint8Array,
  start: number,
): number {
  const isHex = step.value === Value.Hex;
  const digits = isHex ? hexDigits(hi, lo) : decimalDigits(hi, lo);
  let before = (hi | lo) === 0 ? 0 : step.prefix;
  if (isNegative) before = 1;
  const missing = step.width - before - digits;
  let p = start;
  if (step.fill === Ascii.Blank) for (let i = 0; i < missing; i++) into[p++] = Ascii.Blank;
  if (isNegative) into[p++] = Ascii.Dash;
  else if (before > 0) {
    into[p++] = Ascii.Digit0;
    into[p++] = Ascii.LowerX;
  }
  if (step.fill === Ascii.Digit0) for (let i = 0; i < missing; i++) into[p++] = Ascii.Digit0;
  if (isHex) fillHex(into, p, digits, hi, lo);
  else fillDecimal(into, p, digits, hi, lo);
  return p + digits;
}

function hexDigits(hi: number, lo: number): number {
  if (hi !== 0) return (67 - Math.clz32(hi)) >> 2;
  return lo === 0 ? 1 : (35 - Math.clz32(lo)) >> 2;
}

function fillHex(into: Uint8Array, start: number, digits: number, hi: number, lo: number): void {
  if (digits <= 8) {
    fillWord(into, start, digits, lo);
    return;
  }
  fillWord(into, start, digits - 8, hi);
  fillWord(into, start + digits - 8, 8, lo);
}

function fillWord(into: Uint8Array, start: number, digits: number, word: number): void {
  let rest = word;
  let p = start + digits;
  for (; p >= start + 2; rest >>>= 8) {
    const byte = rest & 0xff;
    into[--p] = LOW_DIGITS[byte]!;
    into[--p] = HIGH_DIGITS[byte]!;
  }
  if (p > start) into[start] = LOW_DIGITS[rest & 15]!;
}

/** Two signed words as a number, exact below 2^53. */
const valueOfWords = (hi: number, lo: number): number => (hi >>> 0) * TWO_32 + (lo >>> 0);

function decimalDigits(hi: number, lo: number): number {
  if (hi === 0 && lo >= 0) {
    let digits = 1;
    for (let rest = lo; rest >= 10; rest = (rest / 10) | 0) digits++;
    return digits;
  }
  return wideDecimal(hi, lo).length;
}

function fillDecimal(into: Uint8Array, start: number, digits: number, hi: number, lo: number): void {
  if (hi === 0 && lo >= 0) {
    let rest = lo;
    for (let p = start + digits - 1; p >= start; p--) {
      const tenth = (rest / 10) | 0;
      into[p] = Ascii.Digit0 + rest - tenth * 10;
      rest = tenth;
    }
    return;
  }
  const text = wideDecimal(hi, lo);
  for (let i = 0; i < digits; i++) into[start + i] = text.charCodeAt(i);
}

/** Beyond 31 bits, which is rare. */
function wideDecimal(hi: number, lo: number): string {
  if (hi >>> 0 < EXACT_HIGH) return String(valueOfWords(hi, lo));
  return String((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
}
