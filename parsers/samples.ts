/** Bytes of a source here and there, by which it is known again. */
import { sameBytes } from './base/bytes.js';
import type { ByteSource } from './base/source.js';

const SAMPLE_BYTES = 1 << 12;
/** Samples kept; of more, every second one is let go of. */
const SAMPLES_MAX = 64;

interface Sample {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class Samples {
  private taken: Sample[] = [];
  /** The last bytes that were looked at. */
  private last: Sample | undefined;

  /** Takes samples of the next bytes of the source, which are at byte `at`. */
  take(at: number, chunk: Uint8Array): void {
    this.taken.push({ at, bytes: chunk.slice(0, SAMPLE_BYTES) });
    const from = Math.max(0, chunk.length - SAMPLE_BYTES);
    this.last = { at: at + from, bytes: chunk.slice(from) };
    if (this.taken.length > SAMPLES_MAX) this.taken = this.taken.filter((_, i) => i % 2 === 0);
  }

  /** True when a source has them all. */
  areIn(source: ByteSource): boolean {
    const all = this.last ? [...this.taken, this.last] : this.taken;
    return all.every(({ at, bytes }) => sameBytes(bytes, source.read(at, bytes.length)));
  }
}
