/** How far the times of a trace go back from one row to the next before its order means something. */
import { NS_PER_MS, NS_PER_US } from '../base/units.js';
import type { TraceMeta } from './table.js';

/**
 * An event that is printed while its writer is held up comes late, by less than this: nanoseconds, or ticks
 * of a counter that runs about as fast. A text that goes back further was put together.
 */
const LATE_MAX = 100 * NS_PER_US;
/** Threads of a process that stamp their lines before they wait to write them. */
const LATE_LINE_MAX = 100 * NS_PER_MS;
/** The counter counts events: so many may be printed between. */
const LATE_EVENTS_MAX = 1000;

/** Tools that sort what they print, by their formats' ids. */
const SORTED: ReadonlySet<string> = new Set(['perf-script', 'trace-cmd-report']);

/** How far back a row may lie behind one that stands before it, on whatever CPU, in the table's unit. */
export function lateMax({ clock, format }: Pick<TraceMeta, 'clock' | 'format'>): number {
  if (SORTED.has(format)) return 0;
  if (clock === 'realtime') return LATE_LINE_MAX;
  return clock === 'counter' ? LATE_EVENTS_MAX : LATE_MAX;
}
