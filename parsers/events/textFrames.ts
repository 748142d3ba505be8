/**
 * Lines of call stacks: whether one is whole, as far as it shows. The frames of one text are written alike.
 */
import { Ascii } from '../base/ascii.js';
import { endOfToken, hasText, isDigit, isLetter, skipBlanks } from '../base/text.js';
import { hexRun } from './number.js';
import { TextHabit } from './textHabit.js';

const ARROW = '=>';
/** Factors that keep what makes a frame's style apart in one number. */
const COLUMNS = 256;
const CLOSED = COLUMNS * COLUMNS;

/**
 * True when a frame of the kernel is not `=> symbol+0x1c/0x2f`, with its address or its module behind, each
 * as far as it is printed.
 */
export function isTornFrame(bytes: Uint8Array, start: number, end: number): boolean {
  const arrow = skipBlanks(bytes, start, end);
  if (!hasText(bytes, arrow, end, ARROW)) return true;
  const first = skipBlanks(bytes, arrow + ARROW.length, end);
  if (!isLetter(bytes[first]!) && bytes[first] !== Ascii.Underscore) return holdsArrow(bytes, first, end);
  let p = first;
  while (p < end && isSymbolByte(bytes[p]!)) p++;
  if (bytes[p] === Ascii.Plus) p = endOfToken(bytes, p, end);
  p = skipBlanks(bytes, p, end);
  if (p >= end) return false;
  const c = bytes[p]!;
  if (c !== Ascii.Less && c !== Ascii.OpenBracket && c !== Ascii.OpenParen) return true;
  return holdsArrow(bytes, p, end);
}

function holdsArrow(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p + 1 < end; p++)
    if (bytes[p] === Ascii.Equals && bytes[p + 1] === Ascii.Greater) return true;
  return false;
}

function isSymbolByte(c: number): boolean {
  return isLetter(c) || isDigit(c) || c === Ascii.Underscore || c === Ascii.Dot || c === Ascii.Dollar;
}

/** The frames that a tool prints with their address in front, or behind. */
export class ToolFrames {
  private readonly habit = new TextHabit();

  /** True when the frame at bytes[start, end) is not like those before, or does not close what it opens. */
  isTorn(bytes: Uint8Array, start: number, end: number): boolean {
    if (!isClosed(bytes, start, end)) return true;
    let p = start;
    while (p < end && (bytes[p] === Ascii.Blank || bytes[p] === Ascii.Tab)) p++;
    const digits = hexRun(bytes, p, end);
    const isAddress = digits > 0 && (p + digits === end || bytes[p + digits] === Ascii.Blank);
    const column = isAddress ? p + digits - start : 0;
    const closes = bytes[end - 1] === Ascii.CloseParen;
    return this.habit.isOdd(column + (closes ? CLOSED + COLUMNS * addressBefore(bytes, start, end - 1) : 0));
  }
}

/** Digits of the address in parentheses that ends at `end`; 0 where there is none. */
function addressBefore(bytes: Uint8Array, start: number, end: number): number {
  let p = end;
  while (p > start && bytes[p - 1] !== Ascii.OpenParen && bytes[p - 1] !== Ascii.Blank) p--;
  return bytes[p - 1] === Ascii.OpenParen && hexRun(bytes, p, end) === end - p ? end - p : 0;
}

function isClosed(bytes: Uint8Array, start: number, end: number): boolean {
  let round = 0;
  let square = 0;
  for (let p = start; p < end; p++) {
    const c = bytes[p]!;
    if (c === Ascii.OpenParen) round++;
    else if (c === Ascii.CloseParen) round--;
    else if (c === Ascii.OpenBracket) square++;
    else if (c === Ascii.CloseBracket) square--;
    if (round < 0 || square < 0) return false;
  }
  return round === 0 && square === 0;
}
