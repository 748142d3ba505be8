/** Reading protocol buffers: the fields of a message one after another, without copying. */
import { TWO_32 } from './words.js';

/** Wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** Bits of a varint: ten bytes of seven. */
const VARINT_BITS = 70;
/** A field's number has at most 29 bits, and so its tag no high word. */
const TAG_TYPE_BITS = 3;

const decoder = new TextDecoder();

/**
 * Walks over the fields of a message. A message that is cut or damaged ends with its last whole field. One
 * reader may walk over many messages, one after another.
 */
export class WireReader {
  field = 0;
  /** As VARINT and its like. */
  type = 0;
  /** Words of the field's value, of a number; of bytes, `start` and `end` say where they are. */
  low = 0;
  high = 0;
  start = 0;
  end = 0;
  /** Where the field's tag stands. */
  fieldAt = 0;
  /** True once there were bytes that are no whole field; it began at `fieldAt`. */
  isDamaged = false;
  private view: DataView | undefined;

  constructor(
    public bytes: Uint8Array,
    public at = 0,
    public limit = bytes.length,
  ) {}

  /** Begins again with the message at bytes[at, limit). */
  reset(bytes: Uint8Array, at: number, limit: number): void {
    if (bytes !== this.bytes) this.view = undefined;
    this.bytes = bytes;
    this.at = at;
    this.limit = limit;
    this.isDamaged = false;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    this.fieldAt = this.at;
    if (this.isDamaged || this.at >= this.limit) return false;
    if (this.tag() && this.value()) return true;
    this.isDamaged = true;
    return false;
  }

  private tag(): boolean {
    const first = this.bytes[this.at]!;
    if (first < 0x80) {
      this.at++;
      this.type = first & 7;
      this.field = first >>> TAG_TYPE_BITS;
      return this.field > 0;
    }
    if (!this.varint() || this.high > 0) return false;
    this.type = this.low & 7;
    this.field = this.low >>> TAG_TYPE_BITS;
    return this.field > 0;
  }

  private value(): boolean {
    if (this.type === VARINT) return this.varint();
    if (this.type === FIXED64) return this.fixed(8);
    if (this.type === FIXED32) return this.fixed(4);
    if (this.type !== BYTES || !this.varint()) return false;
    this.start = this.at;
    this.end = this.at + this.number;
    if (this.end > this.limit) return false;
    this.at = this.end;
    return true;
  }

  /** Reads one varint at `at` into the words; false where the message ends within it, or it has no end. */
  varint(): boolean {
    const { bytes, limit } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < VARINT_BITS; shift += 7) {
      if (at >= limit) return false;
      const byte = bytes[at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.at = at;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return true;
      }
    }
    return false;
  }

  /** The value as a non-negative number, exact below 2^53. */
  get number(): number {
    return this.high * TWO_32 + this.low;
  }

  get signed(): bigint {
    return BigInt.asIntN(64, this.unsigned);
  }

  get unsigned(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  get text(): string {
    return decoder.decode(this.bytes.subarray(this.start, this.end));
  }

  get blob(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The message that the field holds. */
  message(): WireReader {
    return new WireReader(this.bytes, this.start, this.end);
  }

  /** A reader that stands where this one does. */
  copy(): WireReader {
    const copy = new WireReader(this.bytes, this.at, this.limit);
    copy.start = this.start;
    copy.end = this.end;
    return copy;
  }

  get double(): number {
    return this.viewOfBytes.getFloat64(this.start, true);
  }

  private get viewOfBytes(): DataView {
    const { bytes } = this;
    this.view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.view;
  }

  private fixed(length: number): boolean {
    this.start = this.at;
    this.end = this.at + length;
    if (this.end > this.limit) return false;
    const view = this.viewOfBytes;
    this.low = view.getUint32(this.start, true);
    this.high = length === 8 ? view.getUint32(this.start + 4, true) : 0;
    this.at = this.end;
    return true;
  }
}
