/** The map between time and view coordinates (see axis.ts), as plain data that page and worker share. */
import { firstAbove } from '../../parsers/base/search.js';

/** Piecewise linear map between time and view: knot i is at time[i], view[i]; both increase. */
export interface Knots {
  readonly time: Float64Array;
  readonly view: Float64Array;
}

/** Maps `x` from one side of the knots to the other; beyond the ends the map goes on with slope 1. */
export function mapThrough(from: Float64Array, to: Float64Array, x: number): number {
  const last = from.length - 1;
  if (last < 0) return x;
  if (x <= from[0]!) return to[0]! + (x - from[0]!);
  if (x >= from[last]!) return to[last]! + (x - from[last]!);
  const hi = firstAbove(from, x);
  const lo = hi - 1;
  return to[lo]! + ((x - from[lo]!) / (from[hi]! - from[lo]!)) * (to[hi]! - to[lo]!);
}
