/**
 * Reads the text of `trace-cmd report`, pushed in chunks, into an event table: plain, -R, -l, -t, --ts-diff, one buffer
 * or several. Every event is a row, stacks and function_graph events among them, as in the trace.dat that it came from.
 */
import { LineSplitter, isUtf8, type LineSink } from '../base/lines.js';
import { PAYLOAD_FAULT, PlanBook, closesLine, fillPayload } from '../events/payload.js';
import { TableBuilder, UNKNOWN_CPU, UNKNOWN_TID, type EventTable } from '../events/table.js';
import { TextClock } from '../events/textclock.js';
import { ReportSpan, parseReport } from './head.js';
import { readNotice, NOTICE_CPUS, NOTICE_LOST, NOTICE_NONE } from './notices.js';
import { afterFailed, isStackName, ReportStacks } from './stacks.js';

export const TRACE_CMD_REPORT = 'trace-cmd-report';

const QUOTE = 0x27;

export class ReportReader implements LineSink {
  private readonly splitter = new LineSplitter(this);
  private readonly builder = new TableBuilder();
  private readonly book = new PlanBook(this.builder.names);
  private readonly rawBook = new PlanBook(this.builder.names, true);
  private readonly clock = new TextClock(this.builder);
  private readonly stacks = new ReportStacks(this.builder);
  private readonly span = new ReportSpan();
  private maxCpu = -1;
  /** True when the last row ended inside a `:char` argument whose byte was a newline. */
  private openChar = false;

  constructor() {
    this.builder.meta.format = TRACE_CMD_REPORT;
    this.builder.meta.producer = 'trace-cmd report';
  }

  /** Takes the next bytes; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    this.splitter.push(chunk);
  }

  /** Says that the source gave fewer bytes than it had promised. */
  sourceShrank(offset: number): void {
    this.builder.issues.add('changed-while-read', offset, 0);
    this.builder.addLoss(-1, 0, offset, 0);
  }

  /** Ends the input and returns the table. Call once. */
  finish(): EventTable {
    this.splitter.finish();
    this.stacks.close();
    this.clock.finish();
    const { builder } = this;
    builder.meta.cpus = Math.max(builder.meta.cpus, this.maxCpu + 1);
    if (builder.length === 0) builder.issues.add('empty', 0, 1);
    return builder.finish();
  }

  line(
    bytes: Uint8Array, start: number, end: number, at: number, line: number, terminated: boolean, mayBeUtf8: boolean,
  ): void {
    if (start === end) return;
    if (mayBeUtf8 && !isUtf8(bytes, start, end)) this.builder.issues.tally('invalid-utf8', at, line);
    if (bytes[start] === 0x3d && bytes[start + 1] === 0x3e && this.stacks.frame(at, at + (end - start), line)) return;
    if (parseReport(bytes, start, end, this.span)) {
      this.stacks.close();
      if (terminated || this.isWhole(bytes)) this.row(bytes, at, line);
      else this.torn(at, line, end - start);
    } else this.other(bytes, start, end, at, line, terminated);
  }

  longLine(at: number, line: number, length: number): void {
    this.builder.issues.add('long-line', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }

  private row(bytes: Uint8Array, at: number, line: number): void {
    const { builder, span, clock } = this;
    const start = afterFailed(bytes, span.start, span.end);
    const book = span.isRaw ? this.rawBook : this.book;
    const plan = book.event(bytes, span.nameStart, span.nameEnd, start, span.end);
    const comm = builder.comms.intern(bytes, span.commStart, span.commEnd);
    if (span.cpu !== UNKNOWN_CPU && span.cpu > this.maxCpu) this.maxCpu = span.cpu;
    if (span.tgid !== UNKNOWN_TID) builder.meta.hasTgid = true;
    const ts = span.decimals === 0 ? clock.ticks(span.high, span.low, at, line) : clock.time(span.high, span.low, span.decimals, at, line);
    const row = builder.addRow(ts, span.cpu, span.tid, span.tgid, comm, plan.kind, plan.name, at, line);
    if (isStackName(bytes, span.nameStart, span.nameEnd)) this.stacks.open(span.cpu, bytes[span.nameStart] === 0x75);
    else this.stacks.sawRow(row, span.cpu);
    if (fillPayload(builder, plan, bytes, start, span.end) === PAYLOAD_FAULT) {
      builder.issues.tally('unreadable-value', at, line, builder.names.text(plan.name));
    }
    this.openChar = bytes[span.end - 1] === QUOTE && bytes[span.end - 2] === 0x3d;
  }

  /** Every line that is no event. */
  private other(bytes: Uint8Array, start: number, end: number, at: number, line: number, terminated: boolean): void {
    const { builder } = this;
    const notice = readNotice(bytes, start, end);
    this.stacks.close();
    if (notice.kind === NOTICE_LOST) {
      builder.issues.add('lost-events', at, line, `CPU ${notice.cpu}`, Math.max(1, notice.count));
      builder.addLoss(notice.cpu, notice.count, at, line);
    } else if (notice.kind === NOTICE_CPUS) {
      builder.meta.cpus = notice.count;
    } else if (notice.kind === NOTICE_NONE) {
      if (!terminated) this.torn(at, line, end - start);
      else if (this.openChar && bytes[start] === QUOTE) this.openChar = false;
      else builder.issues.tally('foreign-lines', at, line);
    }
  }

  /** True when the last line, which no newline ends, is certainly whole. */
  private isWhole(bytes: Uint8Array): boolean {
    const { span } = this;
    const start = afterFailed(bytes, span.start, span.end);
    const plan = this.book.event(bytes, span.nameStart, span.nameEnd, start, span.end);
    return !span.isRaw && closesLine(plan, bytes, start, span.end, span.end);
  }

  private torn(at: number, line: number, length: number): void {
    this.builder.issues.add('torn-tail', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }
}
