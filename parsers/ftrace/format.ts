/**
 * ftrace text as a format of the registry: how it is recognised, read from a source, and described row by
 * row.
 */
import type { ByteSource } from '../base/source.js';
import { hasText } from '../base/text.js';
import { lineAt, type SourceLine } from '../base/textSource.js';
import { functionFields } from '../events/functionCall.js';
import { KIND_UNKNOWN, functionKind } from '../events/kinds.js';
import type { EventTable } from '../events/table.js';
import { FIT_HEADER, fitOf, weightOf, wholeLines } from '../events/textFit.js';
import { PlanBook, describePayload } from '../events/payload.js';
import { Interner } from '../base/intern.js';
import { readLines, type EventText, type LineFormat, type OpenTrace, type TraceFormat } from '../reader.js';
import { LineContext, parseContext } from './context.js';
import { EVENT_SYSCALL_ENTER, EVENT_SYSCALL_EXIT, EventSpan, splitEvent } from './event.js';
import { GRAPH_CALL, GRAPH_EVENT, GRAPH_RETURN, GraphSpan, parseGraph } from './graph.js';
import { planOf } from './plan.js';
import { afterPrefix } from './prefix.js';
import { FTRACE_TEXT, FtraceTextReader } from './reader.js';
import { TextsInPlace } from './textsInPlace.js';

const decoder = new TextDecoder();

/** Numbers as options/raw and options/hex print them. */
const REFUSED = 0.8;
/** A header or a LOST line, and no event yet. */
const POSSIBLE = 0.4;

const LINES: LineFormat = { reader: (kernel) => new FtraceTextReader(kernel), open: openFtraceText };

export const ftraceText: TraceFormat = {
  id: FTRACE_TEXT,
  isSequential: true,

  /**
   * Reads the head and looks at what came out. A format with a magic of its own is more certain than this.
   */
  sniff(head: Uint8Array): number {
    const hasHeader =
      hasText(head, 0, head.length, '# tracer:') || hasText(head, 0, head.length, '# event histogram');
    const bonus = hasHeader ? FIT_HEADER : 0;
    const lines = wholeLines(head);
    if (lines.length === 0) return bonus;
    const reader = new FtraceTextReader();
    reader.push(lines);
    const table = reader.finish();
    const count = (code: string): number =>
      table.issues.reduce((sum, issue) => (issue.code === code ? sum + issue.count : sum), 0);
    if (count('raw-format') + count('hex-format') > 0) return REFUSED;
    const weight = weightOf(fitOf(table, head), head);
    if (weight === 0 && count('lost-events') + count('empty') > 0) return POSSIBLE;
    return weight + bonus;
  },

  lines: LINES,
  read: (source, options) => readLines(LINES, source, options),
};

/** A table read from this source by {@link FtraceTextReader}, with its rows' texts. */
export function openFtraceText(source: ByteSource, table: EventTable): OpenTrace {
  const book = new PlanBook(new Interner());
  const texts = new TextsInPlace(source, table);
  return {
    table,
    describe: (row) => describeLine(book, lineAt(source, table.at(row)), table.name(row)),
    textInPlace: (row) => texts.of(row),
  };
}

function describeLine(book: PlanBook, source: SourceLine, name: string): EventText {
  const { bytes: line, end } = source;
  const span = new EventSpan();
  if (!locate(line, end, span)) return { name, fields: [], text: decoder.decode(line.subarray(0, end)) };
  if (functionKind(name) !== KIND_UNKNOWN) {
    const text = decoder.decode(line.subarray(span.start, span.end));
    return { name, fields: functionFields(name, text), text };
  }
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
    const found = parseGraph(line, start, end, context, graph);
    if (found === GRAPH_EVENT) return splitEvent(line, graph.start, graph.end, span) !== 0;
    if (found === GRAPH_CALL || found === GRAPH_RETURN) {
      span.start = graph.start;
      span.end = graph.end;
      return true;
    }
  }
  return splitEvent(line, 0, end, span) !== 0;
}
