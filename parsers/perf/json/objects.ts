/**
 * Objects of a JSON text, pushed in chunks: the members of the top-level arrays, one by one, and the top-level objects,
 * each as its own bytes. What lies between is only counted, never kept, so that a text of any size can be read.
 */

/** One object: its bytes, where they begin, the 1-based line of its brace, and whether it is a member of an array. */
export type TakeObject = (bytes: Uint8Array, at: number, line: number, isMember: boolean) => void;

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
/** A sample with the longest call chain is far below this. */
const OBJECT_LIMIT = 1 << 20;

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
      if (c === NEWLINE) this.lines++;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (c === BACKSLASH) this.escaped = true;
        else if (c === QUOTE) this.inString = false;
      } else if (c === QUOTE) this.inString = true;
      else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        this.depth++;
        if (this.depth === 2) this.inArray = c === OPEN_BRACKET;
        if (c === OPEN_BRACE && this.opened === 0 && this.depth === (this.inArray ? 3 : 2)) {
          this.opened = this.depth;
          this.at = this.position + i;
          this.line = this.lines;
          start = i;
        }
      } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        if (this.depth === this.opened && this.opened > 0) {
          this.keep(chunk.subarray(start, i + 1));
          this.finishObject();
          start = -1;
        }
        if (this.depth > 0) this.depth--;
        if (this.depth < 2) this.inArray = false;
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
    else this.take(joined(this.parts, this.kept), this.at, this.line, this.opened === 3);
    this.parts = [];
    this.kept = 0;
    this.opened = 0;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
