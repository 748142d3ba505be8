/**
 * What a console or a log puts before each line of a dumped ftrace buffer (ftrace_dump_on_oops, sysrq-z):
 * printk's level and time (`<4>[   12.345678][    T1] `), or a log daemon's own prefix (`Nov 22 10:00:00 host
 * kernel: `).
 */
import { Ascii } from '../base/ascii.js';
import { endOfDigits, hasText, isDigit, skipBlanks } from '../base/text.js';

/** How far from a line's start `kernel: ` of a log daemon may stand. */
const DAEMON_PREFIX_BYTES = 120;
const KERNEL = 'kernel: ';

/** Position after a console prefix at `start`, or `start` itself when there is none. */
export function afterPrefix(bytes: Uint8Array, start: number, end: number): number {
  const printk = afterPrintk(bytes, start, end);
  if (printk > start) return printk;
  const limit = Math.min(end, start + DAEMON_PREFIX_BYTES);
  for (let p = start; p < limit; p++) {
    if (bytes[p] !== Ascii.Colon) continue;
    const word = p + 1 - KERNEL.trimEnd().length;
    const isWord = word > start && bytes[word - 1] === Ascii.Blank;
    if (isWord && hasText(bytes, word, end, KERNEL)) return afterPrintk(bytes, word + KERNEL.length, end);
  }
  return start;
}

/** `<4>`, `[   12.345678]`, `[    T1]` or `[   C0]`, then one blank. */
function afterPrintk(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  if (bytes[p] === Ascii.Less && isDigit(bytes[p + 1]!)) {
    const q = endOfDigits(bytes, p + 1, end);
    if (bytes[q] === Ascii.Greater) p = q + 1;
  }
  const time = afterBracket(bytes, p, end, true);
  if (time < 0) return p;
  p = time;
  for (;;) {
    const caller = afterBracket(bytes, p, end, false);
    if (caller < 0) break;
    p = caller;
  }
  return bytes[p] === Ascii.Blank ? p + 1 : p;
}

/** After `[   12.345678]` (a time) or `[    T1]` (printk's caller: T or C and a number), or -1. */
function afterBracket(bytes: Uint8Array, start: number, end: number, time: boolean): number {
  if (bytes[start] !== Ascii.OpenBracket) return -1;
  let p = skipBlanks(bytes, start + 1, end);
  if (!time) {
    if (bytes[p] !== Ascii.UpperT && bytes[p] !== Ascii.UpperC) return -1;
    p++;
  }
  const digits = p;
  let dots = 0;
  for (; p < end; p++) {
    const c = bytes[p]!;
    if (c === Ascii.Dot) dots++;
    else if (!isDigit(c)) break;
  }
  return p > digits && bytes[p] === Ascii.CloseBracket && dots === (time ? 1 : 0) ? p + 1 : -1;
}
