/**
 * What the threads of a listing share: who prints which slice, and where slices begin. A thread that takes a
 * slice first finds where the next one begins, so that another can take that; and nobody is so far ahead of
 * what was written that much has to be kept.
 */
import type { Boundary, TimeSlices } from '../../parsers/tracedat/slices.js';
import { PATIENCE_MS } from '../patience.js';

/** Slices that are printed, or being printed, before what comes before them was written. */
const AHEAD = 6;

/** Places in the counters. */
const TAKEN = 0;
const PLANNED = 1;
const WRITTEN = 2;
/** The first slice that could not be printed by itself. */
const BROKEN = 3;
/** Slices that another thread has printed. */
const READY = 4;
const COUNTERS = 5;
const NONE = 0x7fffffff;

export interface QueueMemory {
  readonly counters: SharedArrayBuffer;
  readonly boundaries: SharedArrayBuffer;
}

export class SliceQueue {
  readonly memory: QueueMemory;
  private readonly counters: Int32Array;
  private readonly boundaries: Float64Array;
  private readonly most: number;

  constructor(
    private readonly slices: TimeSlices,
    memory?: QueueMemory,
  ) {
    this.most = slices.most;
    this.memory = memory ?? {
      counters: new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT),
      boundaries: new SharedArrayBuffer((this.most + 1) * slices.width * Float64Array.BYTES_PER_ELEMENT),
    };
    this.counters = new Int32Array(this.memory.counters);
    this.boundaries = new Float64Array(this.memory.boundaries);
    if (memory) return;
    this.boundaries.set(slices.first());
    this.counters[BROKEN] = NONE;
  }

  /** Where a slice begins. */
  at(slice: number): Boundary {
    const { width } = this.slices;
    return this.boundaries.slice(slice * width, (slice + 1) * width);
  }

  /** True where no slice begins any more: the one before it was the last. */
  isEnd(slice: number): boolean {
    return slice > 0 && Atomics.load(this.counters, PLANNED) >= slice && this.at(slice)[0] === Infinity;
  }

  /** True where so much is ahead of what was written that no more may be taken. */
  get isFull(): boolean {
    return Atomics.load(this.counters, TAKEN) - Atomics.load(this.counters, WRITTEN) >= AHEAD;
  }

  /** Takes a slice, whose end is known then; -1 where there is none. */
  take(): number {
    const { counters, slices } = this;
    const slice = Atomics.add(counters, TAKEN, 1);
    for (;;) {
      const planned = Atomics.load(counters, PLANNED);
      if (planned >= slice) break;
      if (Atomics.wait(counters, PLANNED, planned, PATIENCE_MS) === 'timed-out') return -1;
    }
    if (this.isBroken(slice) || this.isEnd(slice)) {
      this.plan(slice + 1, slices.last());
      return -1;
    }
    this.plan(slice + 1, slice + 1 < this.most ? slices.end(this.at(slice)) : slices.last());
    return slice;
  }

  private plan(slice: number, boundary: Boundary): void {
    if (slice <= this.most) this.boundaries.set(boundary, slice * this.slices.width);
    Atomics.store(this.counters, PLANNED, slice);
    Atomics.notify(this.counters, PLANNED);
  }

  /** Waits until something more was written. */
  waitForRoom(): void {
    const written = Atomics.load(this.counters, WRITTEN);
    if (this.isFull) Atomics.wait(this.counters, WRITTEN, written, PATIENCE_MS);
  }

  wrote(): void {
    Atomics.add(this.counters, WRITTEN, 1);
    Atomics.notify(this.counters, WRITTEN);
  }

  get ready(): number {
    return Atomics.load(this.counters, READY);
  }

  isReady(): void {
    Atomics.add(this.counters, READY, 1);
    Atomics.notify(this.counters, READY);
  }

  /** Waits until more is ready than there was; false where nothing comes. */
  waitForMore(ready: number): boolean {
    return Atomics.wait(this.counters, READY, ready, PATIENCE_MS) !== 'timed-out';
  }

  /** From this slice on, the trace is to be printed as one. */
  breakAt(slice: number): void {
    for (;;) {
      const first = Atomics.load(this.counters, BROKEN);
      if (first <= slice || Atomics.compareExchange(this.counters, BROKEN, first, slice) === first) return;
    }
  }

  isBroken(slice: number): boolean {
    return slice >= Atomics.load(this.counters, BROKEN);
  }
}
