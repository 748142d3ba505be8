/**
 * Where decoded samples wait until their order is sure. perf writes one buffer after another, each in time order, and
 * marks with FINISHED_ROUND that nothing older than the round before can still come; so what waits is two rounds,
 * however long the recording. Equal times keep the order of the file, as perf's own ordered_events does.
 *
 * Samples are decoded when they arrive, while their bytes are at hand, into columns that are used again and again: no
 * object per sample, and no bytes of the trace are kept. Records of other types, which are few, wait as copies.
 */

/** In `programs`: not a sample, but the record `tasks[payloads[i]]`. */
export const IS_TASK = -1;

export class Stage {
  count = 0;
  times = new Float64Array(FIRST_ROWS);
  /** Byte in the file. */
  at = new Float64Array(FIRST_ROWS);
  /** Position in the decompressed stream, -1 for a record that is not compressed. */
  positions = new Float64Array(FIRST_ROWS);
  programs = new Int32Array(FIRST_ROWS);
  tids = new Int32Array(FIRST_ROWS);
  tgids = new Int32Array(FIRST_ROWS);
  cpus = new Uint16Array(FIRST_ROWS);
  /** Id of the call chain, -1 for none. */
  chains = new Int32Array(FIRST_ROWS);
  /** Start in `pool`, 0 for none. */
  payloads = new Uint32Array(FIRST_ROWS);
  /** Words of the payload. */
  words = new Uint8Array(FIRST_ROWS);
  pool = new Uint32Array(1 << 14);
  poolUsed = 1;
  tasks: Uint8Array[] = [];
  newest = -Infinity;
  /** Rows that the last {@link sorted} named: all but those that were done out of turn. */
  live = 0;
  private order = new Uint32Array(0);
  private scratch = new Uint32Array(0);

  /** Adds a row for the caller to fill, its time included, and returns its index. The columns may be other arrays afterwards. */
  add(): number {
    if (this.count === this.times.length) this.grow();
    return this.count++;
  }

  /** Reserves and zeroes a payload; `pool` may be another array afterwards. */
  reserve(words: number): number {
    const start = this.poolUsed;
    const end = start + words;
    if (end > this.pool.length) {
      const bigger = new Uint32Array(this.pool.length * 2);
      bigger.set(this.pool);
      this.pool = bigger;
    }
    const { pool } = this;
    for (let i = start; i < end; i++) pool[i] = 0;
    this.poolUsed = end;
    return start;
  }

  /** Adds a copy of a record that is no sample. */
  addTask(time: number, record: Uint8Array, at: number): void {
    const i = this.add();
    this.times[i] = time;
    if (time > this.newest) this.newest = time;
    this.programs[i] = IS_TASK;
    this.at[i] = at;
    this.payloads[i] = this.tasks.length;
    this.words[i] = 0;
    this.tasks.push(record.slice());
  }

  /** Row numbers in time order, as many as {@link live} says: a stable merge of the ascending runs that the buffers left. */
  sorted(): Uint32Array {
    const times = this.times;
    if (this.order.length < this.count) {
      this.order = new Uint32Array(times.length);
      this.scratch = new Uint32Array(times.length);
    }
    const starts: number[] = [0];
    let n = 0;
    let last = -Infinity;
    for (let i = 0; i < this.count; i++) {
      const time = times[i]!;
      if (time !== time) continue;
      if (time < last) starts.push(n);
      last = time;
      this.order[n++] = i;
    }
    this.live = n;
    let from = this.order;
    let into = this.scratch;
    let runs = starts;
    while (runs.length > 1) {
      const merged: number[] = [];
      for (let r = 0; r < runs.length; r += 2) {
        merged.push(runs[r]!);
        mergeRuns(times, from, into, runs[r]!, runs[r + 1] ?? n, runs[r + 2] ?? n);
      }
      runs = merged;
      [from, into] = [into, from];
    }
    this.order = from;
    this.scratch = into;
    return from;
  }

  /**
   * Keeps what order[done…] names, in arrival order. What waits came nearly all after what is done, so that the rest of
   * the columns is moved down as a whole; the few rows therein that are done already stay as rows without a time.
   */
  keep(order: Uint32Array, live: number, done: number): void {
    for (let k = 0; k < done; k++) this.times[order[k]!] = NaN;
    let first = this.count;
    for (let k = done; k < live; k++) if (order[k]! < first) first = order[k]!;
    const n = this.count;
    this.count = n - first;
    for (const column of [this.times, this.at, this.positions, this.programs, this.tids, this.tgids, this.cpus, this.chains, this.payloads, this.words]) {
      column.copyWithin(0, first, n);
    }
    this.movePayloads();
  }

  /** Moves payloads and tasks down to where the first row that is left begins. */
  private movePayloads(): void {
    const { payloads, programs, words, count } = this;
    let poolStart = this.poolUsed;
    let taskStart = this.tasks.length;
    for (let i = 0; i < count && (poolStart === this.poolUsed || taskStart === this.tasks.length); i++) {
      if (programs[i] === IS_TASK) taskStart = Math.min(taskStart, payloads[i]!);
      else if (words[i] !== 0) poolStart = Math.min(poolStart, payloads[i]!);
    }
    for (let i = 0; i < count; i++) {
      if (programs[i] === IS_TASK) payloads[i] = payloads[i]! - taskStart;
      else if (words[i] !== 0) payloads[i] = payloads[i]! - poolStart + 1;
    }
    this.pool.copyWithin(1, poolStart, this.poolUsed);
    this.poolUsed += 1 - poolStart;
    this.tasks = this.tasks.slice(taskStart);
  }

  private grow(): void {
    const size = this.times.length * 2;
    this.times = bigger(this.times, new Float64Array(size));
    this.at = bigger(this.at, new Float64Array(size));
    this.positions = bigger(this.positions, new Float64Array(size));
    this.programs = bigger(this.programs, new Int32Array(size));
    this.tids = bigger(this.tids, new Int32Array(size));
    this.tgids = bigger(this.tgids, new Int32Array(size));
    this.cpus = bigger(this.cpus, new Uint16Array(size));
    this.chains = bigger(this.chains, new Int32Array(size));
    this.payloads = bigger(this.payloads, new Uint32Array(size));
    this.words = bigger(this.words, new Uint8Array(size));
  }
}

const FIRST_ROWS = 1 << 15;

function bigger<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
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
