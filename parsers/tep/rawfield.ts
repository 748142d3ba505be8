/** A field's value by its declaration alone: where no print format prints it. */
import { textUntilNul } from '../base/bytes.js';
import { fieldRange, readUnsigned, type RecordBytes, type TraceContext } from './record.js';
import type { FormatField } from './tep.js';

/**
 * Text of bytes that are text, `ARRAY[…]` of others, numbers by size and sign; a long, which usually is an
 * address, in hexadecimal.
 */
export function rawField(context: TraceContext, record: RecordBytes, field: FormatField): string {
  if (field.isArray) {
    const { from, to } = fieldRange(context, record, field);
    if (field.isString && isPrintable(record.bytes, from, to)) return textUntilNul(record.bytes, from, to);
    const out: string[] = [];
    for (let i = from; i < to; i++) out.push(record.bytes[i]!.toString(16).padStart(2, '0'));
    return `ARRAY[${out.join(', ')}]`;
  }
  const value = readUnsigned(context, record, field.offset, field.size);
  if (field.isPointer) return `0x${value.toString(16)}`;
  if (!field.signed) return field.isLong ? `0x${value.toString(16)}` : String(value);
  if (field.isLong && field.size === 4) return `0x${value.toString(16)}`;
  const text = String(BigInt.asIntN(field.size * 8, value));
  return field.size === 2 ? text.padStart(2) : text;
}

/** True when the bytes up to the first NUL are printable text. */
function isPrintable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to && bytes[i] !== 0; i++) {
    const b = bytes[i]!;
    if (b < 9 || (b > 13 && b < 32) || b > 126) return false;
  }
  return true;
}
