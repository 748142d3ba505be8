/** Traces in tables, of Markdown or with commas or tabs between, one column each or all in one cell. */
import { mapLines, type PlacedLines } from '../mail/lines.js';
import { withoutSeams } from './join.js';

const ROW = /^\s*\|.*\|\s*$/;
const RULER = /^(?=.*[-=]{3})\s*[|+][\s|:+=-]+[|+]\s*$/;

/** What a column's heading may say, by what it holds. */
const HEADINGS = {
  comm: /^(?:task|comm|command|process|program|name|thread name)$/i,
  tid: /^(?:pid|tid|thread|thread id|process id|task pid)$/i,
  task: /^(?:task-pid|task\/pid|comm-pid|task-tid)$/i,
  cpu: /^(?:cpu|cpu#|core)$/i,
  time: /^(?:time|timestamp|ts|time ?\(s\)|seconds)$/i,
  event: /^(?:event|tracepoint|function|probe|event name)$/i,
  args: /^(?:args?|arguments|info|details|data|payload|message|fields|text)$/i,
} as const;
type Heading = keyof typeof HEADINGS;

/** Not the border that ends one, alone on its line. */
const ROW_BEGINS = /^\s*\|(?!\s*$)/;
const ROW_ENDS = /\|\s*$/;
/** Rows of several lines, at least. */
const BROKEN_MIN = 3;
/** Lines of one row, at most. */
const LINES_MAX = 16;
/** Of the broken lines, the share that must be as long as the longest for all to have been cut there. */
const FULL_SHARE = 0.5;

/**
 * The lines with rows put together that were broken: of these, only the last line ends with a border. Twice
 * where they may have been cut at a column as well as at blanks.
 */
function wholeRows(lines: PlacedLines): readonly PlacedLines[] {
  let column = 0;
  const open: number[] = [];
  let isAtBlanks = true;
  lines.texts.forEach((text, i) => {
    const next = lines.texts[i + 1];
    if (!ROW_BEGINS.test(text) || ROW_ENDS.test(text) || next === undefined || ROW_BEGINS.test(next)) return;
    open.push(text.length);
    column = Math.max(column, text.length);
    isAtBlanks &&= !text.endsWith(' ');
  });
  if (open.length < BROKEN_MIN) return [lines];
  const isFull = open.filter((length) => length === column).length >= open.length * FULL_SHARE;
  const isCut = isFull && lines.texts.every(({ length }) => length <= column);
  const cut = isCut ? [joinedRows(lines, column)] : [];
  return isCut && !isAtBlanks ? cut : [...cut, joinedRows(lines, undefined)];
}

/** `column`: where rows were cut; undefined where it was at blanks. */
function joinedRows(lines: PlacedLines, column: number | undefined): PlacedLines {
  const isCut = column !== undefined;
  const indent = isCut ? indentOfRests(lines.texts) : 0;
  const out: PlacedLines = { texts: [], lines: [] };
  /** Lines of the row under way; 0 where none is. */
  let count = 0;
  let width = 0;
  lines.texts.forEach((text, i) => {
    if (count > 0 && count < LINES_MAX && !ROW_BEGINS.test(text)) {
      const rest = isCut
        ? `${' '.repeat(Math.max(0, column - width))}${text.slice(Math.min(indent, text.search(/\S|$/)))}`
        : ` ${text.trimStart()}`;
      const last = out.texts.length - 1;
      out.texts[last] = withoutSeams(out.texts[last]! + rest);
      count = ROW_ENDS.test(text) ? 0 : count + 1;
    } else {
      out.texts.push(text);
      out.lines.push(lines.lines[i]!);
      count = ROW_BEGINS.test(text) && !ROW_ENDS.test(text) ? 1 : 0;
    }
    width = text.length;
  });
  return out;
}

/** Blanks before every line that goes on in a row. */
function indentOfRests(texts: readonly string[]): number {
  let least = Infinity;
  texts.forEach((text, i) => {
    const before = texts[i - 1];
    if (before === undefined || !ROW_BEGINS.test(before) || ROW_ENDS.test(before) || ROW_BEGINS.test(text))
      return;
    if (text.trim() !== '') least = Math.min(least, text.length - text.trimStart().length);
  });
  return least === Infinity ? 0 : least;
}

/**
 * Rows of a table become lines of a trace: their cells, one blank between, in a recorder's order. In each way
 * in which rows may have been broken.
 */
export function untable(broken: PlacedLines): readonly PlacedLines[] {
  return wholeRows(broken).map(cellsOfRows);
}

function cellsOfRows(lines: PlacedLines): PlacedLines {
  if (lines.texts.filter((text) => ROW.test(text)).length >= 2)
    return cellsToLines(lines, (text) => (ROW.test(text) ? cellsOf(text) : undefined));
  const comma = lines.texts.findIndex((text) => isHeading(commaCells(text)));
  if (comma >= 0) return cellsToLines(lines, commaCells);
  const tab = lines.texts.findIndex((text) => isHeading(text.split('\t')));
  if (tab >= 0) return cellsToLines(lines, (text) => text.split('\t'));
  return lines;
}

function cellsOf(row: string): string[] {
  const cells = row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/);
  return cells.map((cell) => cell.replace(/\\\|/g, '|').replace(/^ | $/g, ''));
}

const CELLS_MAX = 64;

/** The cells of a line with commas between, in quotation marks or not. */
function commaCells(text: string): string[] {
  if (!text.includes(',') || text.length > 4096) return [text];
  const cells = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? [];
  return cells.slice(0, CELLS_MAX).map((cell) =>
    cell
      .replace(/^,/, '')
      .replace(/^"(.*)"$/, '$1')
      .replace(/""/g, '"'),
  );
}

/** A heading of columns that a trace has, an event among them. */
function isHeading(cells: readonly string[]): boolean {
  if (cells.length < 2 || cells.length > CELLS_MAX) return false;
  const named = headingsOf(cells);
  return named.includes('event') && named.filter((name) => name !== undefined).length >= 2;
}

function headingsOf(cells: readonly string[]): (Heading | undefined)[] {
  const names = Object.keys(HEADINGS) as Heading[];
  return cells.map((cell) => names.find((name) => HEADINGS[name].test(cell.trim())));
}

function cellsToLines(lines: PlacedLines, cellsIn: (text: string) => string[] | undefined): PlacedLines {
  let named: readonly (Heading | undefined)[] | undefined;
  return mapLines(lines, (text) => {
    if (RULER.test(text)) return '';
    const cells = cellsIn(text);
    if (!cells) return text;
    if (isHeading(cells)) {
      named = headingsOf(cells);
      return '';
    }
    return named && named.length <= cells.length ? lineOf(cells, named) : cells.join(' ').trimEnd();
  });
}

/** A line in the order of a recorder; cells without a heading that is known are left out. */
function lineOf(cells: readonly string[], named: readonly (Heading | undefined)[]): string {
  const cell = (name: Heading): string => cells[named.indexOf(name)]?.trim() ?? '';
  const tid = cell('tid');
  const task =
    cell('task') || (cell('comm') === '' || tid === '' ? cell('comm') || tid : `${cell('comm')}-${tid}`);
  const cpu = cell('cpu').replace(/^\[?(\d+)\]?$/, (_, number: string) => `[${number.padStart(3, '0')}]`);
  const time = cell('time').replace(/^([\d.]+):?$/, '$1:');
  const rest = cells.slice(named.length);
  const event = cell('args') === '' ? cell('event') : `${cell('event').replace(/:?$/, ':')} ${cell('args')}`;
  return [task, cpu, time, event, ...rest].filter((one) => one !== '').join(' ');
}
