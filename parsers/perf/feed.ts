/**
 * Bytes in, whole records out: a record may lie across two reads of the file, or across two outputs of the
 * decompressor. What comes in is not copied but for the one record that crosses, unless the taker keeps it
 * (kept.ts).
 */
import { HOST_IS_LITTLE } from '../base/words.js';
import { RECORD_HEADER_BYTES } from './abi.js';

export interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same as words, where they are aligned and both host and trace are little-endian; else empty. */
  readonly words: Uint32Array;
  /** Position in its stream of byte 0 (in the file, or in the decompressed stream). */
  readonly start: number;
  /** Byte in the file that it comes from, where that is not `start`; else -1. */
  readonly origin: number;
  /** Among the chunks that are kept; -1 for one that is not. */
  readonly id: number;
  /** Where it is in the kernel's memory; -1 for one that is not there. */
  readonly place: number;
  /** True while a feed hands out its records. */
  isRead: boolean;
}

/**
 * Makes a chunk of bytes that begin at `start` of their stream, `origin` in the file (-1 where that is the
 * same).
 */
export type MakeChunk = (bytes: Uint8Array, start: number, origin: number) => Chunk;

/** Byte in the file of what stands at `offset`, or of the compressed record that it comes from. */
export function fileOffset(chunk: Chunk, offset: number): number {
  return chunk.origin >= 0 ? chunk.origin : chunk.start + offset;
}

const NO_WORDS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);

/**
 * Called with each whole record; returns how many bytes that follow the record belong to it without being
 * records (tracing data in pipe mode, AUX data), 0 for most, or -1 to stop.
 */
export type TakeRecord = (chunk: Chunk, offset: number, type: number, size: number) => number;

/**
 * Takes the records that lie whole in a chunk from `at` on, as far as it knows them; returns where the first
 * of the others is.
 */
export type TakeMany = (chunk: Chunk, at: number) => number;

export class Feed {
  /** Who is asked first. */
  takeMany: TakeMany | undefined;
  private input: Chunk;
  private at = 0;
  /** The start of a record whose rest has not come yet. */
  private partial = NO_BYTES;
  private skip = 0;
  private skipTaker: ((bytes: Uint8Array) => void) | undefined;
  /** True between {@link pause} and {@link resume}. */
  private paused = false;
  /** True when a record's length was impossible, or the taker said stop: nothing more is read. */
  stopped = false;
  /** True when it stopped for a record's length. */
  isBad = false;

  /** `make`: how the bytes that come in are handed out, by default as they are, for the time of the call. */
  constructor(
    start: number,
    private readonly little: boolean,
    private readonly take: TakeRecord,
    private readonly make: MakeChunk = (bytes, at, origin) => makeChunk(bytes, at, origin, little),
  ) {
    this.input = makeChunk(NO_BYTES, start, -1, little);
  }

  /** Bytes of an incomplete record, or of skipped data still to come. */
  get pending(): number {
    return this.partial.length + this.skip;
  }

  /** Position in the stream of the first byte that is not part of a whole record. */
  get position(): number {
    return this.input.start + this.at - this.partial.length;
  }

  /** Lets `taker` see the bytes that the current record skips. */
  collectSkipped(taker: (bytes: Uint8Array) => void): void {
    this.skipTaker = taker;
  }

  /**
   * Takes the next bytes of the stream; they must stay as they are until all are taken in. `origin` is where
   * in the file they come from when that is not their position in the stream, else -1.
   */
  append(bytes: Uint8Array, origin: number): void {
    this.input.isRead = false;
    this.input = this.make(bytes, this.input.start + this.input.bytes.length, origin);
    this.input.isRead = true;
    this.at = 0;
    this.takeIn();
  }

  /** Stops after the record that is being taken, until {@link resume}. */
  pause(): void {
    this.paused = true;
  }

  /** Goes on with what was appended. */
  resume(): void {
    this.paused = false;
    this.takeIn();
  }

  private takeIn(): void {
    const length = this.input.bytes.length;
    while (this.at < length && !this.stopped && !this.paused) {
      if (this.skip > 0) this.skipBytes();
      else if (this.partial.length > 0) this.joinRecord();
      else this.wholeRecords();
    }
  }

  private skipBytes(): void {
    const { bytes } = this.input;
    const n = Math.min(this.skip, bytes.length - this.at);
    this.skipTaker?.(bytes.subarray(this.at, this.at + n));
    this.skip -= n;
    this.at += n;
    if (this.skip === 0) this.skipTaker = undefined;
  }

  /** Hands out the records that lie whole in the input, up to one that does not. */
  private wholeRecords(): void {
    const { input } = this;
    const { view, bytes } = input;
    while (this.skip === 0 && !this.paused && !this.stopped) {
      if (this.takeMany) this.at = this.takeMany(input, this.at);
      const left = bytes.length - this.at;
      // Not Infinity: a size that may be a fraction would be boxed for each record.
      const size =
        left < RECORD_HEADER_BYTES ? RECORD_HEADER_BYTES : view.getUint16(this.at + 6, this.little);
      if (size > left) {
        this.partial = bytes.slice(this.at);
        this.at = bytes.length;
        return;
      }
      this.at += this.one(input, this.at, size);
    }
  }

  /** Completes the record that began in earlier input, in a chunk of its own. */
  private joinRecord(): void {
    const { bytes, origin } = this.input;
    const have = this.partial.length;
    const head =
      have >= RECORD_HEADER_BYTES ? this.partial : joined(this.partial, bytes, this.at, RECORD_HEADER_BYTES);
    const size =
      head.length < RECORD_HEADER_BYTES ? Infinity : new DataView(head.buffer).getUint16(6, this.little);
    const whole = joined(this.partial, bytes, this.at, Math.max(RECORD_HEADER_BYTES, size));
    const position = this.position;
    if (whole.length < size) {
      this.at = bytes.length;
      this.partial = whole;
      return;
    }
    this.at += whole.length - have;
    this.partial = NO_BYTES;
    this.one(this.make(whole, position, origin), 0, size);
  }

  /** Hands out one whole record; returns its size. */
  private one(chunk: Chunk, offset: number, size: number): number {
    if (size < RECORD_HEADER_BYTES) {
      this.stopped = this.isBad = true;
      return 0;
    }
    const skip = this.take(chunk, offset, chunk.view.getUint32(offset, this.little), size);
    if (skip < 0) this.stopped = true;
    else this.skip = skip;
    return size;
  }
}

export function makeChunk(
  bytes: Uint8Array,
  start: number,
  origin: number,
  little: boolean,
  id = -1,
  place = -1,
): Chunk {
  const isAligned = HOST_IS_LITTLE && little && (bytes.byteOffset & 3) === 0;
  const words = isAligned ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2) : NO_WORDS;
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    words,
    start,
    origin,
    id,
    place,
    isRead: false,
  };
}

/** `head` and what of bytes[at, …) it takes to make `size`, or as much as there is. */
function joined(head: Uint8Array, bytes: Uint8Array, at: number, size: number): Uint8Array<ArrayBuffer> {
  const more = Math.min(Math.max(0, size - head.length), bytes.length - at);
  const out = new Uint8Array(head.length + more);
  out.set(head);
  out.set(bytes.subarray(at, at + more), head.length);
  return out;
}
