/**
 * Stacks that a text prints on the lines behind an event: one mark each, from the first frame's line to the
 * last's.
 */
import { isText } from '../base/text.js';
import { UNKNOWN_CPU, type TableBuilder } from './table.js';

/** True for the names of the events that carry a stack. */
export function isStackName(bytes: Uint8Array, start: number, end: number): boolean {
  return isText(bytes, start, end, 'kernel_stack') || isText(bytes, start, end, 'user_stack');
}

/** What a console or a log daemon puts before a line. */
const CONSOLE = /^(?:<\d>)?\s*\[\s*\d+\.\d{3,9}\]|^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ kernel: /;
/** What only lines of a trace have: an arrow, a stack's heading, a CPU, an event's time. */
const OF_TRACE = /=>|stack trace>|_stack:|\[\d{3,}\]|\d\.\d{6,9}: /;
/** So much of a line is looked at. */
const CONSOLE_BYTES = 240;
const decoder = new TextDecoder();

/** True for a line of a console that some other part of the kernel printed: a stack goes on behind it. */
export function isOfConsole(bytes: Uint8Array, start: number, end: number): boolean {
  const text = decoder.decode(bytes.subarray(start, Math.min(end, start + CONSOLE_BYTES)));
  return CONSOLE.test(text) && !OF_TRACE.test(text.replace(CONSOLE, ''));
}

export class StackLines {
  protected row = -1;
  protected user = false;
  private offset = -1;
  private endOffset = 0;
  private line = 0;
  /** True where frames follow that have lost their event, which was there before. */
  isCut = false;

  constructor(private readonly builder: TableBuilder) {}

  /** Frames that follow belong to `row`; to nothing when it is negative. */
  open(row: number, user: boolean): void {
    this.row = row;
    this.user = user;
    this.offset = -1;
    this.isCut = false;
  }

  /** One frame's line; false when no stack is open. */
  frame(at: number, endOffset: number, line: number): boolean {
    if (this.row < 0) return false;
    if (this.offset < 0) {
      this.offset = at;
      this.line = line;
    }
    this.endOffset = endOffset;
    return true;
  }

  /** The first frame of a kernel stack that nothing heads; false when it is not right behind the last row. */
  headless(at: number, endOffset: number, line: number): boolean {
    const { current, length } = this.builder;
    if (length === 0 || current.lineOf(current.length - 1) !== line - 1) return false;
    this.open(length - 1, false);
    return this.frame(at, endOffset, line);
  }

  /** A line of no trace: frames behind it are nobody's, though some came before it. */
  cut(): void {
    const isCut = this.isCut || (this.row >= 0 && this.offset >= 0);
    this.close();
    this.isCut = isCut;
  }

  /** Ends the stack that is open, if any. */
  close(): void {
    this.isCut = false;
    if (this.row >= 0 && this.offset >= 0) {
      const { row, user, offset, endOffset, line } = this;
      this.builder.stacks.push({ row, user, offset, endOffset, line, addresses: [] });
    }
    this.row = -1;
  }
}

/** The last row of each CPU: a stack that is printed next on a CPU belongs to it. */
export class LastRows {
  private readonly rows = new Map<number, number>();
  /** The CPU under way, whose row is not in the map yet: traces stay on one for long. */
  private cpu = -1;
  private row = -1;

  saw(row: number, cpu: number): void {
    if (cpu !== this.cpu) {
      if (this.cpu >= 0) this.rows.set(this.cpu, this.row);
      this.cpu = cpu;
    }
    this.row = row;
  }

  /** Lines were left out: what comes behind may belong to one of them. */
  forget(): void {
    this.rows.clear();
    this.cpu = -1;
    this.row = -1;
  }

  /** The last row of `cpu`, of all where the CPU is unknown; -1 where there is none. */
  of(cpu: number): number {
    return cpu === this.cpu || cpu === UNKNOWN_CPU ? this.row : (this.rows.get(cpu) ?? -1);
  }
}
