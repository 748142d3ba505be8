/**
 * Text of a trace on a terminal: what would move its cursor, colour it, name its window or turn the order of
 * its letters is shown as what it is: `\x1b`, `\u009b`, `\u202e`.
 */
import { Ascii } from './ascii.js';

/**
 * Controls (C0, DEL, C1), formats (marks of direction, joiners, no width), separators of lines, and U+2065,
 * which is kept free among the formats.
 */
export const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029\u2065]/gu;
const HEX = 16;
const C0_DIGITS = 2;
const UNICODE_DIGITS = 4;

/** The bytes of four characters at a time. */
const enum Four {
  Blanks = 0x20202020,
  TopBits = 0x80808080,
  Deletes = 0x7f7f7f7f,
  Ones = 0x01010101,
}

/**
 * The text with everything unseen made visible; tabs and line feeds stay. JSON stays what it is: it has no
 * bare control characters, and what else is replaced means the same within its strings.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (c) => (c === '\n' || c === '\t' ? c : escaped(c)));
}

/** The same on one line of its own. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t]/g, (c) => (c === '\t' ? ' ' : escaped(c)));
}

function escaped(character: string): string {
  // A character above U+FFFF has two units.
  return Array.from({ length: character.length }, (_, i) => escapedUnit(character.charCodeAt(i))).join('');
}

function escapedUnit(code: number): string {
  const digits = code.toString(HEX);
  return code < Ascii.Blank
    ? `\\x${digits.padStart(C0_DIGITS, '0')}`
    : `\\u${digits.padStart(UNICODE_DIGITS, '0')}`;
}

/**
 * True when UTF-8 bytes may have something unseen in them: anything but printable ASCII, tabs and line feeds.
 * By four bytes, as much is printed.
 */
export function mayBeUnseen(bytes: Uint8Array): boolean {
  const head = (4 - (bytes.byteOffset & 3)) & 3;
  if (head >= bytes.length) return anyUnseen(bytes, 0, bytes.length);
  const fours = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >> 2);
  if (anyUnseen(bytes, 0, head)) return true;
  for (let i = 0; i < fours.length; i++) {
    const x = fours[i]!;
    const noDelete = x ^ Four.Deletes;
    const marks = (x | ((x - Four.Blanks) & ~x) | ((noDelete - Four.Ones) & ~noDelete)) & Four.TopBits;
    if (marks !== 0 && anyUnseen(bytes, head + 4 * i, head + 4 * i + 4)) return true;
  }
  return anyUnseen(bytes, head + 4 * fours.length, bytes.length);
}

function anyUnseen(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) {
    const c = bytes[p]!;
    if (c >= Ascii.Max || (c < Ascii.Blank && c !== Ascii.Newline && c !== Ascii.Tab)) return true;
  }
  return false;
}
