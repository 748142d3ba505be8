/**
 * How bytes enter the core: synchronously, by range. In Node a worker reads the file descriptor; in the
 * browser the whole file is in memory. Text is pushed in chunks; binary formats plan their reads.
 */
export interface ByteSource {
  /** Bytes in all; for a growing file, what it was when opened. */
  readonly size: number;
  /** The same while it is not known, as far as it can be told. */
  readonly likelySize?: number;
  /**
   * Bytes [offset, offset + length), fewer at the end of the source, none past it. The result is valid until
   * the next read. They may be put into `room`, where that spares a copy.
   */
  read(offset: number, length: number, room?: Uint8Array): Uint8Array;
}

/** A source over bytes in memory. */
export class MemorySource implements ByteSource {
  private readonly bytes: Uint8Array;

  /** `bytes` may be a Buffer of Node.js, whose `slice` is no copy: that of what is read here is one. */
  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.bytes = new Uint8Array(buffer, byteOffset, length);
  }
  get size(): number {
    return this.bytes.length;
  }
  read(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, Math.min(this.bytes.length, offset + length));
  }
}
