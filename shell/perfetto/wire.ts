/**
 * Writing protocol buffers by hand: numbers, texts and messages within messages, into one growing piece of
 * memory. A message's length is written in four bytes once it is known, so that nothing is copied.
 */
import { TWO_32 } from '../../parsers/base/words.js';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

const FIRST_BYTES = 1 << 16;
/** Bytes that a length takes, and what fits in them. */
const LENGTH_BYTES = 4;
const LENGTH_MAX = 2 ** 28 - 1;
/** Bytes of UTF-8 that one unit of a string can become. */
const UTF8_BYTES_MAX = 3;
const VARINT_BYTES_MAX = 10;

const encoder = new TextEncoder();

export class Wire {
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  /** A non-negative number below 2^53. */
  uint(field: number, value: number): void {
    this.room(VARINT_BYTES_MAX);
    this.tag(field, VARINT);
    this.varint(value);
  }

  /** A number that may be negative, as int32 and int64 have it. */
  int(field: number, value: number): void {
    if (value >= 0) {
      this.uint(field, value);
      return;
    }
    const high = Math.floor(value / TWO_32);
    this.uint64(field, value - high * TWO_32, high >>> 0);
  }

  /** A 64-bit value by its low and high word. */
  uint64(field: number, low: number, high: number): void {
    this.room(VARINT_BYTES_MAX);
    this.tag(field, VARINT);
    this.varint64(low, high);
  }

  /** A number within a packed field, without a tag. */
  bare(value: number): void {
    this.room(VARINT_BYTES_MAX);
    this.varint(value);
  }

  bare64(low: number, high: number): void {
    this.room(VARINT_BYTES_MAX);
    this.varint64(low, high);
  }

  fixed64(field: number, low: number, high: number): void {
    this.room(8);
    this.tag(field, FIXED64);
    this.view.setUint32(this.length, low, true);
    this.view.setUint32(this.length + 4, high, true);
    this.length += 8;
  }

  double(field: number, value: number): void {
    this.room(8);
    this.tag(field, FIXED64);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  text(field: number, value: string): void {
    const most = value.length * UTF8_BYTES_MAX;
    this.room(LENGTH_BYTES + most);
    this.tag(field, BYTES);
    const start = this.length + LENGTH_BYTES;
    const { written } = encoder.encodeInto(value, this.bytes.subarray(start, start + most));
    this.lengthAt(this.length, written);
    this.length = start + written;
  }

  blob(field: number, value: Uint8Array): void {
    this.room(VARINT_BYTES_MAX + value.length);
    this.tag(field, BYTES);
    this.varint(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Begins a message within this one; {@link end} takes what is returned. */
  begin(field: number): number {
    this.room(LENGTH_BYTES);
    this.tag(field, BYTES);
    this.length += LENGTH_BYTES;
    return this.length;
  }

  end(mark: number): void {
    this.lengthAt(mark - LENGTH_BYTES, this.length - mark);
  }

  /** What was written since the last call; valid until something is written again. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  private tag(field: number, type: number): void {
    this.varint(field * 8 + type);
  }

  private varint(value: number): void {
    const { bytes } = this;
    while (value >= 0x80) {
      const rest = Math.floor(value / 0x80);
      bytes[this.length++] = value - rest * 0x80 + 0x80;
      value = rest;
    }
    bytes[this.length++] = value;
  }

  private varint64(low: number, high: number): void {
    const { bytes } = this;
    let [lo, hi] = [low >>> 0, high >>> 0];
    while (hi > 0) {
      bytes[this.length++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.varint(lo);
  }

  private lengthAt(at: number, length: number): void {
    if (length > LENGTH_MAX) throw new RangeError(`a message of ${length} bytes`);
    this.bytes[at] = (length & 0x7f) | 0x80;
    this.bytes[at + 1] = ((length >>> 7) & 0x7f) | 0x80;
    this.bytes[at + 2] = ((length >>> 14) & 0x7f) | 0x80;
    this.bytes[at + 3] = length >>> 21;
  }

  /** Room for a tag and so many bytes behind it. */
  private room(more: number): void {
    const needed = this.length + VARINT_BYTES_MAX + more;
    if (needed <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, needed));
    bigger.set(this.bytes.subarray(0, this.length));
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer);
  }
}
