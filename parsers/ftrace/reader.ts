/**
 * Reads the text of an ftrace buffer (`trace`, `trace_pipe`, `per_cpu/cpuN/trace`, `trace-cmd show`, a
 * console dump) pushed in chunks, into an event table. Layouts: kernel/trace/trace.c and trace_output.c of
 * Linux 7.2 and 6.12.
 *
 * Lines whose context parses are rows; everything else is looked at more slowly and is a comment, a loss, a
 * stack frame, a function_graph line, a console line, or foreign. Nothing is guessed: a line that is none of
 * these is no row.
 */
import { Ascii } from '../base/ascii.js';
import { LineSplitter, isUtf8, type LineSink, type ManyLines } from '../base/lines.js';
import { FUNCTION, GRAPH_ENTRY, GRAPH_EXIT } from '../events/functionCall.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { PAYLOAD_FAULT, PlanBook, closesLine, fillPayload, type EventPlan } from '../events/payload.js';
import { TableBuilder, UNKNOWN_CPU, type EventTable } from '../events/table.js';
import { TextCuts } from '../events/textCuts.js';
import { TASK_COLUMN, TextColumns, isLongComm, taskWiderBy, timeWiderBy } from '../events/textColumns.js';
import { isTornFrame } from '../events/textFrames.js';
import { holdsHead } from '../events/textHeads.js';
import type { EventLinesReader } from '../events/textreader.js';
import { LineShapes } from '../events/textShapes.js';
import { isOfConsole, LastRows, StackLines } from '../events/textstacks.js';
import { ClockTracker } from './clock.js';
import { LAYOUT_LATENCY, LAYOUT_NORMAL, LineContext, UNIT_NONE, UNIT_NS, parseContext } from './context.js';
import {
  EVENT_FUNCTION,
  EVENT_NAMED,
  EVENT_NONE,
  EVENT_STACK,
  EVENT_SYSCALL_ENTER,
  EVENT_SYSCALL_EXIT,
  EVENT_UNNAMED,
  EVENT_USER_STACK,
  EventSpan,
  splitEvent,
} from './event.js';
import { GraphTasks } from './graphTasks.js';
import { isPlainCall } from './functionLine.js';
import {
  GRAPH_CALL,
  GRAPH_EVENT,
  GRAPH_NONE,
  GRAPH_OTHER,
  GRAPH_RETURN,
  GRAPH_SWITCH,
  GRAPH_TORN,
  GraphSpan,
  parseGraph,
} from './graph.js';
import {
  COMMENT_BUFFER_STARTED,
  COMMENT_OVERWRITTEN,
  COMMENT_TRACER,
  Header,
  readClockLine,
  readComment,
  readLost,
} from './header.js';
import { holdsPart, isFrame, isOfModule, isStackEvent, mayBegin } from './looks.js';
import type { KernelCode } from './kernelExports.js';
import { NO_LINES, PlainLines, type LineTaker } from './plainLines.js';
import { planOf } from './plan.js';
import { EventPredictor } from './predict.js';
import { afterPrefix } from './prefix.js';
import { isCall, TracedEvents } from './tracedEvents.js';
import { REFUSED_NONE, refusedFormat } from './refused.js';

/** The format's id in TraceMeta and in the registry. */
export const FTRACE_TEXT = 'ftrace-text';

/** Width of a task's name before its number in the latency layout. */
const LATENCY_TASK_COLUMN = 8;
/** A line is looked at as a LOST line, a clock list or an option's number dump only up to this length. */
const SHORT_LINE = 300;
const COMM_GUESS_MASK = 255;
const decoder = new TextDecoder();

export class FtraceTextReader implements LineSink, ManyLines, EventLinesReader {
  private readonly splitter: LineSplitter;
  readonly builder = new TableBuilder(true);
  private readonly book = new PlanBook(this.builder.names);
  private readonly predictor = new EventPredictor();
  private readonly clock = new ClockTracker(this.builder);
  private readonly cuts = new TextCuts(this.builder);
  private readonly shapes = new LineShapes(this.builder);
  private readonly columns = new TextColumns();
  private readonly stacks = new StackLines(this.builder);
  /** True once the text has headed a stack as the kernel does. */
  private sawHeading = false;
  private readonly lastRows = new LastRows();
  private readonly header = new Header();
  private readonly context = new LineContext();
  private readonly span = new EventSpan();
  private readonly graphSpan = new GraphSpan();
  private readonly graphTasks = new GraphTasks(this.builder.comms);
  private readonly noComm = this.builder.comms.internString('');
  private readonly printName = this.builder.names.internString('print');
  private readonly tracedEvents = new TracedEvents(this.builder.names);
  /** Comm by the low bits of the thread id; always verified. */
  private readonly commGuesses = new Uint32Array(COMM_GUESS_MASK + 1);
  private bytesSeen = 0;
  /** Lines so far that the header's count includes: events, stacks and traced functions. */
  private entries = 0;
  private sawNul = false;
  private refused = false;
  private noContext = false;
  /** Rows were read that have no event's name. */
  private textRows = false;
  /** True when the last row's line ended inside a `:char` argument whose byte was a newline. */
  private openChar = false;

  /** What takes plain lines; {@link NO_LINES} where there is no kernel. */
  private readonly plain: LineTaker;

  /** `kernel`: takes plain lines many at a time, where the host has it. */
  constructor(kernel?: KernelCode) {
    this.builder.meta.format = FTRACE_TEXT;
    const { builder, book, clock, columns, cuts, lastRows, stacks } = this;
    this.plain = kernel
      ? new PlainLines(kernel, { builder, book, clock, columns, cuts, lastRows, stacks })
      : NO_LINES;
    this.splitter = new LineSplitter(this, kernel && this);
  }

  get room(): Uint8Array | undefined {
    return this.plain.room;
  }

  begin(chunk: Uint8Array): void {
    this.plain.begin(chunk);
  }

  take(pos: number, at: number, line: number): number {
    const lines = this.plain.take(pos, at, line);
    if (lines > 0) this.openChar = false;
    this.entries += lines;
    return lines;
  }

  get position(): number {
    return this.plain.position;
  }

  /** A copy of the reader has no kernel: it comes to an end. */
  sharedWithCopy(): readonly (readonly [object, object])[] {
    return [...this.builder.sharedWithCopy(), [this.plain, NO_LINES]];
  }

  /** Takes the next bytes; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    this.bytesSeen += chunk.length;
    this.splitter.push(chunk);
  }

  /** Ends the input and returns the table. Call once. */
  finish(): EventTable {
    this.splitter.finish();
    this.stacks.close();
    this.cuts.finish();
    const { builder, header } = this;
    const { issues, meta } = builder;
    if (builder.length === 0 && !this.refused) {
      if (header.isHistogram) issues.add('histogram', 0, 1);
      else if (header.isTrace && this.sawNul) issues.add('bin-format', 0, 1);
      else if (header.isTrace || this.bytesSeen === 0) issues.add('empty', 0, 1);
      else issues.add('not-a-trace', 0, 1);
    }
    if (builder.length > 0 && this.entries < header.entries) this.missEntries(header.entries - this.entries);
    this.clock.finish(meta);
    if (this.book.symbols.size > 0) meta.symbols = this.book.symbols;
    return builder.finish();
  }

  /**
   * The header counts more than was shown. Where only one CPU shows up, this is that CPU's own buffer, and
   * nothing at all is known of the others; else the end is taken to be missing.
   */
  private missEntries(count: number): void {
    const { builder } = this;
    const cpu = this.clock.onlyCpu;
    builder.issues.add('fewer-entries', 0, 1, `${count} fewer`);
    if (cpu < 0 || builder.meta.cpus <= 1) builder.addLoss(-1, count, this.bytesSeen, 0);
    else
      for (let other = 0; other < builder.meta.cpus; other++)
        if (other !== cpu) builder.addLoss(other, 0, 0, 1, true);
  }

  /** Says that the source gave fewer bytes than it had promised. */
  sourceShrank(offset: number): void {
    this.builder.issues.add('changed-while-read', offset, 0);
    this.lose(-1, 0, offset, 0);
  }

  limitMet(limit: string): void {
    this.entries = Infinity; // All that the header counts: it is no news that they are fewer.
    this.splitter.drop();
    this.builder.limitMet(limit);
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
    if (start === end) return;
    if (!terminated && this.dropTorn(bytes, start, end, at, line)) return;
    if (mayBeUtf8 && !isUtf8(bytes, start, end)) this.builder.issues.tally('invalid-utf8', at, line);
    if (bytes[start] !== Ascii.Hash) {
      const event = parseContext(bytes, start, end, this.context);
      if (event >= 0) {
        this.event(bytes, start, event, end, at, line);
        this.plain.learn(bytes, start, at, this.context, this.predictor.current);
        return;
      }
    }
    this.other(bytes, start, end, at, line);
  }

  longLine(at: number, line: number, length: number): void {
    this.builder.issues.add('long-line', at, line, `${length} bytes`);
    this.lose(-1, 0, at, line);
  }

  /** A line whose context was read: an event, a stack that belongs to one, or a traced function. */
  private event(
    bytes: Uint8Array,
    lineStart: number,
    start: number,
    end: number,
    at: number,
    line: number,
  ): void {
    const { context, span } = this;
    this.stacks.close();
    this.openChar = false;
    const isPadded = context.commEnd - lineStart === TASK_COLUMN;
    if (
      (!isPadded || start - lineStart !== this.columns.usual) &&
      this.isMisplaced(bytes, lineStart, start, isPadded)
    ) {
      this.cuts.torn(at, line, 'before its event');
      return;
    }
    this.entries++;
    const guess = this.predictor.match(bytes, start, end, span);
    if (guess !== undefined) {
      this.row(bytes, guess, at, line);
      return;
    }
    const kind = splitEvent(bytes, start, end, span);
    if (kind === EVENT_FUNCTION) {
      this.functionRow(bytes, at, line);
    } else if (kind === EVENT_STACK || kind === EVENT_USER_STACK) {
      this.heading(context.cpu, kind);
    } else if (isStackEvent(bytes, span)) {
      this.stackRow(bytes, at, line);
    } else if (kind === EVENT_NONE) {
      this.cuts.torn(at, line, 'a context without an event');
    } else if (kind === EVENT_UNNAMED && this.isTornText(bytes, start, end)) {
      this.cuts.torn(at, line, 'an event without a name');
    } else {
      const plan = planOf(this.book, bytes, span);
      if (plan) this.predictor.learn(plan, bytes, start, span);
      this.row(bytes, plan, at, line);
    }
  }

  /** `f <-caller`, where the whole line is that. */
  private functionRow(bytes: Uint8Array, at: number, line: number): void {
    const { context, span } = this;
    if (isPlainCall(bytes, span.start, span.end) || isCall(bytes, span)) {
      this.tracedRow(FUNCTION, this.clock.time(context, at, line), this.comm(bytes), at, line);
    } else if (holdsHead(bytes, span.start, span.end)) this.cuts.torn(at, line, 'a function of a tracer');
    else this.builder.issues.tally('duration-lines', at, line);
  }

  /** A row of the function tracers, whose text alone says more. */
  private tracedRow(event: string, ts: number, comm: number, at: number, line: number): void {
    const { builder, context } = this;
    if (this.cuts.isOpen) this.cuts.event();
    const { kind, name } = this.tracedEvents.of(event);
    const row = builder.addRow(ts, context.cpu, context.tid, context.tgid, comm, kind, name, at, line);
    this.lastRows.saw(row, context.cpu);
  }

  /** `<stack trace>`: the frames that follow belong to the last event of a CPU. */
  private heading(cpu: number, kind: number): void {
    this.sawHeading = true;
    this.stacks.open(this.lastRows.of(cpu), kind === EVENT_USER_STACK);
  }

  /**
   * `kernel_stack:`, as trace-cmd has it: an event of its own. Its frames belong to the one before, if any.
   */
  private stackRow(bytes: Uint8Array, at: number, line: number): void {
    const { context, span, lastRows } = this;
    const owner = lastRows.of(context.cpu);
    const isUser = bytes[span.nameStart] === Ascii.LowerU;
    const rows = this.builder.length;
    this.row(bytes, planOf(this.book, bytes, span), at, line);
    if (this.builder.length === rows) return;
    if (owner >= 0) lastRows.saw(owner, context.cpu);
    this.stacks.open(owner < 0 ? this.builder.length - 1 : owner, isUser);
  }

  /** One frame's line; false when no event is there to own it. */
  private frame(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const { stacks } = this;
    if (isTornFrame(bytes, start, end)) {
      stacks.close();
      this.cuts.torn(at, line, 'within a stack');
      return true;
    }
    if (stacks.isCut) {
      stacks.close();
      if (this.cuts.isOpen) this.cuts.event();
      else this.cuts.torn(at, line, 'within a stack');
    }
    const length = end - start;
    if (stacks.frame(at, at + length, line)) return true;
    // A kernel prints a heading before each stack: only who pastes parts of a report leaves it out.
    return !this.sawHeading && !this.header.isTrace && stacks.headless(at, at + length, line);
  }

  /** True when the line has lost something before its event, which begins at `start`. */
  private isMisplaced(bytes: Uint8Array, lineStart: number, start: number, isPadded: boolean): boolean {
    const { context, columns } = this;
    if (this.cuts.isOpen) columns.forget();
    if (isLongComm(bytes, context.commStart, context.commEnd)) return true;
    // In the other layouts what stands between CPU and event has any width.
    const isNormal = context.layout === LAYOUT_NORMAL;
    const column = (isNormal ? start : context.cpuEnd) - lineStart;
    const isLatency = context.layout === LAYOUT_LATENCY;
    const inColumn = isLatency ? context.commEnd - lineStart === LATENCY_TASK_COLUMN : isPadded;
    const wider = taskWiderBy(context.tid, context.cpu) + this.timeWiderBy();
    return columns.isTorn(column, inColumn, wider, isNormal);
  }

  private timeWiderBy(): number {
    const { time, unit, layout } = this.context;
    if (layout !== LAYOUT_NORMAL || unit === UNIT_NONE) return 0;
    return timeWiderBy(time[0]!, unit !== UNIT_NS);
  }

  /** Text without an event's name, where all other lines have one. */
  private isTornText(bytes: Uint8Array, start: number, end: number): boolean {
    if (holdsPart(bytes, start, end)) return true;
    if (this.header.printsText || isOfModule(bytes, start, end)) return false;
    const expected = this.builder.length > 0 && !this.textRows;
    if (!expected) this.textRows = true;
    return expected;
  }

  /** Id of the context's comm: nearly always the one that this thread had before. */
  private comm(bytes: Uint8Array): number {
    const { context, builder } = this;
    if (context.commEnd === context.commStart) return this.noComm;
    const guess = context.tid & COMM_GUESS_MASK;
    const known = this.commGuesses[guess]!;
    if (builder.comms.equals(known, bytes, context.commStart, context.commEnd)) return known;
    const comm = builder.comms.intern(bytes, context.commStart, context.commEnd);
    this.commGuesses[guess] = comm;
    return comm;
  }

  /** Appends the row of the event in `span` with the context's CPU, task and time. */
  private row(bytes: Uint8Array, plan: EventPlan | undefined, at: number, line: number): void {
    const { builder, context } = this;
    if (context.hasTgid) builder.meta.hasTgid = true;
    const ts = this.clock.time(context, at, line);
    this.addRow(bytes, plan, ts, this.comm(bytes), at, line);
  }

  private addRow(
    bytes: Uint8Array,
    plan: EventPlan | undefined,
    ts: number,
    comm: number,
    at: number,
    line: number,
  ): void {
    const { builder, context, span } = this;
    if (this.cuts.isOpen) this.cuts.event();
    const name = plan ? plan.name : this.printName;
    const kind = plan ? plan.kind : KIND_UNKNOWN;
    const row = builder.addRow(ts, context.cpu, context.tid, context.tgid, comm, kind, name, at, line);
    if (plan !== undefined) {
      this.plain.touched(plan);
      this.openChar = bytes[span.end - 1] === Ascii.Quote && bytes[span.end - 2] === Ascii.Equals;
      const flags = fillPayload(builder, plan, bytes, span.start, span.end);
      if (flags !== 0 && this.isTorn(bytes, plan, flags, row, at, line)) return;
    }
    this.lastRows.saw(row, context.cpu);
  }

  /** Looks at what is odd of the last row's line, and takes the row back where the line is not whole. */
  private isTorn(
    bytes: Uint8Array,
    plan: EventPlan,
    flags: number,
    row: number,
    at: number,
    line: number,
  ): boolean {
    const { builder, span } = this;
    if (!this.openChar && this.shapes.isTorn(plan, flags, bytes, span.start, span.end, { row, at, line })) {
      builder.undoRow();
      this.cuts.torn(at, line, builder.names.text(plan.name));
      // A stack that follows belongs to no row.
      this.lastRows.saw(-1, this.context.cpu);
      return true;
    }
    if ((flags & PAYLOAD_FAULT) !== 0)
      builder.issues.tally('unreadable-value', at, line, builder.names.text(plan.name));
    return false;
  }

  /** Every line that does not begin with a context. */
  private other(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    if (bytes[start] === Ascii.Hash) {
      this.comment(bytes, start, end, at, line);
    } else if (isFrame(bytes, start, end)) {
      if (!this.frame(bytes, start, end, at, line)) this.builder.issues.tally('foreign-lines', at, line);
    } else if (!this.short(bytes, start, end, at, line) && !this.graph(bytes, start, end, at, line)) {
      this.prefixed(bytes, start, end, at, line);
    }
  }

  private comment(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    const { builder } = this;
    this.stacks.close();
    this.columns.forget();
    const comment = readComment(
      decoder.decode(bytes.subarray(start, Math.min(end, start + SHORT_LINE))),
      this.header,
      builder.meta,
    );
    if (comment.kind === COMMENT_OVERWRITTEN) {
      builder.issues.add('overwritten', at, line, `${comment.value} entries`);
      builder.addLoss(-1, comment.value, at, line, true);
    } else if (comment.kind === COMMENT_BUFFER_STARTED) {
      builder.issues.add('buffer-started', at, line, `CPU ${comment.value}`);
      builder.addLoss(comment.value, 0, at, line, true);
    } else if (comment.kind === COMMENT_TRACER && builder.length > 0) {
      // Another recording begins: whatever happened in between was not recorded.
      builder.issues.add('clock-back', at, line, 'another recording begins');
      builder.addLoss(-1, 0, at, line);
    } else {
      this.cuts.comment(bytes, start, end, at, line);
    }
  }

  /** LOST lines, the list of clocks, and formats that are refused; true when the line was one of them. */
  private short(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    if (end - start > SHORT_LINE) return false;
    const { builder } = this;
    const c = bytes[start]!;
    if (c === Ascii.UpperC && bytes[start + 1] === Ascii.UpperP) {
      const lost = readLost(decoder.decode(bytes.subarray(start, end)));
      if (!lost) return false;
      this.stacks.close();
      const events = lost.count > 0 ? `, ${lost.count} events` : '';
      builder.issues.add('lost-events', at, line, `CPU ${lost.cpu}${events}`);
      builder.addLoss(lost.cpu, lost.count, at, line);
      return true;
    }
    if (builder.length > 0) return false;
    const code = refusedFormat(bytes, start, end);
    if (code !== REFUSED_NONE) {
      if (!this.refused) builder.issues.add(code, at, line);
      this.refused = true;
      return true;
    }
    if (this.header.hasClock || c === Ascii.Blank) return false;
    return (
      bytes.subarray(start, end).includes(Ascii.OpenBracket) &&
      readClockLine(decoder.decode(bytes.subarray(start, end)), this.header, builder.meta)
    );
  }

  private graph(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const { builder, context, graphSpan, span } = this;
    const found = parseGraph(bytes, start, end, context, graphSpan);
    if (found === GRAPH_NONE) return false;
    this.stacks.close();
    if (found === GRAPH_OTHER) return true;
    if (found === GRAPH_TORN) {
      this.cuts.torn(at, line, 'a line of function_graph');
      return true;
    }
    if (found === GRAPH_SWITCH) {
      this.graphTasks.announced(bytes, context);
      return true;
    }
    if (found === GRAPH_CALL || found === GRAPH_RETURN) {
      const comm = this.graphTasks.comm(bytes, context);
      const event = found === GRAPH_CALL ? GRAPH_ENTRY : GRAPH_EXIT;
      this.tracedRow(event, this.clock.time(context, at, line), comm, at, line);
      return true;
    }
    if (found !== GRAPH_EVENT) return false;
    const kind = splitEvent(bytes, graphSpan.start, graphSpan.end, span);
    if (kind === EVENT_NONE || kind === EVENT_FUNCTION) return true;
    // What trace_printk() and trace_marker wrote has no name here.
    if (kind === EVENT_UNNAMED && holdsPart(bytes, graphSpan.start, graphSpan.end)) {
      this.cuts.torn(at, line, 'an event without a name');
      return true;
    }
    const comm = this.graphTasks.comm(bytes, context);
    if (context.unit === UNIT_NONE) builder.issues.tally('no-time', at, line);
    this.addRow(bytes, planOf(this.book, bytes, span), this.clock.time(context, at, line), comm, at, line);
    return true;
  }

  /** A line behind a console's prefix, or one without any context. */
  private prefixed(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    const inner = afterPrefix(bytes, start, end);
    if (inner > start) {
      if (inner < end && this.console(bytes, inner, end, at, line)) return;
      if (!isOfConsole(bytes, start, end)) this.stacks.close();
      this.cuts.console(bytes, inner, end, at, line);
      return;
    }
    if (this.openChar && bytes[start] === Ascii.Quote) this.openChar = false;
    else if (!this.bareEvent(bytes, start, end, at, line)) this.foreign(bytes, start, end, at, line);
  }

  /** The rest of a console's line, at bytes[start, end): anything that may stand at a line's start. */
  private console(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const event = parseContext(bytes, start, end, this.context);
    if (event >= 0) this.event(bytes, start, event, end, at, line);
    else if (bytes[start] === Ascii.Hash) this.comment(bytes, start, end, at, line);
    else if (isFrame(bytes, start, end)) return this.frame(bytes, start, end, at, line);
    else return this.short(bytes, start, end, at, line) || this.graph(bytes, start, end, at, line);
    return true;
  }

  /** An event without context, where the trace prints none. */
  private bareEvent(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const { builder, context, span } = this;
    if (!this.noContext && (builder.length > 0 || this.header.hasRuler)) return false;
    const kind = splitEvent(bytes, start, end, span);
    const isEvent = kind === EVENT_NAMED || kind === EVENT_SYSCALL_ENTER || kind === EVENT_SYSCALL_EXIT;
    if (!this.noContext) {
      if (!isEvent) return false;
      const plan = planOf(this.book, bytes, span);
      const isBehindHeader = this.header.isTrace && !builder.issues.has('foreign-lines');
      if (!plan || !mayBegin(plan, bytes, span, isBehindHeader)) return false;
      this.noContext = true;
      builder.issues.add('no-context', at, line);
    }
    context.clear();
    this.stacks.close();
    if (kind === EVENT_STACK || kind === EVENT_USER_STACK) this.heading(UNKNOWN_CPU, kind);
    else if (isStackEvent(bytes, span)) this.stackRow(bytes, at, line);
    else if (kind === EVENT_FUNCTION) this.functionRow(bytes, at, line);
    else if (isEvent) this.row(bytes, planOf(this.book, bytes, span), at, line);
    else return false;
    return true;
  }

  private foreign(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    this.stacks.cut();
    if (bytes.subarray(start, end).includes(0)) this.sawNul = true;
    this.cuts.foreign(bytes, start, end, at, line);
    if (this.cuts.isMarked) this.lastRows.forget();
  }

  /** The last line has no newline: it is dropped, with a loss, unless what it says is certainly whole. */
  private dropTorn(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const { context, span } = this;
    if (bytes[start] === Ascii.Hash) return false;
    const event = parseContext(bytes, start, end, context);
    if (event >= 0) {
      splitEvent(bytes, event, end, span);
      const plan = planOf(this.book, bytes, span);
      if (plan && closesLine(plan, bytes, span.start, span.end, end)) return false;
    } else if (this.builder.length === 0 && !this.header.isTrace) {
      this.foreign(bytes, start, end, at, line);
      return true;
    }
    this.builder.issues.add('torn-tail', at, line, `${end - start} bytes`);
    this.lose(-1, 0, at, line);
    return true;
  }

  /** Adds a loss unless the last one already says the same. */
  private lose(cpu: number, count: number, at: number, line: number): void {
    const { builder } = this;
    const where = cpu === UNKNOWN_CPU ? -1 : cpu;
    const last = builder.losses[builder.losses.length - 1];
    if (last && last.row === builder.length && last.cpu === where && last.count === count && !last.fromStart)
      return;
    builder.addLoss(where, count, at, line);
  }
}
