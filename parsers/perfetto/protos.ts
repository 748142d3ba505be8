/**
 * Field numbers of a Perfetto trace, as far as they are read and written here
 * (https://github.com/google/perfetto/tree/v55.3/protos/perfetto).
 */

/** trace/trace_packet.proto; a trace is packets in field 1. */
export const TRACE_PACKET = 1;
export const PACKET = {
  ftraceEvents: 1,
  processTree: 2,
  clockSnapshot: 6,
  timestamp: 8,
  sequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  ftraceStats: 34,
  traceStats: 35,
  previousPacketDropped: 42,
  systemInfo: 45,
  compressed: 50,
  trackDescriptor: 60,
  firstOnSequence: 87,
  machineId: 98,
  zstdCompressed: 133,
  /** Ours, out of the numbers that are left to others' extensions: see own.ts. */
  shimtrace: 1717,
} as const;

/** trace/ftrace/ftrace_event_bundle.proto */
export const BUNDLE = {
  cpu: 1,
  event: 2,
  lostEvents: 3,
  compactSched: 4,
  ftraceClock: 5,
  ftraceTime: 6,
  bootTime: 7,
  error: 8,
  lastRead: 9,
  previousEnd: 10,
  descriptor: 11,
} as const;
export const DESCRIPTOR = { id: 1, message: 2, group: 3 } as const;
export const COMPACT = {
  switchTime: 1,
  switchPrevState: 2,
  switchNextPid: 3,
  switchNextPrio: 4,
  names: 5,
  switchNextName: 6,
  wakingTime: 7,
  wakingPid: 8,
  wakingCpu: 9,
  wakingPrio: 10,
  wakingName: 11,
} as const;

/** common/descriptor.proto */
export const MESSAGE = { name: 1, field: 2 } as const;
export const FIELD = { name: 1, number: 3, type: 5 } as const;
export const FIELD_TYPE = {
  int64: 3,
  uint64: 4,
  int32: 5,
  string: 9,
  bytes: 12,
  sint32: 17,
  sint64: 18,
} as const;

/**
 * trace/ftrace/ftrace_event.proto. The event itself comes last: an event whose thread comes after it, or is
 * missing, is dropped without a word.
 */
export const FTRACE = { timestamp: 1, pid: 2 } as const;
/** Events that say their name and the names of their fields each time, and those of probes that it made. */
export const GENERIC_EVENT = 327;
export const KPROBE_EVENT = 542;
/** Numbers of events that say themselves what they hold. */
export const FIRST_EVENT_ID = 65_536;
export const LAST_EVENT_ID = 131_071;
/** Fields of such an event have numbers below 32. */
export const LAST_FIELD = 31;

/** trace/ftrace/generic.proto */
export const GENERIC = { name: 1, field: 2 } as const;
export const GENERIC_FIELD = { name: 1, text: 3, int: 4, uint: 5 } as const;
export const KPROBE = { name: 1, type: 2 } as const;
export const KPROBE_TYPE = { begin: 1, end: 2, instant: 3 } as const;

/** trace/ftrace/ftrace_stats.proto */
export const FTRACE_STATS = { phase: 1, cpu: 2, unknown: 6, failed: 7, parseErrors: 9, probes: 10 } as const;
export const STATS_PHASE = { start: 1, end: 2 } as const;
export const CPU_STATS = { cpu: 1, overrun: 3, commitOverrun: 4, dropped: 8 } as const;
export const PROBE_STATS = { misses: 2 } as const;

/** common/trace_stats.proto */
export const TRACE_STATS = { buffer: 1 } as const;
export const BUFFER_STATS = {
  chunksOverwritten: 3,
  patchesFailed: 6,
  abiViolations: 9,
  chunksDiscarded: 18,
  writerLoss: 19,
} as const;

/** trace/clock_snapshot.proto */
export const SNAPSHOT = { clock: 1 } as const;
export const CLOCK = { id: 1, timestamp: 2 } as const;
export const CLOCK_ID = { realtime: 1, monoRaw: 5, boot: 6 } as const;

/** common/system_info.proto */
export const SYSTEM = { utsname: 1, serviceVersion: 4, cpus: 8, machineName: 17 } as const;
export const UTSNAME = { release: 3 } as const;

/** trace/ps/process_tree.proto */
export const TREE = { process: 1, thread: 2 } as const;
export const PROCESS = { pid: 1, cmdline: 3, isComm: 9 } as const;
export const THREAD = { tid: 1, name: 2, tgid: 3 } as const;
