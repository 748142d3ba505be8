/** What a picture is told of the trace, and which of its rows it can ask for: plain data, for both ends. */
import type { Knots } from './knots.js';

/** One thread of the trace. */
export interface LaneInfo {
  readonly tid: number;
  readonly tgid: number;
  readonly comm: string;
  /** Virtual CPU that this thread ran, -1 none seen. */
  readonly vcpu: number;
  readonly events: number;
}

/** What a picture has to know before it asks for anything. */
export interface TimelineMeta {
  readonly unit: 'ns' | 'ticks' | 'rows';
  /** Smallest step of time. */
  readonly resolution: number;
  /** Absolute time of time 0, in decimal digits. */
  readonly t0: string;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  /** Maps between time and view, plain and with empty time compressed. */
  readonly plain: Knots;
  readonly compressed: Knots;
  readonly lanes: readonly LaneInfo[];
  readonly vms: readonly string[];
  /** Findings as columns. verdict: 0 violation, 1 suspicious, 2 undecidable. */
  readonly findingRow: Uint32Array;
  readonly findingTime: Float64Array;
  readonly findingVerdict: Uint8Array;
  readonly findingSeverity: Uint8Array;
  /** Number in `rules`. */
  readonly findingRule: Uint16Array;
  /** Number in `lanes`, -1 unknown. */
  readonly findingLane: Int32Array;
  /** The finding that leads those of the same fault at the same event: itself where it does. */
  readonly findingLead: Uint32Array;
  /** How many faults the violations are. */
  readonly faults: number;
  readonly rules: readonly string[];
}

export type Grouping = 'vm' | 'slot' | 'inode';

/** What a page has been at some time, as bits of RowFilter.states. */
export const Ever = {
  Shared: 1,
  Private: 2,
  Converting: 4,
  Mapped: 8,
  Referenced: 16,
  Unconverted: 32,
} as const;

export interface RowFilter {
  readonly grouping: Grouping;
  /** Index of the only VM to show, -1 for all. */
  readonly vm: number;
  /** Pages in the grouping's unit, both included; -1 for no limit. */
  readonly firstPage: number;
  readonly lastPage: number;
  /** Ever bits of which a page must have one; 0 for any page. */
  readonly states: number;
  /** Only pages with a finding. */
  readonly findings: boolean;
  /** Only pages that an operation of this thread touched; -1 for any. */
  readonly tid: number;
}

export const ALL_ROWS: RowFilter = {
  grouping: 'vm',
  vm: -1,
  firstPage: -1,
  lastPage: -1,
  states: 0,
  findings: false,
  tid: -1,
};

/** What a page has to know of a group. */
export interface GroupInfo {
  readonly kind: Grouping;
  readonly label: string;
  readonly vm: number;
  readonly inode: number;
  readonly unit: 'gfn' | 'pgoff';
  readonly rowCount: number;
  readonly pageCount: number;
  /**
   * VMs that are told apart within its rows, in the order of their lines; empty for a VM's own rows, and
   * where one VM at most binds a page.
   */
  readonly sharers: readonly string[];
  /** Rows of the table between which its pages were there at all. */
  readonly lifeFrom: number;
  readonly lifeUntil: number;
}

/** Rows that a filter asks for, and where in them findings are. */
export interface RowsReply {
  readonly rowSet: number;
  readonly filter: RowFilter;
  readonly groups: readonly GroupInfo[];
  /** Times of the first and the last event of each group's life. */
  readonly groupFrom: Float64Array;
  readonly groupUntil: Float64Array;
  /** Quadruples of FindingRow fields: a finding has one for each group that shows its pages. */
  readonly findingRows: Int32Array;
}
