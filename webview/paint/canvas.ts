/** The canvas: paints pictures, and keeps a tile's bands as a bitmap so that panning costs one copy. */
import { layoutBands } from '../picture/bandsLayout.js';
import { DrawList } from '../picture/drawList.js';
import { Brushes, paint } from './paint.js';
import type { Picture } from '../picture/scene.js';
import type { Theme } from './theme.js';
import type { Tile } from '../../model/timeline/tiles.js';
import { ROW_H, type Frame } from '../picture/viewport.js';

/** Commands painted between two looks at the clock. */
const SLICE = 500;

/** A tile's bands, as a list and as far as it is painted. */
interface Bands {
  readonly tile: Tile | null;
  readonly bands: DrawList;
  readonly bitmap: OffscreenCanvas | null;
  readonly scale: number;
  painted: number;
}

export class Canvas {
  readonly element = document.createElement('canvas');
  private readonly context: CanvasRenderingContext2D;
  private brushes: Brushes;
  private shown: Bands = { tile: null, bands: new DrawList(), bitmap: null, scale: 1, painted: 0 };
  private next: Bands | null = null;
  /**
   * A bitmap that is not shown any more: the next tile is painted on it, since a new one for each would be
   * garbage by the megabyte.
   */
  private spare: OffscreenCanvas | null = null;

  constructor(private theme: Theme) {
    const context = this.element.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser has no canvas');
    this.context = context;
    this.brushes = new Brushes(theme, context);
  }

  resize(width: number, height: number, scale: number): void {
    this.element.width = Math.round(width * scale);
    this.element.height = Math.round(height * scale);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.brushes = new Brushes(theme, this.context);
    const { tile, scale } = this.next ?? this.shown;
    this.setTile(tile, scale);
  }

  get currentTheme(): Theme {
    return this.theme;
  }

  /**
   * Takes a new tile. Its bands are painted once, a slice at a time (see
   * {@link work}); until then the old tile stays.
   */
  setTile(tile: Tile | null, scale: number): void {
    const bands = tile ? layoutBands(tile) : new DrawList();
    // What was being painted will not be shown.
    this.spare = this.next?.bitmap ?? this.spare;
    const bitmap =
      tile && tile.rowFirst.length > 0
        ? this.bitmapOf(tile.request.columns, Math.ceil(tile.rowFirst.length * ROW_H * scale))
        : null;
    this.next = { tile, bands, bitmap, scale, painted: 0 };
    if (!tile) this.work(Infinity);
  }

  /** Paints bands that wait to be painted for about this long; true when more is left. */
  work(budgetMs: number): boolean {
    const { next } = this;
    if (!next) return false;
    const context = next.bitmap?.getContext('2d');
    const end = performance.now() + budgetMs;
    context?.setTransform(1, 0, 0, next.scale, 0, 0);
    while (context && next.painted < next.bands.length) {
      const until = Math.min(next.bands.length, next.painted + SLICE);
      paint(context, next.bands, this.brushes, next.painted, until);
      next.painted = until;
      if (until < next.bands.length && performance.now() > end) return true;
    }
    this.spare = this.shown.bitmap ?? this.spare;
    this.shown = next;
    this.next = null;
    return false;
  }

  /** An empty bitmap; setting the size of a canvas clears it. */
  private bitmapOf(width: number, height: number): OffscreenCanvas {
    const bitmap = this.spare ?? new OffscreenCanvas(width, height);
    this.spare = null;
    bitmap.width = width;
    bitmap.height = height;
    return bitmap;
  }

  /** The tile that is on the screen. */
  get tile(): Tile | null {
    return this.shown.tile;
  }
  /** The list that its bands were painted from, for exports. */
  get bands(): DrawList {
    return this.shown.bands;
  }
  get bandColumns(): number {
    return this.shown.tile?.request.columns ?? 0;
  }

  draw(picture: Picture, frame: Frame, scale: number): void {
    const { context } = this;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, picture.under, this.brushes);
    if (this.shown.bitmap && picture.bands.w > 0) this.drawBands(picture, frame);
    paint(context, picture.over, this.brushes);
  }

  private drawBands(picture: Picture, frame: Frame): void {
    const { context } = this;
    const { bitmap, scale } = this.shown;
    const h = ROW_H * scale;
    // Only the part in view is copied: zoomed far in, the whole tile would be scaled to a huge width.
    const left = Math.max(frame.plotX, picture.bands.x);
    const right = Math.min(frame.plotX + frame.plotW, picture.bands.x + picture.bands.w);
    if (right <= left) return;
    const perPx = this.bandColumns / picture.bands.w;
    const sx = (left - picture.bands.x) * perPx;
    context.save();
    context.beginPath();
    context.rect(frame.plotX, frame.rowsY, frame.plotW, frame.rowsH);
    context.clip();
    context.imageSmoothingEnabled = false;
    picture.bands.y.forEach((y, row) => {
      if (!Number.isNaN(y))
        context.drawImage(bitmap!, sx, row * h, (right - left) * perPx, h, left, y, right - left, ROW_H);
    });
    context.restore();
  }
}
