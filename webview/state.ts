/** The view: everything that a link, a saved window or undo brings back. Plain data and pure functions. */
import type { RowFilter } from '../model/timeline/shapes.js';
import type { KeptView } from './protocol/messages.js';

export interface View {
  /** Span in view coordinates (see model/timeline/axis.ts). */
  readonly from: number;
  readonly until: number;
  /** First row of the picture, in rows from the top; fractions scroll smoothly. */
  readonly top: number;
  /** A row stands for 2^level rows of the row set. */
  readonly level: number;
  readonly compress: boolean;
  readonly collapsed: readonly string[];
  /** First thread lane shown (see picture/lanes.ts), and true when none is. */
  readonly lanesTop: number;
  readonly lanesFolded: boolean;
  readonly filter: RowFilter;
  /** Mark bits shown. */
  readonly marks: number;
  /** Selected event, -1 none, and finding, -1 none. */
  readonly selectedRow: number;
  readonly selectedFinding: number;
  /** Two ends of a measurement in time, or empty. */
  readonly measure: readonly number[];
}

export const ALL_MARKS = 0xffff;
/** Deepest level: rows stand for at most 2^LEVEL_MAX rows. */
export const LEVEL_MAX = 30;

export const FIRST_VIEW: View = {
  from: 0,
  until: 1,
  top: 0,
  level: 0,
  compress: false,
  collapsed: [],
  lanesTop: 0,
  lanesFolded: false,
  marks: ALL_MARKS,
  selectedRow: -1,
  selectedFinding: -1,
  measure: [],
  filter: { grouping: 'vm', vm: -1, firstPage: -1, lastPage: -1, states: 0, findings: false, tid: -1 },
};

/** A view as text, for links and for the window's state. */
export function writeView(view: View): string {
  return JSON.stringify(view);
}

/** Reads what writeView wrote; whatever is missing or of the wrong type comes from `fallback`. */
export function readView(text: string, fallback: View): View {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return fallback;
  }
  if (typeof data !== 'object' || data === null) return fallback;
  const view = merged(
    data as Record<string, unknown>,
    fallback as unknown as Record<string, unknown>,
  ) as unknown as View;
  const filter = merged(
    view.filter as unknown as Record<string, unknown>,
    fallback.filter as unknown as Record<string, unknown>,
  ) as unknown as RowFilter;
  const level = Math.max(0, Math.min(LEVEL_MAX, Math.round(view.level)));
  if (!(view.until > view.from) || !['vm', 'slot', 'inode'].includes(filter.grouping)) return fallback;
  return {
    ...view,
    level,
    filter,
    collapsed: view.collapsed.filter((x) => typeof x === 'string'),
    measure: view.measure.filter((x) => Number.isFinite(x)).slice(0, 2),
  };
}

function merged(data: Record<string, unknown>, fallback: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fallback).map(([key, value]) => [key, sameType(data[key], value) ? data[key] : value]),
  );
}

function sameType(a: unknown, b: unknown): boolean {
  if (typeof b === 'number') return typeof a === 'number' && Number.isFinite(a);
  return typeof a === typeof b && a !== null && Array.isArray(a) === Array.isArray(b);
}

/**
 * The view of a page that comes back, '' for one that is new: the
 * newer of its own state and what the host kept.
 */
export function returningView(own: KeptView | null, kept: KeptView | null): string {
  if (!own) return '';
  return kept && kept.at > own.at ? kept.view : own.view;
}

/** Changes closer together than this are one step of undo. */
const STEP_MS = 600;
const STEPS_MAX = 200;

/** Undo and redo of view changes: a gesture of many small changes is one step. */
export class History {
  private readonly past: View[] = [];
  private future: View[] = [];
  private last = -Infinity;

  constructor(private now: View) {}

  get view(): View {
    return this.now;
  }
  get canUndo(): boolean {
    return this.past.length > 0;
  }
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Goes to a view at a time in milliseconds. */
  go(view: View, atMs: number): void {
    if (atMs - this.last > STEP_MS) {
      this.past.push(this.now);
      if (this.past.length > STEPS_MAX) this.past.shift();
    }
    this.last = atMs;
    this.future = [];
    this.now = view;
  }

  /** Changes the view without a step: for what is not worth undoing. */
  replace(view: View): void {
    this.now = view;
  }

  undo(): boolean {
    const view = this.past.pop();
    if (!view) return false;
    this.future.push(this.now);
    this.now = view;
    this.last = -Infinity;
    return true;
  }

  redo(): boolean {
    const view = this.future.pop();
    if (!view) return false;
    this.past.push(this.now);
    this.now = view;
    this.last = -Infinity;
    return true;
  }
}
