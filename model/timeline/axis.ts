/**
 * The time axis of a timeline: what the clock says, made monotone, and the same with empty time compressed.
 *
 * Two coordinates are in use. `time` is nanoseconds (or ticks, or row numbers for a source without clock)
 * since the table's t0. `view` is what a picture is laid out in: equal to time, or shorter by the empty
 * stretches when these are compressed. Rows are the third, exact one: a picture's columns are resolved to
 * rows, never to rounded times.
 */
import { firstIndex } from '../../parsers/base/search.js';
import type { EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from '../../parsers/events/segment.js';
import { mapThrough, type Knots } from './knots.js';

/** An empty stretch shorter than this part of the trace stays as it is. */
const GAP_SHARE = 1 / 200;
/** What a compressed stretch keeps of the threshold. */
const GAP_KEPT = 1 / 4;
const GAPS_MAX = 512;

export class TimeAxis {
  /** Monotone times per row, only when the table's own are not. */
  private readonly fixed: Float64Array | undefined;
  readonly unit: 'ns' | 'ticks' | 'rows';
  /** Time of the first row, and of the last. */
  readonly start: number;
  readonly end: number;
  private compressed: Knots | undefined;

  constructor(private readonly table: EventTable) {
    this.unit = table.meta.timeUnit === 'none' ? 'rows' : table.meta.timeUnit;
    this.fixed = this.unit === 'rows' || isMonotone(table) ? undefined : runningMaximum(table);
    this.start = table.length > 0 ? this.time(0) : 0;
    this.end = table.length > 0 ? this.time(table.length - 1) : 0;
  }

  /** Time of a row; of the last one for the row past the end. */
  time(row: number): number {
    if (this.unit === 'rows') return row;
    const at = Math.min(row, this.table.length - 1);
    if (at < 0) return 0;
    return this.fixed ? this.fixed[at]! : this.table.ts(at);
  }

  /** First row at or after a time; the table's length when none. */
  rowAt(time: number): number {
    return firstIndex(this.table.length, (row) => this.time(row) >= time);
  }

  /** The map to view coordinates, without or with compression of empty time. */
  knots(compress: boolean): Knots {
    if (!compress)
      return { time: Float64Array.of(this.start, this.end), view: Float64Array.of(this.start, this.end) };
    this.compressed ??= this.compressedKnots();
    return this.compressed;
  }

  private compressedKnots(): Knots {
    const threshold = (this.end - this.start) * GAP_SHARE;
    const gaps: { from: number; until: number }[] = [];
    for (let row = 1; row < this.table.length && threshold > 0; row++) {
      const from = this.time(row - 1);
      const until = this.time(row);
      if (until - from > threshold && gaps.length < GAPS_MAX) gaps.push({ from, until });
    }
    const time: number[] = [this.start];
    const view: number[] = [this.start];
    let saved = 0;
    const knot = (t: number): void => {
      if (t <= time[time.length - 1]!) return;
      time.push(t);
      view.push(t - saved);
    };
    for (const { from, until } of gaps) {
      knot(from);
      saved += until - from - threshold * GAP_KEPT;
      knot(until);
    }
    knot(this.end);
    return { time: Float64Array.from(time), view: Float64Array.from(view) };
  }
}

function isMonotone(table: EventTable): boolean {
  let before = -Infinity;
  for (const segment of table.segments) {
    const ts = segment.ts;
    for (let i = 0; i < segment.length; i++) {
      if (ts[i]! < before) return false;
      before = ts[i]!;
    }
  }
  return true;
}

/**
 * Where a clock jumps back, the axis stands still until the clock has caught up: rows keep the table's order.
 */
function runningMaximum(table: EventTable): Float64Array {
  const out = new Float64Array(table.length);
  let high = -Infinity;
  for (let row = 0; row < table.length; row++) {
    const ts = table.segments[row >>> SEGMENT_SHIFT]!.ts[row & (SEGMENT_ROWS - 1)]!;
    if (ts > high) high = ts;
    out[row] = high;
  }
  return out;
}

/**
 * Columns of a picture in rows: `edges[c]` is the first row at or after the left edge of column c,
 * `edges[columns]` that of the right edge. A lookup table makes the column of a row a matter of two reads.
 */
export class ColumnMap {
  readonly edges: Uint32Array;
  readonly firstRow: number;
  readonly endRow: number;
  private readonly guess: Uint16Array;
  private readonly shift: number;

  constructor(
    axis: TimeAxis,
    knots: Knots,
    fromView: number,
    untilView: number,
    readonly columns: number,
  ) {
    this.edges = new Uint32Array(columns + 1);
    for (let c = 0; c <= columns; c++) {
      const view = fromView + ((untilView - fromView) * c) / columns;
      this.edges[c] = axis.rowAt(mapThrough(knots.view, knots.time, view));
    }
    this.firstRow = this.edges[0]!;
    this.endRow = this.edges[columns]!;
    let shift = 0;
    while ((this.endRow - this.firstRow) >>> shift > 1 << 16) shift++;
    this.shift = shift;
    this.guess = new Uint16Array(((this.endRow - this.firstRow) >>> shift) + 2);
    let c = 0;
    for (let i = 0; i < this.guess.length; i++) {
      const row = this.firstRow + i * 2 ** shift;
      while (c + 1 < columns && this.edges[c + 1]! <= row) c++;
      this.guess[i] = c;
    }
  }

  /** Column of a row: 0 for what is before the picture, `columns` for what is after it. */
  column(row: number): number {
    if (row < this.firstRow) return 0;
    if (row >= this.endRow) return this.columns;
    let c = this.guess[(row - this.firstRow) >>> this.shift]!;
    while (this.edges[c + 1]! <= row) c++;
    return c;
  }
}
