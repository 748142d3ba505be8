/** Loss that no sub-buffer tells of: what the CPU statistics say, and recordings that could not be found. */
import type { TableBuilder } from '../events/table.js';
import type { CpuStat } from './model.js';
import type { CpuStream } from './stream.js';

/**
 * Overwritten events show as missing before a page wherever the reader went on; what the pages do not account
 * for was lost before the first. Events dropped at a full buffer leave no mark at all: they may be missing
 * anywhere.
 */
export function markOverruns(
  stats: readonly CpuStat[],
  streams: readonly CpuStream[],
  builder: TableBuilder,
): void {
  for (const stat of stats) {
    // Instances have statistics of their own under the same numbers, in no order that tells them apart.
    const marked = streams.filter((s) => s.cpu === stat.cpu).reduce((sum, s) => sum + s.missingTotal, 0);
    const overwritten = Math.max(0, stat.overrun - marked);
    if (overwritten > 0) {
      builder.losses.push({
        row: firstRow(stat.cpu, streams, builder.length),
        cpu: stat.cpu,
        count: overwritten,
        offset: 0,
        line: 0,
        fromStart: true,
      });
      builder.issues.add('overwritten', 0, 0, `CPU ${stat.cpu}: ${overwritten} events`);
    }
    const dropped = stat.dropped + stat.commitOverrun;
    if (dropped > 0) {
      builder.losses.push({
        row: builder.length,
        cpu: stat.cpu,
        count: dropped,
        offset: 0,
        line: 0,
        fromStart: true,
      });
      builder.issues.add('lost-events', 0, 0, `CPU ${stat.cpu}: ${dropped} events at a full buffer`);
    }
  }
  builder.losses.sort((a, b) => a.row - b.row);
}

/**
 * What the ring buffers' own statistics count and the file does not hold: no page has a mark of what was
 * lost on its way out of the buffer. Instances are counted together. Gives the number of events where all
 * are there; undefined where some are not, or the file does not say.
 */
export function markShort(
  stats: readonly CpuStat[],
  streams: readonly CpuStream[],
  builder: TableBuilder,
): number | undefined {
  const cpus = [...new Set([...stats, ...streams].map(({ cpu }) => cpu))];
  const counts = cpus.map((cpu) => {
    const told = stats.filter((stat) => stat.cpu === cpu);
    const kept = told.some((stat) => stat.kept < 0) ? -1 : told.reduce((sum, stat) => sum + stat.kept, 0);
    const events = streams.reduce((sum, stream) => sum + (stream.cpu === cpu ? stream.events : 0), 0);
    return { cpu, kept, events };
  });
  const short = counts.filter(({ kept, events }) => kept > events);
  for (const { cpu, kept, events } of short) {
    const detail = `CPU ${cpu}: the ring buffer had ${kept} events, ${events} of them are here`;
    builder.issues.add('not-all-read', 0, 0, detail);
    builder.addLoss(cpu, kept - events, 0, 0, true);
  }
  const isWhole = counts.length > 0 && counts.every(({ kept, events }) => kept === events);
  return isWhole ? counts.reduce((sum, { kept }) => sum + kept, 0) : undefined;
}

/** Recordings of which nothing could be read: their CPUs (-1: any CPU) may miss events anywhere. */
export function markUnread(cpus: readonly number[], builder: TableBuilder): void {
  for (const cpu of cpus) builder.addLoss(cpu, 0, 0, 0, true);
}

/** The first row of a CPU, or `none` when it has no event. */
function firstRow(cpu: number, streams: readonly CpuStream[], none: number): number {
  let first = none;
  for (const stream of streams)
    if (stream.cpu === cpu && stream.firstRow >= 0) first = Math.min(first, stream.firstRow);
  return first;
}
