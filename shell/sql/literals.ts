/** Values of a trace as SQL writes them: whatever a name holds, it stays within its quotes. */
import type { Column } from '../../model/tables/batch.js';

/** A text in quotes. A NUL, at which the processor would end it, is written out. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\0', '\\x00').replaceAll("'", "''")}'`;
}

/** A name of a table or a column in quotes. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('\0', '').replaceAll('"', '""')}"`;
}

/** The value of a column's row. */
export function literal(column: Column, row: number): string {
  const value = column.value(row);
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value);
}
