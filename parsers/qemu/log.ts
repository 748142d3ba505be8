/** QEMU's log backend (`-trace … -D FILE`) as a format of the registry; see line.ts for its lines. */
import { LineSplitter, isUtf8, type LineSink } from '../base/lines.js';
import { Interner } from '../base/intern.js';
import type { ByteSource } from '../base/source.js';
import { eachLine, lineAt, pushSource } from '../base/textSource.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { closesLine, describePayload, fillPayload, PlanBook } from '../events/payload.js';
import { resolveTracepoint } from '../events/resolve.js';
import { TableBuilder, UNKNOWN_CPU, UNKNOWN_TID, type EventTable } from '../events/table.js';
import { TextClock } from '../events/textclock.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../reader.js';
import { parseQemuLine, QemuSpan } from './line.js';

export const QEMU_LOG = 'qemu-log';

const KNOWN = 0.9;
/** Lines of QEMU's form, but no event that the model knows: a log of other events, or of another program. */
const UNKNOWN_EVENTS = 0.3;
const decoder = new TextDecoder();

export const qemuLog: TraceFormat = {
  id: QEMU_LOG,
  isSequential: true,

  /** Lines of the form, most of all lines, with an event of QEMU that the vocabulary knows. */
  sniff(head: Uint8Array): number {
    const span = new QemuSpan();
    let events = 0;
    let others = 0;
    let known = false;
    eachLine(head, (start, end) => {
      if (end === start) return;
      if (!parseQemuLine(head, start, end, span)) {
        others++;
        return;
      }
      events++;
      known ||= resolveTracepoint('qemu', decoder.decode(head.subarray(span.nameStart, span.nameEnd))) !== undefined;
    });
    if (events <= others) return 0;
    return known ? KNOWN : UNKNOWN_EVENTS;
  },

  read(source: ByteSource, options: ReadOptions): OpenTrace {
    const reader = new QemuLogReader();
    pushSource(source, reader, options);
    const table = reader.finish();
    const book = new PlanBook(new Interner());
    return { table, describe: (row) => describeLine(book, lineAt(source, table.at(row)), table.name(row)) };
  },
};

export class QemuLogReader implements LineSink {
  private readonly splitter = new LineSplitter(this);
  private readonly builder = new TableBuilder();
  private readonly book = new PlanBook(this.builder.names);
  private readonly clock = new TextClock(this.builder);
  private readonly span = new QemuSpan();
  private readonly noComm = this.builder.comms.internString('');
  private untimed = false;

  constructor() {
    const { meta } = this.builder;
    meta.format = QEMU_LOG;
    meta.producer = 'QEMU';
    // gettimeofday(): one clock for all threads.
    meta.clock = 'realtime';
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
    this.clock.finish();
    const { builder } = this;
    if (this.untimed) builder.meta.clock = 'unknown';
    if (builder.length === 0) builder.issues.add('empty', 0, 1);
    return builder.finish();
  }

  line(
    bytes: Uint8Array, start: number, end: number, at: number, line: number, terminated: boolean, mayBeUtf8: boolean,
  ): void {
    if (start === end) return;
    const { builder, span } = this;
    if (mayBeUtf8 && !isUtf8(bytes, start, end)) builder.issues.tally('invalid-utf8', at, line);
    const isEvent = parseQemuLine(bytes, start, end, span);
    if (!terminated && !(isEvent && this.isWhole(bytes))) {
      builder.issues.add('torn-tail', at, line, `${end - start} bytes`);
      builder.addLoss(-1, 0, at, line);
    } else if (isEvent) this.row(bytes, at, line);
    else builder.issues.tally('foreign-lines', at, line);
  }

  longLine(at: number, line: number, length: number): void {
    this.builder.issues.add('long-line', at, line, `${length} bytes`);
    this.builder.addLoss(-1, 0, at, line);
  }

  private row(bytes: Uint8Array, at: number, line: number): void {
    const { builder, span } = this;
    if (span.decimals === 0 && !this.untimed) {
      this.untimed = true;
      builder.issues.add('untimed', at, line);
    }
    const plan = this.book.qemuEvent(bytes, span.nameStart, span.nameEnd);
    const name = plan?.name ?? builder.names.internString(`qemu:${decoder.decode(bytes.subarray(span.nameStart, span.nameEnd))}`);
    const ts = this.clock.time(span.seconds, span.nanos, span.decimals, at, line);
    builder.addRow(ts, UNKNOWN_CPU, span.tid, UNKNOWN_TID, this.noComm, plan?.kind ?? KIND_UNKNOWN, name, at, line);
    if (plan) fillPayload(builder, plan, bytes, span.start, span.end);
  }

  /** True when the last line, which no newline ends, is certainly whole. */
  private isWhole(bytes: Uint8Array): boolean {
    const plan = this.book.qemuEvent(bytes, this.span.nameStart, this.span.nameEnd);
    return plan !== undefined && closesLine(plan, bytes, this.span.start, this.span.end, this.span.end);
  }
}

function describeLine(book: PlanBook, line: { readonly bytes: Uint8Array; readonly end: number }, name: string): EventText {
  const span = new QemuSpan();
  const { bytes, end } = line;
  if (!parseQemuLine(bytes, 0, end, span)) return { name, fields: [], text: decoder.decode(bytes.subarray(0, end)) };
  const plan = book.qemuEvent(bytes, span.nameStart, span.nameEnd);
  const fields = plan ? describePayload(plan, bytes, span.start, end) : [];
  return { name, fields, text: decoder.decode(bytes.subarray(span.start, end)) };
}
