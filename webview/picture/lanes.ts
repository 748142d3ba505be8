/** Which threads have a lane in the picture: all in one order, a window of them at a time. Pure. */
import type { Tile } from '../../model/timeline/tiles.js';
import type { TimelineMeta } from '../../model/timeline/shapes.js';
import { LANE_H } from './viewport.js';

/** Lanes seen at once: more would leave no room for pages. The others are scrolled to. */
export const LANES_SHOWN_MAX = 6;
/** Share of the picture's height that lanes take at most. */
const LANES_SHARE = 1 / 3;

/**
 * All lanes, the weightiest first: those of findings, then virtual CPUs, then the busiest; one thread's own
 * when it alone is asked for.
 */
export function orderLanes(meta: TimelineMeta, tid: number): number[] {
  if (tid >= 0) return [...meta.lanes.keys()].filter((i) => meta.lanes[i]!.tid === tid);
  const withFindings = new Set(meta.findingLane);
  const weight = (i: number): number =>
    meta.lanes[i]!.events + (withFindings.has(i) ? 1e12 : 0) + (meta.lanes[i]!.vcpu >= 0 ? 1e9 : 0);
  return [...meta.lanes.keys()].sort((a, b) => weight(b) - weight(a));
}

/** Lanes with an event in a tile: those that it was asked for, then the others. */
export function activeLanes(tile: Tile): number[] {
  const { columns } = tile.request;
  const shown = [...tile.request.lanes].filter((_, i) =>
    tile.laneActors.subarray(i * columns, (i + 1) * columns).some((actors) => actors !== 0),
  );
  return [...shown, ...tile.lanesElsewhere];
}

/** Lanes that fit a picture of this height. */
export function lanesThatFit(total: number, height: number): number {
  return Math.min(total, LANES_SHOWN_MAX, Math.max(1, Math.floor((height * LANES_SHARE) / LANE_H)));
}

/** Keeps the first lane shown such that the window of lanes is full. */
export function clampLanes(top: number, total: number, fit: number): number {
  return Math.max(0, Math.min(total - fit, Math.round(top)));
}

/**
 * The lanes of the window. The first window is in the order of the threads, so that who came first is on top.
 */
export function laneWindow(order: readonly number[], top: number, fit: number): number[] {
  const first = order.slice(0, fit).sort((a, b) => a - b);
  const at = clampLanes(top, order.length, fit);
  return [...first, ...order.slice(fit)].slice(at, at + fit);
}

/** First lane of a window that shows `lane`, moving no more than needed. */
export function topToShow(order: readonly number[], top: number, fit: number, lane: number): number {
  const window = laneWindow(order, top, fit);
  if (lane < 0 || window.includes(lane) || !order.includes(lane)) return top;
  const first = order.slice(0, fit).sort((a, b) => a - b);
  const at = [...first, ...order.slice(fit)].indexOf(lane);
  return clampLanes(at < top ? at : at - fit + 1, order.length, fit);
}
