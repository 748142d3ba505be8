/**
 * How the clocks of two hosts stand to each other, told by asking each of them again and again: a clock is
 * read at some time between the question and the answer, both by our own clock.
 */

/** A clock less ours, in nanoseconds: at least `low`, at most `high`. */
export interface ClockReading {
  readonly low: bigint;
  readonly high: bigint;
}

/** What to add to a clock to be on another, and how much that may be wrong either way. */
export interface ClockOffset {
  readonly offsetNs: bigint;
  readonly errorNs: bigint;
}

/** Clocks drift: the best readings at the beginning and at the end are taken, of so many each. */
const AT_AN_END = 12;

/** What to add to the second clock to be on the first; undefined where one of them was never read. */
export function offsetOf(
  first: readonly ClockReading[],
  second: readonly ClockReading[],
): ClockOffset | undefined {
  if (first.length === 0 || second.length === 0) return undefined;
  const ends = [
    between(best(first.slice(0, AT_AN_END)), best(second.slice(0, AT_AN_END))),
    between(best(first.slice(-AT_AN_END)), best(second.slice(-AT_AN_END))),
  ];
  const bounds = ends.flatMap((end) => [end.low, end.high]).sort((a, b) => Number(a - b));
  const [low, high] = [bounds[0]!, bounds.at(-1)!];
  // What they drift before the first and behind the last of those that were taken.
  const beyond = (high - low) / BigInt(Math.max(1, Math.floor(first.length / AT_AN_END)));
  const isLong = first.length > 2 * AT_AN_END;
  return { offsetNs: (low + high) / 2n, errorNs: (high - low + 1n) / 2n + (isLong ? beyond : 0n) };
}

/** The narrowest: the answer that came soonest. */
function best(readings: readonly ClockReading[]): ClockReading {
  return readings.reduce((least, one) => (one.high - one.low < least.high - least.low ? one : least));
}

function between(first: ClockReading, second: ClockReading): ClockReading {
  return { low: first.low - second.high, high: first.high - second.low };
}
