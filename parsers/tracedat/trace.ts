/**
 * A trace.dat that was read: its table, its rows' texts on demand, and what it says of the machines it was
 * recorded on.
 */
import { assert } from '../base/assert.js';
import type { ByteSink } from '../base/byteSink.js';
import type { ByteSource } from '../base/source.js';
import type { EventTable } from '../events/table.js';
import type { SymbolPlace } from '../tep/kallsyms.js';
import { printBinaryPrintk } from '../tep/bprint.js';
import type { EventPrinter } from '../tep/printfmt.js';
import { stackText } from '../tep/stack.js';
import { smallUnsigned, type RecordBytes } from '../tep/record.js';
import type { EventPart, EventText, OpenTrace, ReadOptions } from '../reader.js';
import type { ChunkIndex } from './chunks.js';
import { RecordFinder } from './locate.js';
import type { TraceDatFile } from './model.js';
import type { PlanBook } from './recordPlans.js';

/** Its format is in what it refers to. */
const BINARY_PRINTK = 'ftrace:bprint';

export class TraceDat implements OpenTrace {
  private readonly finder: RecordFinder;

  constructor(
    readonly table: EventTable,
    file: TraceDatFile,
    private readonly plans: PlanBook,
    chunks: ChunkIndex,
    input: ByteSource,
    options: ReadOptions,
  ) {
    this.finder = new RecordFinder(file, chunks, input, options);
  }

  symbolOf(address: bigint): SymbolPlace | undefined {
    return this.plans.context.symbols()?.lookup(address);
  }

  /**
   * Decodes one row again. Asserts that the row exists; where the source can no longer be read, the text says
   * so.
   */
  describe(row: number, part?: EventPart): EventText {
    assert(row >= 0 && row < this.table.length, `row ${row} of ${this.table.length}`);
    const name = this.table.name(row);
    const record = this.finder.find(this.table.at(row));
    if (!record) return { name, fields: [], text: '(the record could not be read again)' };
    const id = smallUnsigned(this.plans.context, record, this.plans.typeOffset, this.plans.typeSize) & 0xffff;
    const { markers } = this.plans.plan(id);
    const nested = markers?.find(record);
    if (nested) return markers!.describe(name, record, nested);
    const printer = this.plans.printer(id);
    if (!printer) return { name, fields: [], text: rawBytes(record) };
    return {
      name,
      fields: part === 'text' ? [] : printer.fields(record),
      text: part === 'fields' ? '' : this.text(name, printer, record),
    };
  }

  /** Puts the text of a row; false for stacks, markers and what is no text of a print format alone. */
  writeText(row: number, sink: ByteSink): boolean {
    const { plans } = this;
    const record = this.finder.find(this.table.at(row));
    if (!record) return false;
    const id = smallUnsigned(plans.context, record, plans.typeOffset, plans.typeSize) & 0xffff;
    const printer = plans.plan(id).markers ? undefined : plans.printer(id);
    if (!printer || printer.isStack || this.table.name(row) === BINARY_PRINTK) return false;
    return printer.write(record, sink);
  }

  private text(name: string, printer: EventPrinter, record: RecordBytes): string {
    if (name === BINARY_PRINTK) return printBinaryPrintk(printer.format, this.plans.context, record);
    if (printer.isStack) return stackText(printer.format, this.plans.context, record);
    const text = printer.text(record);
    // A marker's text usually ends its own line.
    return printer.mayEndLine && text.endsWith('\n') ? text.slice(0, -1) : text;
  }
}

/** The bytes of a record that no format describes. */
function rawBytes(record: RecordBytes): string {
  const out: string[] = [];
  for (let i = record.start; i < record.end; i++) out.push(record.bytes[i]!.toString(16).padStart(2, '0'));
  return out.join(' ');
}
