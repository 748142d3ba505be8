/** Marks of quotation that mail clients put in front of lines, of any depth, and lines broken after that. */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { withoutSeams } from './join.js';
import { familyOf, isBrokenHead, isEventStart, isProse } from './shapes.js';

/** Of the events, the share that must be quoted. */
const NEARLY_ALL = 0.9;
/** Of the lines, the share that must be so where few are others. */
const ALL_BUT_SOME = 0.98;

/** `> `, `>> `, `> > `: the quotation of a mail, of any depth. */
const QUOTE = /^[ \t]{0,8}(?:>[ \t]?(?=>))*>/;
const BAR = /^[ \t]{0,2}(?:\|[ \t]?(?=\|))*\|(?!.*\|\s*$)/;
const BORDER = /\|\s*$/;
/** Lines that are quoted one after another, at least, where few of the text's lines are. */
const QUOTED_RUN = 3;
/** Blanks that may have been taken from the end of a line that was broken. */
const SHORT_MAX = 12;

interface Quotes {
  /** The length of each line's marks; 0 where there are none, or too few lines have them for a quotation. */
  readonly lengths: Int32Array;
  /** The text was broken once it was quoted: the marks count where its lines were broken. */
  readonly areBroken: boolean;
}

function quotesOf(texts: readonly string[]): Quotes {
  const bars = texts.filter((text) => BAR.test(text)).length;
  // Rows of a table that were broken begin with a bar, and their rests end with one.
  const borders = texts.filter((text) => BORDER.test(text)).length;
  const hasBars = bars >= QUOTED_RUN && bars * 4 >= texts.length && borders * 2 < bars;
  const quotes = Int32Array.from(
    texts,
    (text) => (QUOTE.exec(text) ?? (hasBars ? BAR.exec(text) : null))?.[0].length ?? 0,
  );
  const quoted = quotes.reduce((count, length) => count + (length > 0 ? 1 : 0), 0);
  const areMost = quoted * 2 >= texts.filter((text) => text.trim() !== '').length;
  if (areMost) return { lengths: quotes, areBroken: isFolded(texts, quotes) };
  if (quoted >= QUOTED_RUN && areEventsQuoted(texts, quotes)) return { lengths: quotes, areBroken: true };
  for (let i = 0; i < quotes.length; ) {
    let end = i;
    while (end < quotes.length && quotes[end]! > 0) end++;
    if (end - i < QUOTED_RUN) quotes.fill(0, i, end);
    i = end + 1;
  }
  return { lengths: quotes, areBroken: false };
}

/**
 * True where a screen or `fold` broke quoted lines: what has no mark stands behind lines that are as long as
 * any, but for blanks that were taken from the ends of some.
 */
function isFolded(texts: readonly string[], quotes: Int32Array): boolean {
  let longest = 0;
  let rests = 0;
  let full = 0;
  let nearlyFull = 0;
  for (const { length } of texts) longest = Math.max(longest, length);
  for (let i = 1; i < texts.length; i++) {
    if (quotes[i]! > 0 || quotes[i - 1] === 0 || texts[i]!.trim() === '') continue;
    rests++;
    if (texts[i - 1]!.length === longest) full++;
    if (texts[i - 1]!.length >= longest - SHORT_MAX) nearlyFull++;
  }
  return full > 0 && nearlyFull >= rests * NEARLY_ALL;
}

/** True where events begin on quoted lines alone: a reply that was broken once more, without marks. */
function areEventsQuoted(texts: readonly string[], quotes: Int32Array): boolean {
  const bare = texts.map((text, i) => text.slice(quotes[i]));
  const family = familyOf(bare);
  if (family === undefined) return false;
  let all = 0;
  let quoted = 0;
  bare.forEach((text, i) => {
    if (!isEventStart(family, text) && !isBrokenHead(family, text)) return;
    all++;
    if (quotes[i]! > 0) quoted++;
  });
  return quoted >= QUOTED_RUN && quoted >= all * NEARLY_ALL;
}

/** The head of an arrow that was broken behind its dash is no mark: `sys_mmap -` and `> 0x7f469c0b4000`. */
function keepArrows(texts: readonly string[], quotes: Int32Array): void {
  for (let i = 1; i < texts.length; i++) {
    if (quotes[i] === 0 || !BROKEN_ARROW.test(texts[i - 1]!)) continue;
    const marks = texts[i]!.slice(0, quotes[i]);
    // A line may have fewer marks than the one before it: the last one is the arrow's however many there are.
    if (VALUE.test(texts[i]!.slice(quotes[i]))) quotes[i] = marks.slice(0, -1).trimEnd().length;
  }
}
const BROKEN_ARROW = /\w\s+-$/;
/** What stands behind an arrow. */
const VALUE = /^ (?:0x|-?\d)/;

/**
 * The lines without the mark that every one has: of a page's source, in which the text's own marks are
 * `&gt;`, and a `>` behind this one may be the end of a tag.
 */
export function unquoteAll(lines: PlacedLines): PlacedLines {
  const full = lines.texts.filter((text) => text.trim() !== '');
  const mark = /^(?:>[ \t]?)+/.exec(full[0] ?? '')?.[0] ?? '';
  if (mark === '' || !full.every((text) => text.startsWith(mark.trimEnd()))) return lines;
  return mapLines(lines, (text) => text.slice(text.startsWith(mark) ? mark.length : mark.trimEnd().length));
}

/** The lines without the marks of a quotation. */
export function unquote(lines: PlacedLines): PlacedLines {
  const { lengths: quotes, areBroken } = quotesOf(lines.texts);
  // The blank behind the mark is the quotation's where every line has it but for some that somebody wrote,
  // and else the text's.
  let quoted = 0;
  let spaced = 0;
  lines.texts.forEach((text, i) => {
    const length = quotes[i]!;
    if (length === 0 || length === text.length) return;
    quoted++;
    // Quoted-printable has its own for a blank at the end.
    if (text[length] === ' ' || text.startsWith('=20', length)) spaced++;
  });
  keepArrows(lines.texts, quotes);
  const hasBlank = spaced >= quoted * ALL_BUT_SOME;
  const bare = mapLines(lines, (text, i) => {
    const length = quotes[i]!;
    if (length === 0) return text;
    if (areBroken) return `${' '.repeat(length)}${text.slice(length)}`;
    return text.slice(hasBlank && text[length] === ' ' ? length + 1 : length);
  });
  return areBroken ? bare : withRests(bare, lines.texts, quotes);
}

/**
 * The lines with those put back that a mail client broke off once more, without all of the marks: one line of
 * less depth between two deeper ones, where the deeper one had no room for it.
 */
function withRests(bare: PlacedLines, marked: readonly string[], quotes: Int32Array): PlacedLines {
  const depths = Int32Array.from(marked, (text, i) => text.slice(0, quotes[i]).replace(/[^>|]/g, '').length);
  if (depths.every((depth) => depth === depths[0])) return bare;
  let width = 0;
  marked.forEach((text, i) => {
    if (quotes[i]! > 0) width = Math.max(width, Math.min(text.length, WIDTH_MAX));
  });
  /** Whether others were broken off: then the last line may have been, too. */
  let hasOthers = false;
  const isRest = (text: string, i: number): boolean =>
    i > 0 &&
    depths[i]! < depths[i - 1]! &&
    (i + 1 === depths.length ? hasOthers : depths[i + 1]! > depths[i]!) &&
    text.trim() !== '' &&
    !isProse(text) &&
    // Quoted-printable, or a value that has not begun: no blank stands there.
    !bare.texts[i - 1]!.endsWith('=') &&
    marked[i - 1]!.length + 1 + /^\S*/.exec(text.trimStart())![0].length > width;
  const out: PlacedLines = { texts: [], lines: [] };
  bare.texts.forEach((text, i) => {
    if (isRest(text, i)) {
      hasOthers = true;
      const last = out.texts.length - 1;
      out.texts[last] = withoutSeams(`${out.texts[last]} ${text.trimStart()}`);
      return;
    }
    out.texts.push(text);
    out.lines.push(bare.lines[i]!);
  });
  return out;
}
/** Mail clients break lines before this. */
const WIDTH_MAX = 100;
