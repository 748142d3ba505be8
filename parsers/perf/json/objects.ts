/**
 * Objects of a JSON text, pushed in chunks: the members of the top-level arrays, one by one, and the
 * top-level objects, each as its own bytes. What lies between is only counted, never kept, so that a text of
 * any size can be read.
 */

import { Ascii } from '../../base/ascii.js';
import { joinBytes } from '../../base/bytes.js';

/**
 * One object: its bytes, where they begin, the 1-based line of its brace, and whether it is a member of an
 * array.
 */
export type TakeObject = (bytes: Uint8Array, at: number, line: number, isMember: boolean) => void;

/** A sample with the longest call chain is far below this. */
const OBJECT_LIMIT = 1 << 20;
/** Depth of what is a value of the outermost object, and of the members where that is an array. */
const LIST_DEPTH = 2;
const MEMBER_DEPTH = 3;

export class JsonObjects {
  private depth = 0;
  /** Depth at which the object under way was opened; 0 for none. */
  private opened = 0;
  private inArray = false;
  private inString = false;
  private escaped = false;
  private parts: Uint8Array[] = [];
  private kept = 0;
  private at = 0;
  private line = 1;
  private position = 0;
  private lines = 1;
  /** Objects longer than the limit, which were passed over. */
  tooLong = 0;

  constructor(private readonly take: TakeObject) {}

  /** True when the text so far ends within an object or array, or before any began. */
  get isOpen(): boolean {
    return this.depth > 0 || this.position === 0;
  }

  push(chunk: Uint8Array): void {
    let start = this.opened > 0 ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const c = chunk[i]!;
      if (c === Ascii.Newline) this.lines++;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (c === Ascii.Backslash) this.escaped = true;
        else if (c === Ascii.DoubleQuote) this.inString = false;
      } else if (c === Ascii.DoubleQuote) this.inString = true;
      else if (c === Ascii.OpenBrace || c === Ascii.OpenBracket) {
        this.depth++;
        if (this.depth === LIST_DEPTH) this.inArray = c === Ascii.OpenBracket;
        if (
          c === Ascii.OpenBrace &&
          this.opened === 0 &&
          this.depth === (this.inArray ? MEMBER_DEPTH : LIST_DEPTH)
        ) {
          this.opened = this.depth;
          this.at = this.position + i;
          this.line = this.lines;
          start = i;
        }
      } else if (c === Ascii.CloseBrace || c === Ascii.CloseBracket) {
        if (this.depth === this.opened && this.opened > 0) {
          this.keep(chunk.subarray(start, i + 1));
          this.finishObject();
          start = -1;
        }
        if (this.depth > 0) this.depth--;
        if (this.depth < LIST_DEPTH) this.inArray = false;
      }
    }
    if (start >= 0) this.keep(chunk.slice(start));
    this.position += chunk.length;
  }

  private keep(part: Uint8Array): void {
    this.kept += part.length;
    if (this.kept <= OBJECT_LIMIT) this.parts.push(part);
    else this.parts = [];
  }

  private finishObject(): void {
    if (this.kept > OBJECT_LIMIT) this.tooLong++;
    else this.take(wholeOf(this.parts), this.at, this.line, this.opened === MEMBER_DEPTH);
    this.parts = [];
    this.kept = 0;
    this.opened = 0;
  }
}

const wholeOf = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 ? parts[0]! : joinBytes(parts);
