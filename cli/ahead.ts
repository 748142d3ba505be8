/**
 * zstd on a second thread, ahead of the reader: it takes some 0.4 s of a trace of 7 million events,
 * which is a quarter of the reading. One worker fills a ring of slots per lane in shared memory;
 * both sides wait on counters.
 */
import { Worker } from 'node:worker_threads';
import type { Ahead, CompressedRange, ReadOptions } from '../parsers/reader.js';
import { counterCount, releasedAt, STOP, wakeAt, type AheadPlan } from './aheadRing.js';
import { StreamRing, streamPlan } from './aheadStream.js';
import { PATIENCE_MS } from './patience.js';

/** Pieces that are ready at most, of one lane. */
const SLOTS = 32;
/** Pieces given back between two wake-ups of the worker: each costs both threads a system call. */
const WAKE_EVERY = SLOTS / 2;
/** Below this much plain data a worker costs more than it spares. */
const WORTH_BYTES = 16 << 20;
/** The same of a stream's compressed data, whose plain size nobody knows. */
const STREAM_WORTH_BYTES = 1 << 20;
/** A lane's ring takes SLOTS of its largest piece: rings beyond this are not made. */
const RING_LIMIT_BYTES = 256 << 20;
/** Slots begin at multiples of this. */
const WORD_BYTES = 8;

/**
 * `unzstdAhead` and `unzstdStreamAhead` for the file at `path`, for at least `worthBytes` of plain
 * data; `slots` of a stream's ring are for tests. The worker is started now, so that it is ready
 * when the first piece is needed.
 */
export function startAhead(
  path: string,
  worthBytes = WORTH_BYTES,
  slots?: number,
): Required<Pick<ReadOptions, 'unzstdAhead' | 'unzstdStreamAhead'>> {
  const worker = new Worker(new URL('./aheadWorker.js', import.meta.url));
  let failed = false;
  worker.on('error', () => {
    failed = true;
  });
  // It never keeps the process alive.
  worker.unref();
  return {
    unzstdAhead: (lanes) => {
      const plan = failed ? undefined : planOf(path, lanes, worthBytes);
      if (!plan) return undefined;
      worker.postMessage(plan);
      return new SharedRing(plan, lanes.length);
    },
    unzstdStreamAhead: (pieces) => {
      const plan = failed
        ? undefined
        : streamPlan(path, pieces, Math.min(worthBytes, STREAM_WORTH_BYTES), slots);
      if (!plan) return undefined;
      worker.postMessage(plan);
      return new StreamRing(plan);
    },
  };
}

function planOf(
  path: string,
  lanes: readonly (readonly CompressedRange[])[],
  worthBytes: number,
): AheadPlan | undefined {
  let plain = 0;
  let slotBytes = WORD_BYTES;
  for (const lane of lanes) {
    for (const range of lane) {
      plain += range.plainSize;
      slotBytes = Math.max(slotBytes, Math.ceil(range.plainSize / WORD_BYTES) * WORD_BYTES);
    }
  }
  const ringBytes = slotBytes * SLOTS * lanes.length;
  if (plain < worthBytes || ringBytes > RING_LIMIT_BYTES) return undefined;
  return {
    path,
    slotBytes,
    slots: SLOTS,
    lanes: lanes.map((lane) =>
      Float64Array.from(lane.flatMap(({ offset, size, plainSize }) => [offset, size, plainSize])),
    ),
    ring: new SharedArrayBuffer(ringBytes),
    counters: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * counterCount(lanes.length)),
    lengths: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * SLOTS * lanes.length),
  };
}

class SharedRing implements Ahead {
  private readonly counters: Int32Array;
  private readonly lengths: Int32Array;
  private readonly taken: Int32Array;

  constructor(
    private readonly plan: AheadPlan,
    private readonly laneCount: number,
  ) {
    this.counters = new Int32Array(plan.counters);
    this.lengths = new Int32Array(plan.lengths);
    this.taken = new Int32Array(laneCount);
  }

  next(lane: number): Uint8Array | undefined {
    const taken = this.taken[lane]!;
    if (taken > 0) this.release(lane);
    while (Atomics.load(this.counters, lane) <= taken) {
      if (Atomics.wait(this.counters, lane, taken, PATIENCE_MS) === 'timed-out') return undefined;
    }
    this.taken[lane] = taken + 1;
    const slot = lane * this.plan.slots + (taken % this.plan.slots);
    return new Uint8Array(this.plan.ring, slot * this.plan.slotBytes, this.lengths[slot]!);
  }

  /** Gives the slot of the lane's latest piece back, and wakes the worker when there is room for several. */
  private release(lane: number): void {
    const released = Atomics.add(this.counters, releasedAt(lane, this.laneCount), 1) + 1;
    if (released % WAKE_EVERY !== 0) return;
    const wake = wakeAt(this.laneCount);
    Atomics.add(this.counters, wake, 1);
    Atomics.notify(this.counters, wake);
  }

  close(): void {
    const wake = wakeAt(this.laneCount);
    Atomics.store(this.counters, wake, STOP);
    Atomics.notify(this.counters, wake);
  }
}
