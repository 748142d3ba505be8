/**
 * Bytes in chunks to lines: any split of the input gives the same lines. A line that lies within one chunk is
 * handed over in place; only one that crosses a seam is copied.
 */

import { Ascii } from './ascii.js';

/** Longer lines are not text of any tracer (the kernel's own limit is a page or two): they are skipped. */
export const MAX_LINE_BYTES = 1 << 20;
const FIRST_CARRY_BYTES = 1 << 12;
/**
 * Bytes four at a time, as {@link LineSplitter} looks for line ends; in place, for this is its hottest loop.
 */
const enum Four {
  Newlines = 0x0a0a0a0a,
  Ones = 0x01010101,
  TopBits = 0x80808080,
}
const NO_WORDS = new Int32Array(0);

/** Who takes the lines. `at` is the line's byte offset in the source, `line` its 1-based number. */
export interface LineSink {
  /**
   * One line at bytes[start, end), without its line end (LF or CRLF). `terminated` is false only for the last
   * line of the input when no newline follows it. bytes[end] is always a line end, so scans need no bound to
   * stop there. `mayBeUtf8` is false when all bytes are certainly ASCII.
   */
  line(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: number,
    line: number,
    terminated: boolean,
    mayBeUtf8: boolean,
  ): void;
  /** A line of more than MAX_LINE_BYTES was skipped. */
  longLine(at: number, line: number, length: number): void;
}

/** Who takes lines of a chunk many at a time, before the {@link LineSink} gets those that it leaves. */
export interface ManyLines {
  /** The next bytes, as they stay until the next call. */
  begin(chunk: Uint8Array): void;
  /**
   * Takes lines that begin at `chunk[pos]`, none where it leaves the first one. `at` and `line` are the first
   * one's, as in {@link LineSink.line}. Returns how many it took.
   */
  take(pos: number, at: number, line: number): number;
  /** Where in the chunk the line behind those begins. */
  readonly position: number;
}

export class LineSplitter {
  private carry = new Uint8Array(FIRST_CARRY_BYTES);
  private carried = 0;
  /** True when the line under way may have a byte above 0x7f. */
  private sawHigh = false;
  /** Length so far of a line that is too long to keep; 0 when none is under way. */
  private skipped = 0;
  private lineStart = 0;
  private lineNumber = 1;

  constructor(
    private readonly sink: LineSink,
    private readonly many?: ManyLines,
  ) {}

  /** Takes the next bytes of the source; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    const lead = -chunk.byteOffset & 3;
    const wordCount = Math.max(0, chunk.length - lead) >>> 2;
    const words = wordCount > 0 ? new Int32Array(chunk.buffer, chunk.byteOffset + lead, wordCount) : NO_WORDS;
    let pos = 0;
    this.many?.begin(chunk);
    while (pos < chunk.length) {
      if (this.many !== undefined && this.carried === 0 && this.skipped === 0) {
        pos = this.takeMany(this.many, pos);
        if (pos === chunk.length) return;
      }
      const newline = this.findNewline(chunk, words, lead, pos);
      if (this.carried > 0 || this.skipped > 0 || newline === chunk.length) {
        this.append(chunk, pos, newline);
        if (newline === chunk.length) return;
        this.flush(true);
      } else {
        this.emit(chunk, pos, newline);
      }
      pos = newline + 1;
    }
  }

  private takeMany(many: ManyLines, pos: number): number {
    const lines = many.take(pos, this.lineStart, this.lineNumber);
    if (lines === 0) return pos;
    this.lineNumber += lines;
    this.lineStart += many.position - pos;
    return many.position;
  }

  private emit(chunk: Uint8Array, start: number, newline: number): void {
    const length = newline - start;
    if (length > MAX_LINE_BYTES) this.sink.longLine(this.lineStart, this.lineNumber, length);
    else {
      const end = length > 0 && chunk[newline - 1] === Ascii.CarriageReturn ? newline - 1 : newline;
      this.sink.line(chunk, start, end, this.lineStart, this.lineNumber, true, this.sawHigh);
    }
    this.lineNumber++;
    this.lineStart += length + 1;
    this.sawHigh = false;
  }

  /**
   * Position of the first newline at or after `from`, or the chunk's length. Looks at four bytes at once, and
   * notes on the way whether any byte is above 0x7f (at worst one of a neighbouring line in the same word).
   * Twice as fast as calling indexOf once a line, whose call costs more than its search (481 MB, lines of 155
   * bytes: 0.19 s, not 0.41 s).
   */
  private findNewline(chunk: Uint8Array, words: Int32Array, lead: number, from: number): number {
    const length = chunk.length;
    let pos = from;
    let seen = 0;
    while (pos < length && (pos < lead || ((pos - lead) & 3) !== 0)) {
      const c = chunk[pos]!;
      if (c === Ascii.Newline) {
        if (seen > Ascii.Max) this.sawHigh = true;
        return pos;
      }
      seen |= c;
      pos++;
    }
    if (seen > Ascii.Max) this.sawHigh = true;
    let high = 0;
    let w = (pos - lead) >>> 2;
    for (; w < words.length; w++) {
      const word = words[w]!;
      high |= word;
      const zeroed = word ^ Four.Newlines;
      if (((zeroed - Four.Ones) & ~zeroed & Four.TopBits) !== 0) break;
    }
    if ((high & Four.TopBits) !== 0) this.sawHigh = true;
    for (pos = Math.max(pos, lead + w * 4); pos < length; pos++) {
      const c = chunk[pos]!;
      if (c === Ascii.Newline) return pos;
      if (c > Ascii.Max) this.sawHigh = true;
    }
    return length;
  }

  /** Hands over what follows the last newline, if anything. */
  finish(): void {
    if (this.carried > 0 || this.skipped > 0) this.flush(false);
  }

  /** Forgets what follows the last newline. */
  drop(): void {
    this.carried = 0;
    this.skipped = 0;
  }

  private append(chunk: Uint8Array, start: number, end: number): void {
    const n = end - start;
    if (this.skipped > 0) {
      this.skipped += n;
      return;
    }
    const length = this.carried + n;
    if (length > MAX_LINE_BYTES) {
      this.skipped = length;
      this.carried = 0;
      return;
    }
    if (length >= this.carry.length) {
      const bigger = new Uint8Array(Math.max(length + 1, this.carry.length * 2));
      bigger.set(this.carry.subarray(0, this.carried));
      this.carry = bigger;
    }
    this.carry.set(chunk.subarray(start, end), this.carried);
    this.carried = length;
  }

  private flush(terminated: boolean): void {
    const length = this.skipped || this.carried;
    if (this.skipped > 0) this.sink.longLine(this.lineStart, this.lineNumber, this.skipped);
    else {
      const end = terminated && this.carry[length - 1] === Ascii.CarriageReturn ? length - 1 : length;
      this.carry[length] = Ascii.Newline;
      this.sink.line(this.carry, 0, end, this.lineStart, this.lineNumber, terminated, this.sawHigh);
    }
    this.lineNumber++;
    this.lineStart += terminated ? length + 1 : length;
    this.carried = 0;
    this.skipped = 0;
    this.sawHigh = false;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** True when bytes[start, end) is valid UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  try {
    strict.decode(bytes.subarray(start, end));
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
