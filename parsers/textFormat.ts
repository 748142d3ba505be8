/** Which text format a source has when its head does not tell, and what it has of other formats. */
import type { ByteSource } from './base/source.js';
import { MemorySource } from './base/source.js';
import { KIND_UNKNOWN } from './events/kinds.js';
import type { LossMark } from './events/issues.js';
import { withMarks, type EventTable } from './events/table.js';
import { foreignLines } from './events/textFit.js';
import { contentOptions } from './compressed/open.js';
import { withTable, type OpenTrace, type ReadOptions, type TraceFormat } from './reader.js';
import { SNIFF_BYTES, sniffFormats } from './sniff.js';

/** The share of a head's lines that fit, from which nothing more needs to be looked at. */
const ENOUGH = 0.08;
/** Other text may stand before a trace up to here: a console's log, a mail. */
const PREFIX_BYTES_MAX = 32 << 20;
/** A text with lines of several formats is read in each up to this size. */
const MIXED_BYTES_MAX = 16 << 20;
/** Places at which lines of another format stand, told apart up to this many. */
const RUNS_MAX = 1000;

/**
 * The format of a source by its head, and where that hardly tells, by the first part of the text behind it
 * that does. What is no text is known by its head alone.
 */
export function formatOf(
  source: ByteSource,
  head: Uint8Array,
  formats: readonly TraceFormat[],
  options: Pick<ReadOptions, 'cancel'>,
): TraceFormat | undefined {
  const first = sniffFormats(head, formats);
  if (first.sure >= ENOUGH || head.includes(0)) return first.format;
  const texts = formats.filter((format) => format.isSequential);
  let best = first;
  for (let at = SNIFF_BYTES; at < PREFIX_BYTES_MAX && !options.cancel.cancelled; at += SNIFF_BYTES) {
    const part = source.read(at, SNIFF_BYTES);
    if (part.length === 0 || part.includes(0)) break;
    const next = sniffFormats(part.slice(), texts);
    if (next.sure > best.sure) best = next;
    if (best.sure >= ENOUGH) break;
  }
  return best.format;
}

/**
 * A text in its format, with what it has of other formats said, and taken for missing where it stands between
 * the events. `source` is what the table's offsets refer to.
 */
export function sayOthers(
  open: OpenTrace,
  source: ByteSource,
  format: TraceFormat,
  formats: readonly TraceFormat[],
  options: ReadOptions,
): OpenTrace {
  const { table } = open;
  if (source.size > MIXED_BYTES_MAX || foreignLines(table) === 0) return open;
  const content = new MemorySource(source.read(0, source.size).slice());
  const found = new Map<number, OtherLine>();
  // From the least particular: lines of two formats are named after the one that all such lines are of.
  for (const other of [...formats].reverse()) {
    if (other === format || !other.isSequential) continue;
    for (const line of linesOf(other.read(content, contentOptions(options)).table, other.id))
      if (!found.has(line.offset)) found.set(line.offset, line);
  }
  const others = unreadLines(table, found);
  return others.length === 0 ? open : withTable(open, withOthers(table, others));
}

/** A line that another format reads as an event of the vocabulary. */
interface OtherLine {
  readonly offset: number;
  readonly line: number;
  readonly format: string;
}

function linesOf(table: EventTable, format: string): readonly OtherLine[] {
  const lines: OtherLine[] = [];
  for (let row = 0; row < table.length; row++) {
    if (table.kind(row) === KIND_UNKNOWN) continue;
    lines.push({ offset: table.at(row), line: table.line(row), format });
  }
  return lines;
}

/** The lines that are no event of the table, in the order of the text. */
function unreadLines(table: EventTable, found: Map<number, OtherLine>): readonly OtherLine[] {
  for (let row = 0; row < table.length; row++) found.delete(table.at(row));
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}

function withOthers(table: EventTable, others: readonly OtherLine[]): EventTable {
  const counts = new Map<string, number>();
  for (const { format } of others) counts.set(format, (counts.get(format) ?? 0) + 1);
  const detail = [...counts].map(([format, count]) => `${count} of ${format}`).join(', ');
  const { offset, line } = others[0]!;
  const issue = { code: 'other-format' as const, offset, line, count: others.length, detail };
  return withMarks(table, {
    issues: [...table.issues, issue],
    losses: [...table.losses, ...lossesAt(table, others)],
  });
}

/** One loss, on every CPU, for each place between two events at which such lines stand. */
function lossesAt(table: EventTable, others: readonly OtherLine[]): readonly LossMark[] {
  const known = new Set(table.losses.filter(({ cpu }) => cpu === -1).map(({ row }) => row));
  const losses: LossMark[] = [];
  let row = 0;
  for (const { offset, line } of others) {
    while (row < table.length && table.at(row) < offset) row++;
    // Before the first event or behind the last stands another recording.
    if (row === 0 || row === table.length || known.has(row)) continue;
    known.add(row);
    losses.push({ row, cpu: -1, count: 0, offset, line, fromStart: false });
    if (losses.length === RUNS_MAX) break;
  }
  return losses;
}
