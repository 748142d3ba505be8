/**
 * What is shown: the trace, the view of it, what is selected, and where all that stands
 * in the picture. Whoever changes something does it here, and the store tells those who
 * draw. Plain data and pure functions: no DOM, no questions.
 */
import { mapThrough } from '../model/timeline/knots.js';
import type { FindingReply } from '../model/timeline/asks.js';
import type { RowFilter } from '../model/timeline/shapes.js';
import type { Tile } from '../model/timeline/tiles.js';
import type { RowsReply, TimelineMeta } from '../model/timeline/shapes.js';
import { clock } from './page/format.js';
import { targetAt, type Target } from './picture/hit.js';
import { activeLanes, clampLanes, lanesThatFit, laneWindow, orderLanes, topToShow } from './picture/lanes.js';
import { groupsOf, placeOfFinding, type Picture, type Scene } from './picture/scene.js';
import {
  clampTop,
  DisplayRows,
  fittingLevel,
  frameOf,
  reveal,
  ROW_H,
  wholeSpan,
  type Bounds,
  type Frame,
  type RowGroup,
  type Size,
} from './picture/viewport.js';
import type { Opening } from './protocol/messages.js';
import { FIRST_VIEW, History, readView, type View } from './state.js';

/** What is known of the trace once the host has answered. */
export interface Loaded {
  readonly meta: TimelineMeta;
  readonly bounds: { readonly plain: Bounds; readonly compressed: Bounds };
  rows: RowsReply;
  groups: readonly RowGroup[];
}

/** What the store tells. */
export interface StoreEvents {
  /** Another view is shown: what hangs on it is to be asked for, and everything to be brought up to it. */
  moved(before: View): void;
  /** What is shown has changed, the view's own questions have not: everything is to be brought up to it. */
  changed(): void;
  /** Something is to be drawn differently, and nothing else. */
  redraw(): void;
}

/** A level that stands for the one that fits the picture. */
const LEVEL_THAT_FITS = -1;
const NOWHERE = { x: NaN, y: NaN } as const;

export class Store {
  private history = new History(FIRST_VIEW);
  opening: Opening | undefined;
  loaded: Loaded | undefined;
  size: Size = { width: 1, height: 1 };
  /** All lanes, in the order in which they are shown. */
  private lanes: number[] = [];
  /** Where the pointer is on the picture, NaN when it is elsewhere. */
  hover: { readonly x: number; readonly y: number } = NOWHERE;
  /** Detail of the selected finding. */
  finding: FindingReply | null = null;
  /** Time of the selected event, NaN for none. */
  selectedTime = NaN;
  /** What was painted last. */
  scene: Scene | undefined;
  picture: Picture | undefined;

  constructor(private readonly events: StoreEvents) {}

  // The view

  get view(): View {
    return this.history.view;
  }
  get canUndo(): boolean {
    return this.history.canUndo;
  }
  get canRedo(): boolean {
    return this.history.canRedo;
  }

  /** Shows another view, as a step that can be undone. */
  go(view: View): void {
    const before = this.view;
    this.history.go(view, performance.now());
    this.events.moved(before);
  }

  /** Like {@link go}, by whoever asks for what hangs on the view itself. */
  step(view: View): void {
    this.history.go(view, performance.now());
    this.events.changed();
  }

  /** Changes the view without a step and without telling. */
  replace(view: View): void {
    this.history.replace(view);
  }

  change(to: (view: View, bounds: Bounds) => View): void {
    if (this.loaded) this.go(to(this.view, this.bounds()));
  }

  undo(): void {
    const before = this.view;
    if (this.history.undo()) this.events.moved(before);
  }

  redo(): void {
    const before = this.view;
    if (this.history.redo()) this.events.moved(before);
  }

  redraw(): void {
    this.events.redraw();
  }

  // The trace

  /** Takes a trace and the rows of the view to begin with, which comes from {@link firstView}. */
  open(meta: TimelineMeta, rows: RowsReply, view: View): void {
    this.loaded = { meta, bounds: boundsOf(meta), rows, groups: groupsOf(rows, meta) };
    this.lanes = orderLanes(meta, view.filter.tid);
    const fits = view.level === LEVEL_THAT_FITS;
    this.history = new History(
      fits ? { ...view, level: this.fittingLevel(), selectedFinding: worstFinding(meta) } : view,
    );
  }

  /** Takes the rows of another filter. */
  takeRows(rows: RowsReply): void {
    if (!this.loaded) return;
    this.loaded.rows = rows;
    this.loaded.groups = groupsOf(rows, this.loaded.meta);
    this.lanes = orderLanes(this.loaded.meta, this.view.filter.tid);
    this.keepTop();
  }

  /** Takes another size. A level that fitted is fitted again; one that was chosen stays. */
  resize(size: Size): void {
    const fitted = this.size.width < 2 || this.view.level === this.fittingLevel();
    const wasSeen = this.isRowSeen(this.rowOfFinding());
    this.size = size;
    if (fitted && this.loaded) this.replace({ ...this.view, level: this.fittingLevel() });
    this.keepTop();
    const row = this.rowOfFinding();
    if (wasSeen && !this.isRowSeen(row))
      this.replace(reveal(this.view, this.frame(), NaN, row, this.bounds(), this.displayRows().length));
  }

  /** The row of the picture that holds the selected finding, -1 for none. */
  private rowOfFinding(): number {
    const { selectedFinding } = this.view;
    if (!this.loaded || selectedFinding < 0) return -1;
    const place = placeOfFinding(this.loaded.rows, selectedFinding);
    return place ? this.displayRows().indexOf(place.group, place.first) : -1;
  }

  private isRowSeen(row: number): boolean {
    const { top } = this.view;
    return row >= 0 && row >= top && row + 1 <= top + this.frame().rowsH / ROW_H;
  }

  private keepTop(): void {
    this.replace({ ...this.view, top: clampTop(this.view.top, this.frame(), this.displayRows().length) });
  }

  bounds(): Bounds {
    if (!this.loaded) return { start: 0, end: 1, resolution: 1 };
    return this.view.compress ? this.loaded.bounds.compressed : this.loaded.bounds.plain;
  }

  private knots(): TimelineMeta['plain'] {
    const { meta } = this.loaded!;
    return this.view.compress ? meta.compressed : meta.plain;
  }

  viewOfTime(time: number): number {
    return mapThrough(this.knots().time, this.knots().view, time);
  }
  timeOfView(at: number): number {
    return mapThrough(this.knots().view, this.knots().time, at);
  }
  /** Time in the middle of the picture. */
  middleTime(): number {
    return this.timeOfView((this.view.from + this.view.until) / 2);
  }

  /** A time as the trace prints it. */
  readonly clock = (time: number): string => {
    if (!this.loaded) return '';
    const { unit, t0, resolution } = this.loaded.meta;
    return clock(time, unit, t0, resolution);
  };

  // Rows

  groups(): readonly RowGroup[] {
    return this.loaded?.groups ?? [];
  }

  displayRows(): DisplayRows {
    return new DisplayRows(this.groups(), Math.max(0, this.view.level), this.view.collapsed);
  }

  fittingLevel(): number {
    return fittingLevel(this.groups(), Math.floor(this.frame().rowsH / ROW_H));
  }

  filter(change: Partial<RowFilter>): void {
    const filter = { ...this.view.filter, ...change };
    if (!sameFilter(filter, this.view.filter)) this.go({ ...this.view, filter, top: 0 });
  }

  toggleGroup(group: number): void {
    const { label } = this.groups()[group]!;
    const { collapsed } = this.view;
    const isCollapsed = collapsed.includes(label);
    const next = isCollapsed ? collapsed.filter((x) => x !== label) : [...collapsed, label];
    this.go({ ...this.view, collapsed: next });
  }

  // Lanes

  private lanesFit(): number {
    return lanesThatFit(this.lanes.length, this.size.height);
  }

  /** Lanes in the picture, as numbers in the trace's lanes. */
  shownLanes(): number[] {
    return this.view.lanesFolded ? [] : laneWindow(this.lanes, this.view.lanesTop, this.lanesFit());
  }

  scrollLanes(by: number): void {
    const lanesTop = clampLanes(this.view.lanesTop + by, this.lanes.length, this.lanesFit());
    if (lanesTop !== this.view.lanesTop) this.go({ ...this.view, lanesTop });
  }

  /** The view with a lane in sight, unless lanes are folded. */
  withLane(view: View, lane: number): View {
    return { ...view, lanesTop: topToShow(this.lanes, view.lanesTop, this.lanesFit(), lane) };
  }

  toggleLanes(): void {
    this.go({ ...this.view, lanesFolded: !this.view.lanesFolded });
  }

  /**
   * Threads that do something in view come first, the others after them.
   * Returns how many do, -1 when nothing is drawn.
   */
  showActiveLanes(): number {
    const tile = this.scene?.tile;
    if (!tile) return -1;
    const order = activeLanes(tile);
    this.lanes = [...order, ...this.lanes.filter((lane) => !order.includes(lane))];
    this.go({ ...this.view, lanesTop: 0, lanesFolded: false });
    return order.length;
  }

  // The picture

  /** All that a picture of the view is made from, with the tiles that there are. */
  sceneOf({ meta, rows }: Loaded, tile: Tile | null, minimap: Tile | null): Scene {
    const { view, hover } = this;
    const frame = this.frame();
    return {
      meta,
      rowsReply: rows,
      rows: this.displayRows(),
      view,
      frame,
      bounds: this.bounds(),
      lanes: this.shownLanes(),
      laneCount: this.lanes.length,
      lanesTop: view.lanesTop,
      tile,
      minimap,
      finding: view.selectedFinding >= 0 ? this.finding : null,
      selectedTime: view.selectedRow >= 0 ? this.selectedTime : NaN,
      hoverX: hover.y < frame.minimapY ? hover.x : NaN,
    };
  }

  frame(): Frame {
    return frameOf(this.size, this.shownLanes().length, this.lanes.length > 0);
  }

  targetAt(x: number, y: number): Target | undefined {
    if (!this.scene || !this.picture) return undefined;
    return targetAt(this.picture.hits, this.scene.frame, this.view, this.scene.rows, x, y);
  }
}

export function sameFilter(a: RowFilter, b: RowFilter): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function boundsOf(meta: TimelineMeta): Loaded['bounds'] {
  const of = ({ view }: TimelineMeta['plain']): Bounds => ({
    start: view[0] ?? 0,
    end: view.at(-1) ?? 0,
    resolution: meta.resolution,
  });
  return { plain: of(meta.plain), compressed: of(meta.compressed) };
}

/** The view to begin with: a saved one, '' for none, else the whole trace. */
export function firstView(meta: TimelineMeta, saved: string): View {
  const whole: View = { ...FIRST_VIEW, ...wholeSpan(boundsOf(meta).plain), level: LEVEL_THAT_FITS };
  return saved === '' ? whole : readView(saved, whole);
}

/** The first finding of the worst verdict and severity; -1 when there is none. */
function worstFinding(meta: TimelineMeta): number {
  let best = -1;
  const rank = (f: number): number => meta.findingVerdict[f]! * 10 + meta.findingSeverity[f]!;
  for (let f = 0; f < meta.findingRow.length; f++) if (best < 0 || rank(f) < rank(best)) best = f;
  return best;
}
