/**
 * A run of rows in typed columns. A table has segments, rather than one growing array, so that growth of a
 * large one never copies and hot loops hold plain typed arrays.
 */
import { Columns } from '../base/columns.js';

export const SEGMENT_SHIFT = 16;
/** Rows of every segment but the last one. */
export const SEGMENT_ROWS = 1 << SEGMENT_SHIFT;
export const SEGMENT_MASK = SEGMENT_ROWS - 1;
/** Rows are counted in 32 bits, and all ones means none; tests set it lower. */
export const TABLE_LIMIT = { rows: 2 ** 32 - SEGMENT_ROWS };
/** Bytes of a row in the columns, `line` apart. */
const ROW_BYTES = 2 * 8 + 5 * 4 + 2 * 2;

export class Segment {
  length = 0;
  /** Nanoseconds (or ticks) since TraceMeta.t0. */
  readonly ts: Float64Array;
  /** Byte offset in the source of the event's line or record. */
  readonly at: Float64Array;
  private lines: Uint32Array | undefined;
  private times: Uint8Array | undefined;
  /** Thread, -1 when the source does not say. */
  readonly tid: Int32Array;
  /** Thread group, -1 when the source does not say. */
  readonly tgid: Int32Array;
  /** Id in EventTable.comms. */
  readonly comm: Uint32Array;
  /** Id in EventTable.names: the printed name, with `system:` where the source says it. */
  readonly name: Uint32Array;
  /** Start in `pool`, 0 for none (word 0 of the pool is never used). */
  readonly payload: Uint32Array;
  readonly cpu: Uint16Array;
  /** Model event kind, 0 for an event that nobody knows. */
  readonly kind: Uint16Array;
  pool: Uint32Array;
  poolUsed = 1;

  /** `rows`: as many there is room for; `poolWords`: what the payloads will probably need. */
  constructor(
    readonly rows: number,
    poolWords: number,
  ) {
    const columns = new Columns(rows * ROW_BYTES);
    this.ts = columns.f64(rows);
    this.at = columns.f64(rows);
    this.tid = columns.i32(rows);
    this.tgid = columns.i32(rows);
    this.comm = columns.u32(rows);
    this.name = columns.u32(rows);
    this.payload = columns.u32(rows);
    this.cpu = columns.u16(rows);
    this.kind = columns.u16(rows);
    this.pool = new Uint32Array(poolWords);
  }

  /** Reserves and zeroes `words` in the pool; `pool` may be another array afterwards. */
  reserve(words: number): number {
    const start = this.poolUsed;
    const end = start + words;
    if (end > this.pool.length) this.grow(end);
    this.poolUsed = end;
    return start;
  }

  /** 1-based line in a text source, 0 in a binary one, for which nobody asks and which so takes no memory. */
  get line(): Uint32Array {
    this.lines ??= new Uint32Array(this.rows);
    return this.lines;
  }
  set line(lines: Uint32Array) {
    this.lines = lines;
  }

  get hasLines(): boolean {
    return this.lines !== undefined;
  }

  get hasTimes(): boolean {
    return this.times !== undefined;
  }

  /** Line of a row, 0 where the source is binary. */
  lineOf(i: number): number {
    return this.lines?.[i] ?? 0;
  }

  /**
   * Of a line of text: where in it the row's time begins, if all that follows is `time: name: text` as it is
   * printed of the row; 0 where that is not known.
   */
  get timeAt(): Uint8Array {
    this.times ??= new Uint8Array(this.rows);
    return this.times;
  }

  timeAtOf(i: number): number {
    return this.times?.[i] ?? 0;
  }

  /** The same rows and payloads, with room for twice as many rows. */
  twiceAsLarge(): Segment {
    const larger = new Segment(this.rows * 2, 0);
    larger.length = this.length;
    larger.pool = this.pool;
    larger.poolUsed = this.poolUsed;
    larger.ts.set(this.ts);
    larger.at.set(this.at);
    larger.tid.set(this.tid);
    larger.tgid.set(this.tgid);
    larger.comm.set(this.comm);
    larger.name.set(this.name);
    larger.payload.set(this.payload);
    larger.cpu.set(this.cpu);
    larger.kind.set(this.kind);
    if (this.lines) larger.line.set(this.lines);
    if (this.times) larger.timeAt.set(this.times);
    return larger;
  }

  private grow(end: number): void {
    const bigger = new Uint32Array(Math.max(this.pool.length * 2, end));
    bigger.set(this.pool.subarray(0, this.poolUsed));
    this.pool = bigger;
  }
}
