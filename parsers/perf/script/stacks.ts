/**
 * Call chains of `perf script`: lines that begin with a tab, innermost first, up to an empty line. A frame's
 * address tells whether it is the kernel's; frames without one (-F sym) belong to what the frame before
 * belonged to.
 */
import { Ascii } from '../../base/ascii.js';
import { endOfToken, hasText, skipBlanks } from '../../base/text.js';
import { StackLines } from '../../events/textstacks.js';

const HEX_DIGITS = 16;
/** A number of fewer digits is no address of code. */
const ADDRESS_DIGITS_MIN = 4;

export class ScriptStacks extends StackLines {
  /** One frame's line; false when there is no row for it. */
  frameLine(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const user = isUserFrame(bytes, start, end, this.user);
    if (user !== this.user) {
      const { row } = this;
      this.close();
      this.open(row, user);
    }
    return this.frame(at, at + (end - start), line);
  }
}

/**
 * True for what is a frame although blanks stand in place of its tab: an address or a symbol, and at most an
 * address's symbol and the object in parentheses behind it. Other text may be indented, too.
 */
export function isBlankFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== Ascii.Blank) return false;
  const word = skipBlanks(bytes, start, end);
  const wordEnd = endOfToken(bytes, word, end);
  const next = skipBlanks(bytes, wordEnd, end);
  if (isAddress(bytes, word, wordEnd)) return true;
  if (isHex(bytes, word, wordEnd) && isOfObject(bytes, next, end)) return true;
  // The end of an event's line may be one word, too: `nr_pages=1`.
  // So may the end of a probe's: `_ret: (ffffffff812a0880 <- …`.
  const isWord = next >= end || (bytes[next] === Ascii.OpenParen && bytes[wordEnd - 1] !== Ascii.Colon);
  return isWord && !bytes.subarray(word, wordEnd).includes(Ascii.Equals);
}

function isAddress(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= ADDRESS_DIGITS_MIN && isHex(bytes, start, end);
}

function isHex(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (!isHexDigit(bytes[p]!)) return false;
  return end > start;
}

/** `[unknown] ([unknown])` at bytes[start, end): of what a short number is the address all the same. */
function isOfObject(bytes: Uint8Array, start: number, end: number): boolean {
  return hasText(bytes, start, end, '[unknown]') && bytes[end - 1] === Ascii.CloseParen;
}

function isUserFrame(bytes: Uint8Array, start: number, end: number, before: boolean): boolean {
  let p = start;
  while (p < end && (bytes[p] === Ascii.Blank || bytes[p] === Ascii.Tab)) p++;
  const from = p;
  while (p < end && isHexDigit(bytes[p]!)) p++;
  if (p === from || (p < end && bytes[p] !== Ascii.Blank)) return before;
  // A kernel's address has its top bit set, so 16 digits of which the first is 8 or more.
  return p - from < HEX_DIGITS || bytes[from]! < Ascii.Digit8;
}

function isHexDigit(byte: number): boolean {
  return (byte >= Ascii.Digit0 && byte <= Ascii.Digit9) || (byte >= Ascii.LowerA && byte <= Ascii.LowerF);
}
