/**
 * The life of one page, replayed from the operations on it. One that changes very often has marks: what was
 * known at some of its changes, so that a question about any row replays a few hundred of them, not all.
 */
import { firstIndex } from '../../parsers/base/search.js';
import type { Analysis } from '../analysis.js';
import { Op, type OpLog } from '../ops/oplog.js';
import { aliasesOf, type Alias, type PageId } from './aliases.js';
import { JoinedPage, takeOver, trackOf, type PageTrack } from './joinedPage.js';
import type { OpIndex } from './opindex.js';
import { opSpace, opSubject } from './space.js';
import { DIMENSIONS, type Dimension, type PageState } from './state.js';

export interface PageInterval {
  /** The event that began it; -1 for the first interval, which begins before the first event. */
  readonly fromRow: number;
  /** First row that no longer belongs to it; the table's length for the last interval. */
  readonly untilRow: number;
  /** State after each row in [fromRow, untilRow). */
  readonly state: PageState;
  /** Dimensions that differ from the interval before. */
  readonly changed: readonly Dimension[];
}

/** What was known of a page at a row, and since which row (-1: from before the first event). */
export interface PageInstant {
  readonly fromRow: number;
  readonly state: PageState;
}

/**
 * So many changes before a row are looked at for the last one that made a difference; nearly always the last
 * did.
 */
const LAST_CHANGES = 8;

/** A life of so many changes has marks, and one mark every so many. */
export const LONG_LIFE = 4096;
const MARK_EVERY = 256;

/** Where a replay can begin: before the change at an index. */
interface Mark {
  readonly change: number;
  /** Operations that were applied. */
  readonly applied: number;
  /** What the tracks knew. */
  readonly tracks: readonly PageTrack[];
  /** The interval that holds the rows before the change. */
  readonly fromRow: number;
  readonly state: PageState;
  readonly changed: readonly Dimension[];
}

/** The intervals that begin in the rows [from, until). */
interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly intervals: readonly PageInterval[];
}

export class PageLife {
  /** One for each name, the page's own first. */
  private readonly tracks: PageTrack[] = [];
  private readonly aliases: readonly Alias[];
  private readonly joined: JoinedPage;
  private readonly ops: OpLog;
  /** The operations on the page, in their order. */
  private readonly mine: Uint32Array;
  /** Rows after which something may differ, ascending. */
  private readonly rows: Uint32Array;
  /** As far as the life was replayed; the first is its beginning. */
  private readonly marks: Mark[];
  private last: Stretch | undefined;

  constructor(
    private readonly analysis: Analysis,
    index: OpIndex,
    page: PageId,
  ) {
    this.aliases = aliasesOf(analysis, page);
    const own = this.track(page);
    const ofAliases = this.aliases.map((alias) => this.track(alias));
    this.joined = new JoinedPage(analysis, own, this.aliases, ofAliases);
    const { ops, mine } = index.opsOf(this.tracks);
    this.ops = ops;
    this.mine = mine;
    this.rows = this.changeRows();
    const state = this.joined.at(-1);
    this.marks = [{ change: 0, applied: 0, tracks: this.copies(), fromRow: -1, state, changed: [] }];
  }

  /** How many changes are worth to be remembered with their marks: none where the life is short. */
  get worth(): number {
    return this.rows.length < LONG_LIFE ? 0 : this.rows.length;
  }

  /** Tells all intervals, until `tell` says false. */
  each(tell: (interval: PageInterval) => boolean): void {
    this.eachFrom(this.marks[0]!, tell);
  }

  /** All intervals, of which those between two marks are there at a time. */
  *intervals(): Generator<PageInterval> {
    for (let row = -1; row < this.analysis.rowCount; ) {
      for (const interval of this.stretch(row)) {
        yield interval;
        row = interval.untilRow;
      }
    }
  }

  /** The interval that holds a row; -1 is the instant before the first event. */
  at(row: number): PageInterval {
    return intervalIn(this.stretch(row), row);
  }

  /**
   * The intervals between two marks, or all of a life without any, among them the one that holds a row. The
   * last such stretch is remembered: who asks goes from row to row mostly.
   */
  private stretch(row: number): readonly PageInterval[] {
    const { marks, last } = this;
    if (last && last.from <= row && row < last.until) return last.intervals;
    while (this.worth > 0 && marks.at(-1)!.fromRow <= row && this.markNext());
    const next = firstIndex(marks.length, (i) => marks[i]!.fromRow > row);
    const from = marks[Math.max(0, next - 1)]!;
    const until = marks[next]?.fromRow ?? Infinity;
    const intervals: PageInterval[] = [];
    this.eachFrom(from, (interval) => intervals.push(interval) > 0 && interval.untilRow < until);
    this.last = { from: from.fromRow, until, intervals };
    return intervals;
  }

  /**
   * The state after `row`. Operations are applied without making the states between, which is most of the
   * work of a history.
   */
  instant(row: number): PageInstant {
    if (this.worth > 0) return this.at(row);
    const { rows } = this;
    this.goTo(this.marks[0]!);
    const end = firstIndex(rows.length, (i) => rows[i]! > row);
    const quiet = Math.max(0, end - LAST_CHANGES);
    let applied = 0;
    const stateAt = (last: number): PageState => {
      applied = this.applyUpTo(last, applied);
      return this.joined.at(last);
    };
    let state = quiet === 0 ? this.joined.at(-1) : stateAt(rows[quiet - 1]!);
    let fromRow = quiet === 0 ? -1 : undefined;
    for (let i = quiet; i < end; i++) {
      const after = stateAt(rows[i]!);
      if (differing(state, after).length === 0) continue;
      state = after;
      fromRow = rows[i]!;
    }
    // The last few changes made no difference: the one that did lies further back.
    return fromRow === undefined ? this.at(row) : { fromRow, state };
  }

  /** Makes the marks of all of a long life, one a step. */
  *markAll(): Generator<undefined, void> {
    while (this.worth > 0 && this.markNext()) yield;
  }

  /** Makes one mark more; false where all are made. */
  private markNext(): boolean {
    const { length } = this.marks;
    if (length * MARK_EVERY >= this.rows.length) return false;
    this.eachFrom(this.marks.at(-1)!, () => this.marks.length === length);
    return true;
  }

  /** Tells the intervals from the one of a mark on. */
  private eachFrom(mark: Mark, tell: (interval: PageInterval) => boolean): void {
    const { rows } = this;
    this.goTo(mark);
    let { applied, fromRow, state, changed } = mark;
    for (let change = mark.change; change < rows.length; change++) {
      if (change === this.marks.length * MARK_EVERY && this.worth > 0)
        this.marks.push({ change, applied, tracks: this.copies(), fromRow, state, changed });
      const row = rows[change]!;
      applied = this.applyUpTo(row, applied);
      const after = this.joined.at(row);
      const differs = differing(state, after);
      if (differs.length === 0) continue;
      if (!tell({ fromRow, untilRow: row, state, changed })) return;
      state = after;
      fromRow = row;
      changed = differs;
    }
    tell({ fromRow, untilRow: Math.max(this.analysis.rowCount, fromRow + 1), state, changed });
  }

  /** Makes the tracks know what they knew at a mark. */
  private goTo({ tracks }: Mark): void {
    for (let i = 0; i < tracks.length; i++) takeOver(this.tracks[i]!, tracks[i]!);
  }

  private copies(): readonly PageTrack[] {
    return this.tracks.map((track) => {
      const { space, subject, page } = track;
      const copy = trackOf(this.analysis, { unit: space, subject, page });
      takeOver(copy, track);
      return copy;
    });
  }

  /** Applies the operations behind so many up to a row, and returns how many are applied by then. */
  private applyUpTo(row: number, applied: number): number {
    const { ops, mine } = this;
    let next = applied;
    for (; next < mine.length && ops.row(mine[next]!) <= row; next++) this.apply(mine[next]!);
    return next;
  }

  /** Several slots may show the same frame or page: it has one track. */
  private track(id: PageId): PageTrack {
    const known = this.tracks.find(
      ({ space, subject, page }) => space === id.unit && subject === id.subject && page === id.page,
    );
    if (known) return known;
    const track = trackOf(this.analysis, id);
    this.tracks.push(track);
    return track;
  }

  private apply(i: number): void {
    const { ops } = this;
    if (ops.op(i) === Op.Loss) {
      for (const t of this.tracks) t.apply(ops, i);
      return;
    }
    const space = opSpace(this.analysis, ops, i);
    const subject = opSubject(this.analysis, ops, i);
    const first = ops.first(i);
    const end = first + ops.count(i);
    for (const t of this.tracks) {
      if (t.space === space && t.subject === subject && t.page >= first && t.page < end) t.apply(ops, i);
    }
  }

  /** Operations are in the order of their rows. */
  private changeRows(): Uint32Array {
    const { ops, mine } = this;
    const { rowCount } = this.analysis;
    const inside = (row: number): boolean => row >= 0 && row < rowCount;
    const bounds = this.aliases.flatMap(({ fromRow, untilRow }) => [fromRow, untilRow]).filter(inside);
    bounds.sort((a, b) => a - b);
    const rows = new Uint32Array(mine.length + bounds.length);
    let count = 0;
    const add = (row: number): void => {
      if (count === 0 || rows[count - 1] !== row) rows[count++] = row;
    };
    let next = 0;
    for (let k = 0; k < mine.length; k++) {
      const row = ops.row(mine[k]!);
      while (next < bounds.length && bounds[next]! < row) add(bounds[next++]!);
      if (inside(row)) add(row);
    }
    for (; next < bounds.length; next++) add(bounds[next]!);
    return rows.subarray(0, count);
  }
}

/** The last of these that begins up to a row; the first where none does. */
export function intervalIn(intervals: readonly PageInterval[], row: number): PageInterval {
  return intervals[Math.max(0, firstIndex(intervals.length, (i) => intervals[i]!.fromRow > row) - 1)]!;
}

/** Lists of dimensions, by a bit for each: there are few, and histories have many. */
const lists: (readonly Dimension[])[] = [];

/** Those in which two states differ. */
function differing(a: PageState, b: PageState): readonly Dimension[] {
  let bits = 0;
  for (let i = 0; i < DIMENSIONS.length; i++) if (!sameDimension(a, b, DIMENSIONS[i]!)) bits |= 1 << i;
  const list = lists[bits] ?? DIMENSIONS.filter((_, i) => (bits & (1 << i)) !== 0);
  lists[bits] = list;
  return list;
}

/**
 * Same words and same facts: lists are compared by what they hold, since tracks replace a list whenever it
 * changes.
 */
function sameDimension(a: PageState, b: PageState, dimension: Dimension): boolean {
  switch (dimension) {
    case 'attribute':
      return a.attribute === b.attribute && a.attributeRow === b.attributeRow;
    case 'conversion':
      return sameList(a.conversions, b.conversions);
    case 'mappings':
      return a.mappingsKnown === b.mappingsKnown && sameList(a.mappings, b.mappings);
    case 'sptes':
      return a.sptesKnown === b.sptesKnown && sameList(a.sptes, b.sptes);
    case 'references':
      return a.referencesKnown === b.referencesKnown && sameList(a.references, b.references);
    case 'pfn':
      return a.pfn === b.pfn && a.pfnKnown === b.pfnKnown;
    case 'poison':
      return a.poisoned === b.poisoned;
  }
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
