/** The text of `perf script` as a format of the registry. */
import { Interner } from '../../base/intern.js';
import { lineAt, type SourceLine } from '../../base/textSource.js';
import { describePayload, PlanBook } from '../../events/payload.js';
import { FIT_HEADER, fitOf, weightOf, wholeLines } from '../../events/textFit.js';
import { afterFailed } from '../../events/textline.js';
import { readLines, type EventText, type LineFormat, type TraceFormat } from '../../reader.js';
import { HeadSpan, parseHead } from './head.js';
import { PERF_SCRIPT, PerfScriptReader } from './reader.js';

const HEADER_START = '# ========\n# captured on';

const decoder = new TextDecoder();

const LINES: LineFormat = {
  reader: () => new PerfScriptReader(),
  open(source, table) {
    const book = new PlanBook(new Interner());
    return { table, describe: (row) => describeLine(book, lineAt(source, table.at(row)), table.name(row)) };
  },
};

export const perfScript: TraceFormat = {
  id: PERF_SCRIPT,
  isSequential: true,

  /** Lines that it reads as events, or perf's header before them. */
  sniff(head: Uint8Array): number {
    const reader = new PerfScriptReader();
    reader.push(wholeLines(head));
    const isUntimed = reader.isUntimed;
    const fit = fitOf(reader.finish(), head);
    const hasHeader = decoder.decode(head.subarray(0, HEADER_START.length)) === HEADER_START;
    // A word with a colon in it may be anything; most lines of a trace are its events.
    if (fit.known === 0 && isUntimed && fit.events <= fit.others) return hasHeader ? FIT_HEADER : 0;
    return weightOf(fit, head) + (hasHeader ? FIT_HEADER : 0);
  },

  lines: LINES,
  read: (source, options) => readLines(LINES, source, options),
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
