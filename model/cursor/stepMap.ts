/**
 * A step function over page numbers (or any integers): range-compressed, so that a value over 64 GiB costs
 * one entry.
 *
 *     at:    [ 16,      48,     64 ]
 *     value: [ Private, Shared, ABSENT ]     means 16..47 Private, 48..63 Shared, nothing elsewhere
 *
 * The form is canonical: neighbours differ and the first value is not ABSENT, so two maps hold the same
 * function exactly when their entries are equal. Entries live in small chunks that a checkpoint shares and a
 * later write copies, so that a checkpoint costs only what changes after it.
 */
import { assert } from '../../parsers/base/assert.js';

/** "Nothing here": outside every range that was assigned. Less than every value that is stored. */
export const ABSENT = -Infinity;

/** A full chunk is split in two: insertion shifts at most this many entries. */
const CHUNK_ENTRIES = 128;

interface Chunk {
  readonly at: number[];
  readonly value: number[];
  /** Generation that may write it in place; another one copies it first. */
  readonly generation: number;
}

/** A map's content at a checkpoint. Never written again. */
export interface FrozenMap {
  readonly chunks: readonly Chunk[];
  readonly entries: number;
  readonly ranges: number;
}

/** Receives what an assignment overwrites, in ascending order: [first, end) held `value`. */
export interface OverwriteSink {
  overwritten(map: number, first: number, end: number, value: number): void;
}

export class StepMap {
  private chunks: Chunk[] = [];
  private generation = 0;
  /** The last checkpoint of this map, until something changes it. */
  private frozen: FrozenMap | undefined;
  /** Boundaries stored, ABSENT ones included: what memory is proportional to. */
  entries = 0;
  /** Ranges with a value. */
  ranges = 0;

  /** `id` names the map to an {@link OverwriteSink}. */
  constructor(readonly id: number) {}

  /** The value at `key`, ABSENT when there is none. */
  get(key: number): number {
    const c = this.chunkOf(key);
    if (c < 0) return ABSENT;
    const chunk = this.chunks[c]!;
    return chunk.value[upperBound(chunk.at, key) - 1]!;
  }

  /**
   * Sets [first, end) to `value` (ABSENT clears) and tells `sink` what was there. False when nothing changed.
   */
  assign(first: number, end: number, value: number, sink: OverwriteSink | undefined): boolean {
    assert(first < end, `range [${first}, ${end})`);
    const cLo = Math.max(0, this.chunkOf(first));
    const cHi = Math.max(0, this.chunkOf(end));
    const loChunk = this.chunks[cLo];
    const hiChunk = this.chunks[cHi];
    const lo = loChunk ? lowerBound(loChunk.at, first) : 0;
    const hi = hiChunk ? upperBound(hiChunk.at, end) : 0;
    const before = this.valueBefore(cLo, lo);
    const after = this.valueBefore(cHi, hi);
    if (!this.differs(cLo, lo, cHi, hi, before, first, end, value)) return false;
    if (sink) this.tell(cLo, lo, cHi, hi, before, first, end, sink);
    this.replace(
      cLo,
      lo,
      cHi,
      hi,
      before === value ? undefined : first,
      value,
      after === value ? undefined : end,
      after,
    );
    return true;
  }

  /**
   * Visits the ranges with a value that meet [first, end), clipped to it, in order, until `visit` returns
   * false.
   */
  visit(
    first: number,
    end: number,
    visit: (first: number, end: number, value: number) => boolean | undefined,
  ): void {
    let c = Math.max(0, this.chunkOf(first));
    let i = c < this.chunks.length ? Math.max(0, upperBound(this.chunks[c]!.at, first) - 1) : 0;
    for (; c < this.chunks.length; c++, i = 0) {
      const { at, value } = this.chunks[c]!;
      for (; i < at.length; i++) {
        const from = Math.max(first, at[i]!);
        if (from >= end) return;
        const until = i + 1 < at.length ? at[i + 1]! : (this.chunks[c + 1]?.at[0] ?? Infinity);
        if (value[i] === ABSENT || until <= from) continue;
        if (visit(from, Math.min(end, until), value[i]!) === false) return;
      }
    }
  }

  /** Visits `count` ranges from the `start`th on, for lists that are paged. */
  visitPage(start: number, count: number, visit: (first: number, end: number, value: number) => void): void {
    let seen = 0;
    this.visit(-Infinity, Infinity, (first, end, value) => {
      if (seen >= start) visit(first, end, value);
      seen++;
      return seen < start + count;
    });
  }

  /** Shares the content with a checkpoint: from now on writes copy what they touch. */
  freeze(): FrozenMap {
    if (this.frozen) return this.frozen;
    this.generation++;
    const chunks = this.chunks;
    this.chunks = chunks.slice();
    this.frozen = { chunks, entries: this.entries, ranges: this.ranges };
    return this.frozen;
  }

  /** Takes the content of a checkpoint. */
  thaw(frozen: FrozenMap): void {
    if (this.frozen === frozen) return;
    this.generation++;
    this.chunks = frozen.chunks.slice();
    this.entries = frozen.entries;
    this.ranges = frozen.ranges;
    // Generations of another map may equal ours: a frozen chunk must never look like one of our own.
    for (const chunk of frozen.chunks)
      if (chunk.generation >= this.generation) this.generation = chunk.generation + 1;
    this.frozen = frozen;
  }

  clear(): void {
    this.frozen = undefined;
    this.chunks = [];
    this.entries = 0;
    this.ranges = 0;
  }

  /** Last chunk that starts at or before `key`, -1 when every one starts after it. */
  private chunkOf(key: number): number {
    const chunks = this.chunks;
    let lo = 0;
    let hi = chunks.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (chunks[mid]!.at[0]! <= key) lo = mid + 1;
      else hi = mid;
    }
    return lo - 1;
  }

  private valueBefore(c: number, i: number): number {
    if (i > 0) return this.chunks[c]!.value[i - 1]!;
    const previous = c > 0 ? this.chunks[c - 1] : undefined;
    return previous ? previous.value[previous.value.length - 1]! : ABSENT;
  }

  /**
   * True when some part of [first, end) does not hold `value`. Boundaries from (cLo, lo) to (cHi, hi) lie in
   * [first, end].
   */
  private differs(
    cLo: number,
    lo: number,
    cHi: number,
    hi: number,
    before: number,
    first: number,
    end: number,
    value: number,
  ): boolean {
    let current = before;
    for (let c = cLo, i = lo; c < cHi || (c === cHi && i < hi); ) {
      const chunk = this.chunks[c]!;
      if (i >= chunk.at.length) {
        c++;
        i = 0;
        continue;
      }
      const boundary = chunk.at[i]!;
      if (boundary >= end) break;
      // Neighbours differ, so a boundary inside the range means that one of the two pieces does.
      if (boundary > first) return true;
      current = chunk.value[i]!;
      i++;
    }
    return current !== value;
  }

  private tell(
    cLo: number,
    lo: number,
    cHi: number,
    hi: number,
    before: number,
    first: number,
    end: number,
    sink: OverwriteSink,
  ): void {
    let from = first;
    let current = before;
    for (let c = cLo, i = lo; c < cHi || (c === cHi && i < hi); ) {
      const chunk = this.chunks[c]!;
      if (i >= chunk.at.length) {
        c++;
        i = 0;
        continue;
      }
      const boundary = chunk.at[i]!;
      if (boundary > from) sink.overwritten(this.id, from, Math.min(boundary, end), current);
      if (boundary >= end) return;
      from = boundary;
      current = chunk.value[i]!;
      i++;
    }
    if (from < end) sink.overwritten(this.id, from, end, current);
  }

  /** Replaces boundaries (cLo, lo)..(cHi, hi) by at most two new ones. */
  private replace(
    cLo: number,
    lo: number,
    cHi: number,
    hi: number,
    first: number | undefined,
    value: number,
    end: number | undefined,
    after: number,
  ): void {
    this.frozen = undefined;
    const at: number[] = [];
    const values: number[] = [];
    if (first !== undefined) {
      at.push(first);
      values.push(value);
    }
    if (end !== undefined) {
      at.push(end);
      values.push(after);
    }
    if (this.chunks.length === 0) {
      if (at.length > 0) this.chunks.push({ at, value: values, generation: this.generation });
      this.count(values, 1);
      return;
    }
    const chunk = this.writable(cLo);
    if (cLo === cHi) {
      this.count(chunk.value, -1, lo, hi);
      chunk.at.splice(lo, hi - lo, ...at);
      chunk.value.splice(lo, hi - lo, ...values);
    } else {
      const last = this.writable(cHi);
      this.count(chunk.value, -1, lo);
      this.count(last.value, -1, 0, hi);
      for (let c = cLo + 1; c < cHi; c++) this.count(this.chunks[c]!.value, -1);
      chunk.at.length = lo;
      chunk.value.length = lo;
      chunk.at.push(...at);
      chunk.value.push(...values);
      last.at.splice(0, hi);
      last.value.splice(0, hi);
      const lastEmpty = last.at.length === 0;
      this.chunks.splice(cLo + 1, cHi - cLo - (lastEmpty ? 0 : 1));
    }
    this.count(values, 1);
    if (chunk.at.length === 0) this.chunks.splice(cLo, 1);
    else if (chunk.at.length > CHUNK_ENTRIES) this.split(cLo, chunk);
  }

  private count(values: readonly number[], sign: 1 | -1, from = 0, until = values.length): void {
    this.entries += sign * (until - from);
    for (let i = from; i < until; i++) if (values[i] !== ABSENT) this.ranges += sign;
  }

  private writable(c: number): Chunk {
    const chunk = this.chunks[c]!;
    if (chunk.generation === this.generation) return chunk;
    const copy = { at: chunk.at.slice(), value: chunk.value.slice(), generation: this.generation };
    this.chunks[c] = copy;
    return copy;
  }

  private split(c: number, chunk: Chunk): void {
    const half = chunk.at.length >>> 1;
    const upper = { at: chunk.at.splice(half), value: chunk.value.splice(half), generation: this.generation };
    this.chunks.splice(c + 1, 0, upper);
  }
}

function lowerBound(at: readonly number[], key: number): number {
  let lo = 0;
  let hi = at.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (at[mid]! < key) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

function upperBound(at: readonly number[], key: number): number {
  let lo = 0;
  let hi = at.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (at[mid]! <= key) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
