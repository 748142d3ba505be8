/**
 * What the reader and the thread ahead of it share: a ring of slots for each lane, and counters on which
 * both wait. See ahead.ts for the reader's side, aheadWorker.ts for the other.
 */

/** What the worker is told. */
export interface AheadPlan {
  readonly path: string;
  /** By lane: {@link PIECE_NUMBERS} for each piece. */
  readonly lanes: readonly Float64Array[];
  readonly slotBytes: number;
  readonly slots: number;
  readonly ring: SharedArrayBuffer;
  /** By lane pieces produced, then by lane pieces released, then one that wakes the worker. */
  readonly counters: SharedArrayBuffer;
  /** By lane and slot: bytes that came out. */
  readonly lengths: SharedArrayBuffer;
}

/** Numbers of a piece in a lane: offset, size and plain size. */
export const PIECE_NUMBERS = 3;

/** In the place of the counter that wakes the worker: there is nothing more to do. */
export const STOP = -1;

/** Where in the counters the pieces of a lane stand that the reader gave back. */
export function releasedAt(lane: number, laneCount: number): number {
  return laneCount + lane;
}

/** Where the counter stands that wakes the worker. */
export function wakeAt(laneCount: number): number {
  return 2 * laneCount;
}

/** How many counters there are. */
export function counterCount(laneCount: number): number {
  return wakeAt(laneCount) + 1;
}
