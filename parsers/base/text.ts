/**
 * The bytes of printed lines, without strings: what readers of text are made of. Free functions, because
 * readers call them per line. All look at bytes[start, end) only.
 */

import { Ascii, Letter } from './ascii.js';

export function isDigit(c: number): boolean {
  return c >= Ascii.Digit0 && c <= Ascii.Digit9;
}

/** A to Z and a to z. */
export function isLetter(c: number): boolean {
  const lower = c | Letter.LowerBit;
  return lower >= Ascii.LowerA && lower <= Ascii.LowerZ;
}

/** True for one digit or more, and nothing else. */
export function allDigits(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start && endOfDigits(bytes, start, end) === end;
}

/** End of the digits that begin at `start`; `start` itself where there are none. */
export function endOfDigits(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && isDigit(bytes[p]!)) p++;
  return p;
}

/** Start of the digits that end at `end`; `end` itself where there are none. */
export function startOfDigits(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && isDigit(bytes[p - 1]!)) p--;
  return p;
}

/** Value of digits, exact up to 15 of them. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let p = start; p < end; p++) value = value * 10 + (bytes[p]! - Ascii.Digit0);
  return value;
}

/** Position of the first byte that is no blank, or `end`. */
export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] === Ascii.Blank) p++;
  return p;
}

/** End of what precedes the blanks before `end`. */
export function trimRight(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && bytes[p - 1] === Ascii.Blank) p--;
  return p;
}

/** Position of the first blank, or `end`. */
export function endOfToken(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p] !== Ascii.Blank) p++;
  return p;
}

/** Start of what follows the last blank. */
export function startOfToken(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && bytes[p - 1] !== Ascii.Blank) p--;
  return p;
}

/** True when the bytes are exactly `text` (ASCII). */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === text.length && hasText(bytes, start, end, text);
}

/** True when the bytes begin with `text` (ASCII). */
export function hasText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** True when the bytes begin like `shape` (ASCII), whose every 0 stands for any digit. */
export function hasShape(bytes: Uint8Array, start: number, end: number, shape: string): boolean {
  if (end - start < shape.length) return false;
  for (let i = 0; i < shape.length; i++) {
    const want = shape.charCodeAt(i);
    const got = bytes[start + i]!;
    if (want === Ascii.Digit0 ? !isDigit(got) : got !== want) return false;
  }
  return true;
}
