/**
 * Where records wait until their order is sure. perf writes one buffer after another, each in time order, and
 * marks with FINISHED_ROUND that nothing older than the round before can still come; so what waits is two
 * rounds, however long the recording. Equal times keep the order of the file, as perf's own ordered_events
 * does.
 *
 * A record waits as its bytes, which it is decoded from when its turn comes: a row here is only its time and
 * its place.
 */
import type { Chunk } from './feed.js';
import type { KeptBytes } from './kept.js';

/** Room that costs nothing before it is used, but what a small file would have to ask for. */
const FIRST_ROWS = 1 << 15;
export const MANY_ROWS = 1 << 19;

export class Stage {
  count = 0;
  times: Float64Array;
  /** Ids of the chunks that hold the records. */
  chunks: Uint32Array;
  /** Places of the records in their chunks. */
  offsets: Uint32Array;
  newest = -Infinity;
  /** Rows that wait, in runs of ascending time; what the last {@link keep} left is one run. */
  private order: Uint32Array;
  private scratch: Uint32Array;
  private starts: number[] = [0];
  /** Time of the one that was added last. */
  latest = -Infinity;
  /** Rows that wait. */
  waiting = 0;

  constructor(
    readonly bytes: KeptBytes,
    rows = FIRST_ROWS,
  ) {
    this.times = new Float64Array(rows);
    this.chunks = new Uint32Array(rows);
    this.offsets = new Uint32Array(rows);
    this.order = new Uint32Array(rows);
    this.scratch = new Uint32Array(rows);
  }

  /**
   * Adds the record at chunk.bytes[offset] and returns its row: the caller sets its time, then calls {@link
   * enqueue}. The columns may be other arrays afterwards.
   */
  add(chunk: Chunk, offset: number): number {
    if (this.count === this.times.length) this.grow();
    const i = this.count++;
    this.chunks[i] = chunk.id;
    this.offsets[i] = offset;
    return i;
  }

  /** Lets the row wait that was just added, by its time. */
  enqueue(i: number): void {
    const time = this.times[i]!;
    if (time < this.latest) this.starts.push(this.waiting);
    this.latest = time;
    if (time > this.newest) this.newest = time;
    this.order[this.waiting++] = i;
  }

  /**
   * Adds records of a chunk, and lets them wait: their times and places, and which of them are older than the
   * one before. The times that were met are noted by the caller.
   */
  addAll(chunk: number, times: Float64Array, offsets: Uint32Array, older: Uint32Array): void {
    const from = this.count;
    const { length } = times;
    while (from + length > this.times.length) this.grow();
    const { order, waiting } = this;
    this.times.set(times, from);
    this.offsets.set(offsets, from);
    this.chunks.fill(chunk, from, from + length);
    for (let k = 0; k < length; k++) order[waiting + k] = from + k;
    for (const k of older) this.starts.push(waiting + k);
    this.count += length;
    this.waiting += length;
  }

  /** Time of the oldest row that waits; there must be one. */
  get oldest(): number {
    return this.starts.reduce((oldest, start) => Math.min(oldest, this.times[this.order[start]!]!), Infinity);
  }

  /** The rows that wait in time order: a stable merge of the ascending runs that the buffers left. */
  sorted(): Uint32Array {
    let from = this.order;
    let into = this.scratch;
    while (this.starts.length > 1) {
      const merged: number[] = [];
      for (let r = 0; r < this.starts.length; r += 2) {
        merged.push(this.starts[r]!);
        mergeRuns(
          this.times,
          from,
          into,
          this.starts[r]!,
          this.starts[r + 1] ?? this.waiting,
          this.starts[r + 2] ?? this.waiting,
        );
      }
      this.starts = merged;
      [from, into] = [into, from];
    }
    this.order = from;
    this.scratch = into;
    return from;
  }

  /**
   * Keeps all but the first `done` rows of {@link sorted}, and gives up the bytes before them. What waits
   * came nearly all after what is done, so that the rest of the columns is moved down as a whole, with the
   * few rows therein that are done.
   */
  keep(done: number): void {
    const { order, chunks, count } = this;
    let first = count;
    let oldestChunk = Infinity;
    for (let k = done; k < this.waiting; k++) {
      const i = order[k]!;
      if (i < first) first = i;
      if (chunks[i]! < oldestChunk) oldestChunk = chunks[i]!;
    }
    for (let k = done; k < this.waiting; k++) order[k - done] = order[k]! - first;
    this.waiting -= done;
    this.count = count - first;
    for (const column of [this.times, this.chunks, this.offsets]) column.copyWithin(0, first, count);
    this.latest = this.waiting > 0 ? this.times[order[this.waiting - 1]!]! : -Infinity;
    this.bytes.release(oldestChunk);
  }

  private grow(): void {
    const size = this.times.length * 2;
    this.times = bigger(this.times, new Float64Array(size));
    this.chunks = bigger(this.chunks, new Uint32Array(size));
    this.offsets = bigger(this.offsets, new Uint32Array(size));
    this.order = bigger(this.order, new Uint32Array(size));
    this.scratch = new Uint32Array(size);
  }
}

function bigger<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Merges from[a, b) and from[b, end), both ascending by time, into into[a, end); the left one wins ties. */
function mergeRuns(
  times: Float64Array,
  from: Uint32Array,
  into: Uint32Array,
  a: number,
  b: number,
  end: number,
): void {
  let left = a;
  let right = b;
  for (let k = a; k < end; k++) {
    if (left < b && (right >= end || times[from[left]!]! <= times[from[right]!]!)) into[k] = from[left++]!;
    else into[k] = from[right++]!;
  }
}
