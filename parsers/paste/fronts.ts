/**
 * What was put in front of every line of a text that had been quoted before: numbers, a date, a log daemon's
 * columns, a mark. It is taken off first, since it stands before the marks of the quotation and the rests of
 * lines that were broken alike.
 */
import { mapLines, type PlacedLines } from '../mail/lines.js';

const FRONTS: readonly RegExp[] = [
  // grep -n and -Hn, cat -n, numbered lists
  /^\d{1,7}[:-]/,
  /^[^\s:>]{1,120}[:-]\d{1,7}[:-]/,
  /^\s{0,6}\d{1,7}(?:\t| |$)/,
  /^\d{1,7}[.)](?: |$)/,
  // a log daemon, a date, printk
  /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,80} [^\s:]{1,80}:(?: |$)/,
  /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?: |$)/,
  /^(?:<\d{1,3}>)?\[ *\d+\.\d{6}\](?: |$)/,
  /^\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\](?: |$)/,
  // a diff, a list
  /^- /,
  /^[+-]/,
];
const QUOTED = /^\s?>/;
/** Quoted lines, at least. */
const QUOTED_MIN = 3;
/** Of the lines that are not blank, the share that must have it. */
const NEARLY_ALL = 0.98;
/** A text quoted, put behind something, and both once more. */
const TURNS = 2;

/** The lines without what stands before a quotation; the same lines where nothing does. */
export function unfront(lines: PlacedLines): PlacedLines {
  let now = lines;
  for (let turn = 0; turn < TURNS; turn++) {
    const front = FRONTS.find((one) => isBeforeQuotes(now.texts, one));
    if (!front) return now;
    now = mapLines(now, (text) => text.replace(front, ''));
  }
  return now;
}

function isBeforeQuotes(texts: readonly string[], front: RegExp): boolean {
  let all = 0;
  let having = 0;
  let quoted = 0;
  for (const text of texts) {
    if (text.trim() === '') continue;
    all++;
    const length = front.exec(text)?.[0].length;
    if (length === undefined) continue;
    having++;
    if (QUOTED.test(text.slice(length))) quoted++;
  }
  return quoted >= QUOTED_MIN && having >= all * NEARLY_ALL;
}
