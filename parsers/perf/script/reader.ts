/**
 * Reads the text of `perf script`, pushed in chunks, into an event table: default and -F columns, call
 * chains, --ns, --reltime, --deltatime, --header, task and lost events. Nothing is guessed: a line that is
 * none of these is foreign.
 */
import { Ascii } from '../../base/ascii.js';
import { UNKNOWN_CPU, UNKNOWN_TID } from '../../events/table.js';
import { ToolFrames } from '../../events/textFrames.js';
import { TextHabit } from '../../events/textHabit.js';
import { TextEventReader } from '../../events/textreader.js';
import { HeadSpan, parseHead } from './head.js';
import { ScriptHeader } from './header.js';
import { isBlankFrame, ScriptStacks } from './stacks.js';
import { readTask, TaskGroups } from './tasks.js';

export const PERF_SCRIPT = 'perf-script';

export class PerfScriptReader extends TextEventReader<HeadSpan> {
  private readonly stacks = new ScriptStacks(this.builder);
  private readonly header = new ScriptHeader(this.builder.meta);
  private readonly groups = new TaskGroups();
  private hasTimes = false;
  /** Where names end, behind the time. */
  private readonly nameEnds = new TextHabit();
  private areNamesPadded = false;
  /** Length of the last event's name. */
  private nameLength = 0;
  private readonly frames = new ToolFrames();

  constructor() {
    super(PERF_SCRIPT, new HeadSpan());
    // The text does not say which clock. perf's own, the default, orders the CPUs least of those that -k can
    // choose.
    this.builder.meta.clock = 'perf';
  }

  /** True once an event was read whose line has no time. */
  get isUntimed(): boolean {
    return this.untimed;
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
    if (start === end) {
      this.stacks.close();
      return;
    }
    const c = bytes[start]!;
    if (c === Ascii.Hash) {
      this.stacks.close();
      this.header.line(bytes, start, end);
      this.cuts.comment(bytes, start, end, at, line);
    } else if (c === Ascii.Tab) {
      if (this.frames.isTorn(bytes, start, end)) {
        this.stacks.close();
        this.cuts.torn(at, line, 'within a stack');
      } else if (!this.stacks.frameLine(bytes, start, end, at, line))
        this.builder.issues.tally('foreign-lines', at, line);
    } else if (parseHead(bytes, start, end, this.span)) {
      this.stacks.close();
      if (this.isMisplaced(bytes, start) || this.lostItsTime() || this.isShifted())
        this.cuts.torn(at, line, 'before its event');
      else if (this.span.isRecord) this.record(bytes, at, line);
      else if (terminated || this.isWhole(bytes)) this.row(bytes, at, line);
      else this.torn(at, line, end - start);
    } else if (!terminated) this.torn(at, line, end - start);
    else if (!this.closesChar(c)) this.other(bytes, start, end, at, line);
  }

  /**
   * A frame printed with blanks in place of the tab (-F ip without a call chain prints so, mail may do it),
   * or foreign.
   */
  private other(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    if (isBlankFrame(bytes, start, end) && this.stacks.frameLine(bytes, start, end, at, line)) return;
    this.cuts.foreign(bytes, start, end, at, line);
  }

  /** True for an event without a time in a text that has times. */
  private lostItsTime(): boolean {
    const { span } = this;
    if (span.decimals > 0) this.hasTimes = true;
    return span.decimals === 0 && this.hasTimes && !span.isRecord;
  }

  /**
   * True when the event's name does not end where it does on the lines before, at one column. That is known
   * once names of different lengths did.
   */
  private isShifted(): boolean {
    const { span, nameEnds } = this;
    if (span.timeEnd === 0 || span.isRecord) return false;
    const column = span.eventEnd - span.timeEnd;
    const length = span.eventEnd - span.nameStart;
    const isOdd = nameEnds.isOdd(column);
    if (column !== nameEnds.value) return isOdd && this.areNamesPadded;
    if (nameEnds.isSure && length !== this.nameLength) this.areNamesPadded = this.nameLength > 0;
    this.nameLength = length;
    return false;
  }

  private row(bytes: Uint8Array, at: number, line: number): void {
    const { span } = this;
    if (span.tgid === UNKNOWN_TID) span.tgid = this.groups.of(span.tid);
    this.stacks.open(this.addRow(bytes, this.book, this.time(at, line), at, line), false);
  }

  /** `PERF_RECORD_…`: losses and what tasks did; no rows. */
  private record(bytes: Uint8Array, at: number, line: number): void {
    const { builder, span } = this;
    const lost = readTask(bytes, span, this.groups);
    if (lost < 0) return;
    builder.issues.add(
      'lost-events',
      at,
      line,
      span.cpu === UNKNOWN_CPU ? '' : `CPU ${span.cpu}`,
      Math.max(lost, 1),
    );
    builder.addLoss(span.cpu === UNKNOWN_CPU ? -1 : span.cpu, lost, at, line);
  }
}
