/**
 * The life of one page as intervals: what was known of it, from which event until which. Intervals tile the
 * trace from row -1 (the instant before the first event) to the last row and never overlap. The operations of
 * one page are found through an index that is built at the first question and kept as long as the analysis.
 *
 * A page is a file page `(inode, pgoff)` or a guest frame `(vm, gfn)`; the two are joined by the memslots
 * that are live at a row, so the history of either shows both while a slot binds them.
 */
import type { Analysis } from '../analysis.js';
import { firstIndex } from '../../parsers/base/search.js';
import { buildIndex, OpIndex } from './opindex.js';
import { aliasesOf, slotsOf, type Alias, type PageId } from './aliases.js';
import { JoinedPage, trackOf, type PageTrack } from './joinedPage.js';
import { opSpace, opSubject } from './space.js';
import type { OpLog } from '../ops/oplog.js';
import { Op } from '../ops/oplog.js';
import { describeDimension, DIMENSIONS, type Dimension, type PageState } from './state.js';

export { aliasesOf, slotsOf, type PageId };

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

export interface PageHistory {
  readonly page: PageId;
  readonly intervals: readonly PageInterval[];
}

/** One dimension of a history: neighbours that read alike are one. */
export interface LaneInterval {
  readonly fromRow: number;
  readonly untilRow: number;
  /** As describeDimension says it; '' for nothing. */
  readonly text: string;
}

/**
 * Histories are remembered up to so many intervals, 600 bytes each: what is remembered is moved by the
 * collector, and whoever asks waits for that.
 */
const REMEMBERED_INTERVALS = 2048;

interface Memory {
  readonly index: OpIndex;
  /** The latest at the end. */
  readonly histories: Map<string, PageHistory>;
  /** How many intervals they have. */
  intervals: number;
}
const memories = new WeakMap<Analysis, Memory>();

/** The operations of an analysis by page; made at the first question. */
export function indexOf(analysis: Analysis): OpIndex {
  return memoryOf(analysis).index;
}

function memoryOf(analysis: Analysis): Memory {
  let memory = memories.get(analysis);
  if (!memory) {
    const index = kept.get(analysis)?.() ?? made(analysis);
    memory = { index, histories: new Map(), intervals: 0 };
    memories.set(analysis, memory);
  }
  return memory;
}

function made(analysis: Analysis): OpIndex {
  const columns = buildIndex(analysis);
  return new OpIndex(analysis, () => columns);
}

/** Where the index of an analysis is kept. */
const kept = new WeakMap<Analysis, () => OpIndex | undefined>();

/** Where to find the index of an analysis in place of making it; undefined where it cannot be used. */
export function giveIndex(analysis: Analysis, find: () => OpIndex | undefined): void {
  kept.set(analysis, find);
}

/**
 * The whole life of one page. Remembered for the last pages asked for, so asking again while stepping through
 * a trace costs nothing.
 */
export function pageHistory(analysis: Analysis, page: PageId): PageHistory {
  const memory = memoryOf(analysis);
  const key = keyOf(page);
  const known = memory.histories.get(key);
  if (known) return known;
  const intervals: PageInterval[] = [];
  new HistoryBuilder(analysis, memory.index, page).build((interval) => {
    intervals.push(interval);
    return true;
  });
  const history = { page, intervals };
  memory.histories.set(key, history);
  memory.intervals += intervals.length;
  for (const [oldest, { intervals: gone }] of memory.histories) {
    if (memory.intervals <= REMEMBERED_INTERVALS || oldest === key) break;
    memory.histories.delete(oldest);
    memory.intervals -= gone.length;
  }
  return history;
}

/**
 * The intervals of a page's life one after another, until `tell` says false: nothing is kept of them, so that
 * the life of many pages leaves no work behind.
 */
export function eachInterval(
  analysis: Analysis,
  page: PageId,
  tell: (interval: PageInterval) => boolean,
): void {
  const memory = memoryOf(analysis);
  const known = memory.histories.get(keyOf(page));
  if (known) known.intervals.every(tell);
  else new HistoryBuilder(analysis, memory.index, page).build(tell);
}

function keyOf(page: PageId): string {
  return `${page.unit}:${page.subject}:${page.page}`;
}

/** One dimension of a history, as long intervals as possible. */
export function lane(history: PageHistory, dimension: Dimension): readonly LaneInterval[] {
  const out: LaneInterval[] = [];
  for (const interval of history.intervals) {
    const text = describeDimension(interval.state, dimension);
    const last = out[out.length - 1];
    if (last && last.text === text) out[out.length - 1] = { ...last, untilRow: interval.untilRow };
    else out.push({ fromRow: interval.fromRow, untilRow: interval.untilRow, text });
  }
  return out;
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

/**
 * The state of a page after event `row`, as the interval of its history that holds the row. Operations are
 * applied without making the states between, which is most of the work of a history.
 */
export function pageInstant(analysis: Analysis, page: PageId, row: number): PageInstant {
  const memory = memoryOf(analysis);
  const known = memory.histories.get(keyOf(page));
  if (known) return intervalIn(known.intervals, row);
  return (
    new HistoryBuilder(analysis, memory.index, page).instant(row) ??
    intervalIn(pageHistory(analysis, page).intervals, row)
  );
}

/** The interval that holds a row. */
export function intervalIn(intervals: readonly PageInterval[], row: number): PageInterval {
  return intervals[Math.max(0, firstIndex(intervals.length, (i) => intervals[i]!.fromRow > row) - 1)]!;
}

class HistoryBuilder {
  /** One for each name, the page's own first. */
  private readonly tracks: PageTrack[] = [];
  private readonly aliases: readonly Alias[];
  private readonly joined: JoinedPage;
  private readonly rowCount: number;

  constructor(
    private readonly analysis: Analysis,
    private readonly index: OpIndex,
    page: PageId,
  ) {
    this.rowCount = analysis.rowCount;
    this.aliases = aliasesOf(analysis, page);
    const own = this.track(page);
    const ofAliases = this.aliases.map((alias) => this.track(alias));
    this.joined = new JoinedPage(analysis, own, this.aliases, ofAliases);
  }

  /** Tells all intervals, until `tell` says false. */
  build(tell: (interval: PageInterval) => boolean): void {
    const { ops, mine } = this.index.opsOf(this.tracks);
    const rows = this.changeRows(ops, mine);
    let state = this.joined.at(-1);
    let from = -1;
    let changed: readonly Dimension[] = [];
    let next = 0;
    for (const row of rows) {
      for (; next < mine.length && ops.row(mine[next]!) <= row; next++) this.apply(ops, mine[next]!);
      const after = this.joined.at(row);
      const differs = differing(state, after);
      if (differs.length === 0) continue;
      if (!tell({ fromRow: from, untilRow: row, state, changed })) return;
      state = after;
      from = row;
      changed = differs;
    }
    tell({ fromRow: from, untilRow: Math.max(this.rowCount, from + 1), state, changed });
  }

  /** The state after `row`; undefined when the last few changes before it made no difference. */
  instant(row: number): PageInstant | undefined {
    const { ops, mine } = this.index.opsOf(this.tracks);
    const rows = this.changeRows(ops, mine);
    const end = firstIndex(rows.length, (i) => rows[i]! > row);
    const quiet = Math.max(0, end - LAST_CHANGES);
    let next = 0;
    const applyUpTo = (last: number): PageState => {
      for (; next < mine.length && ops.row(mine[next]!) <= last; next++) this.apply(ops, mine[next]!);
      return this.joined.at(last);
    };
    let state = quiet === 0 ? this.joined.at(-1) : applyUpTo(rows[quiet - 1]!);
    let fromRow = quiet === 0 ? -1 : undefined;
    for (let i = quiet; i < end; i++) {
      const after = applyUpTo(rows[i]!);
      if (differing(state, after).length === 0) continue;
      state = after;
      fromRow = rows[i]!;
    }
    return fromRow === undefined ? undefined : { fromRow, state };
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

  private apply(ops: OpLog, i: number): void {
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

  /** Rows after which something may differ, ascending. Operations are in the order of their rows. */
  private changeRows(ops: OpLog, mine: Uint32Array): readonly number[] {
    const rows: number[] = [];
    const inside = (row: number): boolean => row >= 0 && row < this.rowCount;
    for (const op of mine) {
      const row = ops.row(op);
      if (inside(row) && row !== rows[rows.length - 1]) rows.push(row);
    }
    const bounds = this.aliases.flatMap(({ fromRow, untilRow }) => [fromRow, untilRow]).filter(inside);
    if (bounds.length === 0) return rows;
    const all = [...rows, ...bounds].sort((a, b) => a - b);
    return all.filter((row, i) => i === 0 || row !== all[i - 1]);
  }
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
