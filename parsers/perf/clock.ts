/** Times of records relative to the first one, so that nanoseconds since 1970 stay exact in a double. */
import { TWO_32 } from '../base/words.js';

export class PerfClock {
  /** A time was read. */
  isStarted = false;
  /** The words of what is subtracted from every time. */
  high = 0;
  low = 0;

  /** What is subtracted from every time. */
  get base(): bigint {
    return (BigInt(this.high) << 32n) + BigInt(this.low);
  }

  /**
   * Reads the 64-bit time at `at` into out[i]: 0 where it says 0 or all ones, which stand for none. Returns
   * whether there is one.
   */
  read(view: DataView, at: number, little: boolean, out: Float64Array, i: number): boolean {
    const low = view.getUint32(little ? at : at + 4, little);
    const high = view.getUint32(little ? at + 4 : at, little);
    if ((low === 0 && high === 0) || (low === 0xffffffff && high === 0xffffffff)) {
      out[i] = 0;
      return false;
    }
    if (!this.isStarted) {
      this.isStarted = true;
      this.high = high;
      this.low = low;
    }
    out[i] = (high - this.high) * TWO_32 + (low - this.low);
    return true;
  }
}
