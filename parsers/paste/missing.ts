/**
 * What a paste has and its reading has not: events, counted by their times or names in the file's own lines,
 * and marks of something left out. Whatever went wrong on the way, no event is missing without a word.
 */
import type { Issue, LossMark } from '../events/issues.js';
import { withMarks, type EventTable } from '../events/table.js';
import type { PlacedLines } from '../mail/lines.js';
import { eventAt, qemuEventAt } from './columns.js';
import { FREE_TEXT } from './ends.js';
import { isProse } from './shapes.js';

/** An event's time and name, as every recorder prints them, perhaps in HTML, perhaps broken in the name. */
const TIMED =
  /\d\.\d{6,9}:(?:\s|&nbsp;)+(?:sys_\w+(?:\(|\s->|\s*$)|(?:\w[\w.-]*:)?[a-z_][\w.-]*(?::|$))|@\d+\.\d{6}:[a-z]\w*_\w/g;
/** A mark that ends a line, behind whatever was put in front; dots behind a CPU are flags. */
const MARK = /^(?!.*\[\d{3,}\]).*(?:^|[\s>:\]|])(?:\.{3,}|…|\[(?:\.{2,}|…|snip|cut)\]|<snip>)\s*$/i;
/** A line with a mark is not longer. */
const MARK_LENGTH = 160;
/** Places that are told one by one. */
const PLACES_MAX = 1000;

/** Lines from one event's to the next one's. */
interface Region {
  /** The first row behind it. */
  readonly row: number;
  /** Rows that begin in it. */
  readonly rows: number;
  readonly lines: readonly number[];
}

/** The table with a loss wherever the lines `raw` of its file show more events than it has there. */
export function withMissing(table: EventTable, raw: PlacedLines): EventTable {
  const isTimed = table.meta.timeUnit !== 'none';
  const said = new Set(table.losses.map(({ row }) => row));
  const found: LossMark[] = [];
  const issues: Issue[] = [];
  // An event's time may stand on the line on which the next one begins.
  let behind = 0;
  for (const { row, rows, lines } of regionsOf(table, raw)) {
    if (found.length === PLACES_MAX) break;
    const texts = lines.map((i) => raw.texts[i]!);
    const isBetween = rows > 0 && row < table.length;
    const { missing, events } = lookedThrough(texts, rows + behind, isTimed, isBetween);
    behind = events < rows + behind ? 1 : 0;
    if (missing === undefined || isSaid(said, row, rows)) continue;
    const place = { offset: row > 0 ? table.at(row - 1) : 0, line: raw.lines[lines[missing.index]!]! };
    const { code, detail } = missing;
    issues.push({ ...place, code, detail, count: 1 });
    found.push({ ...place, row, cpu: -1, count: 0, fromStart: row === 0 });
  }
  if (found.length === 0) return table;
  const losses = [...table.losses, ...found].sort((a, b) => a.row - b.row);
  return withMarks(table, { issues: [...table.issues, ...issues], losses });
}

/** True where a loss is told within the rows of a region, or behind them. */
function isSaid(said: ReadonlySet<number>, row: number, rows: number): boolean {
  for (let at = row; at > row - rows || at === row; at--) if (said.has(at)) return true;
  return false;
}

function* regionsOf(table: EventTable, raw: PlacedLines): Iterable<Region> {
  let row = 0;
  let rows = 0;
  let lines: number[] = [];
  for (let i = 0; i < raw.texts.length; i++) {
    const line = raw.lines[i]!;
    if (row < table.length && table.line(row) <= line) {
      yield { row, rows, lines };
      lines = [];
      const first = row;
      while (row < table.length && table.line(row) <= line) row++;
      rows = row - first;
    }
    lines.push(i);
  }
  yield { row, rows, lines };
}

interface Missing extends Pick<Issue, 'code' | 'detail'> {
  readonly index: number;
}

/** How many events the texts have, and the first of them that has one more than `rows`, or a mark. */
function lookedThrough(
  texts: readonly string[],
  rows: number,
  isTimed: boolean,
  isBetween: boolean,
): { readonly events: number; readonly missing: Missing | undefined } {
  let events = 0;
  let missing: Missing | undefined;
  for (const [index, text] of texts.entries()) {
    const here = isTimed ? timedIn(text) : namedIn(text);
    if (here > 0 && (FREE_TEXT.test(text) || isProse(text))) continue;
    events += here;
    if (missing !== undefined) continue;
    if (events > rows) missing = { code: 'torn-line', detail: 'could not be put together', index };
    else if (here === 0 && isBetween && text.length < MARK_LENGTH && MARK.test(text))
      missing = { code: 'left-out', detail: text.trim().slice(-MARK_SHOWN), index };
  }
  return { events, missing };
}
const MARK_SHOWN = 12;

function timedIn(text: string): number {
  return text.match(TIMED)?.length ?? 0;
}

/** Events of the vocabulary in a text whose events have no time. */
function namedIn(text: string): number {
  let from = 0;
  for (let count = 0; count < NAMES_MAX; count++) {
    const rest = text.slice(from);
    const at = Math.max(eventAt(rest), qemuEventAt(rest));
    if (at < 0) return count;
    from += at + /^[\w:.]+/.exec(rest.slice(at))![0].length;
  }
  return NAMES_MAX;
}
/** More in one line are not counted: each is looked for in all that is behind the one before. */
const NAMES_MAX = 64;
