/** How a trace is shown as text, and the lines that it has there. */
import type { OpenTrace } from '../../parsers/reader.js';
import { withMarks, type EventTable } from '../../parsers/events/table.js';
import { Segment, SEGMENT_ROWS } from '../../parsers/events/segment.js';
import type { Shown } from '../protocol/place.js';

/** Formats whose text takes many lines for an event. */
const SPREAD_OUT = new Set(['perf-json']);

/**
 * A trace without lines, or with many for an event, is shown as its events, the text of a compressed file as
 * its content.
 */
export function shownAlone(open: OpenTrace): Shown {
  return SPREAD_OUT.has(open.table.meta.format) ? 'events' : shownOf(open);
}

/** The same of a file of a run, which keeps the lines that it has. */
export function shownOf({ table, plain }: OpenTrace): Shown {
  if (table.length > 0 && table.line(0) === 0) return 'events';
  return plain ? 'content' : 'file';
}

/** Gives the rows of a trace that has no lines those of its listing: row 0 is line 1. */
export function numberRows(table: EventTable): void {
  table.segments.forEach((segment, index) => {
    segment.putLines(0, index * SEGMENT_ROWS + 1, segment.length);
  });
}

/** The same of rows that are in another table, too, which gets no lines by it. */
export function numberedCopy(table: EventTable): EventTable {
  const copy = withMarks(table, { segments: table.segments.map(({ parts }) => Segment.ofParts(parts)) });
  numberRows(copy);
  return copy;
}

/** Lines of a trace or its listing, as far as its events reach. */
export function linesOf({ table }: OpenTrace): number {
  return table.length === 0 ? 0 : table.line(table.length - 1) || table.length;
}
