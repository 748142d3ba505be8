/** What the kernel's ring buffers and the service counted as lost. */
import { BYTES, VARINT, type WireReader } from '../base/protobuf.js';
import { BUFFER_STATS, CPU_STATS, FTRACE_STATS, PROBE_STATS, STATS_PHASE, TRACE_STATS } from './protos.js';
import type { CpuCounters } from './bundles.js';

/** CPUs with counters that are kept: more than any kernel has. */
const CPUS_MAX = 65_535;
const NO_COUNTERS: CpuCounters = { overrun: 0, dropped: 0 };

export class Stats {
  /** By CPU: at the start, and as last told. */
  private readonly before = new Map<number, CpuCounters>();
  private readonly after = new Map<number, CpuCounters>();
  private missesBefore = 0;
  private missesAfter = 0;
  /** What the service lost of what it was given. */
  private chunks = 0;
  private hasStart = false;
  private hasEnd = false;
  /** The service's buffer was overwritten from its start. */
  wasOverwritten = false;
  /** The kernel's ring buffers could not be read in places. */
  hasParseErrors = false;
  /** Events that were asked for and not recorded. */
  readonly notRecorded = new Set<string>();

  ftrace(reader: WireReader): void {
    const cpus = new Map<number, CpuCounters>();
    let phase = 0;
    let misses = 0;
    while (reader.next()) {
      if (reader.type === VARINT) {
        if (reader.field === FTRACE_STATS.phase) phase = reader.number;
        else if (reader.field === FTRACE_STATS.parseErrors) this.hasParseErrors = true;
        continue;
      }
      if (reader.type !== BYTES) continue;
      if (reader.field === FTRACE_STATS.cpu) readCpu(reader.message(), cpus);
      else if (reader.field === FTRACE_STATS.probes) misses = numberOf(reader.message(), PROBE_STATS.misses);
      else if (reader.field === FTRACE_STATS.parseErrors) this.hasParseErrors = true;
      else if (reader.field === FTRACE_STATS.unknown || reader.field === FTRACE_STATS.failed)
        this.notRecorded.add(reader.text);
    }
    const isStart = phase === STATS_PHASE.start;
    if (isStart) this.hasStart = true;
    else this.hasEnd = true;
    for (const [cpu, counters] of cpus) {
      if (!isStart) this.after.set(cpu, counters);
      else if (!this.before.has(cpu)) this.before.set(cpu, counters);
    }
    if (isStart) this.missesBefore = this.missesBefore === 0 ? misses : this.missesBefore;
    else this.missesAfter = Math.max(this.missesAfter, misses);
  }

  trace(reader: WireReader): void {
    let chunks = 0;
    // What the service counts besides its buffers is of all its sessions, and of producers that were gone.
    while (reader.next())
      if (reader.field === TRACE_STATS.buffer && reader.type === BYTES)
        chunks += this.buffer(reader.message());
    // Told now and then while recording: the counts only grow.
    this.chunks = Math.max(this.chunks, chunks);
  }

  private buffer(reader: WireReader): number {
    let lost = 0;
    while (reader.next()) {
      if (reader.type !== VARINT || reader.number === 0) continue;
      switch (reader.field) {
        case BUFFER_STATS.chunksOverwritten:
          this.wasOverwritten = true;
          break;
        case BUFFER_STATS.patchesFailed:
        case BUFFER_STATS.abiViolations:
        case BUFFER_STATS.chunksDiscarded:
        case BUFFER_STATS.writerLoss:
          lost += reader.number;
      }
    }
    return lost;
  }

  /** The counts that are written last are not here. */
  get isUnfinished(): boolean {
    return this.hasStart && !this.hasEnd;
  }

  /** CPUs that were recorded, as far as it is told. */
  get cpus(): readonly number[] {
    return [...new Set([...this.before.keys(), ...this.after.keys()])];
  }

  /** Events of a CPU that were lost while recording. */
  lost(cpu: number): CpuCounters {
    const before = this.before.get(cpu) ?? NO_COUNTERS;
    const after = this.after.get(cpu) ?? NO_COUNTERS;
    return {
      overrun: Math.max(0, after.overrun - before.overrun),
      dropped: Math.max(0, after.dropped - before.dropped),
    };
  }

  /** Calls that probes missed. */
  get misses(): number {
    return Math.max(0, this.missesAfter - this.missesBefore);
  }

  /** Pieces of any kind that the service lost. */
  get lostChunks(): number {
    return this.chunks;
  }
}

function readCpu(reader: WireReader, cpus: Map<number, CpuCounters>): void {
  let cpu = 0;
  let overrun = 0;
  let dropped = 0;
  while (reader.next()) {
    if (reader.type !== VARINT) continue;
    if (reader.field === CPU_STATS.cpu) cpu = reader.number;
    else if (reader.field === CPU_STATS.overrun) overrun = reader.number;
    else if (reader.field === CPU_STATS.commitOverrun || reader.field === CPU_STATS.dropped)
      dropped += reader.number;
  }
  if (cpu < CPUS_MAX && cpus.size < CPUS_MAX) cpus.set(cpu, { overrun, dropped });
}

function numberOf(reader: WireReader, field: number): number {
  let value = 0;
  while (reader.next()) if (reader.field === field && reader.type === VARINT) value = reader.number;
  return value;
}
