/**
 * What was known of many pages of a range at a row. Their operations are passed over once for all of them,
 * and from where the last question was: what a page by itself costs (intervals.ts), twenty thousand would
 * cost as often.
 */
import { endsStep } from '../../parsers/base/steps.js';
import type { Analysis } from '../analysis.js';
import { firstIndex } from '../../parsers/base/search.js';
import { Op } from '../ops/oplog.js';
import { aliasesOf, type PageId } from './aliases.js';
import { indexOf } from './intervals.js';
import { JoinedPage, takeOver, trackOf, type PageTrack } from './joinedPage.js';
import { opSpace, opSubject, type Space } from './space.js';
import type { PageState } from './state.js';

/** Places of tracks, and copies of them. */
interface Snapshot {
  readonly places: readonly number[];
  readonly copies: readonly PageTrack[];
}

/** Where a question about a row can go on from. */
interface Checkpoint {
  /** So many operations were applied, the last of them of this row. */
  readonly next: number;
  readonly row: number;
  /** Of each lane. */
  readonly snapshots: readonly Snapshot[];
}

/** So many are made of a range, */
const CHECKPOINTS = 8;
/** but none for fewer operations than this, which are soon applied again. */
const OPERATIONS_LEAST = 2048;
/** Steps of less than some milliseconds. */
const PAGES_A_STEP = 1024;
const OPERATIONS_A_STEP = 1024;

/** Ascending lists, of which no two have the same number, as one. */
function* merged(lists: readonly Uint32Array[]): Generator<undefined, Uint32Array> {
  const all = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  const at = lists.map(() => 0);
  for (let to = 0; to < all.length; to++) {
    if (endsStep(to)) yield;
    let least = -1;
    for (let k = 0; k < lists.length; k++) {
      if (at[k]! >= lists[k]!.length) continue;
      if (least < 0 || lists[k]![at[k]!]! < lists[least]![at[least]!]!) least = k;
    }
    all[to] = lists[least]![at[least]!++]!;
  }
  return all;
}

/** Pages of one VM or file that are looked at. */
class Lane {
  private readonly byPage = new Map<number, PageTrack>();
  private tracks: readonly PageTrack[] = [];
  private pages = new Float64Array(0);
  /** Tracks that know something, by their places. */
  private known: number[] = [];
  private isKnown = new Uint8Array(0);

  constructor(
    readonly space: Space,
    readonly subject: number,
  ) {}

  track(analysis: Analysis, page: PageId): PageTrack {
    let track = this.byPage.get(page.page);
    if (!track) {
      track = trackOf(analysis, page);
      this.byPage.set(page.page, track);
    }
    return track;
  }

  /** All pages are there. */
  settle(): void {
    this.tracks = [...this.byPage.values()].sort((a, b) => a.page - b.page);
    this.pages = Float64Array.from(this.tracks, ({ page }) => page);
    this.isKnown = new Uint8Array(this.tracks.length);
    this.byPage.clear();
  }

  /** Operations on any of the pages, in steps. */
  *operations(analysis: Analysis): Generator<undefined, Uint32Array> {
    const { ops } = analysis;
    const [least, most] = [this.pages[0]!, this.pages.at(-1)!];
    const index = indexOf(analysis);
    yield* index.sortBySubject();
    const all = index.ofSubject(this.space, this.subject);
    const found = new Uint32Array(all.length);
    let count = 0;
    for (let k = 0; k < all.length; k++) {
      if (endsStep(k)) yield;
      const first = ops.first(all[k]!);
      if (first <= most && first + ops.count(all[k]!) > least) found[count++] = all[k]!;
    }
    return found.slice(0, count);
  }

  apply({ ops }: Analysis, i: number): void {
    const { pages, tracks } = this;
    const first = ops.first(i);
    const end = first + ops.count(i);
    for (let at = firstIndex(pages.length, (k) => pages[k]! >= first); pages[at]! < end; at++) {
      tracks[at]!.apply(ops, i);
      this.know(at);
    }
  }

  /** Nothing is lost of a page of which nothing is known. */
  lose({ ops }: Analysis, i: number): void {
    const { known, tracks } = this;
    for (const at of known) tracks[at]!.apply(ops, i);
    this.forgetKnown();
    // Memory that failed stays so.
    for (const at of known) if (tracks[at]!.knowsAnything) this.know(at);
  }

  /** What is known of each page of which anything is, in steps. */
  *snapshot(analysis: Analysis): Generator<undefined, Snapshot> {
    const copies: PageTrack[] = [];
    for (const at of this.known) {
      const track = this.tracks[at]!;
      const copy = trackOf(analysis, { unit: track.space, subject: track.subject, page: track.page });
      takeOver(copy, track);
      if (copies.push(copy) % PAGES_A_STEP === 0) yield;
    }
    return { places: [...this.known], copies };
  }

  /** As when a snapshot was made; without one as before the first event. */
  restore(snapshot: Snapshot | undefined): void {
    for (const at of this.known) this.tracks[at]!.reset();
    this.forgetKnown();
    snapshot?.places.forEach((at, i) => {
      takeOver(this.tracks[at]!, snapshot.copies[i]!);
      this.know(at);
    });
  }

  private know(at: number): void {
    if (this.isKnown[at] === 0) this.known.push(at);
    this.isKnown[at] = 1;
  }

  private forgetKnown(): void {
    for (const at of this.known) this.isKnown[at] = 0;
    this.known = [];
  }
}

/**
 * It answers one question after another: what goes on between two steps of one must not ask another.
 */
export class RangeStates {
  private readonly lanes: Lane[] = [];
  private readonly pages: JoinedPage[] = [];
  /** Operations on the pages under any of their names, and losses, in trace order. */
  private mine: Uint32Array = new Uint32Array(0);
  private readonly checkpoints: Checkpoint[] = [];
  private next = 0;
  private row = -1;

  /** Of pages of `range`, in ascending order. */
  constructor(
    private readonly analysis: Analysis,
    private readonly range: PageId,
    private readonly firsts: readonly number[],
    /** Operations between two checkpoints, at least. */
    private readonly least = OPERATIONS_LEAST,
  ) {}

  get length(): number {
    return this.firsts.length;
  }

  /** Names and operations of the pages. */
  private *start(): Generator<undefined, void> {
    const { analysis } = this;
    const { unit, subject } = this.range;
    for (const page of this.firsts) {
      const id = { unit, subject, page };
      const aliases = aliasesOf(analysis, id);
      const ofAliases = aliases.map((alias) => this.track(alias));
      this.pages.push(new JoinedPage(analysis, this.track(id), aliases, ofAliases));
      if (this.pages.length % PAGES_A_STEP === 0) yield;
    }
    const found: Uint32Array[] = [indexOf(analysis).losses];
    for (const lane of this.lanes) {
      lane.settle();
      yield;
      found.push(yield* lane.operations(analysis));
      yield;
    }
    this.mine = yield* merged(found);
  }

  private track(id: PageId): PageTrack {
    let lane = this.lanes.find(({ space, subject }) => space === id.unit && subject === id.subject);
    if (!lane) {
      lane = new Lane(id.unit, id.subject);
      this.lanes.push(lane);
    }
    return lane.track(this.analysis, id);
  }

  /** The state of each page after event `row`, in steps. */
  *at(row: number): Generator<undefined, readonly PageState[]> {
    if (this.pages.length === 0) yield* this.start();
    this.goBack(row);
    // Before it is answered: a question that is given up leaves a place from which others can go on.
    this.row = row;
    const { mine, checkpoints } = this;
    const { ops } = this.analysis;
    const every = Math.max(this.least, Math.ceil(mine.length / (CHECKPOINTS + 1)));
    for (; this.next < mine.length && ops.row(mine[this.next]!) <= row; this.next++) {
      if (this.next === (checkpoints.length + 1) * every) yield* this.remember();
      this.apply(mine[this.next]!);
      if (this.next % OPERATIONS_A_STEP === 0) yield;
    }
    const states: PageState[] = [];
    for (const page of this.pages) if (states.push(page.at(row)) % PAGES_A_STEP === 0) yield;
    return states;
  }

  /** To the checkpoint before `row`, where that is nearer than what was asked for last. */
  private goBack(row: number): void {
    const after = firstIndex(this.checkpoints.length, (i) => this.checkpoints[i]!.row > row);
    const before = this.checkpoints[after - 1];
    const from = before?.next ?? 0;
    if (row >= this.row && from <= this.next) return;
    for (const [i, lane] of this.lanes.entries()) lane.restore(before?.snapshots[i]);
    this.next = from;
  }

  private *remember(): Generator<undefined, void> {
    const snapshots: Snapshot[] = [];
    for (const lane of this.lanes) snapshots.push(yield* lane.snapshot(this.analysis));
    const row = this.analysis.ops.row(this.mine[this.next - 1]!);
    this.checkpoints.push({ next: this.next, row, snapshots });
  }

  private apply(i: number): void {
    const { analysis, lanes } = this;
    if (analysis.ops.op(i) === Op.Loss) {
      for (const lane of lanes) lane.lose(analysis, i);
      return;
    }
    const space = opSpace(analysis, analysis.ops, i);
    const subject = opSubject(analysis, analysis.ops, i);
    for (const lane of lanes) if (lane.space === space && lane.subject === subject) lane.apply(analysis, i);
  }
}
