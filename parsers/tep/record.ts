/** One record's bytes and what is needed to read them: the byte order, the kernel's long, its symbols. */
import type { FormatField } from './tep.js';
import type { Kallsyms } from './kallsyms.js';
import type { PrintkFormats } from './printk.js';

/** What the trace says of the machine it was recorded on. */
export interface TraceContext {
  readonly bigEndian: boolean;
  /** Bytes of the kernel's long: 4 or 8. */
  readonly longSize: number;
  /**
   * Asked for at the first need, since parsing the symbols of a kernel takes a while; undefined where the
   * trace has none.
   */
  readonly symbols: () => Kallsyms | undefined;
  readonly printk: () => PrintkFormats | undefined;
}

/** A record within a buffer: bytes [start, end), from `common_type` on. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * An unsigned number of 1, 2, 4 or 8 bytes at `offset` of the record; 0 where the record does not reach or
 * the size is another.
 */
export function readUnsigned(
  context: TraceContext,
  record: RecordBytes,
  offset: number,
  size: number,
): bigint {
  if (size !== 8) return BigInt(smallUnsigned(context, record, offset, size));
  if (offset < 0 || record.start + offset + 8 > record.end) return 0n;
  const hi = smallUnsigned(context, record, context.bigEndian ? offset : offset + 4, 4);
  const lo = smallUnsigned(context, record, context.bigEndian ? offset + 4 : offset, 4);
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/** The same of at most 4 bytes, as a number: without the allocations of a view and a bigint. */
export function smallUnsigned(
  context: TraceContext,
  record: RecordBytes,
  offset: number,
  size: number,
): number {
  const at = record.start + offset;
  const { bytes } = record;
  if (offset < 0 || at + size > record.end) return 0;
  if (size === 1) return bytes[at]!;
  if (size === 2)
    return context.bigEndian ? (bytes[at]! << 8) | bytes[at + 1]! : bytes[at]! | (bytes[at + 1]! << 8);
  if (size !== 4) return 0;
  return context.bigEndian
    ? ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
    : (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** A location word: the offset in its low half, the length in its high half. */
const LOCATION_OFFSET_MASK = 0xffff;
const LOCATION_LENGTH_SHIFT = 16;

/**
 * Where a field's data lies in `record.bytes`: for a dynamic field what its location word points to; empty
 * when that lies outside.
 */
export function fieldRange(
  context: TraceContext,
  record: RecordBytes,
  field: FormatField,
): { from: number; to: number } {
  const none = { from: record.start, to: record.start };
  let from = record.start + field.offset;
  let length = field.size === 0 ? Math.max(0, record.end - from) : field.size;
  if (field.location !== 'inline') {
    const word = Number(readUnsigned(context, record, field.offset, field.size));
    const base = field.location === 'rel_loc' ? field.offset + field.size : 0;
    // A two-byte location has no length: the data runs to the end of the record.
    from = record.start + base + (word & LOCATION_OFFSET_MASK);
    length = field.size === 2 ? record.end - from : word >>> LOCATION_LENGTH_SHIFT;
  }
  // A stack is declared with room for eight entries, whatever the record has.
  if (field.location === 'inline' && field.isArray) length = Math.min(length, record.end - from);
  if (from < record.start || length < 0 || from + length > record.end) return none;
  return { from, to: from + length };
}
