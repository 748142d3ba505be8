/**
 * A run of rows in typed columns. A table has segments, rather than one growing array, so that growth of a
 * large one never copies and hot loops hold plain typed arrays.
 *
 * A narrow segment, as texts have it, holds the same rows in less memory as long as they allow it: places as
 * distances from the first one, lines as the first one's, ids as 16 bits, and packed payloads (slots.ts).
 */
import { Columns } from '../base/columns.js';
import { packPayload } from './slots.js';

export const SEGMENT_SHIFT = 16;
/** Rows of every segment but the last one. */
export const SEGMENT_ROWS = 1 << SEGMENT_SHIFT;
export const SEGMENT_MASK = SEGMENT_ROWS - 1;
/** Rows are counted in 32 bits, and all ones means none; tests set it lower. */
export const TABLE_LIMIT = { rows: 2 ** 32 - SEGMENT_ROWS };
/** Bytes of a row in the columns, `line` and the time's place apart; and in those of a narrow segment. */
const ROW_BYTES = 2 * 8 + 5 * 4 + 2 * 2;
const NARROW_ROW_BYTES = 8 + 4 * 4 + 4 * 2;
/** A place in place of a distance. */
const MORE_BYTES = 4;
const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffff_ffff;
/** So far before the first row others may lie: those of binary traces are in no order of places. */
const BEFORE_FIRST = 2 ** 31;
/** Behind it, a run of rows could reach beyond what a distance can be. */
const MAX_DISTANCE = 3 * 2 ** 30;

/** A column of ids, which are read in the same way whatever their width. */
export type Ids = Uint32Array | Uint16Array;

export interface OptionalColumns {
  readonly places: Float64Array | undefined;
  readonly distances: Uint32Array | undefined;
  readonly lines: Uint32Array | undefined;
  readonly times: Uint8Array | undefined;
}

export interface SegmentBases {
  readonly origin: number;
  readonly firstLine: number;
  readonly isPacked: boolean;
  readonly idMax: number;
}

export class Segment {
  length = 0;
  /** Nanoseconds (or ticks) since TraceMeta.t0. */
  readonly ts: Float64Array;
  /** Byte offsets in the source; undefined where they are kept as `distances`. */
  private places: Float64Array | undefined;
  /** The same as bytes behind `origin`. */
  distances: Uint32Array | undefined;
  private origin = 0;
  private lines: Uint32Array | undefined;
  /** Where there are no `lines`: that of row 0, which the others follow one by one; 0 for none. */
  private firstLine = 0;
  private times: Uint8Array | undefined;
  /** Thread, -1 when the source does not say. */
  readonly tid: Int32Array;
  /** Thread group, -1 when the source does not say. */
  readonly tgid: Int32Array;
  /** Id in EventTable.comms. */
  comm: Ids;
  /** Id in EventTable.names: the printed name, with `system:` where the source says it. */
  name: Ids;
  /** The greatest id that there is room for. */
  idMax: number;
  /** Start in `pool`, 0 for none (word 0 of the pool is never used). */
  readonly payload: Uint32Array;
  readonly cpu: Uint16Array;
  /** Model event kind, 0 for an event that nobody knows. */
  readonly kind: Uint16Array;
  pool: Uint32Array;
  poolUsed = 1;

  /**
   * `rows`: as many there is room for; `poolWords`: what the payloads will probably need; `isPacked`: the
   * segment is narrow, but has places where `areNear` is false.
   */
  constructor(
    readonly rows: number,
    poolWords: number,
    readonly isPacked = false,
    areNear = isPacked,
  ) {
    const narrow = NARROW_ROW_BYTES + (areNear ? 0 : MORE_BYTES);
    const columns = new Columns(rows * (isPacked ? narrow : ROW_BYTES));
    this.ts = columns.f64(rows);
    if (!areNear) this.places = columns.f64(rows);
    this.tid = columns.i32(rows);
    this.tgid = columns.i32(rows);
    this.payload = columns.u32(rows);
    if (areNear) this.distances = columns.u32(rows);
    this.comm = isPacked ? columns.u16(rows) : columns.u32(rows);
    this.name = isPacked ? columns.u16(rows) : columns.u32(rows);
    this.cpu = columns.u16(rows);
    this.kind = columns.u16(rows);
    this.idMax = isPacked ? MAX_UINT16 : MAX_UINT32;
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

  /** Packs the payload that was reserved last and is filled, where payloads are packed. */
  pack(p: number): void {
    if (this.isPacked) this.poolUsed = packPayload(this.pool, p, this.poolUsed);
  }

  /** Byte offset in the source of a row's line or record. */
  atOf(i: number): number {
    return this.distances ? this.origin + this.distances[i]! : this.places![i]!;
  }

  /** Notes it of a row behind those that have one. */
  putAt(i: number, at: number): void {
    if (this.distances && i === 0) this.origin = Math.max(0, at - BEFORE_FIRST);
    const distance = at - this.origin;
    if (this.distances && distance >= 0 && distance <= MAX_UINT32) this.distances[i] = distance;
    else this.at[i] = at;
  }

  /** What the places of rows behind the last one, from `at` on, are best told as distances from. */
  originFor(at: number): number {
    if (this.distances === undefined) return at;
    if (this.length === 0) this.origin = at;
    const distance = at - this.origin;
    return distance >= 0 && distance < MAX_DISTANCE ? this.origin : at;
  }

  /** Notes the places of rows behind those that have one; they may be in any order. */
  putAll(to: number, places: Float64Array): void {
    if (this.distances && to === 0 && places.length > 0) this.putAt(0, places[0]!);
    const { distances, origin } = this;
    let k = 0;
    if (distances)
      for (; k < places.length; k++) {
        const distance = places[k]! - origin;
        if (!(distance >= 0 && distance <= MAX_UINT32)) break;
        distances[to + k] = distance;
      }
    if (k < places.length) this.at.set(places.subarray(k), to + k);
  }

  /** Notes the places of rows behind those that have one. */
  putPlaces(to: number, origin: number, distances: Uint32Array): void {
    if (this.distances && origin === this.origin) this.distances.set(distances, to);
    else for (let i = 0; i < distances.length; i++) this.putAt(to + i, origin + distances[i]!);
  }

  /** All of them as a column, to be written to: that of a narrow segment takes twice as much from then on. */
  get at(): Float64Array {
    this.places ??= Float64Array.from(this.distances!, (distance) => this.origin + distance);
    this.distances = undefined;
    return this.places;
  }
  set at(places: Float64Array) {
    this.places = places;
    this.distances = undefined;
  }

  /** Makes room for greater ids than a narrow segment's. */
  widenIds(): void {
    this.comm = Uint32Array.from(this.comm);
    this.name = Uint32Array.from(this.name);
    this.idMax = MAX_UINT32;
  }

  /** Line of a row, 0 where the source is binary. */
  lineOf(i: number): number {
    const { lines, firstLine } = this;
    if (lines !== undefined) return lines[i]!;
    return firstLine === 0 ? 0 : firstLine + i;
  }

  /** Notes the lines of `count` rows behind those that have one; they follow one another. */
  putLines(i: number, line: number, count = 1): void {
    if (this.lines === undefined) {
      if (i === 0) this.firstLine = line;
      if (this.lineOf(i) === line) return;
    }
    const { line: lines } = this;
    for (let k = 0; k < count; k++) lines[i + k] = line + k;
  }

  /**
   * 1-based lines in a text source as a column, to be written to; 0 in a binary one, for which nobody asks
   * and which so takes no memory.
   */
  get line(): Uint32Array {
    this.lines ??= this.listed();
    return this.lines;
  }
  set line(lines: Uint32Array) {
    this.lines = lines;
  }

  /** Columns that not every segment has, by their names, undefined for those that this one has not. */
  get optional(): OptionalColumns {
    const { places, distances, lines, times } = this;
    return { places, distances, lines, times };
  }

  /** What its columns are told from. */
  get bases(): SegmentBases {
    const { origin, firstLine, isPacked, idMax } = this;
    return { origin, firstLine, isPacked, idMax };
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
    const larger = new Segment(this.rows * 2, 0, this.isPacked, this.distances !== undefined);
    larger.length = this.length;
    larger.pool = this.pool;
    larger.poolUsed = this.poolUsed;
    larger.ts.set(this.ts);
    larger.tid.set(this.tid);
    larger.tgid.set(this.tgid);
    if (this.idMax > larger.idMax) larger.widenIds();
    larger.comm.set(this.comm);
    larger.name.set(this.name);
    larger.payload.set(this.payload);
    larger.cpu.set(this.cpu);
    larger.kind.set(this.kind);
    larger.origin = this.origin;
    if (this.distances) larger.distances!.set(this.distances);
    else larger.at.set(this.at);
    larger.firstLine = this.firstLine;
    if (this.lines) larger.line.set(this.lines);
    if (this.times) larger.timeAt.set(this.times);
    return larger;
  }

  /** The lines of the rows so far. */
  private listed(): Uint32Array {
    const lines = new Uint32Array(this.rows);
    if (this.firstLine > 0) for (let i = 0; i < this.length; i++) lines[i] = this.firstLine + i;
    return lines;
  }

  private grow(end: number): void {
    const bigger = new Uint32Array(Math.max(this.pool.length * 2, end));
    bigger.set(this.pool.subarray(0, this.poolUsed));
    this.pool = bigger;
  }
}
