/**
 * A bounds-checked reader over bytes in either byte order. A read past the end gives 0 (or an empty slice)
 * and clears {@link ByteReader.ok}; it never throws, so that a parser checks `ok` once after a group of
 * reads.
 */
const decoder = new TextDecoder('utf-8');

export class ByteReader {
  /** False once a read went past the end. */
  ok = true;
  private readonly view: DataView;

  /** Reads bytes[pos, end). */
  constructor(
    readonly bytes: Uint8Array,
    readonly bigEndian: boolean,
    public pos = 0,
    readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes left. */
  get left(): number {
    return this.end - this.pos;
  }

  /** True when `n` more bytes are there; clears `ok` when not. */
  need(n: number): boolean {
    if (n <= this.end - this.pos && n >= 0) return true;
    this.ok = false;
    return false;
  }

  u8(): number {
    return this.need(1) ? this.view.getUint8(this.pos++) : 0;
  }

  u16(): number {
    if (!this.need(2)) return 0;
    const value = this.view.getUint16(this.pos, !this.bigEndian);
    this.pos += 2;
    return value;
  }

  u32(): number {
    if (!this.need(4)) return 0;
    const value = this.view.getUint32(this.pos, !this.bigEndian);
    this.pos += 4;
    return value;
  }

  u64(): bigint {
    if (!this.need(8)) return 0n;
    const value = this.view.getBigUint64(this.pos, !this.bigEndian);
    this.pos += 8;
    return value;
  }

  /** A 64-bit length or offset; values of 2^53 and above come back as Infinity, which no source holds. */
  size64(): number {
    const value = this.u64();
    return value < 9007199254740992n ? Number(value) : Infinity;
  }

  /** The next `n` bytes, not copied; empty and `ok` cleared when they are not all there. */
  slice(n: number): Uint8Array {
    if (!this.need(n)) return this.bytes.subarray(this.pos, this.pos);
    this.pos += n;
    return this.bytes.subarray(this.pos - n, this.pos);
  }

  skip(n: number): void {
    if (this.need(n)) this.pos += n;
  }

  /** Text up to a NUL, which is consumed; `ok` is cleared when there is none before the end. */
  cstring(): string {
    const nul = this.bytes.indexOf(0, this.pos);
    if (nul < 0 || nul >= this.end) {
      this.ok = false;
      return '';
    }
    const text = decoder.decode(this.bytes.subarray(this.pos, nul));
    this.pos = nul + 1;
    return text;
  }
}

/** Text of bytes[start, end), cut at the first NUL; invalid UTF-8 becomes U+FFFD. */
export function textUntilNul(bytes: Uint8Array, start: number, end: number): string {
  const nul = bytes.indexOf(0, start);
  return decoder.decode(bytes.subarray(start, nul >= 0 && nul < end ? nul : end));
}

/** The parts one behind the other, copied. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Two digits for each byte. */
export function bytesHex(bytes: Uint8Array, between = ''): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(between);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
