/**
 * What the host and the analysis worker say to each other. One worker serves one trace; it keeps the event table, the
 * host gets views: plain data, a few kilobytes for a trace of any size. Every request ends in a result or an error.
 */
import type {
  EvidenceRole,
  ProfileId,
  Reason,
  RuleStatus,
  Severity,
  UndecidedReason,
  Verdict,
} from '../../model/findings/finding.js';
import type { TimelineAsk, TimelineResult } from '../../model/timeline/asks.js';
import type { ClockName } from '../../parsers/events/table.js';
import type { DebugMessage } from '../worker/debugServer.js';
import type { LineOf, Spot, Shown, ViewMethods } from './shapes.js';
import type { IssueCode, IssueSeverity } from '../../parsers/events/issues.js';

/** Where an event stands in the trace. */
export interface PlaceView {
  readonly row: number;
  /** 1-based line of a text trace, 0 in a binary one. */
  readonly line: number;
  readonly offset: number;
  /** UTF-16 columns of the event's text within its line, from 0. */
  readonly startColumn: number;
  readonly endColumn: number;
  /** Seconds with their fraction as the trace's clock has them, or a plain count of ticks. */
  readonly time: string;
  /** -1 when not known. */
  readonly cpu: number;
  readonly tid: number;
  readonly comm: string;
  readonly event: string;
  /** URI of its file, where the trace is of several. */
  readonly file?: string;
}

export interface EvidenceView {
  readonly place: PlaceView;
  readonly role: EvidenceRole;
  readonly note: string;
}

export interface FindingView {
  readonly id: string;
  readonly rule: string;
  readonly profile: ProfileId;
  readonly verdict: Verdict;
  readonly severity: Severity;
  readonly message: string;
  readonly reason?: Reason;
  readonly at: PlaceView;
  readonly pages?: PagesView;
  readonly evidence: readonly EvidenceView[];
}

export interface PagesView {
  /** Index of the VM, -1 unknown. */
  readonly vm: number;
  /** Index of the inode, -1 unknown. */
  readonly inode: number;
  readonly unit: 'gfn' | 'pgoff';
  readonly first: number;
  readonly count: number;
  /** `tgid:493 gfn 0x100001..0x100002`. */
  readonly label: string;
}

export interface ReasonView extends Omit<UndecidedReason, 'row'> {
  readonly at: PlaceView;
}

export interface RuleView extends Omit<RuleStatus, 'reasons'> {
  readonly reasons: readonly ReasonView[];
  /** Short name, statement and advice from the rule's own file. */
  readonly name: string;
  readonly statement: string;
  readonly fix: string;
  readonly severity: Severity;
}

export interface IssueView {
  readonly code: IssueCode;
  readonly severity: IssueSeverity;
  readonly sentence: string;
  readonly advice: string;
  readonly detail: string;
  readonly line: number;
  readonly offset: number;
  readonly count: number;
}

/** All that the host keeps of a trace. */
export interface Report {
  /** The files of a trace of several, by their URIs. */
  readonly files?: readonly {
    readonly uri: string;
    readonly name: string;
    readonly role: string;
    readonly shown: Shown;
    readonly lines: number;
  }[];
  readonly format: string;
  readonly clock: ClockName;
  readonly kernel: string;
  readonly producer: string;
  readonly sizeBytes: number;
  readonly shown: Shown;
  /** Line of its last event, in its file or its listing. */
  readonly lines: number;
  readonly events: { readonly total: number; readonly understood: number; readonly unknown: number };
  readonly profiles: readonly ProfileId[];
  readonly profileReason: string;
  readonly findings: readonly FindingView[];
  readonly rules: readonly RuleView[];
  readonly issues: readonly IssueView[];
  readonly tookMs: { readonly read: number; readonly judge: number };
}

export interface CheckOptions {
  readonly profiles?: readonly ProfileId[];
  readonly skewNs?: number;
  readonly clock?: ClockName;
}

/** An event with the state of the pages that it concerns. */
export interface EventView {
  readonly place: PlaceView;
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
  /** False for an event that the vocabulary does not know, and for a guest's own. */
  readonly understood: boolean;
  /** True for an event of a guest's own kernel, beside its host's. */
  readonly ofGuest: boolean;
  readonly pages: readonly PageStateView[];
}

/** State of one page, or of a run of pages, around an event: each line one fact. */
export interface PageStateView {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /** What a data breakpoint on these pages watches (see extension/debugger/watchId.ts), '' where their owner is not known. */
  readonly dataId: string;
}

/** A conversion as it is chosen from a list. */
export interface ConversionView {
  readonly index: number;
  readonly label: string;
  readonly row: number;
  readonly line: number;
}

/** Requests by method name. */
export interface Methods extends ViewMethods {
  /** Digest of a large trace's content, '' for a small one; what is asked later is judged by these options. */
  digest: { params: CheckOptions; result: string };
  /** Reads the trace unless it was read already, and judges it. */
  check: { params: CheckOptions; result: Report };
  /** Whether the file, or what a compressed one holds, begins as a trace does; it is not read further. */
  holdsTrace: { params: object; result: boolean };
  /** The event that a 1-based line belongs to. */
  eventAtLine: { params: LineOf; result: EventView | null };
  /** A message of the debug adapter protocol for a session on this trace; what it answers comes as messages. */
  debug: { params: DebugMessage; result: null };
  /** Ends a debug session. */
  endDebug: { params: { readonly session: number }; result: null };
  /** Conversions of the judged trace, the first thousand. */
  conversions: { params: object; result: readonly ConversionView[] };
  /** Where the event of a row stands. */
  spot: { params: { readonly row: number }; result: Spot };
  /** A question to the timeline of the judged trace, which is made at the first one. */
  timeline: { params: TimelineAsk; result: TimelineResult };
}
export type Method = keyof Methods;

export type Request = {
  [M in Method]: { readonly id: number; readonly method: M; readonly params: Methods[M]['params'] };
}[Method];

/** `io`: the file could not be read; `too-large`: not on this host; `internal`: a bug of ours; `cancelled`: the worker was ended. */
export interface JobError {
  readonly code: 'io' | 'too-large' | 'internal' | 'cancelled';
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
  | { readonly debug: DebugMessage };

/** One end of a channel to the other side; both hosts' workers fit it. */
export interface Port<Out, In> {
  /** Buffers in `moved` are handed over rather than copied. */
  post(message: Out, moved?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: In) => void): void;
}
