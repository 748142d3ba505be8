/** What keys and buttons do to the view. */
import { mapThrough } from '../model/timeline/knots.js';
import type { Action } from './keyboard.js';
import type { Lives } from './lives.js';
import type { Page } from './page/page.js';
import { liftPanel } from './page/sidePanel.js';
import { clampSpan, pan, ROW_H, wholeSpan, zoomRows, zoomTime } from './picture/viewport.js';
import type { Selection } from './selection.js';
import type { Store } from './store.js';

/**
 * One key press zooms in to this share of the span, pans by this share of the plot, scrolls by so many rows.
 */
const KEY_ZOOM = 0.7;
const KEY_PAN = 0.15;
const KEY_ROWS = 3;

export class Actions {
  constructor(
    private readonly store: Store,
    private readonly selection: Selection,
    private readonly lives: Lives,
    private readonly page: Page,
  ) {}

  private readonly effects: Readonly<Record<Action, () => void>> = {
    zoomIn: () => this.zoom(KEY_ZOOM),
    zoomOut: () => this.zoom(1 / KEY_ZOOM),
    left: () => this.pan(-KEY_PAN, 0),
    right: () => this.pan(KEY_PAN, 0),
    up: () => this.pan(0, -KEY_ROWS),
    down: () => this.pan(0, KEY_ROWS),
    moreRows: () => this.zoomRows(-1),
    fewerRows: () => this.zoomRows(1),
    whole: () => this.showWhole(),
    start: () => this.showStart(),
    end: () => this.showEnd(),
    nextFinding: () => this.selection.stepFinding(1),
    previousFinding: () => this.selection.stepFinding(-1),
    undo: () => this.store.undo(),
    redo: () => this.store.redo(),
    jump: () => this.page.jump.focus(),
    compress: () => this.compress(!this.store.view.compress),
    lanesUp: () => this.store.scrollLanes(-1),
    lanesDown: () => this.store.scrollLanes(1),
    lanes: () => this.store.toggleLanes(),
    activeLanes: () => this.selection.showActiveLanes(),
    clear: () => {
      liftPanel(this.page.side);
      this.store.go({ ...this.store.view, selectedFinding: -1, selectedRow: -1, measure: [] });
    },
    table: () => this.lives.show(),
    open: () => this.openFinding(),
  };

  act(action: Action): void {
    if (this.store.loaded) this.effects[action]();
  }

  compress(on: boolean): void {
    const { loaded, view } = this.store;
    if (on === view.compress || !loaded) return;
    const knots = on ? loaded.meta.compressed : loaded.meta.plain;
    const bounds = on ? loaded.bounds.compressed : loaded.bounds.plain;
    const from = mapThrough(knots.time, knots.view, this.store.timeOfView(view.from));
    const until = mapThrough(knots.time, knots.view, this.store.timeOfView(view.until));
    this.store.go({ ...view, compress: on, ...clampSpan(from, until, bounds) });
  }

  /** Zooms time around the pointer, or around the middle of the picture. */
  zoom(factor: number): void {
    const frame = this.store.frame();
    const { x } = this.store.hover;
    const around = Number.isNaN(x) ? frame.plotX + frame.plotW / 2 : Math.max(frame.plotX, x);
    this.store.change((view, bounds) => zoomTime(view, frame, around, factor, bounds));
  }

  private zoomRows(by: number): void {
    const frame = this.store.frame();
    const { y } = this.store.hover;
    const around = Number.isNaN(y) ? frame.rowsY + frame.rowsH / 2 : y;
    this.store.change((view) => zoomRows(view, frame, around, by, this.store.groups()));
  }

  /** Pans by a share of the plot's width and by rows. */
  private pan(share: number, rows: number): void {
    const frame = this.store.frame();
    const { length } = this.store.displayRows();
    this.store.change((view, bounds) => pan(view, frame, share * frame.plotW, rows * ROW_H, bounds, length));
  }

  private showWhole(): void {
    const { store } = this;
    store.go({ ...store.view, ...wholeSpan(store.bounds()), top: 0, level: store.fittingLevel() });
  }

  private showStart(): void {
    this.store.change((view, bounds) => {
      const span = view.until - view.from;
      return { ...view, ...clampSpan(bounds.start, bounds.start + span, bounds) };
    });
  }

  private showEnd(): void {
    this.store.change((view, bounds) => {
      const span = view.until - view.from;
      return { ...view, ...clampSpan(bounds.end - span, bounds.end, bounds) };
    });
  }

  private openFinding(): void {
    const { finding } = this.store;
    if (finding) this.selection.goTo(finding.at, finding.id);
  }

  moveToMinimap(x: number): void {
    this.store.change((view, bounds) => {
      const frame = this.store.frame();
      const whole = wholeSpan(bounds);
      const at = whole.from + ((x - frame.plotX) / frame.plotW) * (whole.until - whole.from);
      const span = view.until - view.from;
      return { ...view, ...clampSpan(at - span / 2, at + span / 2, bounds) };
    });
  }
}
