/** Text from a source: all of it in chunks, or one line again. */
import { Ascii } from './ascii.js';
import type { CancelToken } from './cancel.js';
import { limitMetBy } from './limits.js';
import { MAX_LINE_BYTES } from './lines.js';
import type { ByteSource } from './source.js';

const CHUNK_BYTES = 1 << 20;
/** Bytes read at first for one line: nearly every line is shorter. */
const LINE_BYTES = 1 << 12;
/** Read at once for lines that are asked for in their order. */
const WINDOW_BYTES = 1 << 19;

export interface TextReader {
  /** Where it would have the next bytes lie. */
  readonly room?: Uint8Array | undefined;
  push(chunk: Uint8Array): void;
  /** Says that the source gave fewer bytes than it had promised. */
  sourceShrank(offset: number): void;
  /** Says which limit was met, so that nothing more comes. */
  limitMet(limit: string): void;
}

/** Pushes a source from a byte on, up to a cancel or a limit. */
export function pushSource(
  source: ByteSource,
  reader: TextReader,
  options: { readonly cancel: CancelToken; readonly progress?: (bytesDone: number) => void },
  from = 0,
): void {
  let offset = from;
  const { cancel } = options;
  while (offset < source.size && !cancel.cancelled) {
    const chunk = source.read(offset, CHUNK_BYTES, reader.room);
    if (chunk.length === 0) {
      reader.sourceShrank(offset);
      return;
    }
    const limit = limitMetBy(() => reader.push(chunk));
    if (limit !== undefined) {
      reader.limitMet(limit);
      return;
    }
    offset += chunk.length;
    options.progress?.(offset);
  }
  if (offset < source.size && cancel.limit !== undefined) reader.limitMet(cancel.limit);
}

/** One line, with a newline after its last byte. */
export interface SourceLine {
  readonly bytes: Uint8Array;
  /** Where it ends without its line end. */
  readonly end: number;
}

/** The line that begins at byte `at`. */
export function lineAt(source: ByteSource, at: number): SourceLine {
  for (let length = LINE_BYTES; ; length *= 4) {
    const bytes = source.read(at, length);
    const newline = bytes.indexOf(Ascii.Newline);
    if (newline >= 0)
      return {
        bytes: bytes.slice(0, newline + 1),
        end: newline > 0 && bytes[newline - 1] === Ascii.CarriageReturn ? newline - 1 : newline,
      };
    if (bytes.length < length || length > MAX_LINE_BYTES) {
      const line = new Uint8Array(bytes.length + 1);
      line.set(bytes);
      line[bytes.length] = Ascii.Newline;
      return { bytes: line, end: bytes.length };
    }
  }
}

/** Bytes of a source that lines are found in one after another, without a read or a copy for each. */
export class LineWindow {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where in {@link bytes} the line that was found begins, and where it ends without its line end. */
  start = 0;
  end = 0;
  /** Byte of the source with which {@link bytes} begins. */
  private from = 0;
  private room: Uint8Array | undefined;

  constructor(private readonly source: ByteSource) {}

  /** Finds the line that begins at byte `at`; false for one that is longer than lines are, or not ended. */
  find(at: number): boolean {
    if (this.isWithin(at)) return true;
    this.room ??= new Uint8Array(WINDOW_BYTES);
    const bytes = this.source.read(at, WINDOW_BYTES, this.room);
    // What else a source gives is valid until the next read only, which others may ask for.
    this.bytes = bytes.buffer === this.room.buffer ? bytes : bytes.slice();
    this.from = at;
    return this.isWithin(at);
  }

  private isWithin(at: number): boolean {
    const { bytes, from } = this;
    const start = at - from;
    if (start < 0 || start >= bytes.length) return false;
    const newline = bytes.indexOf(Ascii.Newline, start);
    if (newline < 0) return false;
    this.start = start;
    this.end = newline > start && bytes[newline - 1] === Ascii.CarriageReturn ? newline - 1 : newline;
    return true;
  }
}

/** Calls `visit` for each whole line of a head, without its line end. */
export function eachLine(head: Uint8Array, visit: (start: number, end: number) => void): void {
  for (let start = 0; ; ) {
    const newline = head.indexOf(Ascii.Newline, start);
    if (newline < 0) return;
    visit(start, newline > start && head[newline - 1] === Ascii.CarriageReturn ? newline - 1 : newline);
    start = newline + 1;
  }
}
