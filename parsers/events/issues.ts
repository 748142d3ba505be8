/**
 * What a parser noticed besides events. Closed codes, each with a sentence for the user and what to do;
 * content never throws. Loss is both an issue and a {@link LossMark} that the model sees.
 */
export type IssueSeverity = 'info' | 'notice' | 'dataLoss' | 'error';

export interface IssueKind {
  readonly severity: IssueSeverity;
  /** States what was found and what was expected. */
  readonly sentence: string;
  /** What the user can do. */
  readonly advice: string;
}

/** What to do where a trace is too large. */
export const LESS_AT_ONCE =
  'Give less at once: a range of it (sed -n FROM,TOp of a text, trace-cmd split), fewer events (a filter of the ' +
  'recording), or write its tables as Parquet, part by part (shimtrace export --parquet); or use a machine with ' +
  'more memory (NODE_OPTIONS=--max-old-space-size=MB where it is that of Node.js).';

export const ISSUE_KINDS = {
  'lost-events': {
    severity: 'dataLoss',
    sentence: 'The kernel dropped events here.',
    advice: 'Record with a larger buffer (buffer_size_kb, trace-cmd -b, perf -m) or fewer events.',
  },
  overwritten: {
    severity: 'dataLoss',
    sentence: 'The buffer holds fewer entries than were written: the oldest were overwritten.',
    advice: 'Record with a larger buffer_size_kb, or read trace_pipe while recording.',
  },
  'fewer-entries': {
    severity: 'dataLoss',
    sentence: 'The file shows fewer entries than its header counts.',
    advice: 'It was cut or filtered, or it is the buffer of one CPU only: give Shimtrace the whole trace.',
  },
  'not-all-read': {
    severity: 'dataLoss',
    sentence: 'The kernel counted more events in its ring buffers than the file holds.',
    advice:
      'Record again: the recorder lost them on their way, or the file was split; where they are missing is not known.',
  },
  sampled: {
    severity: 'dataLoss',
    sentence: 'perf was told to take a sample of the events, not all of them.',
    advice: 'Record without -F and with -c 1, which is what perf does for tracepoints by itself.',
  },
  'buffer-started': {
    severity: 'dataLoss',
    sentence: "This CPU's buffer starts here: its earlier events are absent.",
    advice: 'Record with a larger buffer_size_kb.',
  },
  'torn-line': {
    severity: 'dataLoss',
    sentence:
      'This line is not whole: it ends early, or holds the beginning of one event and the end of another.',
    advice:
      'An unknown number of lines is missing here, on every CPU. Read trace_pipe with a reader that waits (dd, not a cat that splices), and copy the text as it is.',
  },
  'left-out': {
    severity: 'dataLoss',
    sentence:
      'Lines were left out here: a mark says so, or text that is no part of the trace stands between events.',
    advice: 'Give Shimtrace the whole trace: what was left out is unknown, on every CPU.',
  },
  'other-format': {
    severity: 'dataLoss',
    sentence:
      'Lines of another format stand in this text, which most of its lines are not of; they were not read.',
    advice: 'Give Shimtrace each recording as a file of its own, together: shimtrace check A B.',
  },
  'record-incomplete': {
    severity: 'dataLoss',
    sentence: 'The recorder counted events that are not here, and where they are missing is not known.',
    advice: 'Record again with a larger buffer (shimtrace record --buffer-kb), or for fewer rules (--for).',
  },
  'record-unusable': {
    severity: 'notice',
    sentence: 'What lies beside the trace as its .record.json is not of this recording, or cannot be read.',
    advice: 'Keep a recording as it was written, and its .record.json with it.',
  },
  'torn-tail': {
    severity: 'dataLoss',
    sentence: 'The input ends inside a record.',
    advice: 'Copy the trace after recording has stopped; what precedes the tear is kept.',
  },
  empty: {
    severity: 'error',
    sentence: 'The input holds no event.',
    advice: 'Check that tracing_on was 1 and that events were enabled.',
  },
  'not-a-trace': {
    severity: 'error',
    sentence: 'This is none of the formats that Shimtrace reads.',
    advice:
      'Give it the text of an ftrace buffer (cat /sys/kernel/tracing/trace), a trace.dat, a perf.data, their text, a Perfetto trace, or a QEMU log.',
  },
  'raw-format': {
    severity: 'error',
    sentence: 'The trace was printed with options/raw: it has type numbers in place of events.',
    advice: 'Print it again after `echo 0 > /sys/kernel/tracing/options/raw`.',
  },
  'hex-format': {
    severity: 'error',
    sentence: 'The trace was printed with options/hex: it has raw numbers in place of events.',
    advice: 'Print it again after `echo 0 > /sys/kernel/tracing/options/hex`.',
  },
  'bin-format': {
    severity: 'error',
    sentence: 'The trace was printed with options/bin: it is raw binary without its formats.',
    advice: 'Print it again after `echo 0 > /sys/kernel/tracing/options/bin`.',
  },
  'no-context': {
    severity: 'notice',
    sentence:
      'The trace was printed without context (options/context-info is off): no task, CPU or time is known, so order across CPUs cannot be decided.',
    advice: 'Print it again after `echo 1 > /sys/kernel/tracing/options/context-info`.',
  },
  'no-cpu': {
    severity: 'notice',
    sentence:
      'The lines name no CPU: events are in the order of their times, and those that lie close together have none.',
    advice: 'Print them as the kernel does, with task and CPU in front.',
  },
  untimed: {
    severity: 'notice',
    sentence: 'The lines have no time: their order is known, but they cannot be aligned with another file.',
    advice: 'Print times: -msg timestamp=on for QEMU, -F +time for perf script.',
  },
  'no-time': {
    severity: 'notice',
    sentence:
      'function_graph prints no time for the events between its calls, so order across CPUs cannot be decided.',
    advice:
      'Record with the nop tracer, or print with options/funcgraph-abstime and options/funcgraph-proc on.',
  },
  'other-tool': {
    severity: 'error',
    sentence: 'This is the output of another tool, which prints no events as the kernel does.',
    advice:
      'Record the events themselves: shimtrace record, trace-cmd, or perf record and then perf script. shimtrace info --recipe prints the commands.',
  },
  counts: {
    severity: 'error',
    sentence: 'This is a summary: counts, not events.',
    advice: 'Give Shimtrace what it was made of: the perf.data, the output of perf script, or a trace.',
  },
  'event-list': {
    severity: 'error',
    sentence: 'This lists events or probes that can be recorded: none that happened.',
    advice: 'Record them, and give Shimtrace the trace: shimtrace info --recipe prints the commands.',
  },
  histogram: {
    severity: 'error',
    sentence: 'This is the output of a hist trigger: counts, not events.',
    advice: 'Give Shimtrace the trace itself.',
  },
  'bad-line': {
    severity: 'notice',
    sentence: 'This line is not an event and not a comment.',
    advice: 'Nothing, if it is foreign text; otherwise tell us the kernel and the options that printed it.',
  },
  'long-line': {
    severity: 'notice',
    sentence: 'A line of more than a megabyte was skipped.',
    advice: 'Check whether the file is the trace you meant.',
  },
  'invalid-utf8': {
    severity: 'info',
    sentence: 'Some bytes are not UTF-8; they are shown as U+FFFD.',
    advice: 'Nothing: probe arguments of type char may print raw bytes.',
  },
  'clock-back': {
    severity: 'notice',
    sentence: 'The times go back here: the lines are not in the order in which they were recorded.',
    advice:
      'Events stay in the order of the file; where they go back by more than an event comes late, nothing is decided by the order across this point. Parts of a trace, or several recordings, may have been put together: give Shimtrace the trace as it was recorded.',
  },
  'relative-time': {
    severity: 'notice',
    sentence:
      'Times are relative to the previous event or to the start and cannot be aligned with other files.',
    advice: 'Print with absolute times to merge files.',
  },
  'unread-arguments': {
    severity: 'notice',
    sentence: 'Events are known by their name, but what rules need of them could not be read.',
    advice:
      'Those rules are undecided. Give a probe the arguments that the recipe has (shimtrace info --recipe); ' +
      'of another event, tell us the kernel and the tool that printed it.',
  },
  'unreadable-value': {
    severity: 'info',
    sentence: 'An argument could not be read by the kernel, shown as (fault).',
    advice: 'Nothing: the value is treated as unknown.',
  },
  'foreign-lines': {
    severity: 'info',
    sentence: 'Lines before, between or after the trace are not part of it and were skipped.',
    advice: 'Nothing.',
  },
  'duration-lines': {
    severity: 'info',
    sentence: 'Lines of the function tracer that are no calls were skipped.',
    advice: 'Nothing.',
  },
  'bad-header': {
    severity: 'error',
    sentence: "The file's header is damaged or lies about a length.",
    advice: 'Record or copy the file again.',
  },
  'bad-record': {
    severity: 'dataLoss',
    sentence: "A record's length or type is impossible; the rest of its page or buffer was skipped.",
    advice: 'Record or copy the file again.',
  },
  'bad-format': {
    severity: 'notice',
    sentence: "An event's format description could not be read: its events are kept undecoded.",
    advice: 'Tell us the kernel version.',
  },
  'unknown-event-id': {
    severity: 'notice',
    sentence: 'Events with a type id that the file does not describe were kept without a name.',
    advice: "Record with the events' formats (a module may have been unloaded).",
  },
  'needs-trace-events': {
    severity: 'notice',
    sentence: "This recording of QEMU's simple backend has numbers in place of its events' names.",
    advice:
      'Give the trace-events-all file of the QEMU that recorded it: --trace-events FILE, "traceEvents" in a .shimtrace.json, or the setting shimtrace.qemu.traceEvents.',
  },
  'other-arguments': {
    severity: 'notice',
    sentence: "Events of QEMU's simple backend have other arguments than those known, and were not read.",
    advice:
      'Give the trace-events-all file of the QEMU that recorded it: --trace-events FILE, "traceEvents" in a .shimtrace.json, or the setting shimtrace.qemu.traceEvents.',
  },
  'unsupported-version': {
    severity: 'error',
    sentence: 'This version of the format is newer than what Shimtrace reads.',
    advice: 'Convert it with the tool that wrote it, or update Shimtrace.',
  },
  'unsupported-compression': {
    severity: 'error',
    sentence: 'This compression is not supported here.',
    advice: 'Decompress the file first.',
  },
  archive: {
    severity: 'error',
    sentence: 'This is an archive, not a trace.',
    advice: 'Unpack it and give Shimtrace the trace inside.',
  },
  'decompress-failed': {
    severity: 'dataLoss',
    sentence: 'The compressed data is damaged here; what precedes it is kept.',
    advice: 'Copy the file again.',
  },
  'too-large': {
    severity: 'error',
    sentence: 'This file needs more memory than this host can give.',
    advice: 'Use the command line or the desktop editor, or cut the trace.',
  },
  'limit-met': {
    severity: 'error',
    sentence: 'A limit was met behind this event: all up to it was kept and is judged, no more was read.',
    advice: LESS_AT_ONCE,
  },
  'not-all-judged': {
    severity: 'error',
    sentence: 'A limit was met at this event: what follows was read, but not judged.',
    advice: LESS_AT_ONCE,
  },
  io: {
    severity: 'error',
    sentence: 'The file could not be read.',
    advice: 'Check the path and its permissions.',
  },
  'changed-while-read': {
    severity: 'notice',
    sentence: 'The file changed while it was read; what had been read is judged.',
    advice: 'Run again when recording has stopped.',
  },
  'unaligned-clocks': {
    severity: 'notice',
    sentence:
      'The clocks of these files cannot be aligned by what they say of themselves, so nothing was decided across them.',
    advice:
      'Give an offset (--offset FILE=NS, or clockOffsetNs in a .shimtrace.json), or record with one clock: trace-cmd -C mono, perf -k mono, trace-cmd --date beside a QEMU log.',
  },
  'other-parts': {
    severity: 'notice',
    sentence: 'This mail has events in several of its parts; the one with most was read.',
    advice: 'Save the part that you mean as a file of its own, if it is another one.',
  },
  'same-events': {
    severity: 'notice',
    sentence:
      'Two of these files hold the same events, each of which would count twice, so they were not taken as one trace.',
    advice: 'Give one of the two.',
  },
} as const satisfies Record<string, IssueKind>;

export type IssueCode = keyof typeof ISSUE_KINDS;

/** Of a limit that was met: not all of the trace was read, or judged. */
export type LimitCode = 'limit-met' | 'not-all-judged';
const LIMITS: readonly IssueCode[] = ['limit-met', 'not-all-judged'] satisfies LimitCode[];

export function isLimited({ issues }: { readonly issues: readonly Issue[] }): boolean {
  return issues.some(({ code }) => LIMITS.includes(code));
}

/** Where in the source: a byte offset, and a 1-based line where the source is text (0 elsewhere). */
export interface SourcePlace {
  readonly offset: number;
  readonly line: number;
}

export interface Issue extends SourcePlace {
  readonly code: IssueCode;
  /** How many times from this place on (repeats are counted at the first place). */
  count: number;
  /** Facts: what was found, for example the bytes or the length. May be empty. */
  readonly detail: string;
  /** The file that it is of, where a trace was merged from several. */
  readonly file?: string;
}

/** Events are missing before `row` on `cpu` (-1: on every CPU). `count` 0 means unknown how many. */
export interface LossMark extends SourcePlace {
  /** The first row after the gap; may equal the table's length. */
  readonly row: number;
  readonly cpu: number;
  readonly count: number;
  /** True when everything before this row may be missing events (an overwritten start), not only a gap. */
  readonly fromStart: boolean;
}

/** Kept per code: more than this many places of one code are only counted. */
const PLACES_PER_CODE = 50;

export class IssueLog {
  readonly list: Issue[] = [];
  private readonly perCode = new Map<IssueCode, Issue[]>();

  add(code: IssueCode, offset: number, line: number, detail = '', count = 1): void {
    let places = this.perCode.get(code);
    if (!places) {
      places = [];
      this.perCode.set(code, places);
    }
    if (places.length >= PLACES_PER_CODE) {
      places[PLACES_PER_CODE - 1]!.count += count;
      return;
    }
    const issue: Issue = { code, offset, line, count, detail };
    places.push(issue);
    this.list.push(issue);
  }

  /** Adds to the count of the first place of this code, recording it when it is the first. */
  tally(code: IssueCode, offset: number, line: number, detail = ''): void {
    const first = this.perCode.get(code)?.[0];
    if (first) first.count++;
    else this.add(code, offset, line, detail);
  }

  has(code: IssueCode): boolean {
    return this.perCode.has(code);
  }
}
