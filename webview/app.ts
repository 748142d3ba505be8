/** The timeline's page: holds the view, asks for what it shows, and answers what the user and the host do. */
import { mapThrough } from '../model/timeline/axis.js';
import type { AskName, TableReply, TimelineAsks } from '../model/timeline/asks.js';
import type { RowFilter } from '../model/timeline/rows.js';
import type { Tile } from '../model/timeline/tiles.js';
import type { RowsReply, TimelineMeta } from '../model/timeline/timeline.js';
import { Actions } from './actions.js';
import { Announcer, LifeTable } from './page/a11y.js';
import { Canvas } from './paint/canvas.js';
import { clock } from './page/format.js';
import { Exports } from './exports.js';
import { attachGestures } from './gestures.js';
import { targetAt, type Target } from './picture/hit.js';
import { actionOf } from './keyboard.js';
import { activeLanes, clampLanes, lanesThatFit, laneWindow, orderLanes, topToShow } from './picture/lanes.js';
import { layout } from './picture/layout.js';
import { fillThreads, readPages, summaryOf } from './page/header.js';
import { Hovering } from './hovering.js';
import { fullLegend, shortLegend } from './paint/legend.js';
import { buildPage, type Page } from './page/page.js';
import { Endpoint, RequestError } from './protocol/endpoint.js';
import type { HostRequests, KeptView, Opening, PageRequests } from './protocol/messages.js';
import type { Picture, Scene } from './picture/scene.js';
import { TileSource, type Wanted } from './source.js';
import { Selection } from './selection.js';
import { FIRST_VIEW, History, readView, returningView, writeView, type View } from './state.js';
import type { Theme } from './paint/theme.js';
import {
  clampTop,
  DisplayRows,
  fittingLevel,
  frameOf,
  pan,
  ROW_H,
  wholeSpan,
  zoomRows,
  zoomTime,
  type Bounds,
  type Frame,
} from './picture/viewport.js';

/** What the page needs from the window that it is in. */
export interface Surroundings {
  post(message: unknown): void;
  /** State that outlives the page in this window, null for a page that is new. */
  load(): KeptView | null;
  store(kept: KeptView, uri: string): void;
  theme(): Theme;
}

const TABLE_MS = 250;
/** The host keeps a view that rests this long. */
const KEEP_MS = 250;
/** Of a frame, for painting the bands of a new tile. */
const BANDS_MS = 5;
const TABLE_LINES = 300;

/** What is known of the trace once the host has answered. */
interface Loaded {
  readonly meta: TimelineMeta;
  readonly bounds: { readonly plain: Bounds; readonly compressed: Bounds };
  rows: RowsReply;
}

export class App {
  readonly selection = new Selection(this);
  readonly hovering = new Hovering(this);
  private readonly actions = new Actions(this);
  private readonly exports = new Exports(this);
  readonly endpoint: Endpoint<HostRequests, PageRequests>;
  readonly page: Page;
  readonly canvas: Canvas;
  readonly announcer = new Announcer();
  private readonly table: LifeTable;
  readonly source: TileSource;
  history = new History(FIRST_VIEW);
  opening: Opening | undefined;
  loaded: Loaded | undefined;
  private minimap: Tile | null = null;
  /** What the minimap was last asked for. */
  private minimapKey = '';
  /** All lanes, the weightiest first. */
  private lanes: number[] = [];
  scene: Scene | undefined;
  picture: Picture | undefined;
  private tableTimer = 0;
  private keepTimer = 0;
  private drawing = false;
  size = { width: 1, height: 1 };
  /** Where signs are drawn, for tests. */
  readonly signPlaces = (): {
    readonly kind: string;
    readonly x: number;
    readonly y: number;
    readonly index: number;
  }[] =>
    (this.picture?.hits ?? []).map((h) => ({
      kind: h.kind,
      x: h.x + Math.min(8, h.w / 2),
      y: h.y + h.h / 2,
      index: h.index,
    }));
  /** Milliseconds of script and paint of the last frames, for tests and benchmarks; a new tile counts to the frame that shows it. */
  readonly frameMs: number[] = [];
  private tileMs = 0;

  constructor(private readonly around: Surroundings) {
    this.canvas = new Canvas(around.theme());
    this.page = buildPage({
      jump: (text) => this.run(this.selection.jump(text)),
      nextFinding: () => this.selection.stepFinding(1),
      previousFinding: () => this.selection.stepFinding(-1),
      whole: () => this.actions.act('whole'),
      zoom: (factor) => this.actions.zoom(factor),
      undo: () => this.actions.act('undo'),
      redo: () => this.actions.act('redo'),
      compress: (on) => this.actions.compress(on),
      grouping: (v) => this.filter({ grouping: v as RowFilter['grouping'] }),
      vm: (v) => this.filter({ vm: Number(v) }),
      states: (v) => this.filter({ states: Number(v) }),
      marks: (v) => this.go({ ...this.view, marks: Number(v) }),
      thread: (v) => this.filter({ tid: Number(v) }),
      pages: (text) => this.filterPages(text),
      findingsOnly: (on) => this.filter({ findings: on }),
      exportAs: (v) => this.run(this.exports.exportAs(v)),
      side: () => this.toggleSide(),
      panel: (name) => this.showPanel(name),
    });
    this.endpoint = new Endpoint<HostRequests, PageRequests>((packet) => around.post(packet), {
      select: ({ row, finding }) => this.selection.selectFromHost(row, finding),
      renew: async () => {
        await this.load();
        return null;
      },
      show: ({ view }) => {
        this.go(readView(view, this.view));
        return null;
      },
    });
    this.source = new TileSource(
      (request) => this.ask('tile', request),
      (tile) => this.takeTile(tile),
      () => this.run(this.askRows()),
      (error) => this.report(error),
    );
    this.table = new LifeTable({ choose: (line) => this.selection.chooseLine(line) }, (t) => this.clock(t));
    this.page.tablePlace.append(this.table.element);
    this.setUpCanvas();
  }

  /** Puts the page into a document and starts. */
  start(body: HTMLElement): void {
    this.page.split.append(this.announcer.element);
    body.append(this.page.root);
    this.setTheme();
    new ResizeObserver(() => this.resize()).observe(this.page.picture);
    this.run(this.load());
  }

  get view(): View {
    return this.history.view;
  }

  setTheme(): void {
    const theme = this.around.theme();
    this.canvas.setTheme(theme);
    this.page.legend.replaceChildren(fullLegend(theme));
    this.showShortLegend(theme);
    this.draw();
  }

  private showShortLegend(theme: Theme): void {
    this.page.legendPlace.replaceChildren(shortLegend(theme, new Set(this.loaded?.meta.findingVerdict)));
  }

  private setUpCanvas(): void {
    const { element: canvas } = this.canvas;
    canvas.className = 'main';
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute(
      'aria-label',
      'Timeline of pages over time. The same content is in the table of the Details panel; press T to go there.',
    );
    this.page.picture.prepend(canvas);
    canvas.addEventListener('keydown', (event) => {
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      this.actions.act(action);
    });
    attachGestures(canvas, {
      frame: () => this.frame(),
      zoomTime: (x, factor) => this.change((v, b) => zoomTime(v, this.frame(), x, factor, b)),
      zoomRows: (y, by) => this.change((v) => zoomRows(v, this.frame(), y, by, this.groups())),
      pan: (dx, dy) => this.change((v, b) => pan(v, this.frame(), dx, dy, b, this.displayRows().length)),
      scrollLanes: (by) => this.scrollLanes(by),
      minimap: (x) => this.actions.moveToMinimap(x),
      hover: (x, y) => this.hovering.moveHover(x, y),
      leave: () => this.hovering.moveHover(NaN, NaN),
      click: (x, y, measuring) => this.selection.click(x, y, measuring),
    });
  }

  // ---- asking -----------------------------------------------------------------------------------------------------

  ask<K extends AskName>(name: K, params: TimelineAsks[K]['params']): Promise<TimelineAsks[K]['result']> {
    return this.endpoint.request(name, params as PageRequests[K]['params']) as Promise<
      TimelineAsks[K]['result']
    >;
  }

  /** Runs something that may fail, and says so when it does. */
  run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.report(error));
  }

  private report(error: unknown): void {
    if (error instanceof RequestError && error.code === 'cancelled') return;
    const busy = error instanceof RequestError && error.code === 'busy';
    const text = busy
      ? 'The trace is being read'
      : `The timeline could not be drawn: ${error instanceof Error ? error.message : String(error)}`;
    if (!this.loaded) this.notice(text);
    this.announcer.say(text);
  }

  private notice(text: string): void {
    this.page.notice.textContent = text;
    this.page.notice.hidden = text === '';
  }

  private async load(): Promise<void> {
    this.opening = await this.endpoint.request('open', {});
    const meta = await this.ask('meta', {});
    const knots = (k: TimelineMeta['plain']): Bounds => ({
      start: k.view[0] ?? 0,
      end: k.view[k.view.length - 1] ?? 0,
      resolution: meta.resolution,
    });
    const bounds = { plain: knots(meta.plain), compressed: knots(meta.compressed) };
    const saved =
      this.opening.view !== '' ? this.opening.view : returningView(this.around.load(), this.opening.kept);
    const first: View = { ...FIRST_VIEW, ...wholeSpan(bounds.plain), level: -1 };
    let view = saved === '' ? first : readView(saved, first);
    const rows = await this.ask('rows', view.filter);
    this.loaded = { meta, bounds, rows };
    this.lanes = orderLanes(meta, view.filter.tid);
    if (view.level < 0) view = { ...view, level: this.fittingLevel(), selectedFinding: worstFinding(meta) };
    this.history = new History(view);
    this.source.drop();
    this.minimapKey = '';
    this.canvas.setTile(null, 1);
    this.notice(meta.rows === 0 ? 'This trace has no events.' : '');
    this.showShortLegend(this.canvas.currentTheme);
    this.fillChoices();
    this.summarize();
    this.run(this.askMinimap());
    if (view.selectedFinding >= 0) this.run(this.selection.selectFinding(view.selectedFinding, false));
    this.refresh();
  }

  private async askRows(): Promise<void> {
    if (!this.loaded) return;
    this.loaded.rows = await this.ask('rows', this.view.filter);
    this.lanes = orderLanes(this.loaded.meta, this.view.filter.tid);
    this.history.replace({
      ...this.view,
      top: clampTop(this.view.top, this.frame(), this.displayRows().length),
    });
    this.run(this.askMinimap());
    this.refresh();
    const { groups } = this.loaded.rows;
    this.announcer.say(
      groups.length === 0
        ? 'No page passes the filter'
        : `${groups.reduce((n, g) => n + g.rowCount, 0)} rows in ${groups.length} groups`,
      200,
    );
  }

  private async askMinimap(): Promise<void> {
    if (!this.loaded) return;
    const { rows } = this.loaded;
    const whole = wholeSpan(this.bounds());
    const columns = Math.max(1, Math.ceil(this.frame().plotW));
    const key = `${rows.rowSet} ${this.view.compress} ${columns}`;
    if (columns < 2 || key === this.minimapKey) return;
    this.minimapKey = key;
    this.minimap = await this.ask('tile', {
      rowSet: rows.rowSet,
      rows: Int32Array.from(rows.groups.flatMap((_, g) => [g, -1, 0])),
      ...whole,
      columns,
      compress: this.view.compress,
      lanes: new Int32Array(0),
      marks: 0,
      tid: -1,
    });
    this.draw();
  }

  private takeTile(tile: Tile): void {
    const start = performance.now();
    this.canvas.setTile(tile, window.devicePixelRatio);
    this.tileMs += performance.now() - start;
    this.draw();
  }

  // ---- view -------------------------------------------------------------------------------------------------------

  frame(): Frame {
    return frameOf(this.size, this.shownLanes().length, this.lanes.length > 0);
  }

  shownLanes(): number[] {
    return this.view.lanesFolded
      ? []
      : laneWindow(this.lanes, this.view.lanesTop, lanesThatFit(this.lanes.length, this.size.height));
  }

  scrollLanes(by: number): void {
    const lanesTop = clampLanes(
      this.view.lanesTop + by,
      this.lanes.length,
      lanesThatFit(this.lanes.length, this.size.height),
    );
    if (lanesTop !== this.view.lanesTop) this.go({ ...this.view, lanesTop });
  }

  /** The view with a lane in sight, unless lanes are folded. */
  withLane(view: View, lane: number): View {
    return {
      ...view,
      lanesTop: topToShow(this.lanes, view.lanesTop, lanesThatFit(this.lanes.length, this.size.height), lane),
    };
  }

  groups(): RowsReply['groups'] {
    return this.loaded?.rows.groups ?? [];
  }

  fittingLevel(): number {
    return fittingLevel(this.groups(), Math.floor(this.frame().rowsH / ROW_H));
  }

  displayRows(): DisplayRows {
    return new DisplayRows(this.groups(), Math.max(0, this.view.level), this.view.collapsed);
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

  clock(time: number): string {
    if (!this.loaded) return '';
    const { unit, t0, resolution } = this.loaded.meta;
    return clock(time, unit, t0, resolution);
  }

  change(to: (view: View, bounds: Bounds) => View): void {
    if (this.loaded) this.go(to(this.view, this.bounds()));
  }

  /** Shows another view, as a step that can be undone. */
  go(view: View): void {
    const before = this.view;
    this.history.go(view, performance.now());
    this.afterMove(before);
  }

  afterMove(before: View): void {
    const { view } = this;
    if (JSON.stringify(before.filter) !== JSON.stringify(view.filter)) this.run(this.askRows());
    if (before.compress !== view.compress) this.run(this.askMinimap());
    if (before.selectedFinding !== view.selectedFinding)
      this.run(this.selection.selectFinding(view.selectedFinding, false));
    this.refresh();
  }

  /** Brings everything up to the present view. */
  refresh(): void {
    if (!this.loaded) return;
    const { view } = this;
    const kept = { view: writeView(view), at: Date.now() };
    this.around.store(kept, this.opening?.uri ?? '');
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.run(this.endpoint.request('keep', kept)), KEEP_MS);
    this.page.undo.enable(this.history.canUndo);
    this.page.redo.enable(this.history.canRedo);
    this.page.compress.set(view.compress);
    this.page.findingsOnly.set(view.filter.findings);
    this.page.grouping.set(view.filter.grouping);
    this.page.vm.set(String(view.filter.vm));
    this.page.states.set(String(view.filter.states));
    this.page.thread.set(String(view.filter.tid));
    const wanted = this.wanted();
    if (wanted) this.source.want(wanted);
    this.draw();
    clearTimeout(this.tableTimer);
    this.tableTimer = setTimeout(() => this.fillTable(), TABLE_MS);
  }

  private wanted(): Wanted | undefined {
    if (!this.loaded || this.size.width < 2) return undefined;
    return {
      rowSet: this.loaded.rows.rowSet,
      view: this.view,
      frame: this.frame(),
      rows: this.displayRows(),
      lanes: this.shownLanes(),
      scale: window.devicePixelRatio,
    };
  }

  private resize(): void {
    const box = this.page.picture.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return;
    // A level that fitted before is fitted again; one that was chosen stays.
    const fitted = this.size.width < 2 || this.view.level === this.fittingLevel();
    this.size = { width: box.width, height: box.height };
    this.canvas.resize(box.width, box.height, window.devicePixelRatio);
    if (fitted && this.loaded) this.history.replace({ ...this.view, level: this.fittingLevel() });
    this.history.replace({
      ...this.view,
      top: clampTop(this.view.top, this.frame(), this.displayRows().length),
    });
    this.refresh();
    // A resized canvas is blank until it is painted: not a frame later.
    this.paintNow();
    if (!this.minimap || Math.abs(this.minimap.request.columns - this.frame().plotW) > 50)
      this.run(this.askMinimap());
  }

  /** Paints before the next frame; many calls paint once. */
  draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.paintNow();
    });
  }

  paintNow(): void {
    if (!this.loaded) return;
    const start = performance.now();
    if (this.canvas.work(BANDS_MS)) this.draw();
    const { meta, rows: rowsReply } = this.loaded;
    const { view } = this;
    this.scene = {
      meta,
      rowsReply,
      rows: this.displayRows(),
      view,
      frame: this.frame(),
      bounds: this.bounds(),
      lanes: this.shownLanes(),
      laneCount: this.lanes.length,
      lanesTop: this.view.lanesTop,
      tile: this.canvas.tile,
      minimap: this.minimap,
      finding: view.selectedFinding >= 0 ? this.selection.finding : null,
      selectedTime: view.selectedRow >= 0 ? this.selection.selectedTime : NaN,
      hoverX: this.hovering.hover.y < this.frame().minimapY ? this.hovering.hover.x : NaN,
    };
    this.picture = layout(this.scene);
    this.canvas.draw(this.picture, this.scene.frame, window.devicePixelRatio);
    this.frameMs.push(performance.now() - start + this.tileMs);
    this.tileMs = 0;
    if (this.frameMs.length > 1000) this.frameMs.shift();
  }

  // ---- controls ---------------------------------------------------------------------------------------------------

  private fillChoices(): void {
    const { meta } = this.loaded!;
    this.page.vm.fill(
      [{ value: '-1', text: 'all VMs' }, ...meta.vms.map((text, i) => ({ value: String(i), text }))],
      String(this.view.filter.vm),
    );
    fillThreads(this.page.thread, meta, this.view.filter.tid);
  }

  private summarize(): void {
    this.page.title.textContent = `Timeline of ${this.opening?.trace ?? ''}`;
    this.page.summary.replaceChildren(...summaryOf(this.loaded!.meta, this.opening?.trace ?? ''));
  }

  private filter(change: Partial<RowFilter>): void {
    const filter = { ...this.view.filter, ...change };
    if (JSON.stringify(filter) !== JSON.stringify(this.view.filter))
      this.go({ ...this.view, filter, top: 0 });
  }

  private filterPages(text: string): void {
    const range = readPages(text);
    if (range) this.filter(range);
    else this.announcer.say(`${text} is not a range of pages`);
  }

  toggleSide(): void {
    this.page.side.classList.toggle('closed');
  }

  targetAt(x: number, y: number): Target | undefined {
    if (!this.scene || !this.picture) return undefined;
    return targetAt(this.picture.hits, this.scene.frame, this.view, this.scene.rows, x, y);
  }

  toggleGroup(group: number): void {
    const { label } = this.groups()[group]!;
    const collapsed = this.view.collapsed.includes(label)
      ? this.view.collapsed.filter((x) => x !== label)
      : [...this.view.collapsed, label];
    this.go({ ...this.view, collapsed });
  }

  /** A table of six columns needs more room than words do. */
  private showPanel(name: string): void {
    this.page.side.classList.toggle('wide', name === 'table');
    this.fillTable();
  }

  /** Threads that do something in view come first, the others after them. */
  showActiveLanes(): void {
    const { tile } = this.canvas;
    if (!tile) return;
    const order = activeLanes(tile);
    this.lanes = [...order, ...this.lanes.filter((lane) => !order.includes(lane))];
    this.go({ ...this.view, lanesTop: 0, lanesFolded: false });
    this.announcer.say(`${order.length} thread${order.length === 1 ? '' : 's'} active here`);
  }

  toggleLanes(): void {
    this.go({ ...this.view, lanesFolded: !this.view.lanesFolded });
  }

  fillTable(focus = false): void {
    const shown = this.loaded && !this.page.side.classList.contains('closed');
    if (!shown) return;
    const rows = this.displayRows();
    const triples: number[] = [];
    const end = Math.min(rows.length, Math.ceil(this.view.top + this.frame().rowsH / ROW_H));
    for (let i = Math.floor(this.view.top); i < end; i++) {
      const row = rows.at(i);
      if (row && row.first >= 0) triples.push(row.group, row.first, row.count);
    }
    const ask = {
      rowSet: this.loaded!.rows.rowSet,
      rows: Int32Array.from(triples),
      fromTime: this.timeOfView(this.view.from),
      untilTime: this.timeOfView(this.view.until),
      limit: TABLE_LINES,
    };
    this.run(
      this.ask('table', ask).then((reply: TableReply) => {
        this.table.fill(reply, (group) => this.groups()[group]?.label ?? '');
        if (focus) this.table.focus();
      }),
    );
  }
}

/** The first finding of the worst verdict and severity; -1 when there is none. */
function worstFinding(meta: TimelineMeta): number {
  let best = -1;
  const rank = (f: number): number => meta.findingVerdict[f]! * 10 + meta.findingSeverity[f]!;
  for (let f = 0; f < meta.findingRow.length; f++) if (best < 0 || rank(f) < rank(best)) best = f;
  return best;
}
