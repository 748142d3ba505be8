/** The clocks of a trace: what its bundles were stamped with, and how clocks stand to one another. */
import { BYTES, VARINT, type WireReader } from '../base/protobuf.js';
import type { IssueLog } from '../events/issues.js';
import type { TraceMeta } from '../events/table.js';
import { FTRACE_CLOCKS, type CpuBundles } from './bundles.js';
import { CLOCK, CLOCK_ID, SNAPSHOT } from './protos.js';

/** A clock's time, and the boot clock's at the same instant. */
interface Pair {
  readonly time: bigint;
  readonly boot: bigint;
}

export class Clocks {
  /** By FtraceClock: the first pair that a bundle has, undefined where none has any. */
  private readonly ftrace = new Map<number, Pair | undefined>();
  /** The first snapshot of the wall clock together with others, by clock. */
  private readonly snapshots = new Map<number, bigint>();

  snapshot(reader: WireReader): void {
    const times = new Map<number, bigint>();
    while (reader.next()) {
      if (reader.field !== SNAPSHOT.clock || reader.type !== BYTES) continue;
      const clock = reader.message();
      let id = 0;
      let time = 0n;
      while (clock.next()) {
        if (clock.type !== VARINT) continue;
        if (clock.field === CLOCK.id) id = clock.number;
        else if (clock.field === CLOCK.timestamp) time = clock.unsigned;
      }
      times.set(id, time);
    }
    if (this.snapshots.size > 0 || !times.has(CLOCK_ID.realtime)) return;
    for (const [id, time] of times) this.snapshots.set(id, time);
  }

  /** A bundle's clock, and what it and the boot clock said when it was read; 0 where it does not say. */
  bundle(clock: number, time: bigint, boot: bigint): void {
    if (time !== 0n && boot !== 0n && this.ftrace.get(clock) === undefined)
      this.ftrace.set(clock, { time, boot });
    else if (!this.ftrace.has(clock)) this.ftrace.set(clock, undefined);
  }

  /** The clock of the table's times; where bundles have several, all are brought to the boot clock. */
  settle(cpus: Iterable<CpuBundles>, meta: TraceMeta, issues: IssueLog): void {
    const clocks = [...this.ftrace.keys()];
    const only = clocks.length === 1 ? clocks[0]! : 0;
    meta.clock = FTRACE_CLOCKS[only] ?? 'unknown';
    const wall = this.wallOffset(only);
    if (wall !== undefined) meta.wallOffsetNs = wall;
    if (clocks.length <= 1) return;
    const names = clocks.map((clock) => FTRACE_CLOCKS[clock] ?? 'unknown');
    if (clocks.some((clock) => clock !== 0 && this.ftrace.get(clock) === undefined)) {
      issues.add('unaligned-clocks', 0, 0, `bundles of events on ${names.join(', ')}`);
      meta.clock = 'unknown';
      delete meta.wallOffsetNs;
    }
    for (const { clock, shift } of cpus)
      for (let i = 0; i < clock.length; i++) shift[i] = this.toBoot(clock[i]!);
  }

  private toBoot(clock: number): bigint {
    const pair = this.ftrace.get(clock);
    return clock === 0 || !pair ? 0n : pair.boot - pair.time;
  }

  private wallOffset(clock: number): bigint | undefined {
    const real = this.snapshots.get(CLOCK_ID.realtime);
    const boot = this.snapshots.get(CLOCK_ID.boot);
    if (real === undefined || boot === undefined) return undefined;
    if (clock === 0) return real - boot;
    const pair = this.ftrace.get(clock);
    return pair && real - boot + pair.boot - pair.time;
  }
}
