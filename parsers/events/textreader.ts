/**
 * What the readers of events that user-space tools print have in common: chunks to lines, what holds of any
 * line, and from an event's {@link LineSpan} to its row. A format says what its lines are.
 */
import { Ascii } from '../base/ascii.js';
import { skipBlanks } from '../base/text.js';
import { LineSplitter, isUtf8, type LineSink } from '../base/lines.js';
import type { TextReader } from '../base/textSource.js';
import { PAYLOAD_FAULT, PlanBook, closesLine, fillPayload, type EventPlan } from './payload.js';
import { TableBuilder, UNKNOWN_CPU, UNKNOWN_TID, type EventTable } from './table.js';
import { TextClock } from './textclock.js';
import { LineShapes } from './textShapes.js';
import { TASK_COLUMN, TextColumns, isLongComm, taskWiderBy, timeWiderBy } from './textColumns.js';
import { TextCuts } from './textCuts.js';
import { afterFailed, type LineSpan } from './textline.js';

/** Reads a text of events that is pushed in pieces. */
export interface EventLinesReader extends TextReader {
  readonly builder: TableBuilder;
  /** What a copy of the reader has in common with it, where that is more than its builder's. */
  sharedWithCopy?(): readonly (readonly [object, object])[];
  /** Ends the input and returns the table. Call once. */
  finish(): EventTable;
}

export abstract class TextEventReader<Span extends LineSpan> implements LineSink, EventLinesReader {
  readonly builder = new TableBuilder(true);
  protected readonly book = new PlanBook(this.builder.names);
  protected readonly clock = new TextClock(this.builder);
  protected readonly cuts = new TextCuts(this.builder);
  protected readonly columns = new TextColumns();
  private readonly shapes = new LineShapes(this.builder);
  /** True once a line without a time was a row. */
  protected untimed = false;
  private readonly splitter = new LineSplitter(this);
  private maxCpu = -1;
  /** True when the last row ended inside a `:char` argument whose byte was a newline. */
  private openChar = false;

  protected constructor(
    format: string,
    protected readonly span: Span,
  ) {
    this.builder.meta.format = format;
  }

  /** One line, in bytes[start, end), perhaps empty; see {@link LineSink.line}. */
  protected abstract text(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: number,
    line: number,
    terminated: boolean,
  ): void;

  /** The last line was read. */
  protected ended?(): void;

  /** Takes the next bytes; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    this.splitter.push(chunk);
  }

  /** Says that the source gave fewer bytes than it had promised. */
  sourceShrank(offset: number): void {
    this.builder.issues.add('changed-while-read', offset, 0);
    this.builder.addLoss(-1, 0, offset, 0);
  }

  limitMet(limit: string): void {
    this.splitter.drop();
    this.builder.limitMet(limit);
  }

  /** Ends the input and returns the table. Call once. */
  finish(): EventTable {
    const { builder } = this;
    this.splitter.finish();
    this.ended?.();
    this.cuts.finish();
    this.clock.finish();
    builder.meta.cpus = Math.max(builder.meta.cpus, this.maxCpu + 1);
    if (this.book.symbols.size > 0) builder.meta.symbols = this.book.symbols;
    if (builder.length === 0) builder.issues.add('empty', 0, 1);
    return builder.finish();
  }

  line(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: number,
    line: number,
    terminated: boolean,
    mayBeUtf8: boolean,
  ): void {
    if (mayBeUtf8 && !isUtf8(bytes, start, end)) this.builder.issues.tally('invalid-utf8', at, line);
    this.text(bytes, start, end, at, line, terminated);
  }

  longLine(at: number, line: number, length: number): void {
    this.builder.issues.add('long-line', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }

  /** The last line, which no newline ends, is not certainly whole. */
  protected torn(at: number, line: number, length: number): void {
    this.builder.issues.add('torn-tail', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }

  /** True when the event in `span`, on the last line, which no newline ends, is certainly whole. */
  protected isWhole(bytes: Uint8Array): boolean {
    const { span } = this;
    const start = afterFailed(bytes, span.start, span.end);
    const plan = this.book.event(bytes, span.nameStart, span.nameEnd, start, span.end);
    return closesLine(plan, bytes, start, span.end, span.end);
  }

  /** Time of the event in `span`, whose line may have none: that is said once. */
  protected time(at: number, line: number): number {
    const { span } = this;
    if (span.decimals === 0 && !this.untimed) {
      this.untimed = true;
      this.builder.issues.add('untimed', at, line);
    }
    return this.clock.time(span.seconds, span.nanos, span.decimals, at, line);
  }

  /** Appends the row of the event in `span` and returns its index, or -1 where its line is not whole. */
  protected addRow(bytes: Uint8Array, book: PlanBook, ts: number, at: number, line: number): number {
    const { builder, span } = this;
    if (this.cuts.isOpen) this.cuts.event();
    const start = afterFailed(bytes, span.start, span.end);
    const plan: EventPlan = book.event(bytes, span.nameStart, span.nameEnd, start, span.end);
    const comm = builder.comms.intern(bytes, span.commStart, span.commEnd);
    if (span.cpu !== UNKNOWN_CPU && span.cpu > this.maxCpu) this.maxCpu = span.cpu;
    if (span.tgid !== UNKNOWN_TID) builder.meta.hasTgid = true;
    const row = builder.addRow(ts, span.cpu, span.tid, span.tgid, comm, plan.kind, plan.name, at, line);
    this.openChar = bytes[span.end - 1] === Ascii.Quote && bytes[span.end - 2] === Ascii.Equals;
    const flags = fillPayload(builder, plan, bytes, start, span.end);
    return flags !== 0 && this.isTorn(bytes, plan, flags, start, row, at, line) ? -1 : row;
  }

  /** Looks at what is odd of the last row's line, and takes the row back where the line is not whole. */
  protected isTorn(
    bytes: Uint8Array,
    plan: EventPlan,
    flags: number,
    start: number,
    row: number,
    at: number,
    line: number,
  ): boolean {
    const { builder, span } = this;
    if (!this.openChar && this.shapes.isTorn(plan, flags, bytes, start, span.end, { row, at, line })) {
      builder.undoRow();
      this.cuts.torn(at, line, builder.names.text(plan.name));
      return true;
    }
    if ((flags & PAYLOAD_FAULT) !== 0)
      builder.issues.tally('unreadable-value', at, line, builder.names.text(plan.name));
    return false;
  }

  /** True when the line has lost something before its event, whose time ends at `span.timeEnd`. */
  protected isMisplaced(bytes: Uint8Array, lineStart: number, hasColumns = true): boolean {
    const { span, columns } = this;
    if (isLongComm(bytes, span.commStart, span.commEnd)) return true;
    if (!hasColumns || span.timeEnd === 0) return false;
    if (this.cuts.isOpen) columns.forget();
    const nameEnd = lineStart + TASK_COLUMN;
    // A name that ends in blanks looks like one that is padded, too.
    const isPadded = bytes[lineStart] === Ascii.Blank && skipBlanks(bytes, span.commEnd, nameEnd) === nameEnd;
    const column = span.timeEnd - lineStart;
    if (isPadded && column === columns.usual) return false;
    const wider = taskWiderBy(span.tid, span.cpu) + timeWiderBy(span.seconds, span.decimals === 0);
    return columns.isTorn(column, isPadded, wider, true);
  }

  /** True for the line that is the rest of a `:char` argument whose byte was a newline. */
  protected closesChar(first: number): boolean {
    if (!this.openChar || first !== Ascii.Quote) return false;
    this.openChar = false;
    return true;
  }
}
