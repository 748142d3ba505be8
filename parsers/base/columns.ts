/** Typed columns of one length each, cut off one piece of memory: one allocation where there would be ten. */
import { assert } from './assert.js';

/** Cuts columns off a piece of zeroes, the widest ones first so that each is aligned. */
export class Columns {
  private at = 0;
  private readonly buffer: ArrayBufferLike;

  /** `isShared`: the memory is one that threads share. */
  constructor(bytes: number, isShared = false) {
    this.buffer = isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.buffer, this.cut(8 * length), length);
  }
  i32(length: number): Int32Array {
    return new Int32Array(this.buffer, this.cut(4 * length), length);
  }
  u32(length: number): Uint32Array {
    return new Uint32Array(this.buffer, this.cut(4 * length), length);
  }
  u16(length: number): Uint16Array {
    return new Uint16Array(this.buffer, this.cut(2 * length), length);
  }
  u8(length: number): Uint8Array {
    return new Uint8Array(this.buffer, this.cut(length), length);
  }

  private cut(bytes: number): number {
    const from = this.at;
    this.at += bytes;
    assert(this.at <= this.buffer.byteLength, 'columns beyond their memory');
    return from;
  }
}
