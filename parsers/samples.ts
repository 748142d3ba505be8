/** Bytes of a source here and there, and a sum of all, by which it is known again. */
import { sameBytes } from './base/bytes.js';
import type { ByteSource } from './base/source.js';

const SAMPLE_BYTES = 1 << 12;
/** Samples kept; of more, every second one is let go of. */
const SAMPLES_MAX = 64;
const CHUNK_BYTES = 1 << 20;
/** FNV-1a, of 32 bits. */
const SUM_BASIS = 0x811c9dc5 | 0;
const SUM_PRIME = 0x01000193;

interface Sample {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class Samples {
  private taken: Sample[] = [];
  /** The last bytes that were looked at. */
  private last: Sample | undefined;
  /** Of the first `size` bytes, all that were looked at. */
  private sum = SUM_BASIS;
  private size = 0;

  /** Takes samples of the next bytes of the source, which are at byte `at`. */
  take(at: number, chunk: Uint8Array): void {
    this.taken.push({ at, bytes: chunk.slice(0, SAMPLE_BYTES) });
    const from = Math.max(0, chunk.length - SAMPLE_BYTES);
    this.last = { at: at + from, bytes: chunk.slice(from) };
    this.sum = sumOn(this.sum, chunk);
    this.size = at + chunk.length;
    if (this.taken.length > SAMPLES_MAX) this.taken = this.taken.filter((_, i) => i % 2 === 0);
  }

  /** True when a source has them all. */
  areIn(source: ByteSource): boolean {
    const all = this.last ? [...this.taken, this.last] : this.taken;
    return all.every(({ at, bytes }) => sameBytes(bytes, source.read(at, bytes.length)));
  }

  /** True when a source begins with all bytes that were looked at, by their sum. */
  areAllIn(source: ByteSource): boolean {
    let sum = SUM_BASIS;
    for (let at = 0; at < this.size; ) {
      const chunk = source.read(at, Math.min(CHUNK_BYTES, this.size - at));
      if (chunk.length === 0) return false;
      sum = sumOn(sum, chunk);
      at += chunk.length;
    }
    return sum === this.sum;
  }
}

/** The sum of what was summed up before and these bytes. */
function sumOn(before: number, bytes: Uint8Array): number {
  let sum = before;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, SUM_PRIME);
  return sum;
}
