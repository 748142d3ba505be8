/** The recordings' own lines in place of what stands for them in remarks. */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import { evidenceOfLine, type NamedTrace, type ReviewNotes } from './notes.js';
import type { ReviewTrace, TraceSet } from './report.js';
import { traceLine, type LineOptions } from './traceLine.js';

/** A line of a recording that is another now is left as it stands, and said to be stale. */
export function withTraceLines(
  notes: ReviewNotes,
  sets: readonly TraceSet[],
  options: LineOptions,
): ReviewNotes {
  const traces = sets.flatMap((set) => set.traces);
  const told = (text: string): string => {
    const evidence = evidenceOfLine(text);
    const trace = evidence && traces.find(({ path }) => fileNameOnDisk(path) === evidence.name);
    if (!trace) return text;
    if (isStale(trace, notes.traces)) return `${text} (stale: the recording is another now)`;
    return lineAt(trace, evidence.line, options) ?? text;
  };
  return { ...notes, remarks: notes.remarks.map((each) => ({ ...each, texts: each.texts.map(told) })) };
}

/** Whether the notes were written on another recording of that name. */
function isStale({ path, digest }: ReviewTrace, named: readonly NamedTrace[]): boolean {
  const known = named.find(({ name }) => name === fileNameOnDisk(path))?.digest ?? '';
  return known !== '' && digest !== '' && !digest.startsWith(known);
}

/** The event at a line, of a recording without lines at that of its listing. */
function lineAt({ table, describe }: ReviewTrace, line: number, options: LineOptions): string | undefined {
  const row = table.hasLines ? table.rowAtLine(line) : line - 1;
  if (row < 0 || row >= table.length || (table.hasLines && table.line(row) !== line)) return undefined;
  return traceLine(table, row, describe(row, 'text').text, '', options);
}
