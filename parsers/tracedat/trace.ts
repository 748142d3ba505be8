/** A trace.dat that was read: its table, its rows' texts on demand, and what it says of the machines it was recorded on. */
import { assert } from '../base/assert.js';
import type { ByteSource } from '../base/source.js';
import type { EventTable, Session } from '../events/table.js';
import type { SymbolPlace } from '../format/kallsyms.js';
import { printBinaryPrintk } from '../format/bprint.js';
import { isStackFormat, stackText } from '../format/stack.js';
import { readUnsigned, type RecordBytes } from '../format/record.js';
import type { EventText, OpenTrace, ReadOptions } from '../reader.js';
import type { ChunkIndex } from './chunks.js';
import { locate } from './locate.js';
import type { TraceDatFile } from './model.js';
import type { PlanBook } from './plans.js';

export class TraceDat implements OpenTrace {
  constructor(
    readonly table: EventTable, private readonly file: TraceDatFile, private readonly plans: PlanBook,
    private readonly chunks: ChunkIndex, private readonly input: ByteSource, private readonly options: ReadOptions,
  ) {}

  get session(): Session {
    return sessionOf(this.file);
  }

  symbolOf(address: bigint): SymbolPlace | undefined {
    return this.plans.context.symbols()?.lookup(address);
  }

  /** Decodes one row again. Asserts that the row exists; where the source can no longer be read, the text says so. */
  describe(row: number): EventText {
    assert(row >= 0 && row < this.table.length, `row ${row} of ${this.table.length}`);
    const name = this.table.name(row);
    const record = locate(this.table.at(row), this.file, this.chunks, this.input, this.options);
    if (!record) return { name, fields: [], text: '(the record could not be read again)' };
    const id = Number(readUnsigned(this.plans.context, record, this.plans.typeOffset, this.plans.typeSize)) & 0xffff;
    const markers = this.plans.plan(id).markers;
    const nested = markers?.find(record);
    if (nested) return markers!.describe(name, record, nested);
    const printer = this.plans.printer(id);
    if (!printer) return { name, fields: [], text: rawBytes(record) };
    const fields = printer.fields(record);
    if (name === 'ftrace:bprint') return { name, fields, text: printBinaryPrintk(printer.format, this.plans.context, record) };
    if (isStackFormat(printer.format)) return { name, fields, text: stackText(printer.format, this.plans.context, record) };
    // A marker's text usually ends its own line.
    return { name, fields, text: printer.text(record).replace(/\n$/, '') };
  }
}

/** What a file says of the session that it is part of. */
export function sessionOf({ options: { traceId, peerTraceId, timeShifts, guests } }: TraceDatFile): Session {
  // A time shift without samples has brought nothing to the peer's clock.
  return { traceId, peerTraceId: timeShifts.some((shift) => shift.times.length > 0) ? peerTraceId : undefined, guests };
}

/** The bytes of a record that no format describes. */
function rawBytes(record: RecordBytes): string {
  const out: string[] = [];
  for (let i = record.start; i < record.end; i++) out.push(record.bytes[i]!.toString(16).padStart(2, '0'));
  return out.join(' ');
}
