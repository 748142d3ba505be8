/**
 * Field numbers of a Perfetto trace, as far as they are written here
 * (https://github.com/google/perfetto/tree/v55.3/protos/perfetto).
 */

/** trace/trace_packet.proto; a trace is packets in field 1. */
export const TRACE_PACKET = 1;
export const PACKET = {
  ftraceEvents: 1,
  processTree: 2,
  timestamp: 8,
  sequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
} as const;

/** trace/ftrace/ftrace_event_bundle.proto */
export const BUNDLE = { cpu: 1, event: 2, lostEvents: 3, descriptor: 11 } as const;
export const DESCRIPTOR = { id: 1, message: 2, group: 3 } as const;

/** common/descriptor.proto */
export const MESSAGE = { name: 1, field: 2 } as const;
export const FIELD = { name: 1, number: 3, type: 5 } as const;
export const FIELD_TYPE = { int64: 3, uint64: 4, string: 9 } as const;

/**
 * trace/ftrace/ftrace_event.proto. The event itself comes last: an event whose thread comes after it, or is
 * missing, is dropped without a word.
 */
export const FTRACE = { timestamp: 1, pid: 2 } as const;
/** Numbers of events that say themselves what they hold. */
export const FIRST_EVENT_ID = 65_536;
export const LAST_EVENT_ID = 131_071;
/** Fields of such an event have numbers below 32. */
export const LAST_FIELD = 31;

/** trace/ps/process_tree.proto */
export const TREE = { process: 1, thread: 2 } as const;
export const PROCESS = { pid: 1, cmdline: 3, isComm: 9 } as const;
export const THREAD = { tid: 1, name: 2, tgid: 3 } as const;
