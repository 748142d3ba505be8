/**
 * Bytes in, whole records out: a record may lie across two reads of the file, or across two outputs of the
 * decompressor. Bytes are copied once, into chunks that live as long as a record in them waits for its turn.
 */
import type { Chunk } from './queue.js';

/** Larger than any record (64 KiB) by enough that few records have to be moved to the next chunk. */
const CHUNK_BYTES = 1 << 20;
const HEADER_BYTES = 8;

/**
 * Called with each whole record; returns how many bytes that follow the record belong to it without being records
 * (tracing data in pipe mode, AUX data), 0 for most, or -1 to stop.
 */
export type TakeRecord = (chunk: Chunk, offset: number, type: number, size: number) => number;

export class Feed {
  private chunk: Chunk | undefined;
  private used = 0;
  private parsed = 0;
  private skip = 0;
  private skipTaker: ((bytes: Uint8Array) => void) | undefined;
  private streamPos: number;
  private input: Uint8Array = new Uint8Array(0);
  private inputAt = 0;
  private origin = -1;
  /** True between {@link pause} and {@link resume}. */
  paused = false;
  /** True when a record's length was impossible, or the taker said stop: nothing more is read. */
  stopped = false;
  /** Position of the bad record where a length was impossible, else -1. */
  badAt = -1;

  constructor(start: number, private readonly little: boolean, private readonly take: TakeRecord) {
    this.streamPos = start;
  }

  /** Bytes of an incomplete record, or of skipped data still to come. */
  get pending(): number {
    return this.used - this.parsed + this.skip;
  }

  /** Position in the stream of the first byte that is not part of a whole record. */
  get position(): number {
    return this.chunk ? this.chunk.start + this.parsed : this.streamPos;
  }

  /** Lets `taker` see the bytes that the current record skips. */
  collectSkipped(taker: (bytes: Uint8Array) => void): void {
    this.skipTaker = taker;
  }

  /**
   * Adds bytes; `origin` is where in the file they come from when that is not their position in the stream, else -1.
   * The bytes must stay as they are until all are taken in, which {@link paused} tells.
   */
  append(bytes: Uint8Array, origin: number): void {
    this.input = bytes;
    this.inputAt = 0;
    this.origin = origin;
    this.takeIn();
  }

  /** Stops after the record that is being taken, until {@link resume}. */
  pause(): void {
    this.paused = true;
  }

  /** Goes on with what was appended. */
  resume(): void {
    this.paused = false;
    if (this.chunk && !this.stopped) this.inputAt -= this.parse(this.chunk);
    this.takeIn();
  }

  private takeIn(): void {
    const { input } = this;
    while (this.inputAt < input.length && !this.stopped && !this.paused) {
      if (this.skip > 0) {
        this.skipBytes(input);
        continue;
      }
      const chunk = this.room(this.origin);
      const n = Math.min(chunk.bytes.length - this.used, input.length - this.inputAt);
      chunk.bytes.set(input.subarray(this.inputAt, this.inputAt + n), this.used);
      this.used += n;
      this.streamPos += n;
      this.inputAt += n;
      this.inputAt -= this.parse(chunk);
    }
  }

  private skipBytes(input: Uint8Array): void {
    const n = Math.min(this.skip, input.length - this.inputAt);
    this.skipTaker?.(input.subarray(this.inputAt, this.inputAt + n));
    this.skip -= n;
    this.streamPos += n;
    this.inputAt += n;
    if (this.skip === 0) this.skipTaker = undefined;
  }

  /** The chunk that the next bytes go into, with room for at least one. */
  private room(origin: number): Chunk {
    const old = this.chunk;
    if (old && this.used < old.bytes.length) return old.origin === origin ? old : (this.chunk = { ...old, origin });
    const rest = old ? old.bytes.subarray(this.parsed, this.used) : new Uint8Array(0);
    const bytes = new Uint8Array(CHUNK_BYTES);
    bytes.set(rest);
    this.used = rest.length;
    this.parsed = 0;
    return (this.chunk = { bytes, view: new DataView(bytes.buffer), start: this.streamPos - rest.length, origin });
  }

  /** Hands out the whole records; returns how many of the bytes just added are to be read again as skipped data. */
  private parse(chunk: Chunk): number {
    const { view } = chunk;
    while (!this.paused && this.used - this.parsed >= HEADER_BYTES) {
      const offset = this.parsed;
      const size = view.getUint16(offset + 6, this.little);
      if (size < HEADER_BYTES) {
        this.stopped = true;
        this.badAt = chunk.start + offset;
        return 0;
      }
      if (size > this.used - offset) return 0;
      this.parsed = offset + size;
      const skip = this.take(chunk, offset, view.getUint32(offset, this.little), size);
      if (skip < 0) {
        this.stopped = true;
        return 0;
      }
      if (skip > 0) return this.startSkip(skip);
    }
    return 0;
  }

  /** Gives back what was already copied beyond the record, so that it is skipped rather than parsed. */
  private startSkip(skip: number): number {
    const back = this.used - this.parsed;
    this.used = this.parsed;
    this.streamPos -= back;
    this.skip = skip;
    // What was copied stays in the chunk's buffer but no longer counts; the next record starts a chunk of its own place.
    this.chunk = undefined;
    this.used = this.parsed = 0;
    return back;
  }
}
