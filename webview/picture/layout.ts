/** From tiles and a view to a draw list: pure, so that a test can read what is drawn. */
import { mapThrough } from '../../model/timeline/knots.js';
import { Plane } from '../../model/timeline/tiles.js';
import { CELL_MIN } from '../../model/timeline/tiles.js';
import { cellAt } from './bandsLayout.js';
import { DrawList } from './drawList.js';
import { clock, duration, ticks } from '../page/format.js';
import { layoutCauses, layoutFindings, layoutSelection, xOfTime } from './layoutFindings.js';
import { layoutLanes } from './layoutLanes.js';
import { layoutLosses, layoutMarks, layoutRows, layoutSticky, visibleRows } from './layoutRows.js';
import { xOfColumn, type Hit, type Picture, type Scene } from './scene.js';
import { Style, VERDICT_STYLES } from '../paint/style.js';
import { MINIMAP_H, RULER_H } from './viewport.js';

const TICK_PX = 110;
/** A stretch that stands for less than this many times its length is not worth a mark. */
const BREAK_MIN = 1.5;
/** Width of a letter of the label font, near enough to tell what fits. */
const LETTER = 6.6;
/** More lines than this are not told apart in the minimap's height. */
const MINIMAP_GROUPS = 512;

export function layout(scene: Scene): Picture {
  const under = new DrawList();
  const over = new DrawList();
  const hits: Hit[] = [];
  const { frame, tile } = scene;
  under.fill(Style.Background, 0, 0, frame.size.width, frame.size.height);
  layoutSelection(scene, under);
  layoutBreaks(scene, under);
  layoutRuler(scene, under);
  const seen = visibleRows(scene);
  const y = layoutRows(scene, seen, under, over, hits);
  layoutSticky(scene, over);
  layoutEmpty(scene, under);
  layoutLanes(scene, under, over, hits, y);
  over.clip(frame.plotX - 6, 0, frame.plotW + 12, frame.rowsY + frame.rowsH);
  layoutLosses(scene, over, hits);
  over.clip(frame.plotX - 6, frame.rowsY, frame.plotW + 12, frame.rowsH);
  layoutMarks(scene, y, over, hits);
  over.unclip();
  layoutCauses(scene, over);
  layoutFindings(scene, over, hits);
  over.unclip();
  layoutMeasure(scene, over);
  layoutMinimap(scene, over);
  const x = tile ? xOfColumn(scene, tile, 0) : 0;
  const w = tile ? xOfColumn(scene, tile, tile.request.columns) - x : 0;
  return { under, over, bands: { x, w, y }, hits };
}

/** Why there are no rows: threads, findings without a page and the minimap are drawn all the same. */
function layoutEmpty(scene: Scene, under: DrawList): void {
  const { frame, rowsReply, view } = scene;
  if (rowsReply.groups.length > 0) return;
  const { vm, firstPage, states, findings, tid } = view.filter;
  const filtered = vm >= 0 || firstPage >= 0 || states !== 0 || findings || tid >= 0;
  const text = filtered
    ? 'No page passes the filter.'
    : 'No event of this trace says anything about a page: threads are above, findings on their lanes.';
  under.text(Style.Dim, frame.plotX + 12, frame.rowsY + 20, text, frame.plotW - 24);
}

/** Where empty time is compressed: a shaded stretch with the time that it stands for. */
function layoutBreaks(scene: Scene, under: DrawList): void {
  const { frame, view, meta } = scene;
  if (!view.compress) return;
  const { time, view: at } = meta.compressed;
  const right = frame.plotX + frame.plotW;
  for (let i = 0; i + 1 < time.length; i++) {
    const spanned = time[i + 1]! - time[i]!;
    if (spanned < (at[i + 1]! - at[i]!) * BREAK_MIN || at[i + 1]! < view.from || at[i]! > view.until)
      continue;
    const from = Math.max(frame.plotX, xOfTime(scene, time[i]!));
    const until = Math.min(right, Math.max(from + 2, xOfTime(scene, time[i + 1]!)));
    under.fill(
      Style.Shade,
      from,
      frame.lanesHeadY,
      until - from,
      frame.rowsY + frame.rowsH - frame.lanesHeadY,
    );
    const text = `+${duration(spanned, meta.unit)}`;
    const wide = text.length * LETTER;
    if (until - from > wide + 4)
      under.text(Style.Dim, (from + until - wide) / 2, frame.rowsY + frame.rowsH - 8, text);
  }
}

function layoutRuler(scene: Scene, under: DrawList): void {
  const { frame, view, meta } = scene;
  const knots = view.compress ? meta.compressed : meta.plain;
  const bottom = frame.rowsY + frame.rowsH;
  under.line(Style.Grid, frame.plotX - 0.5, 0, frame.plotX - 0.5, bottom);
  // Times on the ruler count from here; everywhere else they are as the trace prints them.
  under.text(
    Style.Dim,
    12,
    RULER_H / 2,
    meta.unit === 'rows' ? 'events' : `time since ${clock(meta.start, meta.unit, meta.t0, meta.resolution)}`,
    frame.plotX - 20,
  );
  const from = mapThrough(knots.view, knots.time, view.from) - meta.start;
  const until = mapThrough(knots.view, knots.time, view.until) - meta.start;
  const { at, label } = ticks(from, until, frame.plotW / TICK_PX, meta.unit);
  let lastX = -Infinity;
  for (const t of at) {
    const x = xOfTime(scene, t + meta.start);
    if (x < frame.plotX || x > frame.plotX + frame.plotW || x - lastX < TICK_PX / 2) continue;
    lastX = x;
    under.line(Style.Grid, x, RULER_H - 8, x, bottom);
    // A label that would be cut says less than none.
    if (x + 3 + label(t).length * LETTER < frame.size.width)
      under.text(Style.Dim, x + 3, RULER_H / 2 - 3, label(t));
  }
}

/** Two marks and the time between them; and the time under the pointer. */
function layoutMeasure(scene: Scene, over: DrawList): void {
  const { frame, view, meta, hoverX } = scene;
  const bottom = frame.rowsY + frame.rowsH;
  if (hoverX >= frame.plotX && hoverX <= frame.plotX + frame.plotW)
    over.line(Style.Cursor, hoverX, RULER_H, hoverX, bottom);
  const xs = view.measure.map((t) => xOfTime(scene, t));
  over.clip(frame.plotX, 0, frame.plotW, bottom);
  if (!Number.isNaN(scene.selectedTime))
    over.line(
      Style.Selected,
      xOfTime(scene, scene.selectedTime),
      RULER_H - 8,
      xOfTime(scene, scene.selectedTime),
      bottom,
    );
  for (const x of xs) over.line(Style.Selected, x, 0, x, bottom);
  if (xs.length === 2) {
    const [a, b] = [Math.min(...xs), Math.max(...xs)];
    over.fill(Style.Window, a, RULER_H - 12, b - a, 12);
    over.text(
      Style.Strong,
      (a + b) / 2 - 24,
      RULER_H - 6,
      duration(Math.abs(view.measure[1]! - view.measure[0]!), meta.unit),
    );
  }
  over.unclip();
}

export function xOfMinimap(
  scene: Pick<Scene, 'frame'>,
  tile: { readonly request: { readonly from: number; readonly until: number } },
  at: number,
): number {
  const { frame } = scene;
  return frame.plotX + ((at - tile.request.from) / (tile.request.until - tile.request.from)) * frame.plotW;
}

/** The whole trace: a line per group, findings over them, and the part in view. */
function layoutMinimap(scene: Scene, over: DrawList): void {
  const { frame, minimap, view, meta } = scene;
  const y = frame.minimapY;
  over.fill(Style.Background, 0, y, frame.size.width, MINIMAP_H);
  over.line(Style.Grid, 0, y + 0.5, frame.size.width, y + 0.5);
  over.text(Style.Dim, 12, y + MINIMAP_H / 2 - 6, 'whole trace', frame.plotX - 20);
  over.text(
    Style.Dim,
    12,
    y + MINIMAP_H / 2 + 7,
    duration(meta.end - meta.start, meta.unit),
    frame.plotX - 20,
  );
  if (!minimap || minimap.request.compress !== view.compress) return;
  const groups = Math.min(MINIMAP_GROUPS, minimap.rowFirst.length);
  const h = (MINIMAP_H - 12) / Math.max(1, groups);
  const scale = frame.plotW / minimap.request.columns;
  for (let g = 0; g < groups; g++)
    minimapRow(scene, g, y + 6 + g * h, h > 3 ? h - 1 : Math.max(1, h), scale, over);
  const knots = view.compress ? meta.compressed : meta.plain;
  for (let f = 0; f < meta.findingTime.length; f++) {
    const x = xOfMinimap(scene, minimap, mapThrough(knots.time, knots.view, meta.findingTime[f]!));
    over.fill(VERDICT_STYLES[meta.findingVerdict[f]!]!, x - 1, y + 2, 2, MINIMAP_H - 4);
  }
  const from = Math.max(frame.plotX, xOfMinimap(scene, minimap, view.from));
  const until = Math.min(frame.plotX + frame.plotW, xOfMinimap(scene, minimap, view.until));
  // What is out of view is shaded, so that what is in view keeps its colours.
  over.fill(Style.Outside, frame.plotX, y + 3, from - frame.plotX, MINIMAP_H - 6);
  over.fill(Style.Outside, until, y + 3, frame.plotX + frame.plotW - until, MINIMAP_H - 6);
  over.outline(Style.Selected, from, y + 3, Math.max(3, until - from), MINIMAP_H - 6);
}

function minimapRow(scene: Scene, row: number, y: number, h: number, scale: number, over: DrawList): void {
  const tile = scene.minimap!;
  const { frame } = scene;
  for (let c = 0; c < tile.request.columns; ) {
    const style = minimapStyle(scene, row, c);
    let end = c + 1;
    while (end < tile.request.columns && minimapStyle(scene, row, end) === style) end++;
    // Patterns are see-through: nothing may be painted under them.
    const from = style === Style.Unknown ? Math.max(c, tile.rowFrom[row]!) : c;
    const until = style === Style.Unknown ? Math.min(end, tile.rowUntil[row]!) : end;
    over.fill(style, frame.plotX + from * scale, y, (until - from) * scale, h);
    c = end;
  }
}

function minimapStyle(scene: Scene, row: number, column: number): (typeof Style)[keyof typeof Style] {
  const tile = scene.minimap!;
  if (cellAt(tile, Plane.Unconverted, row, column) > 0) return Style.Unconverted;
  if (cellAt(tile, Plane.Converting, row, column) > 0) return Style.Converting;
  const shared = cellAt(tile, Plane.Shared, row, column);
  const priv = cellAt(tile, Plane.Private, row, column);
  if (Math.max(shared, priv) < CELL_MIN) return Style.Unknown;
  return priv >= shared ? Style.Private : Style.Shared;
}
