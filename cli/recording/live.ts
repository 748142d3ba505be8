/**
 * Verdicts while a recording goes on: a thread judges what has been written so far, from where it was at the
 * last look as far as that can be. The rest between two looks is a multiple of what one takes, so that the
 * recorder itself is not held up.
 */
import { Worker } from 'node:worker_threads';
import type { LiveVerdict } from './verdict.js';

const REST_FACTOR = 4;
const REST_MS = 1000;

export class LiveJudge {
  private readonly worker: Worker;
  /** Bytes of trace at the last look. */
  private lookedAt = 0;
  private isLooking = false;
  private beganMs = 0;
  private nextMs = 0;

  constructor(path: string, tell: (verdict: LiveVerdict) => void) {
    this.worker = new Worker(new URL('./liveWorker.js', import.meta.url), { workerData: path });
    this.worker.on('message', (verdict: LiveVerdict) => {
      const now = Date.now();
      this.isLooking = false;
      this.nextMs = now + Math.max(REST_MS, REST_FACTOR * (now - this.beganMs));
      tell(verdict);
    });
    // A recording goes on without verdicts; the one at its end says what is wrong.
    this.worker.on('error', () => undefined);
    this.worker.unref();
  }

  /**
   * Called as often as one likes, with the size of the trace: looks where there is more, and time to. True
   * where it began to.
   */
  look(bytes: number): boolean {
    if (this.isLooking || bytes === this.lookedAt || Date.now() < this.nextMs) return false;
    this.isLooking = true;
    this.lookedAt = bytes;
    this.beganMs = Date.now();
    this.worker.postMessage('look');
    return true;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
