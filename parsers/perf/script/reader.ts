/**
 * Reads the text of `perf script`, pushed in chunks, into an event table: default and -F columns, call chains, --ns,
 * --reltime, --deltatime, --header, task and lost events. Nothing is guessed: a line that is none of these is foreign.
 */
import { LineSplitter, isUtf8, type LineSink } from '../../base/lines.js';
import { PAYLOAD_FAULT, PlanBook, closesLine, fillPayload } from '../../events/payload.js';
import { TableBuilder, UNKNOWN_CPU, UNKNOWN_TID, type EventTable } from '../../events/table.js';
import { TextClock } from '../../events/textclock.js';
import { HeadSpan, parseHead } from './head.js';
import { ScriptHeader } from './header.js';
import { ScriptStacks } from './stacks.js';
import { readTask, TaskGroups } from './tasks.js';

export const PERF_SCRIPT = 'perf-script';

const TAB = 0x09;
const BLANK = 0x20;
const HASH = 0x23;
const QUOTE = 0x27;
const FAILED = '[FAILED TO PARSE]';

export class PerfScriptReader implements LineSink {
  private readonly splitter = new LineSplitter(this);
  private readonly builder = new TableBuilder();
  private readonly book = new PlanBook(this.builder.names);
  private readonly clock = new TextClock(this.builder);
  private readonly stacks = new ScriptStacks(this.builder);
  private readonly header = new ScriptHeader(this.builder.meta);
  private readonly groups = new TaskGroups();
  private readonly head = new HeadSpan();
  private readonly noComm = this.builder.comms.internString('');
  private untimed = false;
  private maxCpu = -1;
  /** True when the last row ended inside a `:char` argument whose byte was a newline. */
  private openChar = false;

  constructor() {
    this.builder.meta.format = PERF_SCRIPT;
    // The text does not say which clock. perf's own, the default, orders the CPUs least of those that -k can choose.
    this.builder.meta.clock = 'perf';
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
    const { builder } = this;
    this.clock.finish();
    builder.meta.cpus = Math.max(builder.meta.cpus, this.maxCpu + 1);
    if (builder.length === 0) builder.issues.add('empty', 0, 1);
    return builder.finish();
  }

  line(
    bytes: Uint8Array, start: number, end: number, at: number, line: number, terminated: boolean, mayBeUtf8: boolean,
  ): void {
    if (start === end) {
      this.stacks.close();
      return;
    }
    if (mayBeUtf8 && !isUtf8(bytes, start, end)) this.builder.issues.tally('invalid-utf8', at, line);
    const c = bytes[start]!;
    if (c === HASH) {
      this.stacks.close();
      this.header.line(bytes, start, end);
    } else if (c === TAB) {
      if (!this.stacks.frame(bytes, start, end, at, line)) this.builder.issues.tally('foreign-lines', at, line);
    } else if (parseHead(bytes, start, end, this.head)) {
      this.stacks.close();
      if (this.head.isRecord) this.record(bytes, at, line);
      else if (terminated || this.isWhole(bytes)) this.row(bytes, at, line);
      else this.torn(at, line, end - start);
    } else if (!terminated) this.torn(at, line, end - start);
    else if (this.openChar && c === QUOTE) this.openChar = false;
    else this.other(bytes, start, end, at, line);
  }

  longLine(at: number, line: number, length: number): void {
    this.builder.issues.add('long-line', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }

  /** A frame printed with blanks in place of the tab (-F ip without a call chain prints so, mail may do it), or foreign. */
  private other(bytes: Uint8Array, start: number, end: number, at: number, line: number): void {
    if (bytes[start] === BLANK && this.stacks.frame(bytes, start, end, at, line)) return;
    this.builder.issues.tally('foreign-lines', at, line);
  }

  private row(bytes: Uint8Array, at: number, line: number): void {
    const { builder, head } = this;
    if (head.decimals === 0 && !this.untimed) {
      this.untimed = true;
      builder.issues.add('untimed', at, line);
    }
    const start = afterFailed(bytes, head.start, head.end);
    const plan = this.book.event(bytes, head.nameStart, head.nameEnd, start, head.end);
    const comm = head.commEnd > head.commStart ? builder.comms.intern(bytes, head.commStart, head.commEnd) : this.noComm;
    if (head.cpu !== UNKNOWN_CPU && head.cpu > this.maxCpu) this.maxCpu = head.cpu;
    const tgid = head.pid !== UNKNOWN_TID ? head.pid : this.groups.of(head.tid);
    if (tgid !== UNKNOWN_TID) builder.meta.hasTgid = true;
    const ts = this.clock.time(head.seconds, head.nanos, head.decimals, at, line);
    const row = builder.addRow(ts, head.cpu, head.tid, tgid, comm, plan.kind, plan.name, at, line);
    this.stacks.open(row);
    if (fillPayload(builder, plan, bytes, start, head.end) === PAYLOAD_FAULT) {
      builder.issues.tally('unreadable-value', at, line, builder.names.text(plan.name));
    }
    this.openChar = bytes[head.end - 1] === QUOTE && bytes[head.end - 2] === 0x3d;
  }

  /** `PERF_RECORD_…`: losses and what tasks did; no rows. */
  private record(bytes: Uint8Array, at: number, line: number): void {
    const { builder, head } = this;
    const lost = readTask(bytes, head, this.groups);
    if (lost < 0) return;
    builder.issues.add('lost-events', at, line, head.cpu === UNKNOWN_CPU ? '' : `CPU ${head.cpu}`, Math.max(lost, 1));
    builder.addLoss(head.cpu === UNKNOWN_CPU ? -1 : head.cpu, lost, at, line);
  }

  /** True when the last line, which no newline ends, is certainly whole. */
  private isWhole(bytes: Uint8Array): boolean {
    const { head } = this;
    const start = afterFailed(bytes, head.start, head.end);
    const plan = this.book.event(bytes, head.nameStart, head.nameEnd, start, head.end);
    return closesLine(plan, bytes, start, head.end, head.end);
  }

  private torn(at: number, line: number, length: number): void {
    this.stacks.close();
    this.builder.issues.add('torn-tail', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }
}

/** Start of the fields behind `[FAILED TO PARSE]`, which libtraceevent prints where it cannot evaluate a print format. */
export function afterFailed(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== 0x5b || end - start < FAILED.length) return start;
  for (let i = 0; i < FAILED.length; i++) if (bytes[start + i] !== FAILED.charCodeAt(i)) return start;
  let p = start + FAILED.length;
  while (p < end && bytes[p] === BLANK) p++;
  return p;
}
