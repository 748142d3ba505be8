/** A picture as SVG: the same draw lists, written out. */
import { BOX_FIELDS, Draw, Glyph, type DrawList } from '../picture/drawList.js';
import { GLYPH_POINTS, HOLLOW } from './paint.js';
import type { Picture } from '../picture/scene.js';
import { Style } from './style.js';
import type { Look, Pattern, Theme } from './theme.js';
import type { Frame } from '../picture/viewport.js';
import { ROW_H } from '../picture/viewport.js';

const HATCH: Readonly<Record<Pattern, string>> = {
  none: '',
  diagonal: 'M-1,7L7,-1',
  backslash: 'M-1,-1L7,7',
  cross: 'M-1,7L7,-1M-1,-1L7,7',
  dots: 'M1,2h2',
  horizontal: 'M0,1.5h6',
  vertical: 'M1.5,0v6',
};

/** Side of a hatch's square, which repeats. */
const HATCH_SIDE = 6;

/** Writes the picture; bands are the tile's own list, scaled to where the picture puts it. */
export function toSvg(
  picture: Picture,
  bands: DrawList,
  tileColumns: number,
  frame: Frame,
  theme: Theme,
  title: string,
): string {
  const { width, height } = frame.size;
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': theme.font,
    'font-size': 11,
  };
  const out: string[] = [open('svg', root), `<title>${escaped(title)}</title><defs>`];
  theme.looks.forEach((look, i) => {
    if (look.pattern !== 'none') out.push(hatch(`p${i}`, look));
  });
  const rows = rect(frame.plotX, frame.rowsY, frame.plotW, frame.rowsH);
  out.push(`${element('clipPath', { id: 'rows' }, rows)}</defs>`);
  commands(picture.under, theme, out);
  out.push(open('g', { 'clip-path': 'url(#rows)' }));
  const scale = tileColumns > 0 ? picture.bands.w / tileColumns : 0;
  picture.bands.y.forEach((y, row) => {
    if (Number.isNaN(y)) return;
    const transform = `translate(${n(picture.bands.x)} ${n(y - row * ROW_H)}) scale(${scale} 1)`;
    out.push(open('g', { transform }));
    commands(bands, theme, out, row * ROW_H, (row + 1) * ROW_H);
    out.push('</g>');
  });
  out.push('</g>');
  commands(picture.over, theme, out);
  out.push('</svg>');
  return out.join('\n');
}

/** The pattern of a look: a pale ground of its colour with the hatch in full. */
function hatch(id: string, { color, pattern }: Look): string {
  const [width, height] = [HATCH_SIDE, HATCH_SIDE];
  const ground = element('rect', { width, height, fill: color, 'fill-opacity': 0.2 });
  const lines = element('path', { d: HATCH[pattern], stroke: color, 'stroke-width': 1.5 });
  return element('pattern', { id, width, height, patternUnits: 'userSpaceOnUse' }, ground + lines);
}

/** Writes commands whose y lies in [fromY, untilY). */
function commands(list: DrawList, theme: Theme, out: string[], fromY = -Infinity, untilY = Infinity): void {
  let clips = 0;
  for (let i = 0; i < list.length; i++) {
    const at = i * BOX_FIELDS;
    const [x = 0, y = 0, w = 0, h = 0] = list.box.subarray(at, at + BOX_FIELDS);
    if (y < fromY || y >= untilY) continue;
    const style = list.style[i]!;
    const { color, pattern, alpha } = theme.looks[style]!;
    const opacity = alpha < 1 ? { opacity: alpha } : {};
    switch (list.kind[i]) {
      case Draw.Fill:
        out.push(rect(x, y, w, h, { fill: pattern === 'none' ? color : `url(#p${style})`, ...opacity }));
        break;
      case Draw.Box:
        out.push(rect(x, y, w, h, { fill: 'none', stroke: color, ...opacity }));
        break;
      case Draw.Line:
        out.push(element('path', { d: line(x, y, w, h), stroke: color, ...opacity }));
        break;
      case Draw.Arrow:
        out.push(arrow(x, y, w, h, color));
        break;
      case Draw.Glyph:
        out.push(glyph(h, x, y, w / 2, color));
        break;
      case Draw.Text:
        out.push(text(x, y, list.texts[h]!, { fill: color, ...(style === Style.Strong ? STRONG : {}) }));
        break;
      case Draw.Clip: {
        const id = `c${out.length}`;
        clips++;
        out.push(element('clipPath', { id }, rect(x, y, w, h)) + open('g', { 'clip-path': `url(#${id})` }));
        break;
      }
      default:
        clips--;
        out.push('</g>');
    }
  }
  for (; clips > 0; clips--) out.push('</g>');
}

const STRONG = { 'font-weight': 600 } as const;

function rect(x: number, y: number, width: number, height: number, more: Attributes = {}): string {
  return element('rect', { x, y, width, height, ...more });
}

function line(x: number, y: number, x2: number, y2: number): string {
  return `M${n(x)},${n(y)}L${n(x2)},${n(y2)}`;
}

function arrow(x: number, y: number, x2: number, y2: number, color: string): string {
  const shaft = { d: line(x, y, x2, y2), stroke: color, 'stroke-dasharray': '4 3', fill: 'none' };
  const head = { d: `M${n(x2)},${n(y2)}l-4,-7h8z`, fill: color };
  return element('path', shaft) + element('path', head);
}

function text(x: number, y: number, words: string, more: Attributes): string {
  return element('text', { x, y, 'dominant-baseline': 'middle', ...more }, escaped(words));
}

function glyph(id: number, x: number, y: number, half: number, color: string): string {
  const corners = GLYPH_POINTS[id];
  const hollow = HOLLOW.has(id) || !corners;
  const painted = hollow ? { fill: 'none', stroke: color, 'stroke-width': 1.6 } : { fill: color };
  if (corners) {
    const points = corners.map((p, i) => n((i % 2 === 0 ? x : y) + p * half)).join(' ');
    return element('polygon', { points, ...painted });
  }
  if (id === Glyph.Cross) {
    const falling = line(x - half, y - half, x + half, y + half);
    const rising = line(x - half, y + half, x + half, y - half);
    return element('path', { d: falling + rising, ...painted });
  }
  const circle = element('circle', { cx: x, cy: y, r: half * 0.85, ...painted });
  if (id !== Glyph.Question) return circle;
  const middle = { 'text-anchor': 'middle', 'dominant-baseline': 'central' };
  return circle + element('text', { x, y, ...middle, fill: color }, '?');
}

type Attributes = Readonly<Record<string, string | number>>;

/** An element; `inner` is SVG already. */
function element(name: string, attributes: Attributes, inner?: string): string {
  const tag = open(name, attributes);
  return inner === undefined ? `${tag.slice(0, -1)}/>` : `${tag}${inner}</${name}>`;
}

/** The tag that opens an element. */
function open(name: string, attributes: Attributes): string {
  const all = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? n(value) : escaped(value)}"`,
  );
  return `<${name}${all.join('')}>`;
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}
