/**
 * What can be asked of a timeline, and what is answered: plain data with typed arrays, fit for any message
 * channel.
 */
import type { PageRange, Severity, Verdict } from '../findings/finding.js';
import type { RowFilter, RowsReply, TimelineMeta } from './shapes.js';
import type { Tile, TileRequest } from './tiles.js';

/** An event as shown beside a picture. */
export interface EventRef {
  readonly row: number;
  /** On the time axis. */
  readonly time: number;
  /** 1-based line in a text source, 0 in a binary one. */
  readonly line: number;
  readonly name: string;
  /** `comm-tid` and the CPU, as far as known. */
  readonly who: string;
}

/** Rows `first .. first + count` of a group; first -1 is the whole group. */
export interface RowSpan {
  readonly rowSet: number;
  readonly group: number;
  readonly first: number;
  readonly count: number;
}

export interface InspectAsk extends RowSpan {
  /** Time asked about, and how far from it an event still counts as there. */
  readonly time: number;
  readonly tolerance: number;
}

export interface Fact {
  readonly label: string;
  readonly text: string;
  readonly since: EventRef | null;
}

export interface InspectReply {
  readonly title: string;
  /** The pages from the first to the last that the title names; null for a whole group. */
  readonly pages: PageRange | null;
  /** The last event at or before the time, -1 before the first. */
  readonly row: number;
  readonly facts: readonly Fact[];
  readonly events: readonly EventRef[];
  /** Events near the time beyond those listed. */
  readonly moreEvents: number;
  readonly findings: readonly number[];
}

export interface LaneReply {
  readonly events: readonly EventRef[];
  readonly moreEvents: number;
}

export interface TableAsk {
  readonly rowSet: number;
  /** Triples as in TileRequest. */
  readonly rows: Int32Array;
  readonly fromTime: number;
  readonly untilTime: number;
  readonly limit: number;
}

/** One stretch of a page's life. */
export interface TableLine {
  readonly group: number;
  readonly rowFirst: number;
  /** Without what they belong to, which is the group's label. */
  readonly pages: string;
  readonly from: number;
  readonly until: number;
  readonly state: string;
  readonly cause: EventRef | null;
  /** `violation G9`, several joined; '' for none. */
  readonly verdict: string;
  readonly finding: number;
}

export interface TableReply {
  readonly lines: readonly TableLine[];
  readonly more: boolean;
}

export interface MeasureReply {
  readonly fromTime: number;
  readonly untilTime: number;
  readonly events: number;
  readonly byName: readonly { readonly name: string; readonly count: number }[];
  readonly conversionsBegun: number;
  readonly conversionsEnded: number;
  readonly findings: number;
}

/** A place that a jump leads to. */
export interface Place {
  readonly time: number;
  readonly row: number;
  /** -1 when no row of the set shows it. */
  readonly group: number;
  readonly groupRow: number;
  readonly lane: number;
  readonly line: number;
  /** The event itself, null when the place is not that of an event. */
  readonly event: EventRef | null;
}

export interface FindReply {
  readonly place: Place | null;
  /** What was found, or why nothing was. */
  readonly message: string;
}

export interface FindingReply {
  readonly id: string;
  /** Its page and what is wrong with it. */
  readonly title: string;
  readonly rule: string;
  readonly verdict: Verdict;
  readonly severity: Severity;
  readonly message: string;
  /** What other rules say of the same fault at the same event. */
  readonly also: readonly { readonly rule: string; readonly message: string }[];
  readonly pages: string;
  readonly at: EventRef;
  readonly evidence: readonly {
    readonly event: EventRef;
    readonly role: string;
    readonly note: string;
    readonly lane: number;
  }[];
}

/** Questions by name. */
export interface TimelineAsks {
  meta: { params: Record<string, never>; result: TimelineMeta };
  rows: { params: RowFilter; result: RowsReply };
  /** null when the row set was dropped: ask for the rows again. */
  tile: { params: TileRequest; result: Tile | null };
  inspect: { params: InspectAsk; result: InspectReply };
  /** What a lane's thread did near a time. */
  lane: {
    params: { readonly lane: number; readonly time: number; readonly tolerance: number };
    result: LaneReply;
  };
  table: { params: TableAsk; result: TableReply };
  measure: { params: { readonly fromTime: number; readonly untilTime: number }; result: MeasureReply };
  find: {
    params: { readonly text: string; readonly rowSet: number; readonly fromTime: number };
    result: FindReply;
  };
  locate: { params: { readonly row: number; readonly rowSet: number }; result: Place };
  finding: { params: { readonly index: number }; result: FindingReply };
}
export type AskName = keyof TimelineAsks;
/** A question with its name. */
export type TimelineAsk = {
  [K in AskName]: { readonly ask: K; readonly params: TimelineAsks[K]['params'] };
}[AskName];
export type TimelineResult = TimelineAsks[AskName]['result'];
