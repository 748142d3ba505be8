/**
 * One zstd stream on a second thread, ahead of the reader, as a compressed perf.data holds it: a ring of outputs in
 * shared memory, and both sides wait on counters. See ahead.ts for pieces that stand alone.
 */
import fs from 'node:fs';
import type { AheadStream, CompressedRange } from '../parsers/reader.js';

/** Outputs that are ready at most. */
const SLOTS = 64;
/** The largest block of zstd, which is the most that one output holds. */
const SLOT_BYTES = 1 << 17;
const WAKE_EVERY = SLOTS / 4;
const PATIENCE_MS = 10_000;
/** In place of an output's length. */
const END = -1;
const DAMAGED = -2;

/** Places in `counters`. */
const PRODUCED = 0;
const RELEASED = 1;
const WAKE = 2;
const STOP = -1;

/** An empty last block: perf flushes its stream but never ends it, and the decoder may hold back what follows no end. */
const STREAM_END = Uint8Array.of(1, 0, 0);

/** What the worker is told. */
export interface StreamPlan {
  readonly path: string;
  /** Offset and size of each piece in the file. */
  readonly pieces: Float64Array;
  readonly ring: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** Per slot: length of the output, and its piece. */
  readonly outputs: SharedArrayBuffer;
}

/** The plan for these pieces; undefined where they have less than `worthBytes`, for which a thread costs more than it spares. */
export function streamPlan(path: string, pieces: readonly Pick<CompressedRange, 'offset' | 'size'>[], worthBytes: number): StreamPlan | undefined {
  if (pieces.reduce((sum, piece) => sum + piece.size, 0) < worthBytes) return undefined;
  return {
    path, pieces: Float64Array.from(pieces.flatMap((piece) => [piece.offset, piece.size])),
    ring: new SharedArrayBuffer(SLOTS * SLOT_BYTES), counters: new SharedArrayBuffer(12), outputs: new SharedArrayBuffer(8 * SLOTS),
  };
}

/** The reader's side. */
export class StreamRing implements AheadStream {
  bytes: Uint8Array = new Uint8Array(0);
  piece = 0;
  private taken = 0;
  private readonly counters: Int32Array;
  private readonly outputs: Int32Array;

  constructor(private readonly plan: StreamPlan) {
    this.counters = new Int32Array(plan.counters);
    this.outputs = new Int32Array(plan.outputs);
  }

  next(): 1 | 0 | -1 {
    if (this.taken > 0) this.release();
    while (Atomics.load(this.counters, PRODUCED) <= this.taken) {
      if (Atomics.wait(this.counters, PRODUCED, this.taken, PATIENCE_MS) === 'timed-out') return -1;
    }
    const slot = this.taken++ % SLOTS;
    const length = this.outputs[2 * slot]!;
    if (length < 0) return length === END ? 0 : -1;
    this.piece = this.outputs[2 * slot + 1]!;
    this.bytes = new Uint8Array(this.plan.ring, slot * SLOT_BYTES, length);
    return 1;
  }

  /** Gives the latest output's slot back, and wakes the worker when there is room for several. */
  private release(): void {
    if ((Atomics.add(this.counters, RELEASED, 1) + 1) % WAKE_EVERY !== 0) return;
    Atomics.add(this.counters, WAKE, 1);
    Atomics.notify(this.counters, WAKE);
  }

  close(): void {
    Atomics.store(this.counters, WAKE, STOP);
    Atomics.notify(this.counters, WAKE);
  }
}

/** The worker's side: reads the pieces by itself and fills the ring until the end, or until the reader closes it. */
export function fillStream(plan: StreamPlan, unzstdStream: (pieces: Iterable<Uint8Array>) => Iterable<Uint8Array>): void {
  const counters = new Int32Array(plan.counters);
  const outputs = new Int32Array(plan.outputs);
  const ring = new Uint8Array(plan.ring);
  const state = { piece: -1, ended: false };
  const give = (bytes: Uint8Array | undefined, status: number): boolean => {
    if (!hasRoom(counters)) return false;
    const slot = counters[PRODUCED]! % SLOTS;
    if (bytes) ring.set(bytes, slot * SLOT_BYTES);
    outputs[2 * slot] = bytes ? bytes.length : status;
    outputs[2 * slot + 1] = Math.max(0, state.piece);
    Atomics.add(counters, PRODUCED, 1);
    Atomics.notify(counters, PRODUCED);
    return true;
  };
  try {
    for (const output of unzstdStream(readPieces(plan, state))) {
      for (let at = 0; at < output.length; at += SLOT_BYTES) if (!give(output.subarray(at, at + SLOT_BYTES), END)) return;
    }
    give(undefined, END);
  } catch (error) {
    // What the decoder makes of the end that was added is no damage: a stream that did end has nothing to add to.
    give(undefined, error instanceof Error && state.ended ? END : DAMAGED);
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

/** Waits for a free slot; false when the reader has closed the ring. */
function hasRoom(counters: Int32Array): boolean {
  for (;;) {
    const before = Atomics.load(counters, WAKE);
    if (before === STOP) return false;
    if (counters[PRODUCED]! - Atomics.load(counters, RELEASED) < SLOTS) return true;
    Atomics.wait(counters, WAKE, before);
  }
}
