/**
 * Call chains of `perf script`: lines that begin with a tab, innermost first, up to an empty line. A frame's
 * address tells whether it is the kernel's; frames without one (-F sym) belong to what the frame before
 * belonged to.
 */
import { Ascii } from '../../base/ascii.js';
import { StackLines } from '../../events/textstacks.js';

const HEX_DIGITS = 16;

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

function isUserFrame(bytes: Uint8Array, start: number, end: number, before: boolean): boolean {
  let p = start;
  while (p < end && (bytes[p] === Ascii.Blank || bytes[p] === Ascii.Tab)) p++;
  const from = p;
  while (
    p < end &&
    ((bytes[p]! >= Ascii.Digit0 && bytes[p]! <= Ascii.Digit9) ||
      (bytes[p]! >= Ascii.LowerA && bytes[p]! <= Ascii.LowerF))
  )
    p++;
  if (p === from || (p < end && bytes[p] !== Ascii.Blank)) return before;
  // A kernel's address has its top bit set, so 16 digits of which the first is 8 or more.
  return p - from < HEX_DIGITS || bytes[from]! < Ascii.Digit8;
}
