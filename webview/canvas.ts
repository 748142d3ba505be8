/** The canvas: paints pictures, and keeps a tile's bands as a bitmap so that panning costs one copy. */
import { layoutBands } from './bandsLayout.js';
import { DrawList } from './drawList.js';
import { Brushes, paint } from './paint.js';
import type { Picture } from './scene.js';
import type { Theme } from './theme.js';
import type { Tile } from '../model/timeline/tiles.js';
import { ROW_H, type Frame } from './viewport.js';

export class Canvas {
  readonly element = document.createElement('canvas');
  private readonly context: CanvasRenderingContext2D;
  private brushes: Brushes;
  private bitmap: OffscreenCanvas | null = null;
  private bitmapScale = 1;
  /** The list that the bitmap was painted from, for exports. */
  bands = new DrawList();
  bandColumns = 0;

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
    this.paintBands();
  }

  get currentTheme(): Theme {
    return this.theme;
  }

  /** Takes a new tile; its bands are painted once, here. */
  setTile(tile: Tile | null, scale: number): void {
    this.bands = tile ? layoutBands(tile) : new DrawList();
    this.bandColumns = tile ? tile.request.columns : 0;
    this.bitmapScale = scale;
    this.bitmap = tile && tile.rowFirst.length > 0 ? new OffscreenCanvas(tile.request.columns, Math.ceil(tile.rowFirst.length * ROW_H * scale)) : null;
    this.paintBands();
  }

  private paintBands(): void {
    const context = this.bitmap?.getContext('2d');
    if (!context) return;
    context.setTransform(1, 0, 0, this.bitmapScale, 0, 0);
    context.clearRect(0, 0, this.bandColumns, 1e6);
    paint(context, this.bands, this.brushes);
  }

  draw(picture: Picture, frame: Frame, scale: number): void {
    const { context } = this;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, picture.under, this.brushes);
    if (this.bitmap && picture.bands.w > 0) this.drawBands(picture, frame);
    paint(context, picture.over, this.brushes);
  }

  private drawBands(picture: Picture, frame: Frame): void {
    const { context, bitmap } = this;
    const h = ROW_H * this.bitmapScale;
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
      if (!Number.isNaN(y)) context.drawImage(bitmap!, sx, row * h, (right - left) * perPx, h, left, y, right - left, ROW_H);
    });
    context.restore();
  }
}
