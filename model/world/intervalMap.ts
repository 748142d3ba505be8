/**
 * A map from half-open ranges to small integers, range-compressed: sorted and not overlapping. Each range
 * keeps the row that set it, so neighbours of equal value stay apart. Built for attributes, where a 256 GiB
 * guest is 67 M pages in few ranges.
 */

/** Called for each piece of a query: [first, end) has `value`, set at `row`. */
export type PieceVisitor<Page extends number = number> = (
  first: Page,
  end: Page,
  value: number,
  row: number,
) => void;

/** A run of intervals, in columns. */
interface Chunk {
  readonly starts: number[];
  readonly ends: number[];
  readonly values: number[];
  readonly rows: number[];
}

/** Intervals of a chunk, at most: what one change moves. */
const CHUNK_LENGTH = 512;

export class IntervalMap<Page extends number = number> {
  private chunks: Chunk[] = [];
  private length = 0;
  /** A run of one value, [first, end), and the row that set it; of none the end is the least. */
  private foundFirst = 0;
  private foundEnd = -Infinity;
  private foundValue = 0;
  private foundRow = 0;

  /** @param initial value of everything never set; @param initialRow the row that established it */
  constructor(
    private initial: number,
    private initialRow: number,
    private readonly chunkLength = CHUNK_LENGTH,
  ) {}

  get size(): number {
    return this.length;
  }

  /** Forgets every range and starts again from one value. */
  reset(initial: number, row: number): void {
    this.chunks = [];
    this.length = 0;
    this.foundEnd = -Infinity;
    this.initial = initial;
    this.initialRow = row;
  }

  /** The first chunk with an interval that ends after `at`; their number where there is none. */
  private chunkAt(at: number): number {
    const { chunks } = this;
    let lo = 0;
    let hi = chunks.length;
    while (lo < hi) {
      const mid = (lo + hi) >>> 1;
      if (last(chunks[mid]!.ends) <= at) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  /** Makes the run of one value that holds `at` the one at hand: neighbours are asked for in a row. */
  private find(at: Page): void {
    if (at >= this.foundFirst && at < this.foundEnd) return;
    const { chunks } = this;
    const c = this.chunkAt(at);
    const chunk = chunks[c];
    const i = chunk ? indexIn(chunk, at) : 0;
    if (chunk && chunk.starts[i]! <= at) {
      this.foundFirst = chunk.starts[i]!;
      this.foundEnd = chunk.ends[i]!;
      this.foundValue = chunk.values[i]!;
      this.foundRow = chunk.rows[i]!;
      return;
    }
    const before = i > 0 ? chunk?.ends[i - 1] : chunks[c - 1]?.ends.at(-1);
    this.foundFirst = before ?? -Infinity;
    this.foundEnd = chunk ? chunk.starts[i]! : Infinity;
    this.foundValue = this.initial;
    this.foundRow = this.initialRow;
  }

  get(at: Page): number {
    this.find(at);
    return this.foundValue;
  }

  /** Row that set the value at `at`. */
  rowOf(at: Page): number {
    this.find(at);
    return this.foundRow;
  }

  set(first: Page, end: Page, value: number, row: number): void {
    if (end <= first) return;
    this.foundEnd = -Infinity;
    const { chunks } = this;
    if (chunks.length === 0) chunks.push({ starts: [], ends: [], values: [], rows: [] });
    const c = Math.min(this.chunkAt(first), chunks.length - 1);
    const chunk = chunks[c]!;
    const i = indexIn(chunk, first);
    // What is left of the intervals that the range cuts, at either end.
    const before = this.rest(chunk, i, chunk.starts[i]!, first);
    let lastC = c;
    let j = i;
    let behind: Piece | undefined;
    for (;;) {
      const at = chunks[lastC]!;
      while (j < at.starts.length && at.starts[j]! < end) {
        behind = this.rest(at, j, end, at.ends[j]!);
        j++;
      }
      const next = chunks[lastC + 1];
      if (j < at.starts.length || !next || next.starts[0]! >= end) break;
      lastC++;
      j = 0;
    }
    const pieces = [before, { first, end, value, row }, behind].filter((piece) => piece !== undefined);
    if (lastC > c) {
      this.remove(chunks[lastC]!, 0, j);
      for (const gone of chunks.slice(c + 1, lastC)) this.length -= gone.starts.length;
      const isEmpty = chunks[lastC]!.starts.length === 0;
      chunks.splice(c + 1, lastC - c - (isEmpty ? 0 : 1));
      j = chunk.starts.length;
    }
    this.put(c, i, j, pieces);
  }

  /** [first, end) of an interval, where there is any of it. */
  private rest(chunk: Chunk, i: number, first: number, end: number): Piece | undefined {
    if (i >= chunk.starts.length || first >= end) return undefined;
    return { first, end, value: chunk.values[i]!, row: chunk.rows[i]! };
  }

  private remove(chunk: Chunk, from: number, until: number): void {
    for (const column of [chunk.starts, chunk.ends, chunk.values, chunk.rows])
      column.splice(from, until - from);
    this.length -= until - from;
  }

  /** Puts pieces in place of the intervals [from, until) of a chunk, which is halved where it is too long. */
  private put(c: number, from: number, until: number, pieces: readonly Piece[]): void {
    const chunk = this.chunks[c]!;
    const count = until - from;
    chunk.starts.splice(from, count, ...pieces.map((piece) => piece.first));
    chunk.ends.splice(from, count, ...pieces.map((piece) => piece.end));
    chunk.values.splice(from, count, ...pieces.map((piece) => piece.value));
    chunk.rows.splice(from, count, ...pieces.map((piece) => piece.row));
    this.length += pieces.length - count;
    if (chunk.starts.length <= this.chunkLength) return;
    const half = chunk.starts.length >>> 1;
    this.chunks.splice(c + 1, 0, {
      starts: chunk.starts.splice(half),
      ends: chunk.ends.splice(half),
      values: chunk.values.splice(half),
      rows: chunk.rows.splice(half),
    });
  }

  /** Visits [first, end) in order, gaps included with the initial value. */
  visit(first: Page, end: Page, visitor: PieceVisitor<Page>): void {
    if (end <= first) return;
    let at = first;
    for (let c = this.chunkAt(first); c < this.chunks.length; c++) {
      const { starts, ends, values, rows } = this.chunks[c]!;
      for (let i = indexIn(this.chunks[c]!, first); i < starts.length; i++) {
        if (starts[i]! >= end) break;
        const from = Math.max(at, starts[i]!) as Page;
        if (from > at) visitor(at, from, this.initial, this.initialRow);
        const to = Math.min(end, ends[i]!) as Page;
        visitor(from, to, values[i]!, rows[i]!);
        at = to;
      }
      if (last(ends) >= end) break;
    }
    if (at < end) visitor(at, end, this.initial, this.initialRow);
  }
}

interface Piece {
  readonly first: number;
  readonly end: number;
  readonly value: number;
  readonly row: number;
}

/** Index in a chunk of the first interval that ends after `at`. */
function indexIn({ ends }: Chunk, at: number): number {
  let lo = 0;
  let hi = ends.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (ends[mid]! <= at) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

function last(column: readonly number[]): number {
  return column[column.length - 1]!;
}
