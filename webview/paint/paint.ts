/** Follows a draw list on a canvas: a loop that knows nothing of what the commands mean. */
import { BOX_FIELDS, Draw, Glyph, type DrawList } from '../picture/drawList.js';
import { Style } from './style.js';
import type { Look, Pattern, Theme } from './theme.js';

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Styles as the canvas takes them. */
export class Brushes {
  readonly fills: (string | CanvasPattern)[] = [];
  readonly strokes: string[] = [];
  readonly alphas: number[] = [];
  readonly font: string;
  readonly strong: string;

  constructor(theme: Theme, context: Context) {
    for (const look of theme.looks) {
      this.fills.push(look.pattern === 'none' ? look.color : (patternOf(look, theme, context) ?? look.color));
      this.strokes.push(look.color);
      this.alphas.push(look.alpha);
    }
    this.font = `11px ${theme.font}`;
    this.strong = `600 11px ${theme.font}`;
  }
}

const TILE = 6;

/** A small picture that repeats: a pale ground of the colour with the hatch in full. */
function patternOf(look: Look, theme: Theme, context: Context): CanvasPattern | null {
  const canvas = new OffscreenCanvas(TILE, TILE);
  const c = canvas.getContext('2d');
  if (!c) return null;
  c.fillStyle = look.color;
  c.globalAlpha = GROUND[look.pattern] * (theme.highContrast ? 0.6 : 1);
  c.fillRect(0, 0, TILE, TILE);
  c.globalAlpha = 1;
  c.strokeStyle = look.color;
  c.lineWidth = 1.6;
  hatch(c, look.pattern);
  return context.createPattern(canvas, 'repeat');
}

const GROUND: Readonly<Record<Pattern, number>> = {
  none: 1,
  diagonal: 0.25,
  backslash: 0.08,
  cross: 0.2,
  dots: 0.62,
  horizontal: 0.3,
  vertical: 0.3,
};

function hatch(c: OffscreenCanvasRenderingContext2D, pattern: Pattern): void {
  const line = (x: number, y: number, x2: number, y2: number): void => {
    c.moveTo(x, y);
    c.lineTo(x2, y2);
  };
  c.beginPath();
  if (pattern === 'diagonal' || pattern === 'cross')
    for (const d of [-TILE, 0, TILE]) line(d - 1, TILE + 1, d + TILE + 1, -1);
  if (pattern === 'backslash' || pattern === 'cross')
    for (const d of [-TILE, 0, TILE]) line(d - 1, -1, d + TILE + 1, TILE + 1);
  if (pattern === 'horizontal') line(0, 1.5, TILE, 1.5);
  if (pattern === 'vertical') line(1.5, 0, 1.5, TILE);
  c.stroke();
  if (pattern === 'dots') c.fillRect(1, 1, 2, 2);
}

/**
 * Paints commands [from, until) of a list, all when no range is given. A range may not begin inside a clip.
 */
export function paint(
  context: Context,
  list: DrawList,
  brushes: Brushes,
  from = 0,
  until = list.length,
): void {
  let style = -1;
  for (let i = from; i < until; i++) {
    const at = i * BOX_FIELDS;
    const x = list.box[at]!;
    const y = list.box[at + 1]!;
    const w = list.box[at + 2]!;
    const h = list.box[at + 3]!;
    const kind = list.kind[i]!;
    if (list.style[i] !== style && kind !== Draw.Clip && kind !== Draw.Unclip) {
      style = list.style[i]!;
      context.fillStyle = brushes.fills[style]!;
      context.strokeStyle = brushes.strokes[style]!;
      context.globalAlpha = brushes.alphas[style]!;
    }
    switch (kind) {
      case Draw.Fill:
        context.fillRect(x, y, w, h);
        break;
      case Draw.Box:
        context.lineWidth = 1;
        context.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
        break;
      case Draw.Line:
        stroke(context, x, y, w, h);
        break;
      case Draw.Arrow:
        arrow(context, x, y, w, h, brushes.strokes[style]!);
        style = -1;
        break;
      case Draw.Glyph:
        glyph(context, h, x, y, w / 2, brushes.strokes[style]!);
        style = -1;
        break;
      case Draw.Text:
        context.font = style === Style.Strong ? brushes.strong : brushes.font;
        text(context, list.texts[h]!, x, y, w, brushes.strokes[style]!);
        style = -1;
        break;
      case Draw.Clip:
        context.save();
        context.beginPath();
        context.rect(x, y, w, h);
        context.clip();
        break;
      default:
        context.restore();
        style = -1;
    }
  }
  context.globalAlpha = 1;
}

function stroke(context: Context, x: number, y: number, x2: number, y2: number): void {
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x2, y2);
  context.stroke();
}

function arrow(context: Context, x: number, y: number, x2: number, y2: number, color: string): void {
  context.lineWidth = 1.5;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(x, y);
  const bend = Math.abs(x2 - x) < 4 ? 0 : (y2 - y) * 0.4;
  context.bezierCurveTo(x, y + bend, x2, y2 - bend, x2, y2);
  context.stroke();
  context.setLineDash([]);
  const down = y2 >= y ? 1 : -1;
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x2, y2);
  context.lineTo(x2 - 4, y2 - 7 * down);
  context.lineTo(x2 + 4, y2 - 7 * down);
  context.fill();
}

/** Text in the context's font; cut at `limit` when that is not 0. */
function text(context: Context, words: string, x: number, y: number, limit: number, color: string): void {
  context.fillStyle = color;
  context.textBaseline = 'middle';
  context.fillText(limit > 0 ? shortened(context, words, limit) : words, x, y);
}

const shortenedTexts = new Map<string, string>();
const SHORTENED_MAX = 4000;

/** The text, or its beginning with an ellipsis. Measuring is slow, so answers are kept. */
function shortened(context: Context, words: string, limit: number): string {
  // No letter of an 11 pixel font is wider.
  if (words.length * 11 < limit) return words;
  const key = `${Math.round(limit)} ${context.font} ${words}`;
  let cut = shortenedTexts.get(key);
  if (cut === undefined) {
    cut = words;
    for (let n = words.length; n > 1 && context.measureText(cut).width > limit; n--)
      cut = `${words.slice(0, n - 1)}…`;
    if (shortenedTexts.size > SHORTENED_MAX) shortenedTexts.clear();
    shortenedTexts.set(key, cut);
  }
  return cut;
}

/** Points of each glyph around its centre, in units of half its size. */
export const GLYPH_POINTS: Readonly<Record<number, readonly number[]>> = {
  [Glyph.Diamond]: [0, -1, 1, 0, 0, 1, -1, 0],
  [Glyph.TriangleUp]: [0, -1, 1, 0.85, -1, 0.85],
  [Glyph.TriangleDown]: [0, 1, 1, -0.85, -1, -0.85],
  [Glyph.HollowUp]: [0, -1, 1, 0.85, -1, 0.85],
  [Glyph.HollowDown]: [0, 1, 1, -0.85, -1, -0.85],
  [Glyph.Square]: [-0.8, -0.8, 0.8, -0.8, 0.8, 0.8, -0.8, 0.8],
  [Glyph.Bar]: [-0.25, -1, 0.25, -1, 0.25, 1, -0.25, 1],
  [Glyph.Right]: [-0.8, -1, 1, 0, -0.8, 1],
  [Glyph.Left]: [0.8, -1, -1, 0, 0.8, 1],
  [Glyph.Warning]: [0, -1, 1.05, 0.9, -1.05, 0.9],
};
/** Glyphs that are outlines. */
export const HOLLOW: ReadonlySet<number> = new Set([
  Glyph.HollowUp,
  Glyph.HollowDown,
  Glyph.Warning,
  Glyph.Ring,
]);

/** What is written within a glyph. */
const SIGN_WITHIN: Readonly<Record<number, string>> = { [Glyph.Question]: '?', [Glyph.Warning]: '!' };

function glyph(context: Context, id: number, x: number, y: number, half: number, color: string): void {
  context.fillStyle = color;
  context.strokeStyle = color;
  context.lineWidth = id === Glyph.Cross ? 2.2 : 1.6;
  context.beginPath();
  const points = GLYPH_POINTS[id];
  if (points) {
    for (let i = 0; i < points.length; i += 2)
      context.lineTo(x + points[i]! * half, y + points[i + 1]! * half);
    context.closePath();
  } else if (id === Glyph.Cross) {
    for (const d of [-1, 1]) {
      context.moveTo(x - half * 0.8, y - half * 0.8 * d);
      context.lineTo(x + half * 0.8, y + half * 0.8 * d);
    }
  } else context.arc(x, y, half * 0.85, 0, Math.PI * 2);
  if (points && !HOLLOW.has(id)) context.fill();
  else context.stroke();
  const sign = SIGN_WITHIN[id];
  if (sign === undefined) return;
  context.font = `700 ${Math.round(half * 1.5)}px sans-serif`;
  context.textBaseline = 'middle';
  const w = context.measureText(sign).width;
  context.fillText(sign, x - w / 2, y + (id === Glyph.Warning ? half * 0.3 : 0.5));
}
