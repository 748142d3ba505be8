/** The counts that `uniq -c` puts in front of lines: a number that ends in one column, nearly always 1. */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { familyOf, isEventStart } from './shapes.js';

/** GNU and BusyBox, and the BSDs. */
const COUNTS: readonly RegExp[] = [/^(?= {0,6}\d+ )[ \d]{7} /, /^(?= {0,3}\d+ )[ \d]{4} /];
/** A thread's number stands there in the columns of `perf script`. */
const COLUMN = /^\s*(?:\[\d+\]|\d+\.\d)/;
const LINES_MIN = 3;
/** Lines without a count are rests of broken ones: of the others, this share counts 1. */
const ONCE_SHARE = 0.8;

/** The lines without such counts; in a text that was broken behind them, with blanks in their place. */
export function uncount(lines: PlacedLines): PlacedLines {
  const count = COUNTS.find((one) => areCounts(lines.texts, one));
  if (!count) return lines;
  const isBroken = lines.texts.some((text) => text.trim() !== '' && !count.test(text));
  return mapLines(lines, (text) => text.replace(count, (mark) => (isBroken ? ' '.repeat(mark.length) : '')));
}

function areCounts(texts: readonly string[], count: RegExp): boolean {
  const counted = texts.filter((text) => count.test(text));
  if (counted.length < LINES_MIN) return false;
  if (counted.filter((text) => /^ *1 /.test(text)).length < counted.length * ONCE_SHARE) return false;
  const behind = counted.map((text) => text.replace(count, ''));
  const family = familyOf(behind);
  if (behind.some((text) => COLUMN.test(text))) return false;
  const isRest = (text: string): boolean =>
    text.trim() === '' || (family !== undefined && !isEventStart(family, text));
  return texts.every((text) => count.test(text) || isRest(text));
}
