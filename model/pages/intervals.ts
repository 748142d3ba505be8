/**
 * The life of one page as intervals: what was known of it, from which event until which. Intervals tile the
 * trace from row -1 (the instant before the first event) to the last row and never overlap. The operations of
 * one page are found through an index that is built at the first question and kept as long as the analysis.
 *
 * A page is a file page `(inode, pgoff)` or a guest frame `(vm, gfn)`; the two are joined by the memslots
 * that are live at a row, so the history of either shows both while a slot binds them.
 */
import type { Analysis } from '../analysis.js';
import { buildIndex, OpIndex } from './opindex.js';
import { aliasesOf, slotsOf, type PageId } from './aliases.js';
import { intervalIn, LONG_LIFE, PageLife, type PageInstant, type PageInterval } from './life.js';
import { describeDimension, type Dimension } from './state.js';

export { aliasesOf, slotsOf, type PageId, type PageInstant, type PageInterval };

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
/** Long lives are remembered up to so many changes, some 24 bytes each with their marks. */
const REMEMBERED_CHANGES = 1 << 22;
/** So many pages are marked before anybody asks for them. */
const MARKED_PAGES = 16;

interface Memory {
  readonly index: OpIndex;
  /** The latest at the end. */
  readonly histories: Map<string, PageHistory>;
  /** How many intervals they have. */
  intervals: number;
  /** Long lives, by the page; the latest at the end. */
  readonly lives: Map<string, PageLife>;
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
    memory = { index, histories: new Map(), intervals: 0, lives: new Map() };
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
  const known = memoryOf(analysis).histories.get(keyOf(page));
  return known ?? remembered(analysis, page, lifeOf(analysis, page));
}

function remembered(analysis: Analysis, page: PageId, life: PageLife): PageHistory {
  const memory = memoryOf(analysis);
  const key = keyOf(page);
  const intervals: PageInterval[] = [];
  life.each((interval) => {
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
 * The whole life of one page, interval by interval: of a long life few are there at a time, since each may
 * name very many holders.
 */
export function* intervalsOf(analysis: Analysis, page: PageId): Generator<PageInterval> {
  const known = memoryOf(analysis).histories.get(keyOf(page));
  if (known) {
    yield* known.intervals;
    return;
  }
  const life = lifeOf(analysis, page);
  yield* life.worth > 0 ? life.intervals() : remembered(analysis, page, life).intervals;
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
  const known = memoryOf(analysis).histories.get(keyOf(page));
  if (known) known.intervals.every(tell);
  else lifeOf(analysis, page).each(tell);
}

/** A life that is long is remembered with the marks that were made in it. */
function lifeOf(analysis: Analysis, page: PageId): PageLife {
  const { index, lives } = memoryOf(analysis);
  const key = keyOf(page);
  const life = lives.get(key) ?? new PageLife(analysis, index, page);
  lives.delete(key);
  if (life.worth === 0) return life;
  lives.set(key, life);
  let changes = [...lives.values()].reduce((sum, { worth }) => sum + worth, 0);
  for (const [oldest, { worth }] of lives) {
    if (changes <= REMEMBERED_CHANGES || oldest === key) break;
    lives.delete(oldest);
    changes -= worth;
  }
  return life;
}

/** Marks the lives of the pages that change most, some hundred changes a step: no click waits for it then. */
export function* markLongLives(analysis: Analysis): Generator<undefined, void> {
  const { index } = memoryOf(analysis);
  // The operations of an index that lies on a disk are read where they are asked for.
  if (!index.isWhole) return;
  let left = REMEMBERED_CHANGES;
  for (const page of index.crowded(LONG_LIFE).slice(0, MARKED_PAGES))
    for (const name of [page, ...aliasesOf(analysis, page)]) {
      yield;
      const life = lifeOf(analysis, name);
      left -= life.worth;
      if (left < 0) return;
      yield* life.markAll();
    }
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

/**
 * The state of a page after event `row`, as the interval of its history that holds the row. Operations are
 * applied without making the states between, which is most of the work of a history.
 */
export function pageInstant(analysis: Analysis, page: PageId, row: number): PageInstant {
  const known = memoryOf(analysis).histories.get(keyOf(page));
  return known ? intervalIn(known.intervals, row) : lifeOf(analysis, page).instant(row);
}

/** The interval of a page's history that holds `row`; row -1 is the instant before the first event. */
export function intervalAtRow(analysis: Analysis, page: PageId, row: number): PageInterval {
  const known = memoryOf(analysis).histories.get(keyOf(page));
  if (known) return intervalIn(known.intervals, row);
  const life = lifeOf(analysis, page);
  return life.worth > 0 ? life.at(row) : intervalIn(pageHistory(analysis, page).intervals, row);
}
