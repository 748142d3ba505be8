/**
 * What the host and the analysis worker say to each other. One worker serves one trace; it keeps
 * the event table, the host gets plain data, a few kilobytes for a trace of any size. Every request
 * ends in a result or an error.
 */
import type { QuestionId } from '../../model/answers/index.js';
import type { TimelineAsk, TimelineResult } from '../../model/timeline/asks.js';
import type { CheckOptions } from './options.js';
import type { LineOf, Spot, Spots } from './place.js';
import type { FirstReport, Report } from './report.js';
import type {
  CodeEvents,
  CodeFunction,
  EventsAsk,
  NotesAsk,
  NotesView,
  ReplyAsk,
  ReplyFiles,
  ReviewAsk,
  ReviewedEvent,
  ReviewView,
  SeriesFacts,
  TreeFile,
} from './review.js';
import type { SqlAsk, SqlResult } from './sql.js';
import type {
  Along,
  ConversionChoice,
  ConversionGroups,
  ConversionRow,
  EventDetails,
  FaultGroups,
  FindingExplanation,
  LineHint,
  Lists,
  PageAnswer,
  Wanted,
  WindowText,
} from './shapes.js';

/** A message of the debug adapter protocol, to or from one of the sessions on a trace. */
export interface DebugMessage {
  /** Number that the host gave the session. */
  readonly session: number;
  readonly message: unknown;
}

/** What a recorder wrote beside the trace. */
export interface TextsBeside {
  readonly json: string | undefined;
  readonly log: string | undefined;
}

/** Requests by name. */
export interface Methods {
  /**
   * Digest of a large trace's content, '' for a small one; what is asked later is judged by these options.
   */
  digest: { params: CheckOptions; result: string };
  /**
   * The report of a trace that was read and judged in this way before, null where none is kept. It is
   * compared with the file's digest behind that, and the worker says so where it is another file's.
   */
  kept: { params: CheckOptions; result: Report | null };
  /** Removes what is kept of all traces; returns how many there were. */
  clearKept: { params: object; result: number };
  /** Reads the trace unless it was read already, and judges it. */
  check: { params: CheckOptions; result: Report };
  /**
   * The file has changed, and what lies beside it may have: what is asked next is of the file as it is now.
   * False where the worker cannot read it again.
   */
  again: { params: { readonly beside: TextsBeside | undefined }; result: boolean };
  /** Whether the file, or what a compressed one holds, begins as a trace does; it is not read further. */
  holdsTrace: { params: object; result: boolean };
  /** The event that a 1-based line belongs to. */
  eventAtLine: { params: LineOf; result: EventDetails | null };
  /**
   * A message of the debug adapter protocol for a session on this trace; what it answers comes as messages.
   */
  debug: { params: DebugMessage; result: null };
  /** Ends a debug session. */
  endDebug: { params: { readonly session: number }; result: null };
  /** Conversions of the judged trace, the first thousand. */
  conversions: { params: object; result: readonly ConversionChoice[] };
  /** Where the event of a row stands. */
  spot: { params: { readonly row: number }; result: Spot };
  /** A question to the timeline of the judged trace, which is made at the first one. */
  timeline: { params: TimelineAsk; result: TimelineResult };
  /**
   * Pages and references at a line; at the end without one, and where it is before every event.
   * Parts are `SlotRow.key`s and {@link HOLDERS}.
   */
  lists: { params: Partial<Wanted> & { readonly line?: number }; result: Lists };
  /** Conversions by what is worth a look; parts are the groups. */
  conversionGroups: { params: Partial<Wanted>; result: ConversionGroups };
  /** Pages with faults and installs, the worst first; parts are the groups, behind `faults `. */
  faultGroups: { params: Partial<Wanted>; result: FaultGroups };
  /** Conversions that begin in these lines, both inclusive: the first of how many. */
  conversionsIn: {
    params: { readonly fromLine: number; readonly toLine: number };
    result: { readonly rows: readonly ConversionRow[]; readonly total: number };
  };
  explain: { params: { readonly finding: string }; result: FindingExplanation | null };
  /** The next (or previous) event after a line along a page, a conversion or a task. */
  neighbour: { params: LineOf & { readonly along: Along; readonly forward: boolean }; result: Spot | null };
  /** Where the present state of an event's page was made. */
  origin: { params: LineOf; result: readonly Spot[] };
  /** The whole life of an event's page: where each of its states begins. */
  life: { params: LineOf; result: Spots };
  /** State after, and time since the page's last event, for the events of some lines. */
  hints: { params: { readonly fromLine: number; readonly toLine: number }; result: readonly LineHint[] };
  /** A question about the page of the event at a line; null when the event names no page. */
  answer: { params: LineOf & { readonly question: QuestionId }; result: PageAnswer | null };
  /** Lines of the listing of a trace that no editor can show as it is, both included. */
  listing: { params: { readonly first: number; readonly last: number }; result: string };
  /** Text around a line. */
  window: { params: { readonly line: number; readonly lines: number }; result: WindowText };
  /** The judged trace as a file for Perfetto; `path` is what that calls it. */
  perfetto: { params: { readonly path: string }; result: Uint8Array<ArrayBuffer> };
  /** A question in SQL about the judged trace. */
  sql: { params: SqlAsk; result: SqlResult };
  /** Line ranges of the stacks that follow events, 1-based, both inclusive. */
  stacks: { params: object; result: readonly { readonly from: number; readonly to: number }[] };
  /** Shell commands that record what is missing. */
  recipe: { params: object; result: string };
  /** Functions of a C file that the trace shows to have run. */
  functionsIn: { params: { readonly text: string }; result: readonly CodeFunction[] };
  /** Events of a function. */
  codeEvents: {
    params: { readonly name: string; readonly first: number; readonly count: number };
    result: CodeEvents;
  };
  /** Where one of these files of a kernel tree defines a function; null where none does. */
  definition: {
    params: { readonly name: string; readonly files: readonly TreeFile[] };
    result: { readonly path: string; readonly line: number } | null;
  };
  /** Functions that the event of a line is in, the innermost first. */
  codeAt: { params: LineOf; result: readonly string[] };
  /** One patch of the texts of files; '' where none has changed. */
  unified: {
    params: {
      readonly files: readonly { readonly path: string; readonly before: string; readonly after: string }[];
    };
    result: string;
  };
  /** What a file holds as patches, before anything else of a review is read. */
  series: { params: { readonly patch: Uint8Array }; result: SeriesFacts };
  /** A series held against recordings, which are the worker's files. */
  review: { params: ReviewAsk; result: ReviewView };
  /** What is wrong with a claim as it was written; '' for nothing. */
  claimFault: { params: { readonly text: string }; result: string };
  /** Remarks of a `.review` file on the review that was made last, and a change of them. */
  notes: { params: NotesAsk; result: NotesView };
  /** The review as it is sent. */
  reply: { params: ReplyAsk; result: ReplyFiles };
  /** How to record what the patches touch: with recordings, what those lack. */
  patchRecipe: { params: object; result: string };
  /** Events of a function of the review that was made last. */
  reviewEvents: {
    params: EventsAsk;
    result: { readonly total: number; readonly events: readonly ReviewedEvent[] };
  };
}

export type Method = keyof Methods;

export type Request = {
  [M in Method]: { readonly id: number; readonly method: M; readonly params: Methods[M]['params'] };
}[Method];

/**
 * `io`: the file could not be read; `limit`: there is no memory for what was asked; `internal`: a bug of
 * ours; `cancelled`: the worker was ended.
 */
export interface JobError {
  readonly code: 'io' | 'limit' | 'internal' | 'cancelled';
  readonly message: string;
}

export interface Progress {
  readonly stage: 'reading' | 'judging';
  readonly done: number;
  readonly total: number;
}

export type FromWorker =
  | { readonly id: number; readonly result: Methods[Method]['result'] }
  | { readonly id: number; readonly error: JobError }
  | { readonly progress: Progress }
  /** What `kept` gave is of other bytes than the file has. */
  | { readonly stale: true }
  | { readonly first: FirstReport }
  | { readonly debug: DebugMessage };

/** One end of a channel to the other side; both hosts' workers fit it. */
export interface Port<Out, In> {
  /** Buffers in `moved` are handed over rather than copied. */
  post(message: Out, moved?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: In) => void): void;
}
