/** Loss that no bundle tells of: what the kernel and the service counted, and CPUs that are not here. */
import { UNKNOWN_CPU, type TableBuilder } from '../events/table.js';
import type { Scan } from './scan.js';
import type { CpuState } from './streams.js';

/** CPUs of the machine that is judged. */
type States = ReadonlyMap<number, CpuState>;

export function markLosses(scan: Scan, all: readonly CpuState[], host: number, builder: TableBuilder): void {
  const states = new Map(all.filter((each) => !each.isGuest).map((each) => [each.cpu, each] as const));
  markStarts(scan, states, host, builder);
  markCounted(scan, states, builder);
  markUnseen(scan, states, builder);
  builder.losses.sort((a, b) => a.row - b.row);
}

/** CPUs whose events begin later than the recording: what was before was overwritten. */
function markStarts(scan: Scan, states: States, host: number, builder: TableBuilder): void {
  const cpus = new Set(
    [...scan.cpus.values()].filter((each) => each.lostAtStart && each.machine === host).map(({ cpu }) => cpu),
  );
  for (const cpu of cpus) {
    const row = firstRow(states.get(cpu), builder);
    builder.losses.push({ row, cpu: lossCpu(cpu), count: 0, offset: 0, line: 0, fromStart: true });
    builder.issues.add('buffer-started', 0, 0, `CPU ${cpu}`);
  }
}

function markCounted(scan: Scan, states: States, builder: TableBuilder): void {
  const { stats } = scan;
  for (const cpu of stats.cpus) {
    const { overrun, dropped } = stats.lost(cpu);
    const isMarked = states.get(cpu)?.hasLoss === true;
    if (overrun > 0 && !isMarked) {
      const row = firstRow(states.get(cpu), builder);
      builder.losses.push({ row, cpu, count: overrun, offset: 0, line: 0, fromStart: true });
      builder.issues.add('overwritten', 0, 0, `CPU ${cpu}: ${overrun} events`);
    }
    if (dropped > 0) {
      builder.addLoss(cpu, dropped, 0, 0, true);
      builder.issues.add('lost-events', 0, 0, `CPU ${cpu}: ${dropped} events at a full buffer`);
    }
  }
  if (stats.misses > 0) {
    builder.addLoss(-1, stats.misses, 0, 0, true);
    builder.issues.add('lost-events', 0, 0, `probes missed ${stats.misses} calls`);
  }
  if (stats.lostChunks > 0) {
    builder.addLoss(-1, 0, 0, 0, true);
    builder.issues.add('record-incomplete', 0, 0, `${stats.lostChunks} pieces that Perfetto lost`);
  }
  if (stats.hasParseErrors && ![...states.values()].some((each) => each.hasLoss)) {
    builder.addLoss(-1, 0, 0, 0, true);
    builder.issues.add('bad-record', 0, 0, 'Perfetto could not read all of the ring buffers');
  }
}

/** Where packets were lost, all that a CPU had may have been in them. */
function markUnseen(scan: Scan, states: States, builder: TableBuilder): void {
  if (!scan.hasGaps) return;
  const told =
    scan.stats.cpus.length > 0 ? scan.stats.cpus : Array.from({ length: scan.cpuCount }, (_, i) => i);
  if (told.length > 0 && told.every((cpu) => states.has(cpu))) return;
  builder.addLoss(-1, 0, 0, 0, true);
}

function lossCpu(cpu: number): number {
  return cpu === UNKNOWN_CPU ? -1 : cpu;
}

function firstRow(state: CpuState | undefined, builder: TableBuilder): number {
  return state && state.firstRow >= 0 ? state.firstRow : builder.length;
}
