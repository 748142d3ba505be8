/** The page's end of the time axis: a piecewise linear map, as model/timeline/axis.ts makes it. */
export function mapThrough(from: ArrayLike<number>, to: ArrayLike<number>, x: number): number {
  const last = from.length - 1;
  if (last < 0) return x;
  if (x <= from[0]!) return to[0]! + (x - from[0]!);
  if (x >= from[last]!) return to[last]! + (x - from[last]!);
  let lo = 0;
  let hi = last;
  while (hi - lo > 1) {
    const mid = (lo + hi) >>> 1;
    if (from[mid]! <= x) lo = mid;
    else hi = mid;
  }
  return to[lo]! + ((x - from[lo]!) / (from[hi]! - from[lo]!)) * (to[hi]! - to[lo]!);
}
