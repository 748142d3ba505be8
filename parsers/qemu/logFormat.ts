/** QEMU's log backend (`-trace … -D FILE`) as a format of the registry; see line.ts for its lines. */
import { Ascii } from '../base/ascii.js';
import { isDigit } from '../base/text.js';
import { Interner } from '../base/intern.js';
import { lineAt, type SourceLine } from '../base/textSource.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { closesLine, describePayload, fillPayload, PAYLOAD_MORE, PlanBook } from '../events/payload.js';
import { fitOf, weightOf, wholeLines } from '../events/textFit.js';
import { LineSpan } from '../events/textline.js';
import type { EventTable } from '../events/table.js';
import { TextEventReader } from '../events/textreader.js';
import { readLines, type EventText, type LineFormat, type TraceFormat } from '../reader.js';
import { holdsTime, parseQemuLine } from './line.js';

export const QEMU_LOG = 'qemu-log';

/**
 * Lines of QEMU's form, but no event that the model knows, weigh less: a log of other events, or of another
 * program.
 */
const UNKNOWN_EVENTS = 0.3;
const decoder = new TextDecoder();

const LINES: LineFormat = {
  reader: () => new QemuLogReader(),
  open(source, table) {
    const book = new PlanBook(new Interner());
    return { table, describe: (row) => describeLine(book, lineAt(source, table.at(row)), table.name(row)) };
  },
};

export const qemuLog: TraceFormat = {
  id: QEMU_LOG,
  isSequential: true,

  /**
   * Lines with an event of QEMU that the vocabulary knows, whatever else its stream has between them; without
   * one, lines of the form, if most are.
   */
  sniff(head: Uint8Array): number {
    const reader = new QemuLogReader();
    const lines = wholeLines(head);
    reader.push(lines);
    const table = reader.finish();
    const fit = fitOf(table, head);
    if (fit.known > 0) return weightOf(fit, head);
    const isLog = fit.events > fit.others && (table.meta.timeUnit !== 'none' || hasArguments(table, lines));
    return isLog ? UNKNOWN_EVENTS * weightOf(fit, head) : 0;
  },

  lines: LINES,
  read: (source, options) => readLines(LINES, source, options),
};

/** So many lines without a time are looked at. */
const LOOKED_AT = 50;
/** What a list of counters, settings or fields has behind a name: nothing, a colon, a sign, a number. */
const NO_ARGUMENTS = /^\s*(?:$|[:=]|-?\d[\d.]*\s*%?$|\d+(?:\s+\d+){2})/;

/**
 * True where most events have arguments in words, as those of QEMU do: a kernel's counters (`/proc/vmstat`),
 * its lists and the files about its formats have names with an underscore, too.
 */
function hasArguments(table: EventTable, bytes: Uint8Array): boolean {
  const count = Math.min(table.length, LOOKED_AT);
  let having = 0;
  for (let row = 0; row < count; row++) {
    const at = table.at(row);
    const end = bytes.indexOf(Ascii.Newline, at);
    const text = decoder.decode(bytes.subarray(at, end < 0 ? bytes.length : end)).trimStart();
    if (!NO_ARGUMENTS.test(text.slice(text.search(/\s|$/)))) having++;
  }
  return count > 1 && having * 2 > count;
}

export class QemuLogReader extends TextEventReader<LineSpan> {
  private hasTimes = false;

  constructor() {
    super(QEMU_LOG, new LineSpan());
    const { meta } = this.builder;
    meta.producer = 'QEMU';
    // gettimeofday(): one clock for all threads.
    meta.clock = 'realtime';
  }

  protected override ended(): void {
    if (this.untimed) this.builder.meta.clock = 'unknown';
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
    const isEvent = parseQemuLine(bytes, start, end, this.span);
    if (this.holdsTwo(bytes, start, end) || (isEvent && this.lostItsTime(bytes)))
      this.cuts.torn(at, line, 'before its event');
    else if (!terminated && !(isEvent && this.isWhole(bytes))) this.torn(at, line, end - start);
    else if (isEvent) this.row(bytes, at, line);
    else this.cuts.outsider(bytes, start, end, at, line);
  }

  /** True when the line begins with a time, and holds another. */
  private holdsTwo(bytes: Uint8Array, start: number, end: number): boolean {
    return isDigit(bytes[start]!) && holdsTime(bytes, start + 1, end);
  }

  /** True for an event of the vocabulary without a time in a log that has times. */
  private lostItsTime(bytes: Uint8Array): boolean {
    const { span } = this;
    if (span.decimals > 0) this.hasTimes = true;
    if (span.decimals > 0 || !this.hasTimes) return false;
    return this.book.qemuEvent(bytes, span.nameStart, span.nameEnd) !== undefined;
  }

  private row(bytes: Uint8Array, at: number, line: number): void {
    const { builder, span } = this;
    if (this.cuts.isOpen) this.cuts.event();
    const ts = this.time(at, line);
    const plan = this.book.qemuEvent(bytes, span.nameStart, span.nameEnd);
    const name =
      plan?.name ??
      builder.names.internString(`qemu:${decoder.decode(bytes.subarray(span.nameStart, span.nameEnd))}`);
    const row = builder.addRow(
      ts,
      span.cpu,
      span.tid,
      span.tgid,
      builder.comms.intern(bytes, span.commStart, span.commEnd),
      plan?.kind ?? KIND_UNKNOWN,
      name,
      at,
      line,
    );
    if (!plan) return;
    // Other programs write into the same stream, behind an event too.
    const flags = fillPayload(builder, plan, bytes, span.start, span.end) & ~PAYLOAD_MORE;
    if (flags !== 0) this.isTorn(bytes, plan, flags, span.start, row, at, line);
  }

  protected override isWhole(bytes: Uint8Array): boolean {
    const plan = this.book.qemuEvent(bytes, this.span.nameStart, this.span.nameEnd);
    return plan !== undefined && closesLine(plan, bytes, this.span.start, this.span.end, this.span.end);
  }
}

function describeLine(book: PlanBook, line: SourceLine, name: string): EventText {
  const span = new LineSpan();
  const { bytes, end } = line;
  if (!parseQemuLine(bytes, 0, end, span))
    return { name, fields: [], text: decoder.decode(bytes.subarray(0, end)) };
  const plan = book.qemuEvent(bytes, span.nameStart, span.nameEnd);
  const fields = plan ? describePayload(plan, bytes, span.start, end) : [];
  return { name, fields, text: decoder.decode(bytes.subarray(span.start, end)) };
}
