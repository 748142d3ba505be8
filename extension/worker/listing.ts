/**
 * The text of a trace that no editor can show as it is:
 * its events, one in a line, or the content of a compressed text.
 */
import type { ByteSource } from '../../parsers/base/source.js';
import { compressionOf } from '../../parsers/compressed/detect.js';
import { plainOf } from '../../parsers/compressed/open.js';
import { FORMATS, SNIFF_BYTES, sniffFormat, type OpenTrace, type ReadOptions } from './core.js';
import { eventLine } from '../../model/findings/listing.js';
import { compactText } from './compact.js';
import type { Judged } from './judged.js';

/** A content is read in steps of this. */
const READ_BYTES = 1 << 20;
const LF = 10;

/** Text of the lines `first` to `last`. */
export function listingText(judged: Judged, first: number, last: number): string {
  if (judged.shown === 'events' || judged.files) return eventLines(judged.trace, first, last);
  return judged.shown === 'compact'
    ? compactText(judged.source, first, last)
    : contentLines(judged, first, last);
}

function eventLines(trace: OpenTrace, first: number, last: number): string {
  const { table } = trace;
  const lines: string[] = [];
  for (let row = first - 1; row < Math.min(last, table.length); row++)
    lines.push(eventLine(table, row, trace.describe(row, 'text')));
  return lines.join('\n');
}

/** From the event before on, since a content is not indexed by line, but its events know theirs. */
function contentLines({ trace: { table }, source }: Judged, first: number, last: number): string {
  const row = table.rowAtLine(first + 1) - 1;
  let line = row < 0 ? 1 : table.line(row);
  const decoder = new TextDecoder('utf-8');
  let text = '';
  for (let at = row < 0 ? 0 : table.at(row); line <= last; ) {
    const bytes = source.read(at, READ_BYTES);
    if (bytes.length === 0) break;
    at += bytes.length;
    let from = 0;
    let to = 0;
    for (; to < bytes.length && line <= last; to++) {
      if (bytes[to] !== LF) continue;
      line++;
      if (line === first) from = to + 1;
    }
    if (line >= first) text += decoder.decode(bytes.subarray(from, to), { stream: true });
  }
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** True when a file, or what a compressed one holds, begins as a trace does. */
export function holdsTrace(source: ByteSource, options: Partial<ReadOptions>): boolean {
  const head = source.read(0, SNIFF_BYTES).slice();
  const codec = compressionOf(head);
  const plain = codec && plainOf(source, codec, options as ReadOptions);
  const begins = plain ? plain.read(0, SNIFF_BYTES) : head;
  const found = sniffFormat(begins, FORMATS) !== undefined;
  plain?.close();
  return found;
}
