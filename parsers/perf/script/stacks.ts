/**
 * Call chains of `perf script`: lines that begin with a tab, innermost first, up to an empty line. A frame's address
 * tells whether it is the kernel's; frames without one (-F sym) belong to what the frame before belonged to.
 */
import type { TableBuilder } from '../../events/table.js';

const HEX_DIGITS = 16;

export class ScriptStacks {
  private row = -1;
  private user = false;
  private first = -1;
  private last = 0;
  private line = 0;

  constructor(private readonly builder: TableBuilder) {}

  /** Frames that follow belong to this row. */
  open(row: number): void {
    this.row = row;
    this.user = false;
  }

  /** One frame's line; false when there is no row for it. */
  frame(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    if (this.row < 0) return false;
    const user = isUserFrame(bytes, start, end, this.user);
    if (user !== this.user) this.mark();
    this.user = user;
    if (this.first < 0) {
      this.first = at;
      this.line = line;
    }
    this.last = at + (end - start);
    return true;
  }

  /** Ends the stack. */
  close(): void {
    this.mark();
    this.row = -1;
  }

  private mark(): void {
    if (this.first >= 0) {
      this.builder.stacks.push({
        row: this.row, user: this.user, offset: this.first, endOffset: this.last, line: this.line, addresses: [],
      });
    }
    this.first = -1;
  }
}

function isUserFrame(bytes: Uint8Array, start: number, end: number, before: boolean): boolean {
  let p = start;
  while (p < end && (bytes[p] === 0x20 || bytes[p] === 0x09)) p++;
  const from = p;
  while (p < end && ((bytes[p]! >= 0x30 && bytes[p]! <= 0x39) || (bytes[p]! >= 0x61 && bytes[p]! <= 0x66))) p++;
  if (p === from || (p < end && bytes[p] !== 0x20)) return before;
  // A kernel's address has its top bit set, so 16 digits of which the first is 8 or more.
  return p - from < HEX_DIGITS || bytes[from]! < 0x38;
}
