/** What keys and buttons do to the view. */
import { mapThrough } from '../model/timeline/axis.js';
import type { App } from './app.js';
import type { Action } from './keyboard.js';
import { clampSpan, pan, ROW_H, wholeSpan, zoomRows, zoomTime } from './picture/viewport.js';

export class Actions {
  constructor(private readonly app: App) {}

  compress(on: boolean): void {
    if (on === this.app.view.compress || !this.app.loaded) return;
    const from = this.app.timeOfView(this.app.view.from);
    const until = this.app.timeOfView(this.app.view.until);
    const knots = on ? this.app.loaded.meta.compressed : this.app.loaded.meta.plain;
    const bounds = on ? this.app.loaded.bounds.compressed : this.app.loaded.bounds.plain;
    this.app.go({
      ...this.app.view,
      compress: on,
      ...clampSpan(
        mapThrough(knots.time, knots.view, from),
        mapThrough(knots.time, knots.view, until),
        bounds,
      ),
    });
  }

  zoom(factor: number): void {
    const frame = this.app.frame();
    const x = Number.isNaN(this.app.hovering.hover.x)
      ? frame.plotX + frame.plotW / 2
      : Math.max(frame.plotX, this.app.hovering.hover.x);
    this.app.change((v, b) => zoomTime(v, frame, x, factor, b));
  }

  act(action: Action): void {
    if (!this.app.loaded) return;
    const frame = this.app.frame();
    const by = (dx: number, dy: number): void =>
      this.app.change((v, b) =>
        pan(v, frame, dx * frame.plotW, dy * ROW_H, b, this.app.displayRows().length),
      );
    const bounds = this.app.bounds();
    const span = this.app.view.until - this.app.view.from;
    const before = this.app.view;
    switch (action) {
      case 'zoomIn':
        this.zoom(0.7);
        break;
      case 'zoomOut':
        this.zoom(1 / 0.7);
        break;
      case 'left':
        by(-0.15, 0);
        break;
      case 'right':
        by(0.15, 0);
        break;
      case 'up':
        by(0, -3);
        break;
      case 'down':
        by(0, 3);
        break;
      case 'moreRows':
        this.app.change((v) => zoomRows(v, frame, this.rowsMiddle(), -1, this.app.groups()));
        break;
      case 'fewerRows':
        this.app.change((v) => zoomRows(v, frame, this.rowsMiddle(), 1, this.app.groups()));
        break;
      case 'whole':
        this.app.go({ ...this.app.view, ...wholeSpan(bounds), top: 0, level: this.app.fittingLevel() });
        break;
      case 'start':
        this.app.go({ ...this.app.view, ...clampSpan(bounds.start, bounds.start + span, bounds) });
        break;
      case 'end':
        this.app.go({ ...this.app.view, ...clampSpan(bounds.end - span, bounds.end, bounds) });
        break;
      case 'nextFinding':
        this.app.selection.stepFinding(1);
        break;
      case 'previousFinding':
        this.app.selection.stepFinding(-1);
        break;
      case 'undo':
        if (this.app.history.undo()) this.app.afterMove(before);
        break;
      case 'redo':
        if (this.app.history.redo()) this.app.afterMove(before);
        break;
      case 'jump':
        this.app.page.jump.focus();
        break;
      case 'compress':
        this.compress(!this.app.view.compress);
        break;
      case 'lanesUp':
        this.app.scrollLanes(-1);
        break;
      case 'lanesDown':
        this.app.scrollLanes(1);
        break;
      case 'lanes':
        this.app.toggleLanes();
        break;
      case 'activeLanes':
        this.app.showActiveLanes();
        break;
      case 'clear':
        this.app.go({ ...this.app.view, selectedFinding: -1, selectedRow: -1, measure: [] });
        break;
      case 'table':
        this.app.page.side.classList.remove('closed');
        this.app.page.panels.show('table');
        this.app.fillTable(true);
        break;
      case 'open':
        if (this.app.selection.finding)
          this.app.selection.goTo(this.app.selection.finding.at, this.app.selection.finding.id);
        break;
    }
  }

  private rowsMiddle(): number {
    const frame = this.app.frame();
    return Number.isNaN(this.app.hovering.hover.y)
      ? frame.rowsY + frame.rowsH / 2
      : this.app.hovering.hover.y;
  }

  moveToMinimap(x: number): void {
    this.app.change((v, b) => {
      const frame = this.app.frame();
      const whole = wholeSpan(b);
      const at = whole.from + ((x - frame.plotX) / frame.plotW) * (whole.until - whole.from);
      const span = v.until - v.from;
      return { ...v, ...clampSpan(at - span / 2, at + span / 2, b) };
    });
  }
}
