/** `f <-caller` in bytes: what nearly every line of the function tracer is, told without a string. */
import { Ascii } from '../base/ascii.js';

/** Classes of bytes of a symbol: those that begin one, and those that may follow. */
const enum InSymbol {
  Begins = 1,
  Follows = 2,
}

const CLASSES = new Uint8Array(0x100);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_')
  CLASSES[c.charCodeAt(0)] = InSymbol.Begins | InSymbol.Follows;
for (const c of '0123456789.$') CLASSES[c.charCodeAt(0)] = InSymbol.Follows;

/**
 * True where the bytes are two symbols with ` <-` between them and nothing else: then `functionCall` reads
 * them as a call. Forms with offsets, modules or addresses are left to it.
 */
export function isPlainCall(bytes: Uint8Array, start: number, end: number): boolean {
  const called = symbolEnd(bytes, start, end);
  if (called < 0 || called + 2 >= end) return false;
  if (bytes[called] !== Ascii.Blank) return false;
  if (bytes[called + 1] !== Ascii.Less || bytes[called + 2] !== Ascii.Dash) return false;
  return symbolEnd(bytes, called + 3, end) === end;
}

/** The end of the symbol that begins at `at`; -1 where none does. */
function symbolEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || (CLASSES[bytes[at]!]! & InSymbol.Begins) === 0) return -1;
  let p = at + 1;
  while (p < end && (CLASSES[bytes[p]!]! & InSymbol.Follows) !== 0) p++;
  return p;
}
