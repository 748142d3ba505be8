/** The text of `trace-cmd report` as a format of the registry. */
import { functionFields } from '../events/functionCall.js';
import { KIND_FUNCTION_CALL, KIND_FUNCTION_RETURN } from '../events/kinds.js';
import { Ascii } from '../base/ascii.js';
import { Interner } from '../base/intern.js';
import { eachLine, lineAt, type SourceLine } from '../base/textSource.js';
import { describePayload, PlanBook } from '../events/payload.js';
import { FIT_HEADER, FIT_TYPICAL, fitOf, weightOf, wholeLines } from '../events/textFit.js';
import { afterFailed } from '../events/textline.js';
import { readLines, type EventText, type LineFormat, type TraceFormat } from '../reader.js';
import { NAME_COLUMN, ReportSpan, parseReport } from './head.js';
import { readNotice, NOTICE_CPUS, NOTICE_LOST } from './notices.js';
import { ReportReader, TRACE_CMD_REPORT } from './reader.js';

/** One of so many events may have a name that stands otherwise than trace-cmd prints it. */
const OTHERS_SHARE = 10;

const decoder = new TextDecoder();

const LINES: LineFormat = {
  reader: () => new ReportReader(),
  open(source, table) {
    const books = { plain: new PlanBook(new Interner()), raw: new PlanBook(new Interner(), true) };
    return { table, describe: (row) => describeLine(books, lineAt(source, table.at(row)), table.name(row)) };
  },
};

export const traceCmdReport: TraceFormat = {
  id: TRACE_CMD_REPORT,
  isSequential: true,

  /**
   * `cpus=N` before the events, or lines in a form that only trace-cmd prints: -R, -l, and names padded to a
   * column. Other lines of the same columns are ftrace's own.
   */
  sniff(head: Uint8Array): number {
    const span = new ReportSpan();
    let events = 0;
    let typical = 0;
    let others = 0;
    let isReport = false;
    eachLine(head, (start, end) => {
      if (parseReport(head, start, end, span)) {
        events++;
        if (span.isRaw || isPadded(head, span)) typical++;
        else if (span.start - span.nameStart < NAME_COLUMN) others++;
      } else if (end > start && head[start] !== Ascii.Equals) {
        const { kind } = readNotice(head, start, end);
        if (kind === NOTICE_CPUS || kind === NOTICE_LOST) isReport = true;
      }
    });
    if (!isReport && (typical === 0 || others * OTHERS_SHARE > events)) return 0;
    const reader = new ReportReader();
    reader.push(wholeLines(head));
    const weight = weightOf(fitOf(reader.finish(), head), head);
    if (weight === 0) return 0;
    return weight + (isReport ? FIT_HEADER : FIT_TYPICAL);
  },

  lines: LINES,
  read: (source, options) => readLines(LINES, source, options),
};

/** True when the event's name stands in a column of 22, which no other tool pads to. */
function isPadded(bytes: Uint8Array, span: ReportSpan): boolean {
  return span.start - span.nameStart === NAME_COLUMN && bytes[span.nameEnd + 2] === Ascii.Blank;
}

function describeLine(
  books: { readonly plain: PlanBook; readonly raw: PlanBook },
  source: SourceLine,
  name: string,
): EventText {
  const { bytes: line, end } = source;
  const span = new ReportSpan();
  if (!parseReport(line, 0, end, span))
    return { name, fields: [], text: decoder.decode(line.subarray(0, end)) };
  const start = afterFailed(line, span.start, end);
  const plan = (span.isRaw ? books.raw : books.plain).event(line, span.nameStart, span.nameEnd, start, end);
  const text = decoder.decode(line.subarray(span.start, end));
  const isTraced = plan.kind === KIND_FUNCTION_CALL || plan.kind === KIND_FUNCTION_RETURN;
  return {
    name,
    fields: isTraced ? functionFields(name, text) : describePayload(plan, line, start, end),
    text,
  };
}
