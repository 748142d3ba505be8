/**
 * One zstd stream on a second thread, ahead of the reader, as a compressed perf.data holds it: a ring of
 * outputs in shared memory, and both sides wait on counters. See ahead.ts for pieces that stand alone.
 */
import fs from 'node:fs';
import type { AheadStream, CompressedRange } from '../parsers/reader.js';
import { PATIENCE_MS } from './patience.js';

/** Outputs that lie ready or are borrowed at most; only as many take memory as were so at once. */
const SLOTS = 1024;
/** Outputs that lie ready at most. */
const READY = 256;
/** The largest block of zstd, which is the most that one output holds. */
const SLOT_BYTES = 1 << 17;
/** Of the slots, so many are not lent: with none free, neither side could go on. */
const UNLENT_SHARE = 1 / 16;
/** In place of an output's length. */
const END = -1;
const DAMAGED = -2;

/** Places in `counters`. */
const PRODUCED = 0;
const RETURNED = 1;
const TAKEN = 2;
const WAKE = 3;
const CLOSED = 4;
const COUNTERS = 5;
const INT_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** Outputs taken, or slots given back, between two wake-ups of the worker:
 * each costs both threads a system call.
 */
const WAKE_EVERY = 16;
/** Numbers of an entry of `outputs`: slot, length or how the stream ended, piece. */
const ENTRY = 3;

/**
 * An empty last block: perf flushes its stream but never ends it,
 * and the decoder may hold back what follows no end.
 */
const STREAM_END = Uint8Array.of(1, 0, 0);

/** What the worker is told. */
export interface StreamPlan {
  readonly path: string;
  readonly slots: number;
  /** Offset and size of each piece in the file. */
  readonly pieces: Float64Array;
  readonly ring: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** A queue from the worker: one entry for each output, and one for the end. */
  readonly outputs: SharedArrayBuffer;
  /** A queue to the worker: slots that are free again. */
  readonly returned: SharedArrayBuffer;
}

/**
 * The plan for these pieces; undefined where they have less than `worthBytes`,
 * for which a thread costs more than it spares.
 */
export function streamPlan(
  path: string,
  pieces: readonly Pick<CompressedRange, 'offset' | 'size'>[],
  worthBytes: number,
  slots = SLOTS,
): StreamPlan | undefined {
  if (pieces.reduce((sum, piece) => sum + piece.size, 0) < worthBytes) return undefined;
  return {
    path,
    slots,
    pieces: Float64Array.from(pieces.flatMap((piece) => [piece.offset, piece.size])),
    ring: new SharedArrayBuffer(slots * SLOT_BYTES),
    counters: new SharedArrayBuffer(INT_BYTES * COUNTERS),
    outputs: new SharedArrayBuffer(INT_BYTES * ENTRY * (slots + 1)),
    returned: new SharedArrayBuffer(INT_BYTES * slots),
  };
}

/** The reader's side. */
export class StreamRing implements AheadStream {
  bytes: Uint8Array = new Uint8Array(0);
  piece = 0;
  private taken = 0;
  /** The latest output's slot, -1 when it is borrowed or there is none. */
  private slot = -1;
  private lent = 0;
  private readonly counters: Int32Array;
  private readonly outputs: Int32Array;
  private readonly returned: Int32Array;

  constructor(private readonly plan: StreamPlan) {
    this.counters = new Int32Array(plan.counters);
    this.outputs = new Int32Array(plan.outputs);
    this.returned = new Int32Array(plan.returned);
  }

  /** 1: `bytes` is the next output; 0: the stream has ended; -1: it is damaged, or nothing came for long. */
  next(): 1 | 0 | -1 {
    if (this.slot >= 0) this.free(this.slot);
    this.slot = -1;
    if (Atomics.load(this.counters, PRODUCED) <= this.taken) {
      // What was given back since the last wake-up may be all that the worker waits for.
      this.wake();
      while (Atomics.load(this.counters, PRODUCED) <= this.taken) {
        if (Atomics.wait(this.counters, PRODUCED, this.taken, PATIENCE_MS) === 'timed-out') return -1;
      }
    }
    const entry = ENTRY * (this.taken++ % (this.plan.slots + 1));
    this.count(TAKEN);
    const length = this.outputs[entry + 1]!;
    if (length < 0) return length === END ? 0 : -1;
    this.slot = this.outputs[entry]!;
    this.piece = this.outputs[entry + 2]!;
    this.bytes = new Uint8Array(this.plan.ring, this.slot * SLOT_BYTES, length);
    return 1;
  }

  borrow(): number {
    const { slot } = this;
    if (this.lent >= Math.floor(this.plan.slots * (1 - UNLENT_SHARE))) return -1;
    this.lent++;
    this.slot = -1;
    return slot;
  }

  giveBack(borrowed: number): void {
    this.lent--;
    this.free(borrowed);
  }

  private free(slot: number): void {
    this.returned[this.counters[RETURNED]! % this.plan.slots] = slot;
    this.count(RETURNED);
  }

  private count(what: typeof RETURNED | typeof TAKEN): void {
    if ((Atomics.add(this.counters, what, 1) + 1) % WAKE_EVERY === 0) this.wake();
  }

  private wake(): void {
    Atomics.add(this.counters, WAKE, 1);
    Atomics.notify(this.counters, WAKE);
  }

  close(): void {
    Atomics.store(this.counters, CLOSED, 1);
    this.wake();
  }
}

/**
 * The worker's side: reads the pieces by itself and fills the ring until the end,
 * or until the reader closes it.
 */
export function fillStream(
  plan: StreamPlan,
  unzstdStream: (pieces: Iterable<Uint8Array>, isLent: boolean) => Iterable<Uint8Array>,
): void {
  const counters = new Int32Array(plan.counters);
  const outputs = new Int32Array(plan.outputs);
  const ring = new Uint8Array(plan.ring);
  const slots = new FreeSlots(plan, counters);
  const state = { piece: -1, ended: false };
  const tell = (slot: number, length: number): void => {
    const entry = ENTRY * (counters[PRODUCED]! % (plan.slots + 1));
    outputs[entry] = slot;
    outputs[entry + 1] = length;
    outputs[entry + 2] = Math.max(0, state.piece);
    Atomics.add(counters, PRODUCED, 1);
    Atomics.notify(counters, PRODUCED);
  };
  try {
    for (const output of unzstdStream(readPieces(plan, state), true)) {
      for (let at = 0; at < output.length; at += SLOT_BYTES) {
        const slot = slots.take();
        if (slot < 0) return;
        const bytes = output.subarray(at, at + SLOT_BYTES);
        ring.set(bytes, slot * SLOT_BYTES);
        tell(slot, bytes.length);
      }
    }
    tell(-1, END);
  } catch (error) {
    // What the decoder makes of the end that was added is no damage: a stream that did end has nothing to add
    // to.
    tell(-1, error instanceof Error && state.ended ? END : DAMAGED);
  }
}

/** Slots for the worker to fill: those that came back first, for their memory is there already. */
class FreeSlots {
  private fresh = 0;
  private reused = 0;
  private readonly returned: Int32Array;

  constructor(
    private readonly plan: StreamPlan,
    private readonly counters: Int32Array,
  ) {
    this.returned = new Int32Array(plan.returned);
  }

  /** Waits until a slot is free and not too much lies ready; -1 when the reader has closed the ring. */
  take(): number {
    for (;;) {
      const before = Atomics.load(this.counters, WAKE);
      if (Atomics.load(this.counters, CLOSED) !== 0) return -1;
      const slot = this.counters[PRODUCED]! - Atomics.load(this.counters, TAKEN) < READY ? this.free() : -1;
      if (slot >= 0) return slot;
      Atomics.wait(this.counters, WAKE, before);
    }
  }

  private free(): number {
    if (this.reused < Atomics.load(this.counters, RETURNED))
      return this.returned[this.reused++ % this.plan.slots]!;
    return this.fresh < this.plan.slots ? this.fresh++ : -1;
  }
}

function* readPieces(plan: StreamPlan, state: { piece: number; ended: boolean }): Generator<Uint8Array> {
  const fd = fs.openSync(plan.path, 'r');
  try {
    for (let i = 0; i < plan.pieces.length; i += 2) {
      const piece = new Uint8Array(plan.pieces[i + 1]!);
      const have = fs.readSync(fd, piece, 0, piece.length, plan.pieces[i]!);
      state.piece = i / 2;
      yield piece.subarray(0, have);
    }
  } finally {
    fs.closeSync(fd);
  }
  state.ended = true;
  yield STREAM_END;
}
