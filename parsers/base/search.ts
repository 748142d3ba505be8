/**
 * Binary searches. The maps of pages and the index of atoms, which search per operation, keep their own: a
 * function that sees several kinds of arrays cost the replay an eighth more.
 */

/** Index of the first of ascending `values` in [from, until) that is above `key`; `until` when none is. */
export function firstAbove(values: ArrayLike<number>, key: number, from = 0, until = values.length): number {
  let lo = from;
  let hi = until;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (values[mid]! <= key) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/**
 * First of `count` indexes for which `holds`, which then holds for all after it; `count` when there is none.
 */
export function firstIndex(count: number, holds: (i: number) => boolean): number {
  let lo = 0;
  let hi = count;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (holds(mid)) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}
