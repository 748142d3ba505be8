/** A picture as SVG: the same draw lists, written out. */
import { Draw, Glyph, type DrawList } from '../picture/drawList.js';
import { GLYPH_POINTS, HOLLOW } from './paint.js';
import type { Picture } from '../picture/scene.js';
import { Style } from './style.js';
import type { Pattern, Theme } from './theme.js';
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
  const out: string[] = [];
  out.push(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(theme.font)}" font-size="11">`,
  );
  out.push(`<title>${escaped(title)}</title><defs>`);
  theme.looks.forEach((look, i) => {
    if (look.pattern === 'none') return;
    const color = escaped(look.color);
    out.push(
      `<pattern id="p${i}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="${color}" fill-opacity="0.2"/><path d="${HATCH[look.pattern]}" stroke="${color}" stroke-width="1.5"/></pattern>`,
    );
  });
  out.push(
    `<clipPath id="rows"><rect x="${frame.plotX}" y="${frame.rowsY}" width="${frame.plotW}" height="${frame.rowsH}"/></clipPath></defs>`,
  );
  commands(picture.under, theme, out);
  out.push('<g clip-path="url(#rows)">');
  const scale = tileColumns > 0 ? picture.bands.w / tileColumns : 0;
  picture.bands.y.forEach((y, row) => {
    if (Number.isNaN(y)) return;
    out.push(`<g transform="translate(${n(picture.bands.x)} ${n(y - row * ROW_H)}) scale(${scale} 1)">`);
    commands(bands, theme, out, row * ROW_H, (row + 1) * ROW_H);
    out.push('</g>');
  });
  out.push('</g>');
  commands(picture.over, theme, out);
  out.push('</svg>');
  return out.join('\n');
}

/** Writes commands whose y lies in [fromY, untilY). */
function commands(list: DrawList, theme: Theme, out: string[], fromY = -Infinity, untilY = Infinity): void {
  let clips = 0;
  for (let i = 0; i < list.length; i++) {
    const [x, y, w, h] = [list.box[i * 4]!, list.box[i * 4 + 1]!, list.box[i * 4 + 2]!, list.box[i * 4 + 3]!];
    if (y < fromY || y >= untilY) continue;
    const style = list.style[i]!;
    const look = theme.looks[style]!;
    const color = escaped(look.color);
    const fill = look.pattern === 'none' ? color : `url(#p${style})`;
    const opacity = look.alpha < 1 ? ` opacity="${look.alpha}"` : '';
    switch (list.kind[i]) {
      case Draw.Fill:
        out.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="${fill}"${opacity}/>`);
        break;
      case Draw.Box:
        out.push(
          `<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="none" stroke="${color}"${opacity}/>`,
        );
        break;
      case Draw.Line:
        out.push(`<path d="M${n(x)},${n(y)}L${n(w)},${n(h)}" stroke="${color}"${opacity}/>`);
        break;
      case Draw.Arrow:
        out.push(
          `<path d="M${n(x)},${n(y)}L${n(w)},${n(h)}" stroke="${color}" stroke-dasharray="4 3" fill="none"/><path d="M${n(w)},${n(h)}l-4,-7h8z" fill="${color}"/>`,
        );
        break;
      case Draw.Glyph:
        out.push(glyphSvg(h, x, y, w / 2, color));
        break;
      case Draw.Text:
        out.push(
          `<text x="${n(x)}" y="${n(y)}" dominant-baseline="middle" fill="${color}"${style === Style.Strong ? ' font-weight="600"' : ''}>${escaped(list.texts[h]!)}</text>`,
        );
        break;
      case Draw.Clip:
        clips++;
        out.push(
          `<clipPath id="c${out.length}"><rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}"/></clipPath><g clip-path="url(#c${out.length})">`,
        );
        break;
      default:
        clips--;
        out.push('</g>');
    }
  }
  for (; clips > 0; clips--) out.push('</g>');
}

function glyphSvg(id: number, x: number, y: number, half: number, color: string): string {
  const points = GLYPH_POINTS[id];
  const paintAs =
    HOLLOW.has(id) || !points ? `fill="none" stroke="${color}" stroke-width="1.6"` : `fill="${color}"`;
  if (points) {
    const at = points.map((p, i) => n((i % 2 === 0 ? x : y) + p * half)).join(' ');
    return `<polygon points="${at}" ${paintAs}/>`;
  }
  if (id === Glyph.Cross)
    return `<path d="M${n(x - half)},${n(y - half)}L${n(x + half)},${n(y + half)}M${n(x - half)},${n(y + half)}L${n(x + half)},${n(y - half)}" ${paintAs}/>`;
  const question =
    id === Glyph.Question
      ? `<text x="${n(x)}" y="${n(y)}" text-anchor="middle" dominant-baseline="central" fill="${color}">?</text>`
      : '';
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(half * 0.85)}" ${paintAs}/>${question}`;
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}
