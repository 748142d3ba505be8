/** Pointer and wheel on the picture, as changes of the view. */
import { RULER_H, type Frame } from './viewport.js';

export interface GestureEvents {
  frame(): Frame;
  zoomTime(x: number, factor: number): void;
  zoomRows(y: number, by: number): void;
  pan(dx: number, dy: number): void;
  /** The minimap was pressed or dragged at x. */
  minimap(x: number): void;
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number, measuring: boolean): void;
}

/** One notch of a wheel zooms by this factor. */
const NOTCH = 1.25;
const DRAG_MIN = 4;

export function attachGestures(canvas: HTMLCanvasElement, events: GestureEvents): void {
  const point = (event: MouseEvent): { x: number; y: number } => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  wheel(canvas, events, point);
  drag(canvas, events, point);
  canvas.addEventListener('pointerleave', () => events.leave());
}

/** Wheel and pinch zoom time around the pointer; over the labels, or with Shift, rows scroll; with Alt, rows zoom. */
function wheel(canvas: HTMLCanvasElement, events: GestureEvents, point: (event: MouseEvent) => { x: number; y: number }): void {
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const { x, y } = point(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const dx = event.deltaX * unit;
    const dy = event.deltaY * unit;
    if (event.altKey) events.zoomRows(y, Math.sign(dy));
    else if (event.shiftKey || (x < events.frame().plotX && !event.ctrlKey)) events.pan(0, dy === 0 ? dx : dy);
    else if (Math.abs(dx) > Math.abs(dy)) events.pan(dx, 0);
    // A pinch comes as a wheel with Control and small steps.
    else events.zoomTime(x, NOTCH ** (dy / (event.ctrlKey ? 25 : 100)));
  }, { passive: false });
}

function drag(canvas: HTMLCanvasElement, events: GestureEvents, point: (event: MouseEvent) => { x: number; y: number }): void {
  let from: { x: number; y: number } | undefined;
  let last = { x: 0, y: 0 };
  let moved = false;
  let onMinimap = false;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = last = point(event);
    moved = false;
    onMinimap = from.y >= events.frame().minimapY;
    canvas.setPointerCapture(event.pointerId);
    if (onMinimap) events.minimap(from.x);
  });
  canvas.addEventListener('pointermove', (event) => {
    const at = point(event);
    if (!from) {
      events.hover(at.x, at.y);
      return;
    }
    if (onMinimap) {
      events.minimap(at.x);
      return;
    }
    moved ||= Math.abs(at.x - from.x) > DRAG_MIN || Math.abs(at.y - from.y) > DRAG_MIN;
    if (moved) events.pan(last.x - at.x, from.y < RULER_H ? 0 : last.y - at.y);
    last = at;
  });
  const end = (event: PointerEvent): void => {
    const at = point(event);
    if (from && !moved && !onMinimap && event.type === 'pointerup') events.click(at.x, at.y, event.shiftKey);
    from = undefined;
  };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
}
