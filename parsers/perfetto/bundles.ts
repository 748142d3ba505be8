/** What one look at all packets of a trace finds: where each CPU's bundles of events lie, and facts. */
import type { ClockName } from '../events/table.js';

/** Bits of a bundle. */
/** Events are missing before it. */
export const LOST_BEFORE = 1;
/** It ends early: events are missing behind its last one. */
export const TORN = 2;

/** All bundles of one CPU on one sequence of packets, in the order of the file. */
export class CpuBundles {
  readonly at: number[] = [];
  readonly size: number[] = [];
  readonly flags: number[] = [];
  /** Where a bundle has its compact events; size 0 where it has none. */
  readonly compactAt: number[] = [];
  readonly compactSize: number[] = [];
  /** To be added to the times of its events, in ns. */
  readonly shift: bigint[] = [];
  /** FtraceClock. */
  readonly clock: number[] = [];
  hasCompact = false;
  /** Events may be missing behind the last of them. */
  lostAtEnd = false;
  /** Events may be missing before the first of them, from the start. */
  lostAtStart = false;
  /** How many times packets had been lost when its latest bundle came. */
  gaps = 0;

  constructor(
    readonly machine: number,
    readonly sequence: number,
    /** UNKNOWN_CPU where a bundle does not say it. */
    readonly cpu: number,
  ) {}
}

/** FtraceClock of each number; Perfetto's own is 0. */
export const FTRACE_CLOCKS: readonly ClockName[] = ['boot', 'unknown', 'global', 'local', 'mono_raw'];

/** What a description in the trace says of an event. */
export interface Descriptor {
  readonly name: string;
  readonly group: string;
  readonly fields: readonly DescribedField[];
  /** As it stands in the trace, to tell whether another is the same. */
  readonly key: string;
}

export interface DescribedField {
  readonly name: string;
  readonly number: number;
  readonly type: number;
}

/** One CPU's counters, at the start and at the end of the recording. */
export interface CpuCounters {
  readonly overrun: number;
  /** At a full buffer. */
  readonly dropped: number;
}
