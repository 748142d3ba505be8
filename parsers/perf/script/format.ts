/** The text of `perf script` as a format of the registry. */
import { MAX_LINE_BYTES } from '../../base/lines.js';
import { Interner } from '../../base/intern.js';
import type { ByteSource } from '../../base/source.js';
import { describePayload, PlanBook } from '../../events/payload.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../../reader.js';
import { HeadSpan, hasSystem, parseHead } from './head.js';
import { afterFailed, PERF_SCRIPT, PerfScriptReader } from './reader.js';

const CHUNK_BYTES = 1 << 20;
const LINE_BYTES = 1 << 12;
const NEWLINE = 0x0a;
const CERTAIN = 0.95;
const LIKELY = 0.85;
const POSSIBLE = 0.5;
const HEADER_START = '# ========\n# captured on';

const decoder = new TextDecoder();

export const perfScript: TraceFormat = {
  id: PERF_SCRIPT,

  /** Lines with `system:event: ` behind the columns of perf script, or its header. */
  sniff(head: Uint8Array): number {
    if (decoder.decode(head.subarray(0, HEADER_START.length)) === HEADER_START) return CERTAIN;
    const span = new HeadSpan();
    let events = 0;
    let others = 0;
    for (let start = 0; ; ) {
      const newline = head.indexOf(NEWLINE, start);
      if (newline < 0) break;
      const end = newline > start && head[newline - 1] === 0x0d ? newline - 1 : newline;
      if (end > start && head[start] !== 0x09 && head[start] !== 0x23) {
        const isEvent = parseHead(head, start, end, span) && (span.isRecord || hasSystem(head, span.nameStart, span.nameEnd));
        if (isEvent) events++;
        else others++;
      }
      start = newline + 1;
    }
    if (events === 0) return 0;
    return events > others ? LIKELY : POSSIBLE * (events / (events + others));
  },

  read(source: ByteSource, options: ReadOptions): OpenTrace {
    const reader = new PerfScriptReader();
    let offset = 0;
    while (offset < source.size && !options.cancel.cancelled) {
      const chunk = source.read(offset, CHUNK_BYTES);
      if (chunk.length === 0) {
        reader.sourceShrank(offset);
        break;
      }
      reader.push(chunk);
      offset += chunk.length;
      options.progress?.(offset);
    }
    const table = reader.finish();
    const book = new PlanBook(new Interner());
    return { table, describe: (row) => describeLine(book, readLine(source, table.at(row)), table.name(row)) };
  },
};

/** The line that begins at byte `at`, with a newline after it. */
function readLine(source: ByteSource, at: number): Uint8Array {
  for (let length = LINE_BYTES; ; length *= 4) {
    const bytes = source.read(at, length);
    const newline = bytes.indexOf(NEWLINE);
    if (newline >= 0) return bytes.slice(0, newline + 1);
    if (bytes.length < length || length > MAX_LINE_BYTES) {
      const line = new Uint8Array(bytes.length + 1);
      line.set(bytes);
      line[bytes.length] = NEWLINE;
      return line;
    }
  }
}

function describeLine(book: PlanBook, line: Uint8Array, name: string): EventText {
  let end = line.length - 1;
  if (end > 0 && line[end - 1] === 0x0d) end--;
  const head = new HeadSpan();
  if (!parseHead(line, 0, end, head)) return { name, fields: [], text: decoder.decode(line.subarray(0, end)) };
  const start = afterFailed(line, head.start, end);
  const plan = book.event(line, head.nameStart, head.nameEnd, start, end);
  return { name, fields: describePayload(plan, line, start, end), text: decoder.decode(line.subarray(head.start, end)) };
}
