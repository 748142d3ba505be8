/** Geometry of the picture: where time, rows and lanes are in pixels, and how a view zooms and pans. Pure. */
import type { GroupInfo } from '../../model/timeline/shapes.js';
import { RowField, rowField, type Tile, type WantedRow } from '../../model/timeline/tiles.js';
import { LEVEL_MAX, type View } from '../state.js';

export const GUTTER = 208;
/** Wide enough for a range of two gfns above 4 GiB. */
const GUTTER_MIN = 172;
export const RULER_H = 26;
export const LANE_H = 34;
/** The line above the lanes that says how many threads there are, and folds them. */
export const LANES_HEAD_H = 18;
export const ROW_H = 30;
export const MINIMAP_H = 44;
/** Room for the time axis at the right of the last column. */
export const RIGHT_PAD = 8;
/** A span never gets shorter than this many steps of the clock. */
const STEPS_MIN = 2;
/** Room beyond the ends of the trace, as a share of the span shown. */
const SLACK = 0.1;

/** One row of the picture. */
export type DisplayRow = WantedRow;

/** A row as text, the same for the same row. */
export function rowKey({ group, first, count }: DisplayRow): string {
  return `${group} ${first} ${count}`;
}

/** Row of the picture that a row of a tile is. */
export function displayRowOf(tile: Tile, row: number): DisplayRow {
  return {
    group: rowField(tile, row, RowField.Group),
    first: rowField(tile, row, RowField.First),
    count: rowField(tile, row, RowField.Count),
  };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Areas of the picture, top to bottom: ruler, head of the lanes, lanes, rows, minimap. */
export interface Frame {
  readonly size: Size;
  readonly plotX: number;
  readonly plotW: number;
  readonly lanesHeadY: number;
  readonly lanesY: number;
  readonly lanesH: number;
  readonly rowsY: number;
  readonly rowsH: number;
  readonly minimapY: number;
}

/**
 * Areas of a picture with `lanes` lanes shown; their head is there whenever the trace has a thread (`head`).
 */
export function frameOf(size: Size, lanes: number, head = lanes > 0): Frame {
  const gutter = Math.round(Math.min(GUTTER, Math.max(GUTTER_MIN, size.width * 0.24)));
  const lanesY = RULER_H + (head ? LANES_HEAD_H : 0);
  const lanesH = lanes * LANE_H;
  const rowsY = lanesY + lanesH + (lanes > 0 ? 6 : 0);
  const minimapY = size.height - MINIMAP_H;
  return {
    size,
    plotX: gutter,
    plotW: Math.max(1, size.width - gutter - RIGHT_PAD),
    lanesHeadY: RULER_H,
    lanesY,
    lanesH,
    rowsY,
    rowsH: Math.max(0, minimapY - rowsY - 4),
    minimapY,
  };
}

export function xOfView(frame: Frame, view: Pick<View, 'from' | 'until'>, at: number): number {
  return frame.plotX + ((at - view.from) / (view.until - view.from)) * frame.plotW;
}

export function viewOfX(frame: Frame, view: Pick<View, 'from' | 'until'>, x: number): number {
  return view.from + ((x - frame.plotX) / frame.plotW) * (view.until - view.from);
}

export function yOfRow(frame: Frame, view: Pick<View, 'top'>, row: number): number {
  return frame.rowsY + (row - view.top) * ROW_H;
}

export function rowOfY(frame: Frame, view: Pick<View, 'top'>, y: number): number {
  return view.top + (y - frame.rowsY) / ROW_H;
}

/** A group with those of its rows that stand for themselves at every level, ascending. */
export type RowGroup = GroupInfo & { readonly alone?: readonly number[] };

/** Neighbouring rows of a group that are merged by 2^level. */
interface Run {
  /** First row of the group, and number of rows. */
  readonly first: number;
  readonly count: number;
  /** First display row, counted from the group's own. */
  readonly start: number;
}

/**
 * All rows of the picture: a group's own row, then its rows by 2^level, unless it is collapsed. Rows of
 * findings are merged with none.
 */
export class DisplayRows {
  /** First display row of each group, and the total at the end. */
  private readonly starts: number[] = [0];
  private readonly runs: (readonly Run[])[] = [];

  constructor(
    readonly groups: readonly RowGroup[],
    readonly level: number,
    collapsed: readonly string[],
  ) {
    for (const g of groups) {
      const runs = collapsed.includes(g.label) ? [] : runsOf(g, level);
      const last = runs.at(-1);
      this.runs.push(runs);
      const rows = last ? last.start + Math.ceil(last.count / 2 ** level) : 1;
      this.starts.push(this.starts[this.starts.length - 1]! + rows);
    }
  }

  get length(): number {
    return this.starts[this.starts.length - 1]!;
  }

  at(i: number): DisplayRow | undefined {
    if (i < 0 || i >= this.length) return undefined;
    let lo = 0;
    let hi = this.groups.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.starts[mid]! <= i) lo = mid;
      else hi = mid - 1;
    }
    const within = i - this.starts[lo]!;
    if (within === 0) return { group: lo, first: -1, count: 0 };
    const size = 2 ** this.level;
    const run = lastRun(this.runs[lo]!, ({ start }) => start <= within);
    const first = run.first + (within - run.start) * size;
    return { group: lo, first, count: Math.min(size, run.first + run.count - first) };
  }

  /** Display row of a group's row (-1: its own), or of the group when it is collapsed. */
  indexOf(group: number, row: number): number {
    if (group < 0 || group >= this.groups.length) return -1;
    const start = this.starts[group]!;
    if (row < 0 || this.starts[group + 1]! - start === 1) return start;
    const run = lastRun(this.runs[group]!, ({ first }) => first <= row);
    return start + run.start + Math.floor((row - run.first) / 2 ** this.level);
  }
}

/** At the finest level, and where no row stands alone, one run is all. */
function runsOf({ rowCount, alone = [] }: RowGroup, level: number): readonly Run[] {
  const runs: Run[] = [];
  let start = 1;
  const add = (first: number, count: number): void => {
    if (count <= 0) return;
    runs.push({ first, count, start });
    start += Math.ceil(count / 2 ** level);
  };
  let next = 0;
  for (const row of level === 0 ? [] : alone) {
    add(next, row - next);
    add(row, 1);
    next = row + 1;
  }
  add(next, rowCount - next);
  return runs;
}

/** The last run of which `holds` is true, as it is of the first. */
function lastRun(runs: readonly Run[], holds: (run: Run) => boolean): Run {
  let lo = 0;
  let hi = runs.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (holds(runs[mid]!)) lo = mid;
    else hi = mid - 1;
  }
  return runs[lo]!;
}

/** Rows that a group shows at least, its own included, when there are many groups. */
const ROWS_PER_GROUP = 6;

/**
 * The level at which all rows come near to fitting: a picture of the
 * whole trace first, details by zooming in.
 */
export function fittingLevel(groups: readonly RowGroup[], rowsThatFit: number): number {
  let level = 0;
  // A row that stands alone parts those around it: the picture is scrolled for them.
  const alone = groups.reduce((n, group) => n + 2 * (group.alone?.length ?? 0), 0);
  // With many groups a group still shows a few rows of its own: scrolling is
  // better than rows that say what their group says.
  while (
    level < LEVEL_MAX &&
    new DisplayRows(groups, level, []).length - (level === 0 ? 0 : alone) >
      Math.max(rowsThatFit, groups.length * ROWS_PER_GROUP)
  )
    level++;
  return level;
}

export interface Bounds {
  readonly start: number;
  readonly end: number;
  readonly resolution: number;
}

/** Keeps a span inside the trace (with a little slack), and no shorter than the clock can tell apart. */
export function clampSpan(
  from: number,
  until: number,
  bounds: Bounds,
): { readonly from: number; readonly until: number } {
  const whole = Math.max(bounds.end - bounds.start, bounds.resolution * STEPS_MIN);
  const span = Math.min(whole * (1 + 2 * SLACK), Math.max(bounds.resolution * STEPS_MIN, until - from));
  const slack = span * SLACK;
  const middle = (from + until) / 2;
  const at = Math.max(bounds.start - slack, Math.min(bounds.start + whole + slack - span, middle - span / 2));
  return { from: at, until: at + span };
}

/** The whole trace with a margin. */
export function wholeSpan(bounds: Bounds): { readonly from: number; readonly until: number } {
  const whole = Math.max(bounds.end - bounds.start, bounds.resolution * STEPS_MIN);
  return { from: bounds.start - whole * 0.01, until: bounds.start + whole * 1.01 };
}

/** Zooms time around x by a factor (above 1: out). */
export function zoomTime(view: View, frame: Frame, x: number, factor: number, bounds: Bounds): View {
  const at = viewOfX(frame, view, x);
  return { ...view, ...clampSpan(at - (at - view.from) * factor, at + (view.until - at) * factor, bounds) };
}

/** Pans by pixels. */
export function pan(view: View, frame: Frame, dx: number, dy: number, bounds: Bounds, rows: number): View {
  const shift = (dx / frame.plotW) * (view.until - view.from);
  // Rows that scroll leave the span as it is, to the last bit: the tile is good for it then.
  const span = dx === 0 ? {} : clampSpan(view.from + shift, view.until + shift, bounds);
  return { ...view, ...span, top: clampTop(view.top + dy / ROW_H, frame, rows) };
}

export function clampTop(top: number, frame: Frame, rows: number): number {
  return Math.max(0, Math.min(rows - frame.rowsH / ROW_H + 1, top));
}

/** Makes rows stand for more or fewer pages, keeping the row under y where it is. */
export function zoomRows(view: View, frame: Frame, y: number, by: number, groups: readonly RowGroup[]): View {
  const level = Math.max(0, Math.min(LEVEL_MAX, view.level + by));
  if (level === view.level) return view;
  const before = new DisplayRows(groups, view.level, view.collapsed);
  const at = rowOfY(frame, view, y);
  const row = before.at(Math.max(0, Math.min(before.length - 1, Math.floor(at))));
  if (!row) return { ...view, level };
  const after = new DisplayRows(groups, level, view.collapsed);
  const top = after.indexOf(row.group, row.first) - (Math.floor(at) - view.top);
  return { ...view, level, top: clampTop(top, frame, after.length) };
}

/** Brings a time and a display row into sight, moving no more than needed; the span is kept. */
export function reveal(
  view: View,
  frame: Frame,
  at: number,
  row: number,
  bounds: Bounds,
  rows: number,
): View {
  const span = view.until - view.from;
  const seen = at >= view.from + span * 0.05 && at <= view.until - span * 0.05;
  const shown =
    Number.isFinite(at) && !seen
      ? clampSpan(at - span / 2, at + span / 2, bounds)
      : { from: view.from, until: view.until };
  const visible = frame.rowsH / ROW_H;
  const fits = row < 0 || (row >= view.top && row + 1 <= view.top + visible);
  return { ...view, ...shown, top: fits ? view.top : clampTop(row - visible / 2, frame, rows) };
}
