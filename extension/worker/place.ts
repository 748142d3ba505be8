/** From an event row to what a person sees: its line, its columns and its printed time. */
import type { ByteSource } from '../../parsers/base/source.js';
import { PlainSource } from '../../parsers/compressed/plainSource.js';
import type { ColumnOf } from '../../parsers/events/rowFacts.js';
import { UNKNOWN_CPU } from '../../parsers/events/table.js';
import { eventHead } from '../../model/findings/listing.js';
import { timeText } from '../../model/findings/report.js';
import { compactLine } from './compact.js';
import type { Judged } from './judged.js';
import type { EventPlace, LineOf, Spot, Spots } from '../protocol/place.js';

/** A longer line is shown up to here. */
const LINE_BYTES = 4096;
const LF = 10;
const CR = 13;

const decoder = new TextDecoder('utf-8');

/**
 * Text of the line at a byte offset, without its line end, cut at {@link LINE_BYTES}. `likely` is how many
 * bytes it has with its end, as far as is known: no more are read where they are enough.
 */
export function lineText(source: ByteSource, offset: number, likely = LINE_BYTES): string {
  let bytes = source.read(offset, Math.min(likely, LINE_BYTES));
  let end = bytes.indexOf(LF);
  if (end < 0 && likely < LINE_BYTES) {
    bytes = source.read(offset, LINE_BYTES);
    end = bytes.indexOf(LF);
  }
  if (end < 0) end = bytes.length;
  if (end > 0 && bytes[end - 1] === CR) end--;
  // Nearly always its end is that of the bytes, and no second view on them is needed.
  const text = decoder.decode(bytes.length - end > 2 ? bytes.subarray(0, end) : bytes);
  return bytes.length - end > 2 ? text : text.slice(0, text.length - (bytes.length - end));
}

/** Names under which an event may stand in its line: `sys_exit_close` is printed as `sys_close -> 0x0`. */
function printedNames(name: string): readonly string[] {
  const bare = name.slice(name.indexOf(':') + 1);
  const call = bare.replace(/^sys_(?:enter|exit)_/, 'sys_');
  return [` ${name}:`, ` ${bare}:`, ` ${call}(`, ` ${call} -> `];
}

/** Those of the names that were asked for: a trace has few. */
const printedOf = new Map<string, readonly string[]>();
const NAMES_KEPT = 256;

function printedNamesKept(name: string): readonly string[] {
  const known = printedOf.get(name);
  if (known) return known;
  if (printedOf.size >= NAMES_KEPT) printedOf.clear();
  const printed = printedNames(name);
  printedOf.set(name, printed);
  return printed;
}

type Columns = Pick<EventPlace, 'startColumn' | 'endColumn'>;

/** Where the event's own text (name and payload) stands in its line; the whole line where its name is not
 * found.
 */
function eventColumns(text: string, name: string): Columns {
  const trimmed = text.trimEnd();
  const endColumn = Math.max(trimmed.length, 1);
  for (const printed of printedNamesKept(name)) {
    const at = trimmed.indexOf(printed);
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

/** What it takes to find an event in its file or listing. */
type Placed = Pick<Judged, 'source' | 'trace' | 'shown' | 'files'>;

function columnsOf({ source, trace, shown, files }: Placed, row: number): Columns {
  const { table } = trace;
  const part = files?.partOf(row);
  if (shown === 'events') return { startColumn: eventHead(table, row).length, endColumn: LINE_END };
  // In the listing of a file of a run an event has no such head: the run's table tells more of it.
  if (part && !part.isText) return { startColumn: 0, endColumn: LINE_END };
  // Offsets are those of the mended text then, and marks stand in front of the file's own lines.
  if (trace.mended) return { startColumn: 0, endColumn: LINE_END };
  const text = lineText(part?.source ?? source, table.at(row), table.toNext(row) || undefined);
  return eventColumns(shown === 'compact' ? compactLine(text) : text, table.name(row));
}

export function placeOf(judged: Placed, row: number): EventPlace {
  const { table } = judged.trace;
  if (row < 0 || row >= table.length) return NOWHERE;
  const part = judged.files?.partOf(row);
  const cpu = table.cpu(row);
  return {
    row,
    line: table.line(row),
    offset: table.at(row),
    ...columnsOf(judged, row),
    time: timeText(table, row),
    cpu: cpu === UNKNOWN_CPU ? -1 : cpu,
    tid: table.tid(row),
    comm: table.comm(row),
    event: table.name(row),
    ...(part && { file: part.uri }),
  };
}

/** Line and file of a row, as questions name it. */
export function lineOfRow({ trace: { table }, files }: Placed, row: number): LineOf {
  const file = files?.partOf(row)?.uri;
  return { line: table.line(row), ...(file !== undefined && { file }) };
}

/** Text that takes as many columns as bytes. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Where an event's own text starts in its line, as far as the table says it: the time that it stands behind
 * is then printed as the table's. -1 where the line has to be read.
 */
function knownColumn({ trace: { table }, shown }: Placed, row: number): number {
  if (shown === 'compact') return -1;
  const kept = table.columnAt(row);
  if (kept >= 0) return kept;
  const timeAt = table.timeAt(row);
  if (timeAt === 0 || !PLAIN.test(table.comm(row))) return -1;
  return timeAt + timeText(table, row).length + ': '.length;
}

/** True where any line is read without what is before it. */
export function isAtHand({ source, files }: Placed): boolean {
  const sources = files?.parts.map((part) => part.source) ?? [source];
  return sources.every((each) => !(each instanceof PlainSource) || each.isAtHand);
}

/** What reads columns of lines that are to be kept; undefined where none has to be read, or is at hand. */
export function columnReader(judged: Placed): ColumnOf | undefined {
  const { shown, trace } = judged;
  if (shown === 'events' || trace.mended || !isAtHand(judged)) return undefined;
  const placed: Placed = { ...judged, shown: shown === 'compact' ? 'file' : shown };
  return (row) => columnsOf(placed, row).startColumn;
}

/** Lines that lie closer than this are read with those between them. */
const NEAR_BYTES = 2048;
const NEAR_READ_BYTES = 1 << 16;

/** A source of which much is read at a time, for who goes from place to place in it. */
class NearLines implements ByteSource {
  private bytes = new Uint8Array(0);
  private at = 0;

  constructor(private readonly of: ByteSource) {}

  get size(): number {
    return this.of.size;
  }

  read(offset: number, length: number): Uint8Array {
    const from = offset - this.at;
    if (from < 0 || from + length > this.bytes.length) {
      this.bytes = this.of.read(offset, Math.max(length, NEAR_READ_BYTES)).slice();
      this.at = offset;
      return this.bytes.subarray(0, length);
    }
    return this.bytes.subarray(from, from + length);
  }
}

/** A place whose source is read as is best for the lines of these rows, which ascend. */
function readFor(judged: Placed, rows: readonly number[]): Placed {
  const { files, source, trace } = judged;
  const [first = 0, last = first] = [rows[0], rows.at(-1)];
  const isNear = trace.table.at(last) - trace.table.at(first) < rows.length * NEAR_BYTES;
  return files || !isNear ? judged : { ...judged, source: new NearLines(source) };
}

/** Where to go for many rows of the trace, which ascend; a line that `reads` forbids has column 0. */
export function spotsOf(judged: Placed, rows: readonly number[], reads = true): Spots {
  const { files, trace } = judged;
  const { table, mended } = trace;
  const placed = rows.length > 0 ? readFor(judged, rows) : judged;
  const [lines, columns] = [new Uint32Array(rows.length), new Uint32Array(rows.length)];
  const fileOf = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const known = mended ? -1 : knownColumn(judged, row);
    lines[i] = table.line(row);
    columns[i] = known < 0 && reads ? columnsOf(placed, row).startColumn : Math.max(0, known);
    fileOf[i] = files?.bundle?.partOf(row) ?? 0;
  }
  const uris = files && { files: files.parts.map(({ uri }) => uri) };
  return { rows: Uint32Array.from(rows), lines, columns, ...uris, fileOf };
}

/** Where to go for a row; row -1 and line 0 when there is none. */
export function spotOf(judged: Placed, row: number): Spot {
  const { table } = judged.trace;
  if (row < 0 || row >= table.length) return { row: -1, line: 0, column: 0 };
  const file = judged.files?.partOf(row)?.uri;
  const { startColumn: column } = columnsOf(judged, row);
  return { row, line: table.line(row), column, ...(file !== undefined && { file }) };
}
