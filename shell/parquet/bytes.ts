/** Bytes that grow as they are written. */
const FIRST_BYTES = 1 << 12;
const UTF8_BYTES_MAX = 3;
const VARINT_BYTES_MAX = 10;
const encoder = new TextEncoder();

export class Bytes {
  private buffer = new Uint8Array(FIRST_BYTES);
  length = 0;

  byte(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }

  /** A non-negative number below 2^53. */
  varint(value: number): void {
    this.room(VARINT_BYTES_MAX);
    while (value >= 0x80) {
      const rest = Math.floor(value / 0x80);
      this.buffer[this.length++] = value - rest * 0x80 + 0x80;
      value = rest;
    }
    this.buffer[this.length++] = value;
  }

  /** Four bytes, the lowest first. */
  word(value: number): void {
    this.room(4);
    for (let shift = 0; shift < 32; shift += 8) this.buffer[this.length++] = (value >>> shift) & 0xff;
  }

  append(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  lengthAndText(value: string): void {
    const bytes = encoder.encode(value);
    this.varint(bytes.length);
    this.append(bytes);
  }

  /** Its length in four bytes, then the text. */
  wordAndText(value: string): void {
    this.room(4 + value.length * UTF8_BYTES_MAX);
    const start = this.length + 4;
    const { written } = encoder.encodeInto(value, this.buffer.subarray(start));
    this.word(written);
    this.length = start + written;
  }

  /** Room for so many bytes, which the caller fills at once. */
  reserve(count: number): Uint8Array {
    this.room(count);
    this.length += count;
    return this.buffer.subarray(this.length - count, this.length);
  }

  /** What was written; valid until something is written again. */
  whole(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  private room(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const bigger = new Uint8Array(Math.max(2 * this.buffer.length, this.length + more));
    bigger.set(this.whole());
    this.buffer = bigger;
  }
}
