/**
 * Reads the text of `trace-cmd report`, pushed in chunks, into an event table: plain, -R, -l, -t, --ts-diff,
 * one buffer or several. Every event is a row, stacks and function_graph events among them, as in the
 * trace.dat that it came from.
 */
import { Ascii } from '../base/ascii.js';
import { hasText, skipBlanks } from '../base/text.js';
import { PlanBook } from '../events/payload.js';
import { LastRows, StackLines, isOfConsole, isStackName } from '../events/textstacks.js';
import { ToolFrames, isTornFrame } from '../events/textFrames.js';
import { TextEventReader } from '../events/textreader.js';
import { ReportSpan, parseReport } from './head.js';
import { readNotice, NOTICE_CPUS, NOTICE_LOST, NOTICE_NONE, NOTICE_TITLE } from './notices.js';

export const TRACE_CMD_REPORT = 'trace-cmd-report';

const FRAME = '=> ';

export class ReportReader extends TextEventReader<ReportSpan> {
  private readonly rawBook = new PlanBook(this.builder.names, true);
  private readonly stacks = new StackLines(this.builder);
  private readonly lastRows = new LastRows();
  private readonly frames = new ToolFrames();
  /** How the last line was printed; undefined before the first. */
  private wasRaw: boolean | undefined;
  /** True when the last line was torn, as it was printed the other way. */
  private isDoubted = false;

  constructor() {
    super(TRACE_CMD_REPORT, new ReportSpan());
    this.builder.meta.producer = 'trace-cmd report';
  }

  protected override ended(): void {
    this.stacks.close();
  }

  protected text(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: number,
    line: number,
    terminated: boolean,
  ): void {
    if (start === end) return;
    if (isFrame(bytes, start, end) && this.frame(bytes, start, end, at, line)) return;
    if (parseReport(bytes, start, end, this.span)) {
      this.stacks.close();
      // Flags in -R have any width.
      if (this.isMisplaced(bytes, start, !this.span.isRaw)) this.cuts.torn(at, line, 'before its event');
      else if (terminated || (!this.span.isRaw && this.isWhole(bytes))) this.row(bytes, at, line);
      else this.torn(at, line, end - start);
    } else this.other(bytes, start, end, at, line, terminated);
  }

  /** One frame's line; false when no event is there to own it. */
  private frame(bytes: Uint8Array, start: number, end: number, at: number, line: number): boolean {
    const { stacks, builder } = this;
    if (isTornFrame(bytes, start, end) || this.frames.isTorn(bytes, start, end)) {
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
    // A whole report has a line for the event of each stack: only who pastes parts of one leaves it out.
    return builder.meta.cpus === 0 && stacks.headless(at, at + length, line);
  }

  private row(bytes: Uint8Array, at: number, line: number): void {
    const { span, clock } = this;
    if (this.isPrintedOtherwise(bytes)) {
      this.cuts.torn(at, line, 'before its fields');
      return;
    }
    const ts =
      span.decimals === 0
        ? clock.ticks(span.seconds, span.nanos, at, line)
        : clock.time(span.seconds, span.nanos, span.decimals, at, line);
    const row = this.addRow(bytes, span.isRaw ? this.rawBook : this.book, ts, at, line);
    if (row < 0) return;
    if (isStackName(bytes, span.nameStart, span.nameEnd))
      this.stacks.open(this.lastRows.of(span.cpu), bytes[span.nameStart] === Ascii.LowerU);
    else this.lastRows.saw(row, span.cpu);
  }

  /**
   * True where lines of the event were printed the other way, with -R or without: a report is printed in one
   * way, so that the end of another line stands behind the event's name. A second such line is believed.
   */
  private isPrintedOtherwise(bytes: Uint8Array): boolean {
    const { span, wasRaw } = this;
    const wasDoubted = this.isDoubted;
    this.isDoubted = false;
    if (span.isRaw === wasRaw) return false;
    const others = span.isRaw ? this.book : this.rawBook;
    this.isDoubted =
      wasRaw !== undefined && !wasDoubted && others.hasRead(bytes, span.nameStart, span.nameEnd);
    if (!this.isDoubted) this.wasRaw = span.isRaw;
    return this.isDoubted;
  }

  /** Every line that is no event. */
  private other(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: number,
    line: number,
    terminated: boolean,
  ): void {
    const { builder } = this;
    const notice = readNotice(bytes, start, end);
    if (notice.kind !== NOTICE_NONE) this.stacks.close();
    else if (!isOfConsole(bytes, start, end)) this.stacks.cut();
    if (notice.kind === NOTICE_LOST) {
      builder.issues.add('lost-events', at, line, `CPU ${notice.cpu}`, Math.max(1, notice.count));
      builder.addLoss(notice.cpu, notice.count, at, line);
    } else if (notice.kind === NOTICE_CPUS) {
      this.cuts.restart(at, line);
      this.wasRaw = undefined;
      builder.meta.cpus = notice.count;
    } else if (notice.kind === NOTICE_NONE || (notice.kind === NOTICE_TITLE && builder.length > 0)) {
      // The name of a file stands over its events. Between events such a line is a remark.
      if (!terminated) this.torn(at, line, end - start);
      else if (!this.closesChar(bytes[start]!)) this.foreign(bytes, start, end, at, line);
    }
  }

  private foreign(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    const first = skipBlanks(bytes, start, end);
    if (hasText(bytes, first, end, FRAME)) this.builder.issues.tally('foreign-lines', at, line);
    else this.cuts.foreign(bytes, start, end, at, line);
    if (this.cuts.isMarked) this.lastRows.forget();
  }
}

/** `=> symbol`, which trace-cmd does not indent, but who pastes it may. */
function isFrame(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== Ascii.Equals && bytes[start] !== Ascii.Blank) return false;
  return hasText(bytes, skipBlanks(bytes, start, end), end, FRAME);
}
