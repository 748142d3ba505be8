/**
 * What was put in front of every line of a text that had been quoted before: numbers, a date, a log daemon's
 * columns, a mark. It is taken off first, since it stands before the marks of the quotation, or the borders
 * of a table, and the rests of lines that were broken alike.
 */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { MARKS } from './marks.js';

/** The marks of any line, and the date of `dmesg -T`, which elsewhere is learnt from the events behind it. */
const FRONTS: readonly RegExp[] = [
  ...Object.values(MARKS),
  /^\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\](?: |$)/,
];
const QUOTED = /^\s?>/;
/** A row of a table, or a ruler of one, whose rows may be broken. */
const ROW = /^\s?\|.*\|\s*$/;
const RULER = /^\s?\|\s?:?-{3}[-|:\s]*$/;
/** Quoted lines, at least. */
const QUOTED_MIN = 3;
/** Of the lines that are not blank, the share that must have it. */
const NEARLY_ALL = 0.98;
/** A text quoted, put behind something, and both once more. */
const TURNS = 2;

/** The lines without what stands before a quotation or a table; the same lines where nothing does. */
export function unfront(lines: PlacedLines): PlacedLines {
  let now = lines;
  for (let turn = 0; turn < TURNS; turn++) {
    const front = FRONTS.find((one) => isBefore(now.texts, one));
    if (!front) return now;
    now = mapLines(now, (text) => text.replace(front, ''));
  }
  return now;
}

function isBefore(texts: readonly string[], front: RegExp): boolean {
  const few = texts.length * (1 - NEARLY_ALL);
  let all = 0;
  let having = 0;
  let quoted = 0;
  let rows = 0;
  let hasRuler = false;
  for (const text of texts) {
    if (text.trim() === '') continue;
    if (all++ - having > few) return false;
    const length = front.exec(text)?.[0].length;
    if (length === undefined) continue;
    having++;
    const behind = text.slice(length);
    if (QUOTED.test(behind) || ROW.test(behind)) quoted++;
    else if (/^\s?\|/.test(behind)) rows++;
    hasRuler ||= RULER.test(behind);
  }
  return (hasRuler ? quoted + rows : quoted) >= QUOTED_MIN && having >= all * NEARLY_ALL;
}

/** A front that all lines have is not longer. */
const COMMON_MAX = 120;
/** Lines on which a front is tried before it is on all. */
const TRIED_FIRST = 50;
/** Where a front may end: behind a blank that follows a sign, or behind the opening of a string. */
const FRONT_ENDS = /[^\s\w=][ \t]+|["'`]/g;

/** The lines without what stands before every one of them, but for its numbers, whatever it is. */
export function unfrontAll(lines: PlacedLines): PlacedLines {
  const full = lines.texts.filter((text) => text.trim() !== '');
  if (full.length < QUOTED_MIN) return lines;
  const front = areNearlyAll(full, QUOTES) ? QUOTES : frontOfAll(full);
  return front ? mapLines(lines, (text) => text.replace(front, '')) : lines;
}
const QUOTES = /^[ \t]{0,8}(?:>[ \t]?)+/;

/** The longest front of a line in their middle that nearly all have; else the blanks that all have. */
function frontOfAll(texts: readonly string[]): RegExp | undefined {
  const sample = texts[texts.length >> 1]!.slice(0, COMMON_MAX);
  const ends = [...sample.matchAll(FRONT_ENDS)].map((found) => found.index + found[0].length).reverse();
  const blanks = texts.reduce((least, text) => Math.min(least, text.search(/\S/)), COMMON_MAX);
  const indent = blanks > 0 ? [new RegExp(`^\\s{${blanks}}`)] : [];
  return [...ends.map((end) => new RegExp(`^${shapeOf(sample.slice(0, end))}`)), ...indent].find(
    (front) => areNearlyAll(texts.slice(0, TRIED_FIRST), front) && areNearlyAll(texts, front),
  );
}

function areNearlyAll(texts: readonly string[], front: RegExp): boolean {
  return texts.filter((text) => front.test(text)).length >= texts.length * NEARLY_ALL;
}

/** A pattern of a text in which numbers may be others; the blank at its end may be gone. */
function shapeOf(text: string): string {
  return text
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replace(/\d+/g, '\\d+')
    .replace(/[ \t]+$/, '(?:[ \\t]|$)')
    .replace(/ +(?=\\d)/g, ' +');
}
