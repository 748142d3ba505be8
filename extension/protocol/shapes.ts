/** What the worker tells of a trace for the lists beside it and for moving about in it: plain data. */
import type { QuestionId } from '../../model/answers/index.js';
import type { ExplainedStep } from '../../model/findings/explain.js';
import type { Verdict } from '../../model/findings/finding.js';

/** A place to go to: 1-based line (0 in a binary trace), column from 0, row. */
export interface Spot {
  readonly row: number;
  readonly line: number;
  readonly column: number;
  /** URI of its file, where the trace is of several. */
  readonly file?: string;
}

export interface PhaseView {
  readonly name: string;
  readonly spot: Spot;
}

/** One conversion. Durations are nanoseconds, -1 when the trace has no such unit or it has not ended. */
export interface ConversionRow {
  /** `pages [0x4,0x6)`. */
  readonly pages: string;
  /** The VM or file, where the trace has several; else ''. */
  readonly owner: string;
  readonly index: number;
  readonly label: string;
  readonly toPrivate: boolean;
  readonly state: 'in flight' | 'failed' | 'done' | 'unknown';
  /** `EAGAIN` for a failed one, else ''. */
  readonly errno: string;
  readonly durationNs: number;
  readonly duration: string;
  /** How many conversions of the same pages in the same direction came before it and failed. */
  readonly retries: number;
  readonly spot: Spot;
  /** Line of its last event; 0 while in flight or in a binary trace. */
  readonly lastLine: number;
  readonly pageCount: number;
  readonly phases: readonly PhaseView[];
}

/** What makes a conversion worth a look; `all` holds every one. */
export type ConversionGroup = 'in flight' | 'failed' | 'slow' | 'repeated' | 'all';

export interface ConversionGroupView {
  readonly group: ConversionGroup;
  /** How many belong to it and hold the filter. */
  readonly total: number;
  /** The first of them; `slow` begins with the slowest, the others with the earliest. */
  readonly rows: readonly ConversionRow[];
}

export interface ConversionGroups {
  readonly groups: readonly ConversionGroupView[];
  readonly total: number;
  /** How many hold the filter. */
  readonly matching: number;
}

/** Pages with one state. */
export interface PageRun {
  readonly label: string;
  readonly kind: PageKind;
  readonly state: string;
  readonly count: number;
  /** The event that made it so; row -1 when none in the trace did. */
  readonly since: Spot;
}

export type PageKind = 'shared' | 'private' | 'converting' | 'unknown';

/** A memslot, or a file or VM without one, with its pages at one instant. */
export interface SlotView {
  /** The same at every instant of a trace. */
  readonly key: string;
  readonly vm: string;
  readonly label: string;
  /** All its pages by kind, whatever is listed of them. */
  readonly counts: Readonly<Partial<Record<PageKind, number>>>;
  /** The first runs that hold the filter, of how many. */
  readonly runs: readonly PageRun[];
  readonly total: number;
  /** Pages whose state was not worked out, because too many differ. */
  readonly leftOut: number;
}

/** A reference that somebody holds at one instant. */
export interface HolderView {
  readonly pages: string;
  readonly kind: string;
  readonly holder: string;
  readonly age: string;
  /** Conversions of these pages that failed since it was taken. */
  readonly outlived: number;
  readonly spot: Spot;
}

export interface Lists {
  readonly slots: readonly SlotView[];
  /** The oldest references that hold the filter, of how many; and how many there are without it. */
  readonly holders: readonly HolderView[];
  readonly holdersMatching: number;
  readonly holdersTotal: number;
  /** Runs of pages over all slots: those that hold the filter, and all. */
  readonly runsMatching: number;
  readonly runsTotal: number;
  /** `at the end`, or the line that pages and references are told of. */
  readonly at: string;
}

/** The part of {@link Lists} that holds references. */
export const HOLDERS = 'holders';
/** Entries of a part of a list, and how many more each *Show more* brings. */
export const PAGE_SIZE = 200;

/** What is wanted of a list: what holds a text, and how many of each part (200 unless said). */
export interface Wanted {
  readonly filter: string;
  readonly shown: Readonly<Record<string, number>>;
}

export interface StepView extends Omit<ExplainedStep, 'row' | 'line'> {
  readonly spot: Spot;
}

export interface ExplanationView {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly statement: string;
  readonly source: string;
  readonly fix: string;
  readonly pages: string;
  readonly stateBefore: string;
  readonly steps: readonly StepView[];
}

/** A 1-based line, in a trace of several files of one of them. */
export interface LineOf {
  readonly line: number;
  /** URI of the line's file. */
  readonly file?: string;
}

/** Which events are neighbours of one: those of its page, of its conversion, or of its task. */
export type Along = 'page' | 'conversion' | 'task';

/**
 * What shows a trace as text: its own file, a listing of its events (one in a line, row 0 in line 1), or a listing of
 * the lines that a compressed file holds.
 */
export type Shown = 'file' | 'events' | 'content';

/** A stretch of the trace's text. */
export interface WindowText {
  /** 1-based line of the trace that the text begins with. */
  readonly firstLine: number;
  readonly text: string;
}

export interface HintView {
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly tooltip: string;
}

/** An answer about the page of an event. */
export interface AnswerView {
  readonly question: string;
  readonly page: string;
  readonly statements: readonly { readonly text: string; readonly spots: readonly Spot[] }[];
  readonly missing: readonly string[];
}

/** Requests by name, as in job.ts. */
export interface ViewMethods {
  /** Pages and references at a line or at the end; parts are `SlotView.key`s and {@link HOLDERS}. */
  lists: { params: Partial<Wanted> & { readonly line?: number }; result: Lists };
  /** Conversions by what is worth a look; parts are the groups. */
  conversionGroups: { params: Partial<Wanted>; result: ConversionGroups };
  /** Conversions that begin in these lines, both inclusive: the first of how many. */
  conversionsIn: {
    params: { readonly fromLine: number; readonly toLine: number };
    result: { readonly rows: readonly ConversionRow[]; readonly total: number };
  };
  explain: { params: { readonly finding: string }; result: ExplanationView | null };
  /** The next (or previous) event after a line along a page, a conversion or a task. */
  neighbour: { params: LineOf & { readonly along: Along; readonly forward: boolean }; result: Spot | null };
  /** Where the present state of an event's page was made. */
  origin: { params: LineOf; result: readonly Spot[] };
  /** The whole life of an event's page. */
  life: { params: LineOf; result: readonly (Spot & { readonly what: string })[] };
  /** State after, and time since the page's last event, for the events of some lines. */
  hints: { params: { readonly fromLine: number; readonly toLine: number }; result: readonly HintView[] };
  /** A question about the page of the event at a line; null when the event names no page. */
  answer: { params: LineOf & { readonly question: QuestionId }; result: AnswerView | null };
  /** Lines of the listing of a trace that no editor can show as it is, both included. */
  listing: { params: { readonly first: number; readonly last: number }; result: string };
  /** Text around a line. */
  window: { params: { readonly line: number; readonly lines: number }; result: WindowText };
  /** Line ranges of the stacks that follow events, 1-based, both inclusive. */
  stacks: { params: object; result: readonly { readonly from: number; readonly to: number }[] };
  /** Shell commands that record what is missing. */
  recipe: { params: object; result: string };
}
