/** What was put between words or lines: every blank twice, blank lines, lines of a number, feet of pages. */
import { mapLines, type PlacedLines } from '../mail/lines.js';

/** Of the lines, the share that must be so. */
const NEARLY_ALL = 0.9;
/** The same where hardly a line is another. */
const ALL_BUT_SOME = 0.98;
const LINES_MIN = 3;

/** The lines with one blank for two, where blanks come in pairs alone. */
export function halveBlanks(lines: PlacedLines): PlacedLines {
  let all = 0;
  let paired = 0;
  for (const text of lines.texts) {
    if (!text.includes(' ')) continue;
    all++;
    if (/^[^ ]*(?:(?: {2})+[^ ]+)*(?: {2})* ?$/.test(text)) paired++;
  }
  if (all < LINES_MIN || paired < all * ALL_BUT_SOME) return lines;
  return mapLines(lines, (text) => text.replace(/ {2}/g, ' '));
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
  return mapLines(lines, (text, i) => {
    const isOfPage = beside.has(i) && SHORT.test(text) && (counts.get(shapeAt(i)) ?? 0) > 1;
    if (isOfPage || text.trim() === '') return text.includes('\f') || isOfPage ? undefined : text;
    return text.replace(/\f/g, '');
  });
}
/** Heads and feet of pages hold words and numbers; a line of a trace has more signs. */
const SHORT = /^[\s\f]*[\w ./-]{0,60}\s*$/;
