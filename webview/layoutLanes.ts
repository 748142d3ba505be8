/** Lanes of threads: who did what, conversions as spans, and arrows from a conversion to the pages it changes. */
import { Outcome } from '../model/timeline/pageIndex.js';
import { SPAN_FIELDS, type Tile } from '../model/timeline/tiles.js';
import type { LaneInfo } from '../model/timeline/lanes.js';
import { BAND_Y } from './bandsLayout.js';
import type { DrawList } from './drawList.js';
import { xOfColumn, type Hit, type Scene } from './scene.js';
import { Style, type StyleId } from './style.js';
import { LANE_H } from './viewport.js';

/** Each actor has its own line in the lane: guest on top, then VMM, KVM, host mm, others. */
const ACTOR_STYLES: readonly StyleId[] = [Style.Guest, Style.Vmm, Style.Kvm, Style.Mm, Style.Other];
const TRACK_Y = 10;
const TRACK_H = 3;
const TRACK_STEP = 4;
const SPAN_Y = 2;
const SPAN_H = 7;
/** Arrows of more conversions than this would hide the picture. */
const ARROWS_MAX = 24;

export function laneName(lane: LaneInfo): string {
  if (lane.tid < 0) return 'unknown threads';
  if (lane.tid === 0) return 'idle';
  return lane.vcpu >= 0 ? `vcpu ${lane.vcpu}  ${lane.comm}-${lane.tid}` : `${lane.comm === '' ? 'thread' : lane.comm}-${lane.tid}`;
}

export function laneTop(scene: Scene, shown: number): number {
  return scene.frame.lanesY + shown * LANE_H;
}

export function layoutLanes(scene: Scene, under: DrawList, over: DrawList, hits: Hit[], bandY: Float32Array): void {
  const { frame, lanes, meta, tile } = scene;
  under.clip(0, frame.lanesY, frame.size.width, frame.lanesH);
  lanes.forEach((lane, shown) => {
    const y = laneTop(scene, shown);
    under.line(Style.Grid, 0, y + LANE_H - 0.5, frame.size.width, y + LANE_H - 0.5);
    under.text(Style.Text, 22, y + LANE_H / 2, laneName(meta.lanes[lane]!), frame.plotX - 28);
    const at = tile ? tile.request.lanes.indexOf(lane) : -1;
    if (tile && at >= 0) layoutActivity(scene, tile, at, y, under);
  });
  under.unclip();
  if (tile) layoutSpans(scene, tile, bandY, over, hits);
}

function layoutActivity(scene: Scene, tile: Tile, lane: number, y: number, under: DrawList): void {
  const { frame } = scene;
  const { columns } = tile.request;
  const first = lane * columns;
  under.clip(frame.plotX, y, frame.plotW, LANE_H);
  for (let actor = 0; actor < ACTOR_STYLES.length; actor++) {
    const bit = 1 << actor;
    for (let c = 0; c < columns; c++) {
      if ((tile.laneActors[first + c]! & bit) === 0) continue;
      const from = c;
      while (c + 1 < columns && (tile.laneActors[first + c + 1]! & bit) !== 0) c++;
      const x = xOfColumn(scene, tile, from);
      const w = Math.max(1.5, xOfColumn(scene, tile, c + 1) - x);
      if (x + w >= frame.plotX && x <= frame.plotX + frame.plotW) under.fill(ACTOR_STYLES[actor]!, x, y + TRACK_Y + actor * TRACK_STEP, w, TRACK_H);
    }
  }
  under.unclip();
}

function layoutSpans(scene: Scene, tile: Tile, bandY: Float32Array, over: DrawList, hits: Hit[]): void {
  const { frame } = scene;
  const right = frame.plotX + frame.plotW;
  const visible: number[] = [];
  for (let i = 0; i < tile.spans.length; i += SPAN_FIELDS) {
    const x = xOfColumn(scene, tile, tile.spans[i + 1]!);
    const end = xOfColumn(scene, tile, tile.spans[i + 2]!);
    if (end >= frame.plotX && x <= right) visible.push(i);
  }
  over.clip(frame.plotX, frame.lanesY, frame.plotW, frame.rowsY + frame.rowsH - frame.lanesY);
  for (const i of visible) {
    const shown = scene.lanes.indexOf(tile.request.lanes[tile.spans[i]!] ?? -1);
    if (shown < 0) continue;
    const x = xOfColumn(scene, tile, tile.spans[i + 1]!);
    const w = Math.max(3, xOfColumn(scene, tile, tile.spans[i + 2]!) - x);
    const y = laneTop(scene, shown) + SPAN_Y;
    const outcome = tile.spans[i + 4]! & 7;
    const bad = outcome === Outcome.Failed || outcome === Outcome.Unfinished;
    over.fill(bad ? Style.Unconverted : Style.Converting, x, y, w, SPAN_H);
    over.outline(Style.Edge, x, y, w, SPAN_H);
    const to = (tile.spans[i + 4]! & 8) !== 0 ? 'to private' : 'to shared';
    if (w > 90) over.text(Style.Text, x + w / 2 - 30, y + SPAN_H + 7, outcome === Outcome.Unfinished ? `${to}, stuck` : outcome === Outcome.Failed ? `${to}, fails` : to, w);
    hits.push({ x: x - 2, y: y - 2, w: w + 4, h: SPAN_H + 4, kind: 'conversion', index: tile.spans[i + 3]! });
    const row = tile.spans[i + 5]!;
    const rowY = row < 0 ? NaN : bandY[row]!;
    if (visible.length <= ARROWS_MAX && !Number.isNaN(rowY)) over.arrow(bad ? Style.Trouble : Style.Effect, x + 1, y + SPAN_H, x + 1, rowY + BAND_Y);
  }
  over.unclip();
}
