/** Bytes that are put one behind another, in a buffer that grows. */
import { Ascii } from './ascii.js';

/** Of one character of a string. */
const UTF8_BYTES_MAX = 3;
/** Shorter bytes are copied one by one: a call costs more. */
const SHORT_BYTES = 32;
const encoder = new TextEncoder();

export class ByteSink {
  bytes: Uint8Array;
  used = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** Room for so many bytes more, and one. */
  need(length: number): void {
    if (this.used + length + 1 <= this.bytes.length) return;
    const bigger = new Uint8Array(2 * this.bytes.length + length);
    bigger.set(this.bytes.subarray(0, this.used));
    this.bytes = bigger;
  }

  put(from: Uint8Array, start = 0, end = from.length): void {
    this.need(end - start);
    const { bytes } = this;
    let at = this.used;
    this.used += end - start;
    if (end - start >= SHORT_BYTES) bytes.set(from.subarray(start, end), at);
    else for (let p = start; p < end; p++) bytes[at++] = from[p]!;
  }

  /** A string, which is mostly short and ASCII. */
  putText(text: string): void {
    this.need(text.length * UTF8_BYTES_MAX);
    const { bytes, used } = this;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c > Ascii.Max) {
        this.used += encoder.encodeInto(text, bytes.subarray(used)).written;
        return;
      }
      bytes[used + i] = c;
    }
    this.used += text.length;
  }
}
