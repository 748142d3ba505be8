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
const ROW_BYTES = 2 * 8 + 4 * 4 + 2 + 1;
const NARROW_ROW_BYTES = 8 + 3 * 4 + 3 * 2 + 1;
/** A place in place of a distance. */
const MORE_BYTES = 4;
const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffff_ffff;
/** So far before the first row others may lie: those of binary traces are in no order of places. */
const BEFORE_FIRST = 2 ** 31;
/** Behind it, a run of rows could reach beyond what a distance can be. */
const MAX_DISTANCE = 3 * 2 ** 30;

const NO_TGID = -1;
/** The column of all segments whose rows have no thread group, as in most traces; nobody writes to it. */
const NO_TGIDS = new Columns(4 * SEGMENT_ROWS, typeof SharedArrayBuffer === 'function')
  .i32(SEGMENT_ROWS)
  .fill(NO_TGID);

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

/** What a segment has, as plain data; its columns are the segment's own. */
export type SegmentParts = Pick<Segment, 'length' | 'isShared'>;

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
  /** Thread group, -1 when the source does not say; {@link putTgid} writes it. */
  tgid: Int32Array = NO_TGIDS;
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
  readonly kind: Uint8Array;
  pool: Uint32Array;
  poolUsed = 1;

  /**
   * `rows`: as many there is room for; `poolWords`: what the payloads will probably need; `isPacked`: the
   * segment is narrow, but has places where `areNear` is false; `isShared`: it lies in memory that threads
   * share.
   */
  constructor(
    readonly rows: number,
    poolWords: number,
    readonly isPacked = false,
    areNear = isPacked,
    readonly isShared = false,
  ) {
    const narrow = NARROW_ROW_BYTES + (areNear ? 0 : MORE_BYTES);
    const columns = new Columns(rows * (isPacked ? narrow : ROW_BYTES), isShared);
    this.ts = columns.f64(rows);
    if (!areNear) this.places = columns.f64(rows);
    this.tid = columns.i32(rows);
    this.payload = columns.u32(rows);
    if (areNear) this.distances = columns.u32(rows);
    this.comm = isPacked ? columns.u16(rows) : columns.u32(rows);
    this.name = isPacked ? columns.u16(rows) : columns.u32(rows);
    this.cpu = columns.u16(rows);
    this.kind = columns.u8(rows);
    this.idMax = isPacked ? MAX_UINT16 : MAX_UINT32;
    this.pool = this.words(poolWords);
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
    if (this.places === undefined) {
      this.places = new Columns(8 * this.rows, this.isShared).f64(this.rows);
      for (let i = 0; i < this.rows; i++) this.places[i] = this.origin + this.distances![i]!;
    }
    this.distances = undefined;
    return this.places;
  }
  set at(places: Float64Array) {
    this.places = places;
    this.distances = undefined;
  }

  /** Makes room for greater ids than a narrow segment's. */
  widenIds(): void {
    const [comm, name] = [this.words(this.rows), this.words(this.rows)];
    comm.set(this.comm);
    name.set(this.name);
    this.comm = comm;
    this.name = name;
    this.idMax = MAX_UINT32;
  }

  putTgid(i: number, tgid: number): void {
    if (this.tgid !== NO_TGIDS) this.tgid[i] = tgid;
    else if (tgid !== NO_TGID) this.ownTgids()[i] = tgid;
  }

  /** Of rows from `to` on. */
  putTgids(to: number, tgids: Int32Array): void {
    if (this.tgid !== NO_TGIDS) this.tgid.set(tgids, to);
    else if (tgids.some((tgid) => tgid !== NO_TGID)) this.ownTgids().set(tgids, to);
  }

  private ownTgids(): Int32Array {
    this.tgid = new Columns(4 * this.rows, this.isShared).i32(this.rows).fill(NO_TGID);
    return this.tgid;
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
    this.times ??= new Columns(this.rows, this.isShared).u8(this.rows);
    return this.times;
  }

  timeAtOf(i: number): number {
    return this.times?.[i] ?? 0;
  }

  /** The same rows and payloads, with room for twice as many rows. */
  twiceAsLarge(): Segment {
    const larger = this.another(this.rows * 2, 0);
    larger.length = this.length;
    larger.pool = this.pool;
    larger.poolUsed = this.poolUsed;
    larger.ts.set(this.ts);
    larger.tid.set(this.tid);
    larger.putTgids(0, this.tgid.subarray(0, this.length));
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
    const lines = this.words(this.rows);
    if (this.firstLine > 0) for (let i = 0; i < this.length; i++) lines[i] = this.firstLine + i;
    return lines;
  }

  private grow(end: number): void {
    const bigger = this.words(Math.max(this.pool.length * 2, end));
    bigger.set(this.pool.subarray(0, this.poolUsed));
    this.pool = bigger;
  }

  private words(length: number): Uint32Array {
    return new Columns(4 * length, this.isShared).u32(length);
  }

  /** An empty segment of the same kind. */
  another(rows: number, poolWords: number): Segment {
    return new Segment(rows, poolWords, this.isPacked, this.distances !== undefined, this.isShared);
  }

  /** For {@link ofParts}, on whatever thread. */
  get parts(): SegmentParts {
    return { ...this };
  }

  /** The segment that has given its parts, with the same columns. */
  static ofParts(parts: SegmentParts): Segment {
    return Object.assign(new Segment(0, 0), parts);
  }
}

/**
 * Gives up what a segment holds besides what it takes to read its rows again (offsets and names): for a table
 * whose rows were copied into another one.
 */
export function releaseSegment(segment: Segment): void {
  const none32 = new Uint32Array(0);
  const none16 = new Uint16Array(0);
  // All columns are cut off one piece of memory, which goes only with the last of them.
  Object.assign(segment, {
    at: segment.at.slice(0, segment.length),
    name: segment.name.slice(0, segment.length),
    ts: new Float64Array(0),
    line: none32,
    tid: new Int32Array(0),
    tgid: new Int32Array(0),
    comm: none32,
    cpu: none16,
    kind: new Uint8Array(0),
    payload: none32,
    pool: none32,
  } satisfies Partial<Segment>);
}
