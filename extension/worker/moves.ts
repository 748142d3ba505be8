/**
 * From an event to others: its neighbours along a page, a conversion or a task;
 * what made its page's state; its page's life.
 */
import type { StackMark } from '../../parsers/events/table.js';
import { aliasesOf, eachInterval, type PageId } from '../../model/pages/intervals.js';
import { Op } from '../../model/ops/oplog.js';
import { opSpace, opSubject } from '../../model/pages/space.js';
import { intervalAtRow, pageOf, pagesOfRow } from '../../model/pages/query.js';
import { describeState, describeDimension, type PageState } from '../../model/pages/state.js';
import { durationText } from '../../parsers/base/duration.js';
import { listingText } from './listing.js';
import { eventLine } from '../../model/findings/listing.js';
import { lineText, placeOf, spotOf, spotsOf } from './place.js';
import type { LineOf, Spot, Spots } from '../protocol/place.js';
import type { Along, LineHint, WindowText } from '../protocol/shapes.js';
import type { Judged } from './judged.js';

/** A page's life is listed up to here. */
const LIFE_SHOWN = 5000;
/** Stacks of one trace whose lines are told, so that they can be folded. */
const STACKS_SHOWN = 5000;
const WINDOW_LINES_MAX = 20000;
const LF = 10;

/**
 * The last row whose line is at or before this one;
 * -1 before the first event, and in a file of several where no event has this line.
 */
export function rowOfLine({ trace: { table }, files }: Judged, { line, file }: LineOf): number {
  if (!files) return table.rowAtLine(line + 1) - 1;
  // A line without its file is none of this trace's: what is asked of it is told of the end.
  if (file === undefined) return table.length - 1;
  const row = files.rowAtLine(file, line);
  return row >= 0 && row < table.length && table.line(row) === line ? row : -1;
}

/** First page that the event touches; undefined when it names none. */
export function pageOfRow({ trace, analysis }: Judged, row: number): PageId | undefined {
  const range = row < 0 ? undefined : pagesOfRow(analysis, trace.table, row)[0];
  return range && pageOf(range);
}

export function neighbour(judged: Judged, at: LineOf, along: Along, forward: boolean): Spot | null {
  const here = rowOfLine(judged, at);
  if (here < 0) return null;
  const row = WAYS[along](judged, here, forward);
  return row < 0 ? null : spotOf(judged, row);
}

/** The next row along a way, or the one before; -1 where there is none. */
type Way = (judged: Judged, here: number, forward: boolean) => number;

const WAYS: Readonly<Record<Along, Way>> = {
  page: alongPage,
  conversion: alongConversion,
  task: alongTask,
};

function alongTask({ trace: { table } }: Judged, here: number, forward: boolean): number {
  const tid = table.tid(here);
  const step = forward ? 1 : -1;
  for (let row = here + step; row >= 0 && row < table.length; row += step)
    if (table.tid(row) === tid) return row;
  return -1;
}

/** Rows of operations on the page itself, or on the same page under its other names. */
function alongPage(judged: Judged, here: number, forward: boolean): number {
  const { analysis } = judged;
  const { ops } = analysis;
  const page = pageOfRow(judged, here);
  if (!page) return -1;
  const names: readonly PageId[] = [page, ...aliasesOf(analysis, page)];
  const touches = (i: number): boolean => {
    const space = opSpace(analysis, ops, i);
    return names.some(
      (name) =>
        name.unit === space &&
        name.subject === opSubject(analysis, ops, i) &&
        name.page >= ops.first(i) &&
        name.page < ops.first(i) + ops.count(i),
    );
  };
  if (forward) {
    for (let i = ops.firstAtRow(here + 1); i < ops.length; i++) if (touches(i)) return ops.row(i);
  } else {
    for (let i = ops.firstAtRow(here) - 1; i >= 0; i--) if (touches(i)) return ops.row(i);
  }
  return -1;
}

/**
 * Steps through the phases of the conversion that is under way at the row:
 * by this task first, else over this page.
 */
function alongConversion({ analysis, trace }: Judged, here: number, forward: boolean): number {
  const tid = trace.table.tid(here);
  const open = analysis.conversions.filter(
    (c) => c.fromRow <= here && (c.untilRow < 0 || here <= c.untilRow),
  );
  const conversion = open.find((c) => c.tid === tid) ?? open[0];
  if (!conversion) return -1;
  const rows = new Set<number>([conversion.fromRow, ...conversion.phaseRows.filter((row) => row >= 0)]);
  if (conversion.untilRow >= 0) rows.add(conversion.untilRow);
  const { ops } = analysis;
  for (let i = ops.firstAtRow(conversion.fromRow); i < ops.length; i++) {
    if (conversion.untilRow >= 0 && ops.row(i) > conversion.untilRow) break;
    if (ops.op(i) === Op.Phase && ops.subject(i) === conversion.index) rows.add(ops.row(i));
  }
  const ahead = [...rows].filter((row) => (forward ? row > here : row < here)).sort((a, b) => a - b);
  return ahead.at(forward ? 0 : -1) ?? -1;
}

/**
 * Events that made what is true of the event's page:
 * its attribute, its mappings, SPTEs, references and conversions.
 */
export function origin(judged: Judged, at: LineOf): readonly Spot[] {
  const here = rowOfLine(judged, at);
  const page = pageOfRow(judged, here);
  if (!page) return [];
  const before = intervalAtRow(judged.analysis, page, here - 1).state;
  return [...new Set(causeRows(before))]
    .filter((row) => row >= 0 && row < here)
    .sort((a, b) => b - a)
    .map((row) => spotOf(judged, row));
}

function causeRows(state: PageState): number[] {
  return [
    state.attributeRow,
    ...[...state.conversions, ...state.mappings, ...state.sptes, ...state.references].map(({ row }) => row),
  ];
}

/**
 * Where the states of an event's page begin, the first `most` of them; `reads` says whether lines may be read
 * for it.
 */
export function life(judged: Judged, at: LineOf, reads = true, most = LIFE_SHOWN): Spots {
  const page = pageOfRow(judged, rowOfLine(judged, at));
  const rows: number[] = [];
  if (page)
    eachInterval(judged.analysis, page, ({ fromRow }) => {
      if (fromRow >= 0) rows.push(fromRow);
      return rows.length < most;
    });
  return spotsOf(judged, rows, reads);
}

/** For the events that change a page: its state after it, and how long the state before had lasted. */
export function hints(judged: Judged, fromLine: number, toLine: number): readonly LineHint[] {
  const {
    trace: { table },
    analysis,
  } = judged;
  const out: LineHint[] = [];
  if (judged.files) return out;
  for (let row = table.rowAtLine(fromLine); row < table.length && table.line(row) <= toLine; row++) {
    const i = analysis.ops.firstAtRow(row);
    if (i >= analysis.ops.length || analysis.ops.row(i) !== row) continue;
    const page = pageOfRow(judged, row);
    if (!page) continue;
    const interval = intervalAtRow(analysis, page, row);
    if (interval.fromRow !== row) continue;
    const before = intervalAtRow(analysis, page, row - 1);
    const since =
      before.fromRow >= 0 && table.meta.timeUnit === 'ns'
        ? ` +${durationText(table.ts(row) - table.ts(before.fromRow))}`
        : '';
    const text = interval.changed
      .map((dimension) => describeDimension(interval.state, dimension) || `no ${dimension}`)
      .join(', ');
    out.push({
      line: table.line(row),
      column: endOfLine(judged, row),
      text: `${text}${since}`,
      tooltip: describeState(interval.state),
    });
  }
  return out;
}

function endOfLine(judged: Judged, row: number): number {
  const { trace, shown } = judged;
  return shown === 'events'
    ? eventLine(trace.table, row, trace.describe(row, 'text')).length
    : placeOf(judged, row).endColumn;
}

/**
 * About `lines` lines around one, from where the events stand: a trace is not indexed by line, but its events
 * know theirs. Nothing of a run, whose files have lines of their own.
 */
export function windowAround(judged: Judged, line: number, lines: number): WindowText {
  const {
    trace: { table },
    source,
    files,
    shown,
  } = judged;
  const half = Math.min(lines, WINDOW_LINES_MAX) >>> 1;
  if (table.length === 0 || files) return { firstLine: 1, text: '' };
  if (shown === 'events') {
    const firstLine = Math.max(1, line - half);
    return { firstLine, text: listingText(judged, firstLine, line + half) };
  }
  const fromTop = line - half <= 1;
  const firstRow = fromTop ? 0 : Math.max(0, table.rowAtLine(line - half) - 1);
  const lastRow = Math.min(table.length - 1, table.rowAtLine(line + half));
  const start = fromTop ? 0 : table.at(firstRow);
  const end = table.at(lastRow);
  const text = new TextDecoder('utf-8').decode(source.read(start, end - start)) + lineText(source, end);
  return { firstLine: start === 0 ? 1 : table.line(firstRow), text };
}

/** Line ranges of events with the stacks behind them. */
export function stackLines(judged: Judged): readonly { from: number; to: number }[] {
  const { files } = judged;
  const { table } = judged.trace;
  const ranges: { from: number; to: number }[] = [];
  for (const stack of files ? [] : table.stacks) {
    if (stack.line === 0) continue;
    const from = table.line(stack.row);
    const to = lastLineOf(judged, stack);
    const last = ranges.at(-1);
    // The kernel's and the user's frames of one event are one range.
    if (last?.from === from) last.to = Math.max(last.to, to);
    else if (ranges.length === STACKS_SHOWN) break;
    else ranges.push({ from, to });
  }
  return ranges;
}

/** Line of a stack's last frame, whether or not its text goes on to the end of that line. */
export function lastLineOf({ source, trace }: Judged, { offset, endOffset, line }: StackMark): number {
  let further = 0;
  for (const byte of source.read(offset, endOffset - offset - 1)) if (byte === LF) further++;
  const { mendedLines } = trace;
  return mendedLines?.[Math.max(0, mendedLines.indexOf(line)) + further] ?? line + further;
}

/** The line on which that begins which a line of a paste is a part of; the line itself in other texts. */
export function beginOfLine({ trace: { mendedLines } }: Judged, line: number): number {
  if (!mendedLines) return line;
  let low = 0;
  let high = mendedLines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (mendedLines[middle]! <= line) low = middle + 1;
    else high = middle;
  }
  return mendedLines[low - 1] ?? line;
}
