/** Tables as CSV: a null is empty, an empty text is in quotes, 64-bit numbers have all their digits. */
import type { Batch, Value } from '../../model/tables/batch.js';
import type { ColumnSpec } from '../../model/tables/schema.js';
import { csvCell } from '../csvCell.js';

const encoder = new TextEncoder();

export class CsvWriter {
  /** `write` takes what comes next of the file. */
  constructor(
    specs: readonly ColumnSpec[],
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    this.put(`${specs.map(({ name }) => name).join(',')}\n`);
  }

  add(batch: Batch): void {
    const lines: string[] = [];
    for (let row = 0; row < batch.length; row++)
      lines.push(`${batch.columns.map((column) => cell(column.value(row))).join(',')}\n`);
    this.put(lines.join(''));
  }

  /** There is nothing behind the last row. */
  finish(): void {}

  private put(text: string): void {
    this.write(encoder.encode(text));
  }
}

function cell(value: Value): string {
  return csvCell(value === null ? null : String(value));
}
