/**
 * What the signs mean: each is painted by the painter itself, so that
 * the legend cannot differ from the picture.
 */
import { DrawList, Glyph, type GlyphId } from '../picture/drawList.js';
import { KEYS } from '../keyboard.js';
import { ACTORS } from '../picture/layoutLanes.js';
import { MARK_SIGNS } from '../picture/layoutRows.js';
import { MARK_NAMES } from '../../model/timeline/marks.js';
import { Brushes, paint } from './paint.js';
import { Style, type StyleId } from './style.js';
import type { Theme } from './theme.js';
import { element } from '../page/words.js';

const W = 34;
const H = 16;
/** A sign alone needs less room than a band. */
const SIGN_W = 16;

const BANDS: readonly (readonly [StyleId, number, string])[] = [
  [Style.Private, 12, 'private'],
  [Style.Shared, 12, 'shared'],
  [Style.Converting, 12, 'converting'],
  [Style.Unconverted, 12, 'conversion failed or stuck'],
  [Style.Unknown, 12, 'not known'],
  [Style.Spte4K, 2, 'SPTE 4K'],
  [Style.Spte2M, 5, 'SPTE 2M'],
  [Style.Spte1G, 5, 'SPTE 1G'],
  [Style.Mapped, 2, 'mapped by user space'],
  [Style.Referenced, 2, 'references (pin, GUP)'],
  [Style.Loss, 12, 'events lost'],
];
const LINES = ['1st line of a thread', '2nd', '3rd', '4th', '5th'];
const VERDICTS: readonly (readonly [StyleId, GlyphId, string])[] = [
  [Style.Violation, Glyph.Diamond, 'violation'],
  [Style.Suspicious, Glyph.Warning, 'suspicious'],
  [Style.Undecidable, Glyph.Question, 'undecidable'],
];

function sample(theme: Theme, draw: (list: DrawList) => void, width = W): HTMLElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = H;
  canvas.setAttribute('aria-hidden', 'true');
  const context = canvas.getContext('2d');
  if (context) {
    const list = new DrawList();
    list.fill(Style.Background, 0, 0, W, H);
    draw(list);
    paint(context, list, new Brushes(theme, context));
  }
  return canvas;
}

function entry(picture: HTMLElement, text: string): HTMLElement {
  const item = element('li');
  item.append(picture, document.createTextNode(text));
  return item;
}

/** Marks that the short legend tells; the whole legend has all. */
const SHORT_MARKS: readonly (readonly [GlyphId, string])[] = [
  [Glyph.TriangleUp, 'guest fault'],
  [Glyph.TriangleDown, 'zap'],
];

/**
 * The short legend above the picture: what a band can be, and the signs seen
 * most; `verdicts` are those that the trace has.
 */
export function shortLegend(theme: Theme, verdicts: ReadonlySet<number>): HTMLElement {
  const list = element('ul', '', 'legend short');
  for (const [style, h, text] of BANDS.filter(([s]) => s !== Style.Spte1G && s !== Style.Loss)) {
    const item = entry(
      sample(theme, (d) => d.fill(style, 3, (H - h) / 2, W - 6, h)),
      text,
    );
    // Thin strips explain themselves on a second look: where room is short they go first.
    if (h < 12) item.className = 'fine';
    list.append(item);
  }
  const fine = (draw: (list: DrawList) => void, text: string, width = W): void => {
    const item = entry(sample(theme, draw, width), text);
    item.className = 'fine';
    list.append(item);
  };
  for (const [glyph, text] of SHORT_MARKS)
    fine((d) => d.glyph(Style.Mark, glyph, SIGN_W / 2, H / 2, 9), text, SIGN_W);
  fine((d) => d.arrow(Style.Effect, W / 2, 0, W / 2, H), 'from cause to effect');
  VERDICTS.forEach(([style, glyph, text], v) => {
    if (verdicts.has(v))
      list.append(
        entry(
          sample(theme, (d) => d.glyph(style, glyph, SIGN_W / 2, H / 2, 12), SIGN_W),
          text,
        ),
      );
  });
  return list;
}

/** Two lines as in the row of an inode: one VM zaps while the other goes on. */
function twoVms(list: DrawList): void {
  list.fill(Style.Spte4K, 2, 5, 16, 2);
  list.fill(Style.Spte4K, 10, 9, W - 12, 2);
}

/** The whole legend, with the keys. */
export function fullLegend(theme: Theme): HTMLElement {
  const out = element('div', '', 'words');
  const section = (title: string, items: readonly HTMLElement[]): void => {
    const list = element('ul', '', 'legend');
    list.append(...items);
    out.append(element('h2', title), list);
  };
  section(
    'Bands',
    BANDS.map(([style, h, text]) =>
      entry(
        sample(theme, (d) => d.fill(style, 2, (H - h) / 2, W - 4, h)),
        text,
      ),
    ).concat(entry(sample(theme, twoVms), 'SPTEs of two VMs that bind a page: the first above')),
  );
  section(
    'Verdicts',
    VERDICTS.map(([style, glyph, text]) =>
      entry(
        sample(theme, (d) => d.glyph(style, glyph, W / 2, H / 2, 12)),
        text,
      ),
    ),
  );
  section(
    'Marks',
    MARK_SIGNS.map(({ mark, glyph, style }) =>
      entry(
        sample(theme, (d) => d.glyph(style, glyph, W / 2, H / 2, 9)),
        MARK_NAMES[mark]!,
      ),
    ),
  );
  section(
    'Threads',
    ACTORS.map(({ style, name }, i) =>
      entry(
        sample(theme, (d) => d.fill(style, 2, 7, W - 4, 3)),
        `${name} (${LINES[i]!})`,
      ),
    ),
  );
  const keys = element('dl', '', 'keys');
  for (const key of KEYS) keys.append(element('dt', key.keys.join(' ')), element('dd', key.help));
  out.append(element('h2', 'Keys'), keys);
  return out;
}
