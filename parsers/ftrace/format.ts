/**
 * ftrace text as a format of the registry: how it is recognised, read from a source, and described row by
 * row.
 */
import { Ascii } from '../base/ascii.js';
import type { ByteSource } from '../base/source.js';
import { hasText } from '../base/text.js';
import { lineAt, pushSource, type SourceLine } from '../base/textSource.js';
import type { EventTable } from '../events/table.js';
import { PlanBook, describePayload } from '../events/payload.js';
import { Interner } from '../base/intern.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../reader.js';
import { LineContext, parseContext } from './context.js';
import { EVENT_SYSCALL_ENTER, EVENT_SYSCALL_EXIT, EventSpan, splitEvent } from './event.js';
import { GRAPH_EVENT, GraphSpan, parseGraph } from './graph.js';
import { planOf } from './plan.js';
import { afterPrefix } from './prefix.js';
import { FTRACE_TEXT, FtraceTextReader } from './reader.js';

const decoder = new TextDecoder();

const CERTAIN = 0.95;
const LIKELY = 0.8;
const POSSIBLE = 0.4;

export const ftraceText: TraceFormat = {
  id: FTRACE_TEXT,
  isSequential: true,

  /**
   * Reads the head and looks at what came out. A format with a magic of its own is more certain than this.
   */
  sniff(head: Uint8Array): number {
    if (hasText(head, 0, head.length, '# tracer:') || hasText(head, 0, head.length, '# event histogram'))
      return CERTAIN;
    const end = head.lastIndexOf(Ascii.Newline) + 1;
    if (end === 0) return 0;
    const reader = new FtraceTextReader();
    reader.push(head.subarray(0, end));
    const table = reader.finish();
    const count = (code: string): number =>
      table.issues.reduce((sum, issue) => (issue.code === code ? sum + issue.count : sum), 0);
    if (count('raw-format') + count('hex-format') > 0) return LIKELY;
    const known = table.length + count('duration-lines');
    if (known === 0) return count('lost-events') + count('empty') > 0 ? POSSIBLE : 0;
    return known > count('foreign-lines') ? LIKELY : POSSIBLE;
  },

  read(source: ByteSource, options: ReadOptions): OpenTrace {
    const reader = new FtraceTextReader();
    pushSource(source, reader, options);
    return openFtraceText(source, reader.finish());
  },
};

/** A table read from this source by {@link FtraceTextReader}, with its rows' texts. */
export function openFtraceText(source: ByteSource, table: EventTable): OpenTrace {
  const book = new PlanBook(new Interner());
  return { table, describe: (row) => describeLine(book, lineAt(source, table.at(row)), table.name(row)) };
}

function describeLine(book: PlanBook, source: SourceLine, name: string): EventText {
  const { bytes: line, end } = source;
  const span = new EventSpan();
  if (!locate(line, end, span)) return { name, fields: [], text: decoder.decode(line.subarray(0, end)) };
  const plan = planOf(book, line, span);
  const isSyscall = span.kind === EVENT_SYSCALL_ENTER || span.kind === EVENT_SYSCALL_EXIT;
  const text = decoder.decode(
    line.subarray(isSyscall ? span.nameStart : span.start, isSyscall ? end : span.end),
  );
  return { name, fields: plan ? describePayload(plan, line, span.start, span.end) : [], text };
}

/** Finds the event of a line that is known to be one, behind whatever stands before it. */
function locate(line: Uint8Array, end: number, span: EventSpan): boolean {
  const context = new LineContext();
  for (const start of new Set([0, afterPrefix(line, 0, end)])) {
    const event = parseContext(line, start, end, context);
    if (event >= 0) return splitEvent(line, event, end, span) !== 0;
    const graph = new GraphSpan();
    if (parseGraph(line, start, end, context, graph) === GRAPH_EVENT)
      return splitEvent(line, graph.start, graph.end, span) !== 0;
  }
  return splitEvent(line, 0, end, span) !== 0;
}
