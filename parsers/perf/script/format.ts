/** The text of `perf script` as a format of the registry. */
import { Ascii } from '../../base/ascii.js';
import { Interner } from '../../base/intern.js';
import type { ByteSource } from '../../base/source.js';
import { eachLine, lineAt, pushSource, type SourceLine } from '../../base/textSource.js';
import { describePayload, PlanBook } from '../../events/payload.js';
import { afterFailed } from '../../events/textline.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../../reader.js';
import { HeadSpan, hasSystem, parseHead } from './head.js';
import { PERF_SCRIPT, PerfScriptReader } from './reader.js';

const CERTAIN = 0.95;
const LIKELY = 0.85;
const POSSIBLE = 0.5;
const HEADER_START = '# ========\n# captured on';

const decoder = new TextDecoder();

export const perfScript: TraceFormat = {
  id: PERF_SCRIPT,
  isSequential: true,

  /** Lines with `system:event: ` behind the columns of perf script, or its header. */
  sniff(head: Uint8Array): number {
    if (decoder.decode(head.subarray(0, HEADER_START.length)) === HEADER_START) return CERTAIN;
    const span = new HeadSpan();
    let events = 0;
    let others = 0;
    eachLine(head, (start, end) => {
      if (end > start && head[start] !== Ascii.Tab && head[start] !== Ascii.Hash) {
        const isEvent =
          parseHead(head, start, end, span) &&
          (span.isRecord || hasSystem(head, span.nameStart, span.nameEnd));
        if (isEvent) events++;
        else others++;
      }
    });
    if (events === 0) return 0;
    return events > others ? LIKELY : POSSIBLE * (events / (events + others));
  },

  read(source: ByteSource, options: ReadOptions): OpenTrace {
    const reader = new PerfScriptReader();
    pushSource(source, reader, options);
    const table = reader.finish();
    const book = new PlanBook(new Interner());
    return { table, describe: (row) => describeLine(book, lineAt(source, table.at(row)), table.name(row)) };
  },
};

function describeLine(book: PlanBook, source: SourceLine, name: string): EventText {
  const { bytes: line, end } = source;
  const head = new HeadSpan();
  if (!parseHead(line, 0, end, head))
    return { name, fields: [], text: decoder.decode(line.subarray(0, end)) };
  const start = afterFailed(line, head.start, end);
  const plan = book.event(line, head.nameStart, head.nameEnd, start, end);
  return {
    name,
    fields: describePayload(plan, line, start, end),
    text: decoder.decode(line.subarray(head.start, end)),
  };
}
