/** Rows of the picture: labels, grid, where the bands go, and the marks on them. */
import { mapThrough } from '../../model/timeline/knots.js';
import { Mark } from '../../model/timeline/marks.js';
import type { GroupInfo } from '../../model/timeline/shapes.js';
import { RowField, rowField, type Tile } from '../../model/timeline/tiles.js';
import { BAND_H, BAND_Y, crowdedRows, TICK_H } from './bandsLayout.js';
import { Glyph, type DrawList, type GlyphId } from './drawList.js';
import { duration, grouped, pageRange, pages, pageSpan, plural, withinLetters } from '../page/format.js';
import { xOfColumn, type Hit, type Scene } from './scene.js';
import { Style, type StyleId } from '../paint/style.js';
import { displayRowOf, ROW_H, rowKey, yOfRow } from './viewport.js';

/** Marks nearer than this on one row are drawn as a tick, so that the rest stays readable. */
const MARK_GAP = 9;
/** Trouble may cover what is beside it, but not other trouble. */
const TROUBLE_GAP = 3;
const MARK_SIZE = 7;
/** Left edge of the labels of rows. */
const ROW_TEXT_X = 18;
/** Width of a digit or letter of the label font, near enough to place text. */
const LETTER = 6.6;
/** The same of the bold one. */
const STRONG_LETTER = 8;

/** Sign of each mark, the weightier first. */
const SIGNS: readonly { readonly mark: number; readonly glyph: GlyphId; readonly style: StyleId }[] = [
  { mark: Mark.Poison, glyph: Glyph.Warning, style: Style.Trouble },
  { mark: Mark.Failed, glyph: Glyph.Cross, style: Style.Trouble },
  { mark: Mark.FaultRefused, glyph: Glyph.HollowUp, style: Style.Trouble },
  { mark: Mark.Punch, glyph: Glyph.Ring, style: Style.Mark },
  { mark: Mark.Stored, glyph: Glyph.Square, style: Style.Mark },
  { mark: Mark.Zap, glyph: Glyph.TriangleDown, style: Style.Mark },
  { mark: Mark.Unmap, glyph: Glyph.HollowDown, style: Style.Mark },
  { mark: Mark.UserFault, glyph: Glyph.HollowUp, style: Style.Mark },
  { mark: Mark.GuestFault, glyph: Glyph.TriangleUp, style: Style.Mark },
  { mark: Mark.Requested, glyph: Glyph.Right, style: Style.Mark },
  { mark: Mark.Done, glyph: Glyph.Left, style: Style.Mark },
  { mark: Mark.Phase, glyph: Glyph.Bar, style: Style.Mark },
];
export const MARK_SIGNS = SIGNS;

/** Tile row of each visible display row, by index from the first visible one; -1 where the tile has none. */
export interface VisibleRows {
  readonly first: number;
  readonly end: number;
  readonly tileRow: Int32Array;
}

export function visibleRows(scene: Scene): VisibleRows {
  const { view, frame, rows, tile } = scene;
  const first = Math.max(0, Math.floor(view.top));
  const end = Math.min(rows.length, Math.ceil(view.top + frame.rowsH / ROW_H));
  const tileRow = new Int32Array(Math.max(0, end - first)).fill(-1);
  if (!tile || tile.request.rowSet !== scene.rowsReply.rowSet || tile.request.compress !== view.compress)
    return { first, end, tileRow };
  const at = new Map<string, number>();
  for (let r = 0; r < tile.rowFirst.length; r++) at.set(rowKey(displayRowOf(tile, r)), r);
  for (let i = first; i < end; i++) tileRow[i - first] = at.get(rowKey(rows.at(i)!)) ?? -1;
  return { first, end, tileRow };
}

/** Labels and lines of the rows; returns y of each tile row for the bands. */
export function layoutRows(
  scene: Scene,
  seen: VisibleRows,
  under: DrawList,
  over: DrawList,
  hits: Hit[],
): Float32Array {
  const { frame, view, rows, tile } = scene;
  const y = new Float32Array(tile ? tile.rowFirst.length : 0).fill(NaN);
  under.clip(0, frame.rowsY, frame.size.width, frame.rowsH);
  over.clip(0, frame.rowsY, frame.plotX, frame.rowsH);
  for (let i = seen.first; i < seen.end; i++) {
    const row = rows.at(i)!;
    const top = yOfRow(frame, view, i);
    const tileRow = seen.tileRow[i - seen.first]!;
    if (tileRow >= 0) y[tileRow] = top;
    if (row.first < 0) groupLabel(scene, row.group, top, under, over, hits);
    else {
      under.line(Style.Grid, 0, top + ROW_H - 0.5, frame.size.width, top + ROW_H - 0.5);
      // The name of the group lies over the first row's upper half; where
      // too little is left for its own, it has none.
      const free = isSticky(scene) ? frame.rowsY + STICKY_H - 3 : -Infinity;
      const hidden = top < free && free + 10 > top + ROW_H - 6;
      if (tile && tileRow >= 0 && !hidden)
        rowLabel(
          tile,
          tileRow,
          scene.rowsReply.groups[row.group]!.unit,
          frame.plotX,
          Math.max(top, free),
          over,
          top < free,
        );
    }
  }
  under.unclip();
  over.unclip();
  return y;
}

/** The name of a group within a width, told from those of the others. */
function fitted(group: number, { rowsReply }: Scene, width: number): string {
  const labels = rowsReply.groups.map(({ label }) => label);
  return withinLetters(labels[group]!, Math.floor(width / STRONG_LETTER), labels);
}

function groupLabel(
  scene: Scene,
  group: number,
  top: number,
  under: DrawList,
  over: DrawList,
  hits: Hit[],
): void {
  const { frame, rowsReply, view } = scene;
  const info = rowsReply.groups[group]!;
  const collapsed = view.collapsed.includes(info.label);
  under.fill(Style.Header, 0, top, frame.size.width, ROW_H);
  over.glyph(Style.Text, collapsed ? Glyph.Right : Glyph.TriangleDown, 12, top + ROW_H / 2, 8);
  over.text(Style.Strong, 22, top + 10, fitted(group, scene, frame.plotX - 28), frame.plotX - 28);
  over.text(Style.Dim, 22, top + 23, groupSize(info), frame.plotX - 28);
  hits.push({ x: 0, y: top, w: frame.plotX, h: ROW_H, kind: 'group', index: group, count: 1 });
  groupElsewhere(scene, group, top, over);
}

/** `2 VMs: 33 pages in 13 rows`; without the VMs where there is one. */
function groupSize({ sharers, pageCount, rowCount }: GroupInfo): string {
  const size = `${pages(pageCount)} in ${plural(rowCount, 'row')}`;
  return sharers.length > 1 ? `${sharers.length} VMs: ${size}` : size;
}

/** Height of the line that says whose the first rows are, when the group's own row is scrolled away. */
const STICKY_H = 17;

/** A group's own row says its name itself, also when it is half scrolled away and the next is its first. */
function isSticky({ view, rows }: Scene): boolean {
  const row = rows.at(Math.floor(view.top));
  // A group's own row that is more than half above says no name either.
  const isHidden = row !== undefined && (row.first >= 0 || view.top % 1 > 0.5);
  return isHidden && rows.at(Math.floor(view.top + STICKY_H / ROW_H))?.first !== -1;
}

/**
 * Keeps the name of the first row's group in sight. What is drawn after it (marks, findings) lies over it.
 */
export function layoutSticky(scene: Scene, over: DrawList): void {
  if (!isSticky(scene)) return;
  const { frame, view, rows } = scene;
  const row = rows.at(Math.floor(view.top))!;
  over.clip(0, frame.rowsY, frame.size.width, STICKY_H);
  over.fill(Style.Background, 0, frame.rowsY, frame.plotX, STICKY_H);
  over.fill(Style.Header, 0, frame.rowsY, frame.plotX, STICKY_H);
  over.text(
    Style.Strong,
    ROW_TEXT_X,
    frame.rowsY + STICKY_H / 2,
    fitted(row.group, scene, frame.plotX - ROW_TEXT_X - 4),
    frame.plotX - ROW_TEXT_X - 4,
  );
  over.unclip();
}

/** Where a group's life is, when none of it is in view: an empty row would say nothing. */
function groupElsewhere(scene: Scene, group: number, top: number, over: DrawList): void {
  const { frame, rowsReply, view, meta } = scene;
  const knots = view.compress ? meta.compressed : meta.plain;
  const ended = mapThrough(knots.view, knots.time, view.from) - rowsReply.groupUntil[group]!;
  const begins = rowsReply.groupFrom[group]! - mapThrough(knots.view, knots.time, view.until);
  const y = top + ROW_H / 2;
  if (ended <= 0 && begins <= 0) return;
  const text =
    ended > 0 ? `ended ${duration(ended, meta.unit)} before` : `begins ${duration(begins, meta.unit)} later`;
  const wide = text.length * LETTER;
  const right = frame.plotX + frame.plotW;
  over.unclip();
  over.clip(0, frame.rowsY, right, frame.rowsH);
  over.glyph(
    Style.Dim,
    ended > 0 ? Glyph.Left : Glyph.Right,
    ended > 0 ? frame.plotX + 12 : right - 12,
    y,
    8,
  );
  over.text(Style.Dim, ended > 0 ? frame.plotX + 22 : right - 24 - wide, y, text);
  over.unclip();
  over.clip(0, frame.rowsY, frame.plotX, frame.rowsH);
}

function rowLabel(
  tile: Tile,
  row: number,
  unit: 'gfn' | 'pgoff',
  plotX: number,
  top: number,
  over: DrawList,
  short: boolean,
): void {
  const [first, end] = [tile.rowFirst[row]!, tile.rowEnd[row]!];
  const folded = rowField(tile, row, RowField.Count);
  over.text(
    Style.Text,
    ROW_TEXT_X,
    top + 10,
    `${unit} ${folded > 1 ? pageSpan(first, end) : pageRange(first, end)}`,
    plotX - ROW_TEXT_X - 4,
  );
  const count = tile.rowPages[row]!;
  // A row of several lives is a density: its label says so.
  const text = folded > 1 ? `${grouped(folded)} rows in one: ${pages(count)}` : pages(count);
  if (count > 1 && !short) over.text(Style.Dim, ROW_TEXT_X, top + 22, text, plotX - ROW_TEXT_X - 4);
}

/** Signs on the bands. One that would cover its neighbour becomes a tick, unless it weighs more. */
export function layoutMarks(scene: Scene, bandY: Float32Array, over: DrawList, hits: Hit[]): void {
  const { tile, frame } = scene;
  if (!tile) return;
  const { columns } = tile.request;
  const crowded = crowdedRows(tile);
  let lastRow = -1;
  let lastX = -Infinity;
  for (let i = 0; i < tile.markCell.length; i++) {
    const row = Math.floor(tile.markCell[i]! / columns);
    const y = bandY[row]!;
    if (Number.isNaN(y) || rowField(tile, row, RowField.First) < 0) continue;
    const x = xOfColumn(scene, tile, (tile.markCell[i]! % columns) + 0.5);
    if (x < frame.plotX || x > frame.plotX + frame.plotW) continue;
    const sign = SIGNS.find((s) => (tile.markBits[i]! & (1 << s.mark)) !== 0)!;
    const trouble = sign.style === Style.Trouble;
    // The ticks of a crowd are part of the bands.
    if (crowded[row] === 1 && !trouble) continue;
    if (row === lastRow && x - lastX < (trouble ? TROUBLE_GAP : MARK_GAP)) {
      over.fill(sign.style, x - 0.5, y + BAND_Y + BAND_H - TICK_H, 1, TICK_H);
      continue;
    }
    over.glyph(Style.Halo, sign.glyph, x, y + BAND_Y + BAND_H / 2, MARK_SIZE + 3);
    over.glyph(sign.style, sign.glyph, x, y + BAND_Y + BAND_H / 2, MARK_SIZE);
    hits.push({ x: x - 5, y: y + BAND_Y - 2, w: 10, h: BAND_H + 4, kind: 'mark', index: i, count: 1 });
    lastRow = row;
    lastX = x;
  }
}

/** Columns before which events are missing. */
export function layoutLosses(scene: Scene, over: DrawList, hits: Hit[]): void {
  const { tile, frame } = scene;
  if (!tile) return;
  const bottom = frame.rowsY + frame.rowsH;
  if (tile.lossUntil > 0) {
    const x = Math.max(frame.plotX, xOfColumn(scene, tile, 0));
    over.fill(
      Style.Shade,
      x,
      frame.lanesY,
      Math.min(frame.plotX + frame.plotW, xOfColumn(scene, tile, tile.lossUntil)) - x,
      bottom - frame.lanesY,
    );
  }
  tile.lossColumn.forEach((column, i) => {
    const x = xOfColumn(scene, tile, column + 0.5);
    if (x < frame.plotX || x > frame.plotX + frame.plotW) return;
    over.fill(Style.Loss, x - 2, frame.lanesY, 4, bottom - frame.lanesY);
    hits.push({
      x: x - 4,
      y: frame.lanesY,
      w: 8,
      h: bottom - frame.lanesY,
      kind: 'loss',
      index: i,
      count: 1,
    });
    over.text(Style.Dim, x + 5, bottom - 8, 'events lost', LETTER * 12);
  });
}
