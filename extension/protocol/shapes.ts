/** What the worker tells of a trace for the lists beside it and for moving about in it: plain data. */
import type { ExplainedStep } from '../../model/findings/explain.js';
import type { Verdict } from '../../model/findings/finding.js';
import type { EventPlace, Spot } from './place.js';

export interface ConversionPhase {
  readonly name: string;
  readonly spot: Spot;
}

/** One conversion. Durations are nanoseconds, -1 when the trace has no such unit or it has not ended. */
export interface ConversionRow {
  /** `gfns 0x4..0x5`, or `pages` of a file. */
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
  /** Line of its last event; 0 while in flight. */
  readonly lastLine: number;
  readonly pageCount: number;
  readonly phases: readonly ConversionPhase[];
}

/** A conversion as it is chosen from a list. */
export interface ConversionChoice {
  readonly index: number;
  readonly label: string;
  readonly row: number;
  readonly line: number;
}

/** What makes a conversion worth a look; `all` holds every one. */
export type ConversionGroup = 'in flight' | 'failed' | 'slow' | 'repeated' | 'all';

export interface ConversionGroupRows {
  readonly group: ConversionGroup;
  /** How many belong to it and hold the filter. */
  readonly total: number;
  /** The first of them; `slow` begins with the slowest, the others with the earliest. */
  readonly rows: readonly ConversionRow[];
}

export interface ConversionGroups {
  readonly groups: readonly ConversionGroupRows[];
  readonly total: number;
  /** How many hold the filter. */
  readonly matching: number;
}

/** A page with the guest's faults on it, and its installs. */
export interface FaultRow {
  /** The same for every answer about a trace. */
  readonly key: string;
  readonly label: string;
  /** What goes on, in two words; '' for a page with few faults and installs. */
  readonly pattern: string;
  readonly faults: number;
  readonly installs: number;
  /** Events were lost: the counts are the least that there were. */
  readonly atLeast: boolean;
  /** One clause each. */
  readonly facts: readonly string[];
  /** The first of its events. */
  readonly spot: Spot;
  readonly places: readonly { readonly name: string; readonly spot: Spot }[];
}

/** Pages with three faults or installs and more, and all of them. */
export type FaultGroup = 'repeated' | 'all';

/** The name of such a group as a part of the lists: conversions have groups of the same names. */
export function faultPart(group: FaultGroup): string {
  return `faults ${group}`;
}

export interface FaultGroups {
  readonly groups: readonly {
    readonly group: FaultGroup;
    /** How many belong to it and hold the filter. */
    readonly total: number;
    /** The first of them, the worst first. */
    readonly rows: readonly FaultRow[];
  }[];
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
export interface SlotRow {
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
export interface HolderRow {
  readonly pages: string;
  readonly kind: string;
  readonly holder: string;
  readonly age: string;
  /** Conversions of these pages that failed since it was taken. */
  readonly outlived: number;
  readonly spot: Spot;
}

export interface Lists {
  readonly slots: readonly SlotRow[];
  /** The oldest references that hold the filter, of how many; and how many there are without it. */
  readonly holders: readonly HolderRow[];
  readonly holdersMatching: number;
  readonly holdersTotal: number;
  /** Runs of pages over all slots: those that hold the filter, and all. */
  readonly runsMatching: number;
  readonly runsTotal: number;
  /** `at the end of the trace`, or `at line 120`: when what is told of pages and references was so. */
  readonly at: string;
}

/** The part of {@link Lists} that holds references. */
export const HOLDERS = 'holders';
/** Entries of a part of a list, and how many more each *Show more* brings. */
export const ROWS_AT_ONCE = 200;

/** What is wanted of a list: what holds a text, and how many of each part (200 unless said). */
export interface Wanted {
  readonly filter: string;
  readonly shown: Readonly<Record<string, number>>;
}

export interface ExplanationStep extends Omit<ExplainedStep, 'row' | 'line'> {
  readonly spot: Spot;
}

export interface FindingExplanation {
  readonly id: string;
  readonly rule: string;
  readonly name: string;
  /** Its page and what is wrong with it; what could not be decided is told by the message. */
  readonly title: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly statement: string;
  readonly source: string;
  readonly fix: string;
  readonly pages: string;
  readonly stateBefore: string;
  readonly steps: readonly ExplanationStep[];
}

/** An event with the state of the pages that it concerns. */
export interface EventDetails {
  readonly place: EventPlace;
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly text: string;
  /** What its numbers mean, each as `error_code 0x181: guest read, …`. */
  readonly words: readonly string[];
  /** Stacks that were recorded with it, the innermost frame first. */
  readonly stacks: readonly { readonly user: boolean; readonly frames: readonly string[] }[];
  /** False for an event that the vocabulary does not know, and for a guest's own. */
  readonly understood: boolean;
  /** True for an event of a guest's own kernel, beside its host's. */
  readonly ofGuest: boolean;
  readonly pages: readonly PageChange[];
}

/** State of one page, or of a run of pages, around an event: each line one fact. */
export interface PageChange {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /**
   * What a data breakpoint on these pages watches (see extension/debugger/watchId.ts),
   * '' where their owner is not known.
   */
  readonly dataId: string;
}

/** Which events are neighbours of one: those of its page, of its conversion, or of its task. */
export type Along = 'page' | 'conversion' | 'task';

/** A stretch of the trace's text. */
export interface WindowText {
  /** 1-based line of the trace that the text begins with. */
  readonly firstLine: number;
  readonly text: string;
}

export interface LineHint {
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly tooltip: string;
}

/** An answer about the page of an event. */
export interface PageAnswer {
  readonly question: string;
  readonly page: string;
  readonly statements: readonly { readonly text: string; readonly spots: readonly Spot[] }[];
  readonly missing: readonly string[];
}
