/**
 * What is under the pointer: the weightiest of the things drawn there,
 * else a row, a lane, the ruler or the minimap.
 */
import { rowOfY, viewOfX, type DisplayRow, type DisplayRows, type Frame, LANE_H } from './viewport.js';
import type { Hit } from './scene.js';
import type { View } from '../state.js';

export type Target =
  | { readonly area: 'thing'; readonly hit: Hit; readonly at: number }
  | { readonly area: 'row'; readonly row: DisplayRow; readonly at: number }
  | { readonly area: 'lane'; readonly lane: number; readonly at: number }
  | { readonly area: 'ruler' | 'minimap' | 'none'; readonly at: number };

const WEIGHT: Readonly<Record<Hit['kind'], number>> = {
  finding: 5,
  mark: 4,
  conversion: 3,
  group: 2,
  lanes: 2,
  active: 2,
  loss: 1,
};

/** Target at a point; `at` is the point's time in view coordinates. */
export function targetAt(
  hits: readonly Hit[],
  frame: Frame,
  view: View,
  rows: DisplayRows,
  x: number,
  y: number,
): Target {
  const at = viewOfX(frame, view, x);
  let best: Hit | undefined;
  for (const hit of hits) {
    if (x < hit.x || x > hit.x + hit.w || y < hit.y || y > hit.y + hit.h) continue;
    if (!best || WEIGHT[hit.kind] > WEIGHT[best.kind]) best = hit;
  }
  if (best) return { area: 'thing', hit: best, at };
  if (y >= frame.minimapY) return { area: 'minimap', at };
  if (y < frame.lanesHeadY) return { area: 'ruler', at };
  if (y < frame.lanesY) return { area: 'none', at };
  if (y < frame.lanesY + frame.lanesH)
    return { area: 'lane', lane: Math.floor((y - frame.lanesY) / LANE_H), at };
  if (y < frame.rowsY || y >= frame.rowsY + frame.rowsH) return { area: 'none', at };
  const row = rows.at(Math.floor(rowOfY(frame, view, y)));
  return row ? { area: 'row', row, at } : { area: 'none', at };
}
