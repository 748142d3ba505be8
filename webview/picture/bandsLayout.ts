/**
 * A tile's bands as a draw list, in the tile's own pixels: one per column, ROW_H per row. Made once per tile.
 */
import {
  CELL_MAX,
  CELL_MIN,
  CELL_MOMENT,
  Plane,
  RowField,
  rowField,
  SECOND_LINE,
  type Tile,
} from '../../model/timeline/tiles.js';
import { DrawList } from './drawList.js';
import { Style, type StyleId } from '../paint/style.js';
import { ROW_H } from './viewport.js';

/** Within a row: the attribute on top, then SPTEs, user mappings, references, each in its own place. */
export const BAND_Y = 4;
export const BAND_H = 12;
const SPTE_Y = 18;
const SPTE_H = 5;
const MAP_Y = 24;
const MAP_H = 2;
const REF_Y = 27;
const REF_H = 2;
/** Two lines of SPTEs in the place of one: 4K is thinner than 2M and 1G still. */
const FIRST_OF_TWO_Y = 17;
const SECOND_OF_TWO_Y = 21;
const OF_TWO_H = 3;
const OF_TWO_4K_H = 2;
/** Shares are drawn in this many steps: finer ones cannot be told apart in BAND_H pixels. */
const STEPS = 12;
const FULL = CELL_MAX - 3;
export const TICK_H = 4;

/** Height in steps of a cell: 0 nothing, at least 1 for anything, STEPS for all pages. */
function steps(cell: number): number {
  if (cell < CELL_MIN) return 0;
  if (cell >= FULL) return STEPS;
  return Math.max(1, Math.min(STEPS - 1, Math.round(((cell - CELL_MIN) / (CELL_MAX - CELL_MIN)) * STEPS)));
}

/** Draws runs of columns that look alike as one box each. */
export function layoutBands(tile: Tile): DrawList {
  const out = new DrawList();
  const rows = tile.rowFirst.length;
  for (let r = 0; r < rows; r++) {
    if (tile.rowPages[r] === 0) continue;
    const y = r * ROW_H;
    attributes(out, tile, r, y);
    if (tile.spteLines[r] === 2) {
      sptes(out, tile, r, Plane, y + FIRST_OF_TWO_Y, OF_TWO_H, OF_TWO_4K_H);
      sptes(out, tile, r, SECOND_LINE, y + SECOND_OF_TWO_Y, OF_TWO_H, OF_TWO_4K_H);
    } else sptes(out, tile, r, Plane, y + SPTE_Y, SPTE_H, SPTE_H - 3);
    strip(out, tile, r, Plane.Mapped, Style.Mapped, y + MAP_Y, MAP_H);
    strip(out, tile, r, Plane.Referenced, Style.Referenced, y + REF_Y, REF_H);
    overlay(out, tile, r, Plane.Converting, Style.Converting, y);
    overlay(out, tile, r, Plane.Unconverted, Style.Unconverted, y);
  }
  crowdTicks(out, tile);
  return out;
}

function cellsOf(tile: Tile, plane: number, row: number): Uint8Array {
  const { columns } = tile.request;
  const at = (plane * tile.rowFirst.length + row) * columns;
  return tile.planes.subarray(at, at + columns);
}

/**
 * Private from below, shared from above, what is not known between them:
 * a mixed row shows how many pages are which.
 */
function attributes(out: DrawList, tile: Tile, row: number, y: number): void {
  const shared = cellsOf(tile, Plane.Shared, row);
  const priv = cellsOf(tile, Plane.Private, row);
  const columns = shared.length;
  for (let c = 0; c < columns; ) {
    const s = steps(shared[c]!);
    const p = steps(priv[c]!);
    let end = c + 1;
    while (end < columns && steps(shared[end]!) === s && steps(priv[end]!) === p) end++;
    const sharedH = Math.min(s, STEPS - Math.min(p, STEPS - 1)) * (BAND_H / STEPS);
    const privateH = Math.min(p, s > 0 ? STEPS - 1 : STEPS) * (BAND_H / STEPS);
    out.fill(Style.Shared, c, y + BAND_Y, end - c, sharedH);
    out.fill(Style.Private, c, y + BAND_Y + BAND_H - privateH, end - c, privateH);
    const from = Math.max(c, tile.rowFrom[row]!);
    out.fill(
      Style.Unknown,
      from,
      y + BAND_Y + sharedH,
      Math.min(end, tile.rowUntil[row]!) - from,
      BAND_H - sharedH - privateH,
    );
    c = end;
  }
  for (let c = 0; c < columns; c++) {
    if (shared[c] === CELL_MOMENT) out.fill(Style.Shared, c, y + BAND_Y, 1, BAND_H / 2);
    if (priv[c] === CELL_MOMENT) out.fill(Style.Private, c, y + BAND_Y + BAND_H / 2, 1, BAND_H / 2);
  }
}

/** A line of SPTEs of all levels. */
function sptes(
  out: DrawList,
  tile: Tile,
  row: number,
  planes: { readonly Spte4K: number; readonly Spte2M: number; readonly Spte1G: number },
  y: number,
  height: number,
  height4K: number,
): void {
  strip(out, tile, row, planes.Spte4K, Style.Spte4K, y + height - height4K, height4K);
  strip(out, tile, row, planes.Spte2M, Style.Spte2M, y, height);
  strip(out, tile, row, planes.Spte1G, Style.Spte1G, y, height);
}

function strip(
  out: DrawList,
  tile: Tile,
  row: number,
  plane: number,
  style: StyleId,
  y: number,
  height: number,
): void {
  const cells = cellsOf(tile, plane, row);
  for (let c = 0; c < cells.length; ) {
    if (cells[c] === 0) {
      c++;
      continue;
    }
    const h = stripHeight(cells[c]!, height);
    let end = c + 1;
    while (end < cells.length && cells[end] !== 0 && stripHeight(cells[end]!, height) === h) end++;
    out.fill(style, c, y + height - h, end - c, h);
    c = end;
  }
}

/** Whole for more than half of the pages, half for fewer. */
function stripHeight(cell: number, height: number): number {
  return cell > CELL_MAX / 2 ? height : height / 2;
}

/** Conversions in flight lie over the attribute; a moment is a line over the whole band. */
function overlay(out: DrawList, tile: Tile, row: number, plane: number, style: StyleId, y: number): void {
  const cells = cellsOf(tile, plane, row);
  for (let c = 0; c < cells.length; ) {
    if (cells[c] === 0) {
      c++;
      continue;
    }
    const h = Math.max(3, steps(Math.max(CELL_MIN, cells[c]!)) * (BAND_H / STEPS));
    const height = cells[c] === CELL_MOMENT ? BAND_H : h;
    let end = c + 1;
    while (end < cells.length && cells[end] === cells[c]) end++;
    out.fill(style, c, y + BAND_Y + (BAND_H - height) / 2, end - c, height);
    c = end;
  }
}

/**
 * Columns with marks in a row from which on they are ticks, and part of the
 * bands: signs would cover each other and the band.
 */
const CROWD = 60;

/** 1 for rows whose marks are ticks. */
export function crowdedRows(tile: Tile): Uint8Array {
  const counts = new Uint32Array(tile.rowFirst.length);
  for (let i = 0; i < tile.markCell.length; i++) {
    const row = Math.floor(tile.markCell[i]! / tile.request.columns);
    counts[row] = counts[row]! + 1;
  }
  return Uint8Array.from(counts, (n) => (n > CROWD ? 1 : 0));
}

/** Marks of crowded rows; neighbours are one box. A group's own row has none: its rows do. */
function crowdTicks(out: DrawList, tile: Tile): void {
  const crowded = crowdedRows(tile);
  const { columns } = tile.request;
  for (let i = 0; i < tile.markCell.length; i++) {
    const cell = tile.markCell[i]!;
    const row = Math.floor(cell / columns);
    if (crowded[row] === 0 || rowField(tile, row, RowField.First) < 0) continue;
    let run = 1;
    while (tile.markCell[i + 1] === cell + run && (cell + run) % columns !== 0) {
      run++;
      i++;
    }
    out.fill(Style.Mark, cell % columns, row * ROW_H + BAND_Y + BAND_H - TICK_H, run, TICK_H);
  }
}

/** What a cell says, for hovers and tests. */
export function cellAt(tile: Tile, plane: number, row: number, column: number): number {
  return tile.planes[(plane * tile.rowFirst.length + row) * tile.request.columns + column] ?? 0;
}
