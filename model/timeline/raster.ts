/**
 * Bands into cells. For every rectangle that meets the wanted atoms and rows, its pages are added where it
 * begins and taken away where it ends; running sums over the columns then give the share of a row's pages at
 * the end of each column. What lived only inside one column leaves a trace too, so nothing is too short to be
 * seen.
 */
import { firstAbove } from '../../parsers/base/search.js';
import type { PageNumbers } from './atoms.js';
import type { ColumnMap } from './axis.js';
import type { BandStore } from './bands.js';
import { CELL_MAX, CELL_MIN, CELL_MOMENT } from './tiles.js';

/** A value that no plane shows. */
export const NO_PLANE = 255;

/** Disjoint atom ranges in ascending order, each drawn in one row of the picture. */
export interface Targets {
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  readonly row: Uint32Array;
}

/** A range of atoms to be drawn in a row of the picture. */
export interface Target {
  readonly from: number;
  readonly until: number;
  readonly row: number;
}

/** Sorts ranges into sets without overlap: a group and its rows, say, are in two. */
export function disjointTargets(ranges: readonly Target[]): readonly Targets[] {
  const sets: Target[][] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    if (range.until <= range.from) continue;
    const set = sets.find((s) => s[s.length - 1]!.until <= range.from);
    if (set) set.push(range);
    else sets.push([range]);
  }
  return sets.map((set) => ({
    from: Uint32Array.from(set, (t) => t.from),
    until: Uint32Array.from(set, (t) => t.until),
    row: Uint32Array.from(set, (t) => t.row),
  }));
}

/** Sums of one store while its cells are made. */
export interface Sums {
  /** Differences of pages: plane, row, column with one column more than the picture. */
  readonly pages: Float64Array;
  /** 1 where something was for a moment: plane, row, column. */
  readonly moment: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Buffers that one tile after another is summed up in: made anew for each layer they would be garbage by the
 * megabyte.
 */
export class SumBuffers {
  private pages = new Float64Array(0);
  private moment = new Uint8Array(0);

  /** Zeroed sums; those given before must not be in use any more. */
  take(planes: number, rows: number, columns: number): Sums {
    const cells = planes * rows * columns;
    const edges = planes * rows * (columns + 1);
    if (this.pages.length < edges) this.pages = new Float64Array(edges);
    if (this.moment.length < cells) this.moment = new Uint8Array(cells);
    return {
      pages: this.pages.subarray(0, edges).fill(0),
      moment: this.moment.subarray(0, cells).fill(0),
      rows,
      columns,
    };
  }
}

/** Adds a store's rectangles; planeOf gives the plane of each value within `sums`, NO_PLANE for none. */
export function addBands(
  store: BandStore,
  targets: Targets,
  map: ColumnMap,
  pageStart: PageNumbers,
  planeOf: Uint8Array,
  sums: Sums,
): void {
  const n = targets.from.length;
  if (n === 0) return;
  const firstAtom = targets.from[0]!;
  const endAtom = targets.until[n - 1]!;
  for (const b of store.blocks) {
    if (b.maxAtom <= firstAtom || b.minAtom >= endAtom || b.minRow >= map.endRow || b.maxRow < map.firstRow)
      continue;
    for (let i = 0; i < b.length; i++) {
      const from = b.from[i]!;
      const until = b.until[i]!;
      const a0 = b.a0[i]!;
      const a1 = b.a1[i]!;
      if (from >= map.endRow || until < map.firstRow || a1 <= firstAtom || a0 >= endAtom) continue;
      const plane = planeOf[b.value[i]!]!;
      if (plane === NO_PLANE) continue;
      const k = firstAbove(targets.until, a0);
      if (k < n && targets.from[k]! < a1)
        addBand(
          targets,
          k,
          a0,
          a1,
          map.column(from),
          map.column(until),
          from >= map.firstRow,
          pageStart,
          plane,
          sums,
        );
    }
  }
}

function addBand(
  targets: Targets,
  k: number,
  a0: number,
  a1: number,
  c0: number,
  c1: number,
  begins: boolean,
  pageStart: PageNumbers,
  plane: number,
  sums: Sums,
): void {
  const { pages, moment, rows, columns } = sums;
  for (; k < targets.from.length && targets.from[k]! < a1; k++) {
    const weight = pageStart[Math.min(a1, targets.until[k]!)]! - pageStart[Math.max(a0, targets.from[k]!)]!;
    const row = plane * rows + targets.row[k]!;
    const p = row * (columns + 1);
    pages[p + c0] = pages[p + c0]! + weight;
    pages[p + c1] = pages[p + c1]! - weight;
    if (begins) moment[row * columns + c0] = 1;
    if (c1 < columns) moment[row * columns + c1] = 1;
  }
}

/** Turns sums into cells of planes firstPlane and up; rowPages are the pages of each row. */
export function sumsToCells(sums: Sums, rowPages: Float64Array, cells: Uint8Array, firstPlane: number): void {
  const { rows, columns } = sums;
  const planes = sums.moment.length / Math.max(1, rows * columns);
  for (let p = 0; p < planes; p++) {
    for (let r = 0; r < rows; r++) {
      const scale = (CELL_MAX - CELL_MIN) / Math.max(1, rowPages[r]!);
      const from = (p * rows + r) * (columns + 1);
      const momentAt = (p * rows + r) * columns;
      const out = ((firstPlane + p) * rows + r) * columns;
      let alive = 0;
      for (let c = 0; c < columns; c++) {
        alive += sums.pages[from + c]!;
        if (alive > 0) cells[out + c] = Math.min(CELL_MAX, CELL_MIN + Math.floor(alive * scale));
        else if (sums.moment[momentAt + c] === 1) cells[out + c] = CELL_MOMENT;
      }
    }
  }
}

/** Marks while they are collected: per cell the bits, how many, and the first event + 1. */
export interface MarkCells {
  readonly bits: Uint16Array;
  readonly count: Uint32Array;
  readonly firstRow: Uint32Array;
}

export function newMarkCells(rows: number, columns: number): MarkCells {
  const n = rows * columns;
  return { bits: new Uint16Array(n), count: new Uint32Array(n), firstRow: new Uint32Array(n) };
}

/** Adds marks; wanted are Mark bits, and rowWanted says which events count (undefined: all). */
export function addMarks(
  store: BandStore,
  targets: Targets,
  map: ColumnMap,
  wanted: number,
  rowWanted: ((row: number) => boolean) | undefined,
  cells: MarkCells,
): void {
  const n = targets.from.length;
  if (n === 0) return;
  const firstAtom = targets.from[0]!;
  const endAtom = targets.until[n - 1]!;
  for (const b of store.blocks) {
    if (b.maxAtom <= firstAtom || b.minAtom >= endAtom || b.minRow >= map.endRow || b.maxRow < map.firstRow)
      continue;
    for (let i = 0; i < b.length; i++) {
      const row = b.from[i]!;
      if (row < map.firstRow || row >= map.endRow || (wanted & (1 << b.value[i]!)) === 0) continue;
      if (rowWanted && !rowWanted(row)) continue;
      const a1 = b.a1[i]!;
      const c = map.column(row);
      for (let k = firstAbove(targets.until, b.a0[i]!); k < n && targets.from[k]! < a1; k++) {
        const cell = targets.row[k]! * map.columns + c;
        cells.bits[cell] = cells.bits[cell]! | (1 << b.value[i]!);
        cells.count[cell] = cells.count[cell]! + 1;
        if (cells.firstRow[cell] === 0 || cells.firstRow[cell]! > row + 1) cells.firstRow[cell] = row + 1;
      }
    }
  }
}
