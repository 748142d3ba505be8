/**
 * Records wait here until their order is sure. perf writes one buffer after another, each in time order, and marks
 * with FINISHED_ROUND that nothing older than the round before can still come; so what waits is two rounds, however
 * long the recording. Equal times keep the order of the file, as perf's own ordered_events does.
 *
 * A record is its time, the chunk of bytes that holds it, and its place therein. No object per record.
 */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Position in its stream of byte 0 (in the file, or in the decompressed stream). */
  readonly start: number;
  /** Byte in the file that it comes from, where that is not `start`; else -1. */
  readonly origin: number;
}

export type EmitRecord = (chunk: Chunk, offset: number, time: number) => void;

/** Without FINISHED_ROUND, more waiting records than this are written out by half, as perf does when it runs out of memory. */
const WAITING_LIMIT = 1 << 22;

export class RecordQueue {
  private times = new Float64Array(1 << 12);
  private offsets = new Uint32Array(1 << 12);
  private chunkIds = new Uint32Array(1 << 12);
  private order = new Uint32Array(0);
  private scratch = new Uint32Array(0);
  private count = 0;
  private chunks: Chunk[] = [];
  private newest = -Infinity;
  private roundLimit = -Infinity;

  constructor(private readonly emit: EmitRecord) {}

  /** Queues the record at chunk.bytes[offset]. */
  push(time: number, chunk: Chunk, offset: number): void {
    if (this.count === this.times.length) this.grow();
    if (this.chunks[this.chunks.length - 1] !== chunk) this.chunks.push(chunk);
    const i = this.count++;
    this.times[i] = time;
    this.offsets[i] = offset;
    this.chunkIds[i] = this.chunks.length - 1;
    if (time > this.newest) this.newest = time;
    if (this.count >= WAITING_LIMIT) this.flushHalf();
  }

  /** A round ends: what the round before had seen is in order now. */
  finishRound(): void {
    this.flush(this.roundLimit);
    this.roundLimit = this.newest;
  }

  /** Writes everything out. */
  finish(): void {
    this.flush(Infinity);
  }

  private flushHalf(): void {
    let oldest = Infinity;
    for (let i = 0; i < this.count; i++) if (this.times[i]! < oldest) oldest = this.times[i]!;
    this.flush(oldest + (this.newest - oldest) / 2);
  }

  /** Emits what is not newer than `limit`, in order, and keeps the rest. */
  private flush(limit: number): void {
    const n = this.count;
    if (n === 0) return;
    const order = this.sorted();
    const { times, offsets, chunkIds, chunks } = this;
    let done = 0;
    for (; done < n; done++) {
      const i = order[done]!;
      if (times[i]! > limit) break;
      this.emit(chunks[chunkIds[i]!]!, offsets[i]!, times[i]!);
    }
    if (done > 0) this.keep(order, done);
  }

  /** Row numbers in time order: a stable merge of the ascending runs that the buffers left. */
  private sorted(): Uint32Array {
    const n = this.count;
    const times = this.times;
    if (this.order.length < n) {
      this.order = new Uint32Array(times.length);
      this.scratch = new Uint32Array(times.length);
    }
    const starts: number[] = [0];
    for (let i = 0; i < n; i++) {
      this.order[i] = i;
      if (i > 0 && times[i]! < times[i - 1]!) starts.push(i);
    }
    let from = this.order;
    let into = this.scratch;
    let runs = starts;
    while (runs.length > 1) {
      const merged: number[] = [];
      for (let r = 0; r < runs.length; r += 2) {
        merged.push(runs[r]!);
        const mid = runs[r + 1] ?? n;
        mergeRuns(times, from, into, runs[r]!, mid, runs[r + 2] ?? n);
      }
      runs = merged;
      [from, into] = [into, from];
    }
    this.order = from;
    this.scratch = into;
    return from;
  }

  /** Keeps order[done..count) in arrival order and lets go of the chunks that nothing waits in. */
  private keep(order: Uint32Array, done: number): void {
    const { times, offsets, chunkIds } = this;
    if (done === this.count) {
      this.count = 0;
      this.chunks = [];
      return;
    }
    for (let k = 0; k < done; k++) times[order[k]!] = NaN;
    const kept: Chunk[] = [];
    let lastId = -1;
    let n = 0;
    for (let i = 0; i < this.count; i++) {
      const time = times[i]!;
      if (time !== time) continue;
      const id = chunkIds[i]!;
      if (id !== lastId) {
        kept.push(this.chunks[id]!);
        lastId = id;
      }
      times[n] = time;
      offsets[n] = offsets[i]!;
      chunkIds[n++] = kept.length - 1;
    }
    this.count = n;
    this.chunks = kept;
  }

  private grow(): void {
    const size = this.times.length * 2;
    const times = new Float64Array(size);
    const offsets = new Uint32Array(size);
    const chunkIds = new Uint32Array(size);
    times.set(this.times);
    offsets.set(this.offsets);
    chunkIds.set(this.chunkIds);
    this.times = times;
    this.offsets = offsets;
    this.chunkIds = chunkIds;
  }
}

/** Merges from[a, b) and from[b, end), both ascending by time, into into[a, end); the left one wins ties. */
function mergeRuns(times: Float64Array, from: Uint32Array, into: Uint32Array, a: number, b: number, end: number): void {
  let left = a;
  let right = b;
  for (let k = a; k < end; k++) {
    if (left < b && (right >= end || times[from[left]!]! <= times[from[right]!]!)) into[k] = from[left++]!;
    else into[k] = from[right++]!;
  }
}
