/**
 * The timeline's page: asks for what its view shows, paints it, and
 * brings together what the user and the host do.
 */
import type { Tile } from '../model/timeline/tiles.js';
import { Actions } from './actions.js';
import { Exports } from './exports.js';
import { attachGestures } from './gestures.js';
import { Host } from './host.js';
import { Hovering } from './hovering.js';
import { actionOf } from './keyboard.js';
import { Lives } from './lives.js';
import { Announcer } from './page/a11y.js';
import { fillThreads, readPages, summaryOf } from './page/header.js';
import { buildPage, type Page, type PageActs } from './page/page.js';
import { togglePanel } from './page/sidePanel.js';
import { Canvas } from './paint/canvas.js';
import { fullLegend, shortLegend } from './paint/legend.js';
import type { Theme } from './paint/theme.js';
import { layout } from './picture/layout.js';
import { pan, wholeSpan, zoomRows, zoomTime } from './picture/viewport.js';
import { RequestError, type Handlers } from './protocol/endpoint.js';
import type { HostRequests, KeptView } from './protocol/messages.js';
import { Selection } from './selection.js';
import { TileSource } from './source.js';
import { readView, returningView, writeView, type View } from './state.js';
import { firstView, sameFilter, Store, type Loaded } from './store.js';

/** What the page needs from the window that it is in. */
export interface Surroundings {
  post(message: unknown): void;
  /** State that outlives the page in this window, null for a page that is new. */
  load(): KeptView | null;
  store(kept: KeptView, uri: string): void;
  theme(): Theme;
}

/** The host keeps a view that rests this long. */
const KEEP_MS = 250;
/** Of a frame, for painting the bands of a new tile. */
const BANDS_MS = 5;
/** Frames whose times are kept. */
const FRAMES_KEPT = 1000;
/** A picture narrower or lower than this, in pixels, is one that is not laid out yet. */
const SIZE_MIN = 2;
/** The minimap is asked for again when the picture's width has changed by more than this, in pixels. */
const MINIMAP_STALE_PX = 50;
/** What the minimap's tile is asked for with: whole groups have no lanes and no marks. */
const NO_DETAILS = { lanes: new Int32Array(0), marks: 0, tid: -1 } as const;

const LABEL =
  'Timeline of pages over time. ' +
  'The same content is in the table of the Details panel; press T to go there.';

/** Where a sign is drawn, for tests. */
export interface SignPlace {
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly index: number;
}

export class App {
  private readonly store: Store;
  private readonly host: Host;
  private readonly page: Page;
  private readonly canvas: Canvas;
  private readonly announcer = new Announcer();
  private readonly source: TileSource;
  private readonly selection: Selection;
  private readonly hovering: Hovering;
  private readonly lives: Lives;
  private readonly actions: Actions;
  private readonly exports: Exports;
  private minimap: Tile | null = null;
  /** What the minimap was last asked for. */
  private minimapKey = '';
  private keepTimer = 0;
  /** A frame is asked for that will paint. */
  private drawing = false;
  /**
   * Milliseconds of script and paint of the last frames, for tests and benchmarks. What a new tile takes
   * counts to the frame that shows it.
   */
  readonly frameMs: number[] = [];
  private tileMs = 0;

  constructor(private readonly around: Surroundings) {
    this.store = new Store({
      moved: (before) => this.followView(before),
      changed: () => this.refresh(),
      redraw: () => this.draw(),
    });
    this.canvas = new Canvas(around.theme());
    this.page = buildPage(this.pageActs());
    const { store, page } = this;
    this.host = new Host(
      (packet) => around.post(packet),
      this.handlers(),
      (error) => this.report(error),
    );
    this.source = new TileSource(
      (request) => this.host.ask('tile', request),
      (tile) => this.takeTile(tile),
      () => this.host.run(this.askRows()),
      (error) => this.report(error),
    );
    this.selection = new Selection(store, this.host, page, this.announcer);
    this.hovering = new Hovering(store, this.host, page, this.selection);
    this.lives = new Lives(store, this.host, page, (line) => this.selection.chooseLine(line));
    this.actions = new Actions(store, this.selection, this.lives, page);
    this.exports = new Exports(store, this.host, this.canvas, () => this.paintNow());
    this.setUpCanvas();
  }

  /** Puts the page into a document and starts. */
  start(body: HTMLElement): void {
    this.page.split.append(this.announcer.element);
    body.append(this.page.root);
    this.setTheme();
    new ResizeObserver(() => this.resize()).observe(this.page.picture);
    this.host.run(this.load());
  }

  /** Takes a message of the window. */
  receive(message: unknown): void {
    this.host.receive(message);
  }

  get view(): View {
    return this.store.view;
  }

  signPlaces(): SignPlace[] {
    return (this.store.picture?.hits ?? []).map(({ kind, x, y, w, h, index }) => ({
      kind,
      x: x + Math.min(8, w / 2),
      y: y + h / 2,
      index,
    }));
  }

  setTheme(): void {
    const theme = this.around.theme();
    this.canvas.setTheme(theme);
    this.page.legend.replaceChildren(fullLegend(theme));
    this.showShortLegend(theme);
    this.draw();
  }

  private showShortLegend(theme: Theme): void {
    const verdicts = new Set(this.store.loaded?.meta.findingVerdict);
    this.page.legendPlace.replaceChildren(shortLegend(theme, verdicts));
  }

  // What the user and the host do

  private pageActs(): PageActs {
    const { store } = this;
    return {
      jump: (text) => this.host.run(this.selection.jump(text)),
      nextFinding: () => this.actions.act('nextFinding'),
      previousFinding: () => this.actions.act('previousFinding'),
      whole: () => this.actions.act('whole'),
      zoom: (factor) => this.actions.zoom(factor),
      undo: () => this.actions.act('undo'),
      redo: () => this.actions.act('redo'),
      compress: (on) => this.actions.compress(on),
      grouping: (grouping) => store.filter({ grouping }),
      vm: (vm) => store.filter({ vm }),
      states: (states) => store.filter({ states }),
      marks: (marks) => store.go({ ...store.view, marks }),
      thread: (tid) => store.filter({ tid }),
      pages: (text) => this.filterPages(text),
      findingsOnly: (findings) => store.filter({ findings }),
      exportAs: (kind) => this.host.run(this.exportAs(kind)),
      side: () => {
        togglePanel(this.page.side);
        this.lives.fill();
      },
      panel: (name) => this.showPanel(name),
    };
  }

  private handlers(): Handlers<HostRequests> {
    return {
      select: ({ row, finding }) => this.selection.selectFromHost(row, finding),
      renew: async () => {
        await this.load();
        return null;
      },
      show: ({ view }) => {
        this.store.go(readView(view, this.view));
        return null;
      },
    };
  }

  private setUpCanvas(): void {
    const { store } = this;
    const { element } = this.canvas;
    element.className = 'main';
    element.tabIndex = 0;
    element.setAttribute('role', 'application');
    element.setAttribute('aria-label', LABEL);
    this.page.picture.prepend(element);
    element.addEventListener('keydown', (event) => {
      const action = actionOf(event);
      if (!action) return;
      event.preventDefault();
      this.actions.act(action);
    });
    attachGestures(element, {
      frame: () => store.frame(),
      zoomTime: (x, factor) => store.change((v, b) => zoomTime(v, store.frame(), x, factor, b)),
      zoomRows: (y, by) => store.change((v) => zoomRows(v, store.frame(), y, by, store.groups())),
      pan: (dx, dy) => store.change((v, b) => pan(v, store.frame(), dx, dy, b, store.displayRows().length)),
      scrollLanes: (by) => store.scrollLanes(by),
      minimap: (x) => this.actions.moveToMinimap(x),
      hover: (x, y) => this.hovering.moveHover(x, y),
      leave: () => this.hovering.moveHover(NaN, NaN),
      click: (x, y, measuring) => {
        element.focus();
        this.selection.click(x, y, measuring);
      },
    });
  }

  private filterPages(text: string): void {
    const range = readPages(text);
    if (range) this.store.filter(range);
    else this.announcer.say(`${text} is not a range of pages`);
  }

  private async exportAs(kind: string): Promise<void> {
    const said = await this.exports.exportAs(kind);
    if (said !== '') this.announcer.say(said);
  }

  /** A table of six columns needs more room than words do. */
  private showPanel(name: string): void {
    this.page.side.classList.toggle('wide', name === 'table');
    this.lives.fill();
  }

  private report(error: unknown): void {
    if (error instanceof RequestError && error.code === 'cancelled') return;
    const busy = error instanceof RequestError && error.code === 'busy';
    const reason = error instanceof Error ? error.message : String(error);
    const text = busy ? 'The trace is being read' : `The timeline could not be drawn: ${reason}`;
    if (!this.store.loaded) this.notice(text);
    this.announcer.say(text);
  }

  private notice(text: string): void {
    this.page.notice.textContent = text;
    this.page.notice.hidden = text === '';
  }

  // What the view shows is asked for

  /** Asks for the trace, and shows it as it was last seen. */
  private async load(): Promise<void> {
    const { store } = this;
    const opening = await this.host.request('open', {});
    store.opening = opening;
    const meta = await this.host.ask('meta', {});
    const saved = opening.view !== '' ? opening.view : returningView(this.around.load(), opening.kept);
    const view = firstView(meta, saved);
    store.open(meta, await this.host.ask('rows', view.filter), view);
    this.source.drop();
    this.minimapKey = '';
    this.canvas.setTile(null, 1);
    this.notice(meta.rows === 0 ? 'This trace has no events.' : '');
    this.showShortLegend(this.canvas.currentTheme);
    this.fillHeader(store.loaded!);
    this.host.run(this.askMinimap());
    const { selectedFinding } = store.view;
    if (selectedFinding >= 0 && saved === '') this.host.run(this.selection.beginAt(selectedFinding));
    else if (selectedFinding >= 0) this.host.run(this.selection.selectFinding(selectedFinding, false));
    this.refresh();
  }

  private fillHeader({ meta }: Loaded): void {
    const { page, view } = this;
    const trace = this.store.opening?.trace ?? '';
    const vms = meta.vms.map((text, i) => ({ value: String(i), text }));
    page.vm.fill([{ value: '-1', text: 'all VMs' }, ...vms], String(view.filter.vm));
    fillThreads(page.thread, meta, view.filter.tid);
    page.title.textContent = `Timeline of ${trace}`;
    page.summary.replaceChildren(...summaryOf(meta, trace));
  }

  private async askRows(): Promise<void> {
    if (!this.store.loaded) return;
    this.store.takeRows(await this.host.ask('rows', this.view.filter));
    this.host.run(this.askMinimap());
    this.refresh();
    const groups = this.store.groups();
    const rows = groups.reduce((n, g) => n + g.rowCount, 0);
    const said =
      groups.length === 0 ? 'No page passes the filter' : `${rows} rows in ${groups.length} groups`;
    this.announcer.say(said, 200);
  }

  private async askMinimap(): Promise<void> {
    const { store } = this;
    if (!store.loaded) return;
    const { rowSet, groups } = store.loaded.rows;
    const { compress } = store.view;
    const columns = Math.max(1, Math.ceil(store.frame().plotW));
    const key = `${rowSet} ${compress} ${columns}`;
    if (columns < SIZE_MIN || key === this.minimapKey) return;
    this.minimapKey = key;
    this.minimap = await this.host.ask('tile', {
      rowSet,
      rows: Int32Array.from(groups.flatMap((_, group) => [group, -1, 0])),
      ...wholeSpan(store.bounds()),
      columns,
      compress,
      ...NO_DETAILS,
    });
    this.draw();
  }

  private takeTile(tile: Tile): void {
    const start = performance.now();
    this.canvas.setTile(tile, window.devicePixelRatio);
    this.tileMs += performance.now() - start;
    this.draw();
  }

  /** Asks for what hangs on the parts of the view that have changed, and brings everything up to it. */
  private followView(before: View): void {
    const { view } = this;
    if (!sameFilter(before.filter, view.filter)) this.host.run(this.askRows());
    if (before.compress !== view.compress) this.host.run(this.askMinimap());
    if (before.selectedFinding !== view.selectedFinding)
      this.host.run(this.selection.selectFinding(view.selectedFinding, false));
    this.refresh();
  }

  /** Brings everything up to the present view. */
  private refresh(): void {
    if (!this.store.loaded) return;
    this.keep();
    this.setControls();
    this.wantTile(this.store.loaded);
    this.draw();
    this.lives.fillSoon();
  }

  /** Keeps the view: in this window at once, at the host once it rests. */
  private keep(): void {
    const kept = { view: writeView(this.view), at: Date.now() };
    this.around.store(kept, this.store.opening?.uri ?? '');
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.host.tell('keep', kept), KEEP_MS);
  }

  private setControls(): void {
    const { page, store } = this;
    const { compress, filter } = store.view;
    page.undo.enable(store.canUndo);
    page.redo.enable(store.canRedo);
    page.compress.set(compress);
    page.findingsOnly.set(filter.findings);
    page.grouping.set(filter.grouping);
    page.vm.set(String(filter.vm));
    page.states.set(String(filter.states));
    page.thread.set(String(filter.tid));
  }

  private wantTile({ rows: { rowSet } }: Loaded): void {
    const { store } = this;
    if (store.size.width < SIZE_MIN) return;
    this.source.want({
      rowSet,
      view: store.view,
      frame: store.frame(),
      rows: store.displayRows(),
      lanes: store.shownLanes(),
      scale: window.devicePixelRatio,
    });
  }

  // The picture is painted

  private resize(): void {
    const { width, height } = this.page.picture.getBoundingClientRect();
    if (width < SIZE_MIN || height < SIZE_MIN) return;
    this.store.resize({ width, height });
    this.canvas.resize(width, height, window.devicePixelRatio);
    this.refresh();
    // A resized canvas is blank until it is painted: not a frame later.
    this.paintNow();
    const columns = this.minimap?.request.columns ?? -Infinity;
    if (Math.abs(columns - this.store.frame().plotW) > MINIMAP_STALE_PX) this.host.run(this.askMinimap());
  }

  /** Paints before the next frame; many calls paint once. */
  private draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.paintNow();
    });
  }

  private paintNow(): void {
    const { store } = this;
    if (!store.loaded) return;
    const start = performance.now();
    if (this.canvas.work(BANDS_MS)) this.draw();
    store.scene = store.sceneOf(store.loaded, this.canvas.tile, this.minimap);
    store.picture = layout(store.scene);
    this.canvas.draw(store.picture, store.scene.frame, window.devicePixelRatio);
    this.frameMs.push(performance.now() - start + this.tileMs);
    this.tileMs = 0;
    if (this.frameMs.length > FRAMES_KEPT) this.frameMs.shift();
  }
}
