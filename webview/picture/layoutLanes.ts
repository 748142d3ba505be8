/**
 * Lanes of threads: who did what, conversions as spans, and arrows from these to the pages that they change.
 */
import { isToPrivate, isUnconverted, Outcome, outcomeIn } from '../../model/timeline/outcome.js';
import { LANES_ELSEWHERE_MAX, Span, SPAN_FIELDS, type Tile } from '../../model/timeline/tiles.js';
import { BAND_Y } from './bandsLayout.js';
import type { DrawList } from './drawList.js';
import { xOfColumn, type Hit, type Scene } from './scene.js';
import { grouped, laneName, plural } from '../page/format.js';
import { Glyph } from './drawList.js';
import { Style, type StyleId } from '../paint/style.js';
import { LANE_H, LANES_HEAD_H } from './viewport.js';

/** Each actor has its own line in the lane: guest on top, then VMM, KVM, host mm, others. */
export const ACTORS: readonly { readonly style: StyleId; readonly name: string }[] = [
  { style: Style.Guest, name: 'guest' },
  { style: Style.Vmm, name: 'VMM' },
  { style: Style.Kvm, name: 'KVM' },
  { style: Style.Mm, name: 'host mm' },
  { style: Style.Other, name: 'other' },
];
const TRACK_Y = 14;
const TRACK_H = 3;
const TRACK_STEP = 4;
const SPAN_Y = 1;
const SPAN_H = 11;
const SPAN_W_MIN = 3;
/** Widths of a letter of the label font, and of a wide one, near enough to place what comes after them. */
const LETTER = 6.4;
const WIDE_LETTER = 8.4;
/** Arrows of more conversions than this would hide the picture. */
const ARROWS_MAX = 24;

export function laneTop(scene: Scene, shown: number): number {
  return scene.frame.lanesY + shown * LANE_H;
}

export function layoutLanes(
  scene: Scene,
  under: DrawList,
  over: DrawList,
  hits: Hit[],
  bandY: Float32Array,
): void {
  const { frame, lanes, meta, tile } = scene;
  layoutHead(scene, under, hits);
  under.clip(0, frame.lanesY, frame.size.width, frame.lanesH);
  lanes.forEach((lane, shown) => {
    const y = laneTop(scene, shown);
    under.line(Style.Grid, 0, y + LANE_H - 0.5, frame.size.width, y + LANE_H - 0.5);
    under.text(Style.Text, 22, y + 10, laneName(meta.lanes[lane]!), frame.plotX - 28);
    const at = tile ? tile.request.lanes.indexOf(lane) : -1;
    if (!tile || at < 0) return;
    actorNames(tile, at, y + 24, under, frame.plotX);
    layoutActivity(scene, tile, at, y, under);
  });
  under.unclip();
  if (tile) layoutSpans(scene, tile, bandY, over, hits);
}

/**
 * How many threads there are, which are shown, and what of theirs is not
 * drawn: nothing is left out without a word.
 */
function layoutHead(scene: Scene, under: DrawList, hits: Hit[]): void {
  const { frame, lanes, laneCount, lanesTop, view, tile } = scene;
  if (frame.lanesY === frame.lanesHeadY) return;
  const y = frame.lanesHeadY + LANES_HEAD_H / 2;
  under.fill(Style.Header, 0, frame.lanesHeadY, frame.size.width, LANES_HEAD_H);
  under.glyph(Style.Text, view.lanesFolded ? Glyph.Right : Glyph.TriangleDown, 12, y, 8);
  under.text(Style.Strong, 22, y, lanesText(lanes.length, laneCount, lanesTop), frame.plotX - 28);
  hits.push({
    x: 0,
    y: frame.lanesHeadY,
    w: frame.plotX,
    h: LANES_HEAD_H,
    kind: 'lanes',
    index: 0,
    count: 1,
  });
  const words: string[] = [];
  const elsewhere = tile?.lanesElsewhere.length ?? 0;
  if (elsewhere > 0) words.push(elsewhereText(elsewhere));
  const omitted = tile?.spansOmitted ?? 0;
  if (omitted > 0) words.push(`${grouped(omitted)} more conversions than can be drawn here: zoom in`);
  if (words.length === 0) return;
  under.text(Style.Dim, frame.plotX + 6, y, words.join(' · '), frame.plotW - 12);
  if (elsewhere > 0)
    hits.push({
      x: frame.plotX,
      y: frame.lanesHeadY,
      w: frame.plotW,
      h: LANES_HEAD_H,
      kind: 'active',
      index: 0,
      count: 1,
    });
}

/** That threads which have no lane in the picture are active in the span that is seen. */
function elsewhereText(count: number): string {
  if (count === 1) return '1 other thread active here: click to see it';
  // The tile tells of no more than these.
  const many = count === LANES_ELSEWHERE_MAX ? 'many' : count;
  return `${many} other threads active here: click to see them`;
}

/** `2 threads`; `threads 1–6 of 23` when not all are shown. */
export function lanesText(shown: number, total: number, top: number): string {
  if (shown === total) return plural(total, 'thread');
  if (shown === 0) return `${grouped(total)} threads folded`;
  return `threads ${top + 1}–${top + shown} of ${grouped(total)}`;
}

/** Who acted in a thread: each name in the colour of its line, in the order of the lines. */
function actorNames(tile: Tile, lane: number, y: number, under: DrawList, plotX: number): void {
  const { columns } = tile.request;
  let seen = 0;
  for (let c = lane * columns; c < (lane + 1) * columns; c++) seen |= tile.laneActors[c]!;
  let x = 22;
  ACTORS.forEach(({ style, name }, i) => {
    const w = name.length * (name === name.toUpperCase() ? WIDE_LETTER : LETTER);
    if ((seen & (1 << i)) === 0 || x + w > plotX) return;
    // A font may be wider than thought.
    under.text(style, x, y, name, plotX - x - 2);
    x += w + 9;
  });
}

function layoutActivity(scene: Scene, tile: Tile, lane: number, y: number, under: DrawList): void {
  const { frame } = scene;
  const { columns } = tile.request;
  const first = lane * columns;
  under.clip(frame.plotX, y, frame.plotW, LANE_H);
  for (let actor = 0; actor < ACTORS.length; actor++) {
    const bit = 1 << actor;
    for (let c = 0; c < columns; c++) {
      if ((tile.laneActors[first + c]! & bit) === 0) continue;
      const from = c;
      while (c + 1 < columns && (tile.laneActors[first + c + 1]! & bit) !== 0) c++;
      const x = xOfColumn(scene, tile, from);
      const w = Math.max(1.5, xOfColumn(scene, tile, c + 1) - x);
      if (x + w >= frame.plotX && x <= frame.plotX + frame.plotW)
        under.fill(ACTORS[actor]!.style, x, y + TRACK_Y + actor * TRACK_STEP, w, TRACK_H);
    }
  }
  under.unclip();
}

function layoutSpans(scene: Scene, tile: Tile, bandY: Float32Array, over: DrawList, hits: Hit[]): void {
  const { frame } = scene;
  const { spans } = tile;
  const right = frame.plotX + frame.plotW;
  const visible: number[] = [];
  for (let at = 0; at < spans.length; at += SPAN_FIELDS) {
    const x = xOfColumn(scene, tile, spans[at + Span.From]!);
    const end = xOfColumn(scene, tile, spans[at + Span.Until]!);
    if (end >= frame.plotX && x <= right) visible.push(at);
  }
  over.clip(frame.plotX, frame.lanesY, frame.plotW, frame.rowsY + frame.rowsH - frame.lanesY);
  for (const at of visible) {
    const shown = scene.lanes.indexOf(tile.request.lanes[spans[at + Span.Lane]!] ?? -1);
    if (shown < 0) continue;
    const x = xOfColumn(scene, tile, spans[at + Span.From]!);
    const w = Math.max(SPAN_W_MIN, xOfColumn(scene, tile, spans[at + Span.Until]!) - x);
    const y = laneTop(scene, shown) + SPAN_Y;
    const value = spans[at + Span.Value]!;
    const bad = isUnconverted(value);
    over.fill(bad ? Style.Unconverted : Style.Converting, x, y, w, SPAN_H);
    over.outline(Style.Edge, x, y, w, SPAN_H);
    spanWords(scene, x, w, y, wordsOf(value), over);
    hits.push({
      x: x - 2,
      y: y - 2,
      w: w + 4,
      h: SPAN_H + 4,
      kind: 'conversion',
      index: spans[at + Span.Conversion]!,
      count: 1,
    });
    const row = spans[at + Span.Row]!;
    const rowY = row < 0 ? NaN : bandY[row]!;
    if (visible.length <= ARROWS_MAX && !Number.isNaN(rowY))
      over.arrow(bad ? Style.Trouble : Style.Effect, x + 1, y + SPAN_H, x + 1, rowY + BAND_Y);
  }
  over.unclip();
}

/** What a conversion does and how it ends, unless it is done or that is not known. */
function wordsOf(value: number): string {
  const to = isToPrivate(value) ? 'to private' : 'to shared';
  switch (outcomeIn(value)) {
    case Outcome.Unfinished:
      return `${to}, stuck`;
    case Outcome.Failed:
      return `${to}, fails`;
    default:
      return to;
  }
}

/** What a conversion does, on a ground of its own in the middle of the part that is seen. */
function spanWords(scene: Scene, x: number, w: number, y: number, words: string, over: DrawList): void {
  const { frame } = scene;
  const from = Math.max(x, frame.plotX);
  const until = Math.min(x + w, frame.plotX + frame.plotW);
  const wide = words.length * LETTER;
  if (until - from < wide + 10) return;
  const left = (from + until - wide) / 2;
  over.fill(Style.Background, left - 3, y + 1, wide + 6, SPAN_H - 2);
  over.text(Style.Text, left, y + SPAN_H / 2, words, wide + 6);
}
