/** The counts that `uniq -c` puts in front of lines: a number that ends in one column, nearly always 1. */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { familyOf, isEventStart, standsAlone } from './shapes.js';

/** A count, and what was put before it. */
const COUNT = /^ {0,40}[1-9]\d{0,6} /;
/** The BSDs end it in the fourth column, GNU and BusyBox in the seventh. */
const COLUMN_MIN = 4;
/** A thread's number stands there in the columns of `perf script`. */
const COLUMN = /^\s*(?:\[\d+\]|\d+\.\d)/;
const LINES_MIN = 3;
/** Lines without a count are rests of broken ones: of the others, this share counts 1. */
const ONCE_SHARE = 0.8;

/** The lines without such counts; in a text that was broken behind them, with blanks in their place. */
export function uncount(lines: PlacedLines): PlacedLines {
  const count = countOf(lines.texts);
  if (!count) return lines;
  const isBroken = lines.texts.some((text) => text.trim() !== '' && !count.test(text));
  if (!isBroken) return mapLines(lines, (text) => text.replace(count, ''));
  const family = familyOf(lines.texts.map((text) => text.replace(count, '')));
  return mapLines(lines, (text) => {
    const behind = text.replace(count, '');
    // Else it may be the rest of a value.
    const isOnce = /^ *1 /.test(text);
    const isOfLine = isOnce || standsAlone(behind) || (family && isEventStart(family, behind));
    return isOfLine ? text.replace(count, (mark) => ' '.repeat(mark.length)) : text;
  });
}

/** The counts that end in the column in which most do; undefined where these are none. */
function countOf(texts: readonly string[]): RegExp | undefined {
  const columns = new Map<number, number>();
  let usual = 0;
  for (const text of texts) {
    const column = (COUNT.exec(text)?.[0].length ?? 0) - 1;
    if (column < COLUMN_MIN) continue;
    columns.set(column, (columns.get(column) ?? 0) + 1);
    if (columns.get(column)! > (columns.get(usual) ?? 0)) usual = column;
  }
  if (usual === 0) return undefined;
  const count = new RegExp(`^(?= *[1-9]\\d* )[ \\d]{${usual}} `);
  return areCounts(texts, count) ? count : undefined;
}

function areCounts(texts: readonly string[], count: RegExp): boolean {
  const counted = texts.filter((text) => count.test(text));
  if (counted.length < LINES_MIN) return false;
  if (counted.filter((text) => /^ *1 /.test(text)).length < counted.length * ONCE_SHARE) return false;
  const behind = counted.map((text) => text.replace(count, ''));
  const family = familyOf(behind);
  // No thread of number 1 alone does all that a trace of KVM shows.
  const areAllOnce = counted.every((text) => /^ *1 /.test(text));
  if (!areAllOnce && behind.some((text) => COLUMN.test(text))) return false;
  const isRest = (text: string): boolean =>
    text.trim() === '' || (family !== undefined && !isEventStart(family, text));
  return texts.every((text) => count.test(text) || isRest(text));
}
