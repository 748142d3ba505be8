/** One record's bytes and what is needed to read them: the byte order, the kernel's long, its symbols. */
import type { FormatField } from './tep.js';
import type { Kallsyms } from './kallsyms.js';
import type { PrintkFormats } from './printk.js';

/** What the trace says of the machine it was recorded on. */
export interface TraceContext {
  readonly bigEndian: boolean;
  /** Bytes of the kernel's long: 4 or 8. */
  readonly longSize: number;
  /** Asked for at the first need, since parsing the symbols of a kernel takes a while; undefined where the trace has none. */
  readonly symbols: () => Kallsyms | undefined;
  readonly printk: () => PrintkFormats | undefined;
}

/** A record within a buffer: bytes [start, end), from `common_type` on. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** An unsigned number of 1, 2, 4 or 8 bytes at `offset` of the record; 0 where the record does not reach or the size is another. */
export function readUnsigned(context: TraceContext, record: RecordBytes, offset: number, size: number): bigint {
  const at = record.start + offset;
  if (offset < 0 || at + size > record.end) return 0n;
  const view = new DataView(record.bytes.buffer, record.bytes.byteOffset + at, size);
  const little = !context.bigEndian;
  if (size === 8) return view.getBigUint64(0, little);
  if (size === 4) return BigInt(view.getUint32(0, little));
  if (size === 2) return BigInt(view.getUint16(0, little));
  return size === 1 ? BigInt(view.getUint8(0)) : 0n;
}

/** Where a field's data lies in `record.bytes`: for a dynamic field what its location word points to; empty when that lies outside. */
export function fieldRange(context: TraceContext, record: RecordBytes, field: FormatField): { from: number; to: number } {
  const none = { from: record.start, to: record.start };
  let from = record.start + field.offset;
  let length = field.size === 0 ? Math.max(0, record.end - from) : field.size;
  if (field.location !== 'inline') {
    const word = Number(readUnsigned(context, record, field.offset, field.size));
    // A two-byte location has no length: the data runs to the end of the record.
    from = record.start + (word & 0xffff) + (field.location === 'rel_loc' ? field.offset + field.size : 0);
    length = field.size === 2 ? record.end - from : (word / 65536) & 0xffff;
  }
  // A stack is declared with room for eight entries, whatever the record has.
  if (field.location === 'inline' && field.isArray) length = Math.min(length, record.end - from);
  if (from < record.start || length < 0 || from + length > record.end) return none;
  return { from, to: from + length };
}
