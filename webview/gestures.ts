/** Pointer and wheel on the picture, as changes of the view. */
import { LANE_H, RULER_H, type Frame } from './picture/viewport.js';

export interface GestureEvents {
  frame(): Frame;
  zoomTime(x: number, factor: number): void;
  zoomRows(y: number, by: number): void;
  pan(dx: number, dy: number): void;
  /** Threads above (negative) or below come into sight. */
  scrollLanes(by: number): void;
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
  const fingers = pinch(canvas, events, point);
  drag(canvas, events, point, fingers);
  canvas.addEventListener('pointerleave', () => events.leave());
}

/** What is left of a movement after its whole lanes. */
class LaneSteps {
  private left = 0;

  /** Adds pixels; returns how many lanes that makes. */
  add(pixels: number): number {
    this.left += pixels;
    const whole = Math.trunc(this.left / LANE_H);
    this.left -= whole * LANE_H;
    return whole;
  }
}

function inLanes(frame: Frame, y: number): boolean {
  return y >= frame.lanesHeadY && y < frame.lanesY + frame.lanesH;
}

/**
 * Wheel and pinch zoom time around the pointer; over the labels, or with
 * Shift, rows or lanes scroll; with Alt, rows zoom.
 */
function wheel(canvas: HTMLCanvasElement, events: GestureEvents, point: Point): void {
  const steps = new LaneSteps();
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { x, y } = point(event);
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
      const dx = event.deltaX * unit;
      const dy = event.deltaY * unit;
      if (event.altKey) events.zoomRows(y, Math.sign(dy));
      else if (event.shiftKey || (x < events.frame().plotX && !event.ctrlKey)) {
        if (inLanes(events.frame(), y)) events.scrollLanes(steps.add((dy === 0 ? dx : dy) / 2));
        else events.pan(0, dy === 0 ? dx : dy);
      } else if (Math.abs(dx) > Math.abs(dy)) events.pan(dx, 0);
      // A pinch comes as a wheel with Control and small steps.
      else events.zoomTime(x, NOTCH ** (dy / (event.ctrlKey ? 25 : 100)));
    },
    { passive: false },
  );
}

type Point = (event: MouseEvent) => { x: number; y: number };

/**
 * Two fingers zoom time by their distance, around the place between them,
 * and pan with it. Returns where fingers are.
 */
function pinch(
  canvas: HTMLCanvasElement,
  events: GestureEvents,
  point: Point,
): ReadonlyMap<number, { x: number; y: number }> {
  const fingers = new Map<number, { x: number; y: number }>();
  const measured = (): { x: number; y: number; wide: number } => {
    const [a, b] = [...fingers.values()] as [{ x: number; y: number }, { x: number; y: number }];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, wide: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') fingers.set(event.pointerId, point(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = fingers.size === 2 ? measured() : undefined;
    fingers.set(event.pointerId, point(event));
    if (!before) return;
    const now = measured();
    events.pan(before.x - now.x, before.y - now.y);
    events.zoomTime(now.x, before.wide / now.wide);
  });
  for (const type of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(type, (event) => fingers.delete(event.pointerId));
  return fingers;
}

function drag(
  canvas: HTMLCanvasElement,
  events: GestureEvents,
  point: Point,
  fingers: ReadonlyMap<number, unknown>,
): void {
  let from: { x: number; y: number } | undefined;
  let last = { x: 0, y: 0 };
  let moved = false;
  let onMinimap = false;
  let onLanes = false;
  const steps = new LaneSteps();
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    if (fingers.size > 1) {
      // A second finger makes it a pinch.
      from = undefined;
      return;
    }
    from = last = point(event);
    moved = false;
    onMinimap = from.y >= events.frame().minimapY;
    onLanes = inLanes(events.frame(), from.y);
    canvas.setPointerCapture(event.pointerId);
    if (onMinimap) events.minimap(from.x);
  });
  canvas.addEventListener('pointermove', (event) => {
    const at = point(event);
    if (!from) {
      if (fingers.size === 0) events.hover(at.x, at.y);
      return;
    }
    if (onMinimap) {
      events.minimap(at.x);
      return;
    }
    moved ||= Math.abs(at.x - from.x) > DRAG_MIN || Math.abs(at.y - from.y) > DRAG_MIN;
    if (moved) {
      events.pan(last.x - at.x, from.y < RULER_H || onLanes ? 0 : last.y - at.y);
      if (onLanes) events.scrollLanes(steps.add(last.y - at.y));
    }
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
