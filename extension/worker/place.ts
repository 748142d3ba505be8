/** From an event row to what a person sees: its line, its columns and its printed time. */
import type { ByteSource } from '../../parsers/base/source.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { eventHead } from '../../model/findings/listing.js';
import { timeText } from '../../model/findings/report.js';
import { compactLine } from './compact.js';
import type { Judged } from './judged.js';
import type { EventPlace, Spot } from '../protocol/place.js';

/** A longer line is shown up to here. */
const LINE_BYTES = 4096;
const LF = 10;
const CR = 13;

const decoder = new TextDecoder('utf-8');

/** Text of the line at a byte offset, without its line end, cut at {@link LINE_BYTES}. */
export function lineText(source: ByteSource, offset: number): string {
  const bytes = source.read(offset, LINE_BYTES);
  let end = bytes.indexOf(LF);
  if (end < 0) end = bytes.length;
  if (end > 0 && bytes[end - 1] === CR) end--;
  return decoder.decode(bytes.subarray(0, end));
}

/** Names under which an event may stand in its line: `sys_exit_close` is printed as `sys_close -> 0x0`. */
function printedNames(name: string): readonly string[] {
  const bare = name.slice(name.indexOf(':') + 1);
  return [
    `${name}:`,
    `${bare}:`,
    `${bare.replace(/^sys_(?:enter|exit)_/, 'sys_')}(`,
    `${bare.replace(/^sys_(?:enter|exit)_/, 'sys_')} -> `,
  ];
}

type Columns = Pick<EventPlace, 'startColumn' | 'endColumn'>;

/** Where the event's own text (name and payload) stands in its line; the whole line where its name is not
 * found.
 */
function eventColumns(text: string, name: string): Columns {
  const trimmed = text.trimEnd();
  const endColumn = Math.max(trimmed.length, 1);
  for (const printed of printedNames(name)) {
    const at = trimmed.indexOf(` ${printed}`);
    if (at >= 0) return { startColumn: at + 1, endColumn };
  }
  return { startColumn: trimmed.length - trimmed.trimStart().length, endColumn };
}

/**
 * Beyond any line's end: an event's text reaches to the end of its line,
 * which in a listing is not known before it is made.
 */
export const LINE_END = 1 << 20;

/** The place of no row: what stands in for an event that the trace does not hold. */
const NOWHERE: EventPlace = {
  row: -1,
  line: 0,
  offset: 0,
  startColumn: 0,
  endColumn: 0,
  time: '',
  cpu: -1,
  tid: -1,
  comm: '',
  event: '',
};

export function placeOf(
  { source, trace, shown, files }: Pick<Judged, 'source' | 'trace' | 'shown' | 'files'>,
  row: number,
): EventPlace {
  const table = trace.table;
  if (row < 0 || row >= table.length) return NOWHERE;
  const line = table.line(row);
  const name = table.name(row);
  const part = files?.partOf(row);
  const columns = (): Columns => {
    if (shown === 'events') return { startColumn: eventHead(table, row).length, endColumn: LINE_END };
    // In the listing of a file of a run an event has no such head: the run's table tells more of it.
    if (part && !part.isText) return { startColumn: 0, endColumn: LINE_END };
    // Offsets are those of the mended text then, and marks stand in front of the file's own lines.
    if (trace.mended) return { startColumn: 0, endColumn: LINE_END };
    const text = lineText(part?.source ?? source, table.at(row));
    return eventColumns(shown === 'compact' ? compactLine(text) : text, name);
  };
  const cpu = table.cpu(row);
  return {
    row,
    line,
    offset: table.at(row),
    ...columns(),
    time: timeText(table, row),
    cpu: cpu === UNKNOWN_CPU ? -1 : cpu,
    tid: table.tid(row),
    comm: table.comm(row),
    event: name,
    ...(part && { file: part.uri }),
  };
}

/** Where to go for a row; row -1 and line 0 when there is none. */
export function spotOf(judged: Pick<Judged, 'source' | 'trace' | 'shown' | 'files'>, row: number): Spot {
  const place = placeOf(judged, row);
  const { line, startColumn: column, file } = place;
  return { row: place.row, line, column, ...(file !== undefined && { file }) };
}
