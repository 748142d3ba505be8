/**
 * Where a text says, or shows, that it is not all of the trace: a mark (`[snip]`), or prose between events.
 * What was there is unknown, on every CPU. Prose before the first event or behind the last says nothing of
 * that kind.
 */
import { Ascii } from '../base/ascii.js';
import { skipBlanks } from '../base/text.js';
import { droppedByConsole, omissionComment, omissionMark } from './textOmission.js';
import type { TableBuilder } from './table.js';
import { isOfConsole } from './textstacks.js';

/** Marks one after another are told one by one, up to this many. */
const MARKS_KEPT = 8;
/** A line drawn under something. */
const RULE = /^[-=~_*+…\s]*(?:[-=~_*+]|8<|>8)[-=~_*+…\s]*$/u;

interface Mark {
  readonly at: number;
  readonly line: number;
  readonly text: string;
}

export class TextCuts {
  /** Marks since the last event. */
  private marks: Mark[] = [];
  /** The first line of prose since the last event, with nothing said by it; undefined for none. */
  private firstProse: Mark | undefined;
  private proseLines = 0;
  /** True when an event that follows now comes behind a cut. */
  isOpen = false;

  constructor(private readonly builder: TableBuilder) {}

  /** True behind a mark that lines were left out, up to the next event. */
  get isMarked(): boolean {
    return this.marks.length > 0;
  }

  /** A line that is no event, and belongs to none: a mark, or prose. It is counted as foreign. */
  foreign(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    this.builder.issues.tally('foreign-lines', at, line);
    const mark = omissionMark(bytes, start, end);
    if (mark !== '') this.marked(mark, at, line);
    else if (isProse(bytes, start, end)) this.prose(at, line);
  }

  /**
   * A foreign line of a source that shares its stream with other programs: only a mark says anything there.
   */
  outsider(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    this.builder.issues.tally('foreign-lines', at, line);
    const mark = omissionMark(bytes, start, end);
    if (mark !== '') this.marked(mark, at, line);
  }

  /**
   * What else a kernel prints to the console that a buffer was dumped to; it says itself what it dropped
   * there.
   */
  console(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    this.builder.issues.tally('foreign-lines', at, line);
    const dropped = droppedByConsole(bytes, start, end);
    if (dropped !== '') this.marked(dropped, at, line);
  }

  /** The head of another recording: what happened between the two was not recorded. */
  restart(at: number, line: number): void {
    if (this.builder.length > 0) this.marked('another recording begins', at, line);
  }

  /** A comment, which annotates: it leaves nothing out unless it says so. */
  comment(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    const mark = omissionComment(bytes, start, end);
    if (mark !== '') this.marked(mark, at, line);
  }

  /** An event follows. */
  event(): void {
    if (!this.isOpen) return;
    const { marks, firstProse, proseLines } = this;
    const isFirst = this.builder.length === 0;
    for (const { text, at, line } of marks) {
      // Before the first event, a rule across the page is drawn under prose.
      if (!isFirst || !RULE.test(text)) this.cut(text, at, line);
    }
    if (marks.length === 0 && firstProse) this.cut(linesOf(proseLines), firstProse.at, firstProse.line);
    this.clear();
  }

  /** The text ends: a mark says that more followed; prose behind the last event, or a rule, does not. */
  finish(): void {
    this.marks = this.marks.filter(({ text }) => !RULE.test(text));
    if (this.marks.length > 0 && this.builder.length > 0) this.event();
    this.clear();
  }

  /** A line that is not whole: what was lost with it is unknown, on every CPU. */
  torn(at: number, line: number, detail = ''): void {
    const { builder } = this;
    builder.issues.add('torn-line', at, line, detail);
    const last = builder.losses[builder.losses.length - 1];
    // Of torn lines one after another, the first says all.
    if (last?.row !== builder.length || last.cpu !== -1 || last.fromStart) builder.addLoss(-1, 0, at, line);
    this.clear();
  }

  private cut(what: string, at: number, line: number): void {
    const { builder } = this;
    builder.issues.add('left-out', at, line, what);
    builder.addLoss(-1, 0, at, line, builder.length === 0);
  }

  private marked(text: string, at: number, line: number): void {
    this.isOpen = true;
    if (this.marks.length < MARKS_KEPT) this.marks.push({ at, line, text });
  }

  private prose(at: number, line: number): void {
    if (this.builder.length === 0) return;
    this.isOpen = true;
    this.proseLines++;
    this.firstProse ??= { at, line, text: '' };
  }

  private clear(): void {
    this.isOpen = false;
    this.marks = [];
    this.firstProse = undefined;
    this.proseLines = 0;
  }
}

/** No comment, and nothing that a kernel prints to the console on which its trace is shown. */
function isProse(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[skipBlanks(bytes, start, end)] !== Ascii.Hash && !isOfConsole(bytes, start, end);
}

function linesOf(count: number): string {
  return count === 1 ? 'a line that is no event' : `${count} lines that are no events`;
}
