/** What was put between words or lines (blanks, blank lines, numbers, feet of pages), or cut off behind. */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { isFrameOfPerf } from './shapes.js';

/** Of the lines, the share that must be so. */
const NEARLY_ALL = 0.9;
/** The same where hardly a line is another. */
const ALL_BUT_SOME = 0.98;
const LINES_MIN = 3;

/** The lines with one blank for two, where blanks come in pairs alone, or no words have just one between. */
export function halveBlanks(lines: PlacedLines): PlacedLines {
  let all = 0;
  let paired = 0;
  let apart = 0;
  for (const text of lines.texts) {
    if (!/\S +\S/.test(text)) continue;
    all++;
    if (/^[^ ]*(?:(?: {2})+[^ ]+)*(?: {2})* ?$/.test(text)) paired++;
    if (!/\S \S/.test(text)) apart++;
  }
  if (all < LINES_MIN) return lines;
  if (paired >= all * ALL_BUT_SOME) return mapLines(lines, (text) => text.replace(/ {2}/g, ' '));
  if (apart < all * ALL_BUT_SOME) return lines;
  return mapLines(lines, (text) => text.replace(/(\S) {2}(?=\S)/g, '$1 '));
}

/** No recorder indents a line so far. */
const STAIR_MIN = 64;
/** Blanks that a step may go back: those that recorders put before a task's name. */
const STEP_BACK = 16;

/** The lines without their indentation, where an editor added that of each line to the next one's. */
export function unstair(lines: PlacedLines): PlacedLines {
  let all = 0;
  let climbing = 0;
  let most = 0;
  for (const text of lines.texts) {
    if (text.trim() === '') continue;
    const indent = text.length - text.trimStart().length;
    all++;
    if (indent >= most - STEP_BACK) climbing++;
    most = Math.max(most, indent);
  }
  if (most < STAIR_MIN || climbing < all * ALL_BUT_SOME) return lines;
  return mapLines(lines, (text) => text.trimStart());
}

/** The lines without the blank ones between them, where one stands behind each. */
export function unspace(lines: PlacedLines): PlacedLines {
  let all = 0;
  let alone = 0;
  lines.texts.forEach((text, i) => {
    if (text.trim() === '') return;
    all++;
    if (i + 1 === lines.texts.length || lines.texts[i + 1]!.trim() === '') alone++;
  });
  if (all < LINES_MIN || alone < all * ALL_BUT_SOME) return lines;
  return mapLines(lines, (text, i) => {
    // The second of two is the text's own.
    const isBetween = text.trim() === '' && i > 0 && lines.texts[i - 1]!.trim() !== '';
    return isBetween ? undefined : text;
  });
}

/** The lines without those that hold a line's number alone: a page showed them in a column of their own. */
export function unnumber(lines: PlacedLines): PlacedLines {
  let number = NaN;
  let rows = 0;
  let others = 0;
  const isNumber = lines.texts.map((text) => {
    const value = /^\s*\d{1,7}\s*$/.test(text) ? Number(text) : NaN;
    if (Number.isNaN(value)) {
      if (text.trim() !== '') others++;
      return false;
    }
    if (value === number + 1) rows++;
    number = value;
    return true;
  });
  if (rows < LINES_MIN || rows < (others - 1) * NEARLY_ALL) return lines;
  return mapLines(lines, (text, i) => (isNumber[i] ? undefined : text));
}

/** Beside the end of a page stand so many lines of its head and foot, at most. */
const BESIDE = 3;

/**
 * The lines without form feeds, and without the heads and feet beside them: lines that come on at least two
 * pages, but for their numbers.
 */
export function unpage(lines: PlacedLines): PlacedLines {
  if (!lines.texts.some((text) => text.includes('\f'))) return lines;
  const beside = new Set<number>();
  lines.texts.forEach((text, i) => {
    if (!text.includes('\f')) return;
    const isAlone = text.trim() === '';
    for (let k = i - BESIDE; k <= i + (isAlone ? BESIDE : BESIDE - 1); k++) beside.add(k);
  });
  const shapeAt = (i: number): string => (lines.texts[i] ?? '').replace(/\d+/g, '0').trim();
  const counts = new Map<string, number>();
  for (const i of beside) {
    const shape = shapeAt(i);
    if (shape !== '') counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  /** A blank line beside the page's end, within a call chain: else one ends it. */
  const isWithinChain = (i: number): boolean => {
    const behind = lines.texts.slice(i + 1, i + 2 + 2 * BESIDE);
    const next = behind.find((text) => text.trim() !== '' && !PAGE.test(text));
    return beside.has(i) && next !== undefined && (isFrameOfPerf(next) || /^\s*=> /.test(next));
  };
  return mapLines(lines, (text, i) => {
    const isAgain = SHORT.test(text) && (counts.get(shapeAt(i)) ?? 0) > 1;
    const isOfPage = beside.has(i) && (isAgain || PAGE.test(text));
    if (text.trim() === '' && isWithinChain(i)) return undefined;
    if (isOfPage || text.trim() === '') return text.includes('\f') || isOfPage ? undefined : text;
    return text.replace(/\f/g, '');
  });
}
const PAGE = /^\W*page \d+(?: of \d+)?\W*$/i;
/** Heads and feet of pages hold words and numbers; a line of a trace has more signs. */
const SHORT = /^[\s\f]*[\w ./-]{0,60}\s*$/;

/** Where a pager shows that a line goes on beyond the screen. */
const BEYOND = /[>»›]$/;
/** `<stack trace>`: a sign of the text's own. */
const CLOSES = /<[^<>]{0,40}>$/;
/** Characters of a line's end that are looked at. */
const TAIL = 60;
/** Stands in place of a line that was not copied whole: readers know it for a mark of something left out. */
const CUT = '[cut]';
/** So many lines must show it, and of those that reach the last column, this share. */
const CLIPPED_MIN = 2;
const CLIPPED_SHARE = 0.9;
/** Where nothing shows it, so many events must end in one column, and so many kinds of them. */
const CLIPPED_EVENTS = 6;
const CLIPPED_KINDS = 3;
/** Of the lines, the share that must end there. */
const CLIPPED_OF_ALL = 0.4;
const KIND = /(?:\d|\dus.?):\s+([a-z_][\w:]*)|^\s*(?:\d\S+[Z:] ?)?([a-z]\w*_\w+)\s/;

/**
 * The lines of a pager that breaks none, or of `cut -c`, with a mark for those that are not whole; the same
 * lines where all are.
 */
export function unclip(lines: PlacedLines): PlacedLines {
  let column = 0;
  for (const { length } of lines.texts) column = Math.max(column, length);
  const full = lines.texts.filter(({ length }) => length === column);
  const shown = full.filter((text) => BEYOND.test(text) && !CLOSES.test(text.slice(-TAIL))).length;
  const isShown = shown >= CLIPPED_MIN && shown >= full.length * CLIPPED_SHARE;
  if (!isShown && !areCutWithin(lines.texts, column)) return lines;
  return mapLines(lines, (text) => (text.length === column ? CUT : text));
}

/** True for events of many kinds that end in one column, behind which no rest of them stands. */
function areCutWithin(texts: readonly string[], column: number): boolean {
  let full = 0;
  let broken = 0;
  const kinds = new Set<string>();
  // A frame around the lines, and blanks that fill them up, end all in one sign.
  const ends = new Set<string>();
  texts.forEach((text, i) => {
    const found = text.length === column ? KIND.exec(text) : null;
    const kind = found?.[1] ?? found?.[2];
    if (kind === undefined) return;
    full++;
    kinds.add(kind);
    ends.add(text.slice(-1));
    const next = texts[i + 1] ?? '';
    if (!KIND.test(next) && !BEGINS.test(next)) broken++;
  });
  if (full < texts.length * CLIPPED_OF_ALL || ends.size < CLIPPED_KINDS) return false;
  return kinds.size >= CLIPPED_KINDS && full >= CLIPPED_EVENTS && broken <= full * (1 - CLIPPED_SHARE);
}
/** A blank line, a comment or a frame. */
const BEGINS = /^(?:\s*$|#|\t|\s*=>)/;
