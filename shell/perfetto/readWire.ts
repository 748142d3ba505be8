/** Reading protocol buffers: the fields of a message one after another, without copying. */
import { TWO_32 } from '../../parsers/base/words.js';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const decoder = new TextDecoder();

/** Walks over the fields of a message. A message that is cut or damaged ends with its last whole field. */
export class WireReader {
  field = 0;
  /** Words of the field's value, of a number; of bytes, `start` and `end` say where they are. */
  low = 0;
  high = 0;
  start = 0;
  end = 0;
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    private readonly limit = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.at >= this.limit || !this.varint()) return false;
    const type = this.low & 7;
    this.field = Math.floor((this.high * TWO_32 + this.low) / 8);
    if (type === VARINT) return this.varint();
    if (type === FIXED64) return this.fixed(8);
    if (type === FIXED32) return this.fixed(4);
    if (type !== BYTES || !this.varint()) return false;
    this.start = this.at;
    this.end = this.at + this.number;
    if (this.end > this.limit) return false;
    this.at = this.end;
    return true;
  }

  /** Reads one varint at `at` into the words; false where the message ends within it. */
  varint(): boolean {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.limit) return false;
      const byte = this.bytes[this.at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) {
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
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low));
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

  get double(): number {
    return this.view.getFloat64(this.start, true);
  }

  private fixed(length: number): boolean {
    this.start = this.at;
    this.end = this.at + length;
    if (this.end > this.limit) return false;
    this.low = this.view.getUint32(this.start, true);
    this.high = length === 8 ? this.view.getUint32(this.start + 4, true) : 0;
    this.at = this.end;
    return true;
  }
}
