/**
 * What is to be painted, as columns: a list of commands that any painter (canvas, SVG, a test) can follow.
 */
import type { StyleId } from '../paint/style.js';

export const Draw = { Fill: 0, Box: 1, Line: 2, Glyph: 3, Text: 4, Clip: 5, Unclip: 6, Arrow: 7 } as const;
export type DrawKind = (typeof Draw)[keyof typeof Draw];

/** Signs: each is told apart by its shape alone. */
export const Glyph = {
  Diamond: 0,
  TriangleUp: 1,
  TriangleDown: 2,
  Cross: 3,
  Ring: 4,
  Square: 5,
  HollowUp: 6,
  HollowDown: 7,
  Question: 8,
  Bar: 9,
  Right: 10,
  Left: 11,
  Warning: 12,
} as const;
export type GlyphId = (typeof Glyph)[keyof typeof Glyph];

/** Numbers of a command in DrawList.box. */
export const BOX_FIELDS = 4;
const ROOM = 256;

export class DrawList {
  length = 0;
  kind = new Uint8Array(ROOM);
  style = new Uint8Array(ROOM);
  /**
   * x, y, width, height; for lines and arrows x, y, x2, y2; for glyphs centre, size and glyph; for text x,
   * baseline middle, width limit (0 none) and text.
   */
  box = new Float32Array(ROOM * BOX_FIELDS);
  readonly texts: string[] = [];

  private add(kind: DrawKind, style: StyleId, x: number, y: number, w: number, h: number): void {
    if (this.length === this.kind.length) this.grow();
    const i = this.length++;
    this.kind[i] = kind;
    this.style[i] = style;
    const at = i * BOX_FIELDS;
    this.box[at] = x;
    this.box[at + 1] = y;
    this.box[at + 2] = w;
    this.box[at + 3] = h;
  }

  private grow(): void {
    const kind = new Uint8Array(this.length * 2);
    kind.set(this.kind);
    this.kind = kind;
    const style = new Uint8Array(this.length * 2);
    style.set(this.style);
    this.style = style;
    const box = new Float32Array(this.length * 2 * BOX_FIELDS);
    box.set(this.box);
    this.box = box;
  }

  fill(style: StyleId, x: number, y: number, w: number, h: number): void {
    if (w > 0 && h > 0) this.add(Draw.Fill, style, x, y, w, h);
  }
  outline(style: StyleId, x: number, y: number, w: number, h: number): void {
    this.add(Draw.Box, style, x, y, w, h);
  }
  line(style: StyleId, x: number, y: number, x2: number, y2: number): void {
    this.add(Draw.Line, style, x, y, x2, y2);
  }
  arrow(style: StyleId, x: number, y: number, x2: number, y2: number): void {
    this.add(Draw.Arrow, style, x, y, x2, y2);
  }
  glyph(style: StyleId, glyph: GlyphId, x: number, y: number, size: number): void {
    this.add(Draw.Glyph, style, x, y, size, glyph);
  }
  /** Text from x, its middle at y; cut at `limit` when that is not 0. */
  text(style: StyleId, x: number, y: number, text: string, limit = 0): void {
    this.add(Draw.Text, style, x, y, limit, this.texts.push(text) - 1);
  }
  clip(x: number, y: number, w: number, h: number): void {
    this.add(Draw.Clip, 0, x, y, w, h);
  }
  unclip(): void {
    this.add(Draw.Unclip, 0, 0, 0, 0, 0);
  }
}
