/** What the trace processor answers to a query, read from its messages. */
import { WireReader } from '../../parsers/base/protobuf.js';

/** Whole numbers come as bigint, signed: a kernel's pointer is negative. */
export type Cell = null | bigint | number | string | Uint8Array;

export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** How many statements ran, and the text of the last. */
  readonly statements: number;
}

/** Fields of QueryResult (protos/perfetto/trace_processor/trace_processor.proto). */
const RESULT = { columnNames: 1, error: 2, batch: 3, statementCount: 4 } as const;
const BATCH = { cells: 1, varints: 2, doubles: 3, blobs: 4, strings: 5, isLast: 6 } as const;
const CELL = { null: 1, varint: 2, double: 3, string: 4, blob: 5 } as const;
const DOUBLE_BYTES = 8;

/** Collects the messages of one answer. */
export class ResultReader {
  private readonly columns: string[] = [];
  private readonly rows: Cell[][] = [];
  private statements = 0;
  error: string | undefined;
  isDone = false;

  /** `onRows`, where given, gets the rows of each batch, which are not kept then. */
  constructor(private readonly onRows?: (columns: readonly string[], rows: readonly Cell[][]) => void) {}

  add(message: WireReader): void {
    const names: string[] = [];
    while (message.next()) {
      if (message.field === RESULT.columnNames) names.push(message.text);
      else if (message.field === RESULT.error) this.error = message.text;
      else if (message.field === RESULT.statementCount) this.statements = message.number;
      else if (message.field === RESULT.batch) {
        this.columns.push(...names.splice(0));
        this.batch(message.message());
      }
    }
    this.columns.push(...names);
    if (this.error !== undefined) this.isDone = true;
  }

  result(): QueryResult {
    return { columns: this.columns, rows: this.rows, statements: this.statements };
  }

  private batch(message: WireReader): void {
    const { bytes } = message;
    let cells = bytes.subarray(0, 0);
    let varints = new WireReader(bytes, 0, 0);
    let doubles = new DataView(bytes.buffer, 0, 0);
    const blobs: Uint8Array[] = [];
    let strings: string[] = [];
    while (message.next()) {
      if (message.field === BATCH.cells) cells = message.blob;
      else if (message.field === BATCH.varints) varints = message.message();
      else if (message.field === BATCH.doubles)
        doubles = new DataView(bytes.buffer, bytes.byteOffset + message.start, message.end - message.start);
      else if (message.field === BATCH.blobs) blobs.push(message.blob);
      else if (message.field === BATCH.strings) strings = message.text.split('\0');
      else if (message.field === BATCH.isLast) this.isDone ||= message.number === 1;
    }
    let [nextDouble, nextString, nextBlob] = [0, 0, 0];
    const value = (type: number): Cell => {
      if (type === CELL.varint) return varints.varint() ? varints.signed : null;
      if (type === CELL.double) return doubles.getFloat64(DOUBLE_BYTES * nextDouble++, true);
      if (type === CELL.string) return strings[nextString++] ?? null;
      return type === CELL.blob ? (blobs[nextBlob++] ?? null) : null;
    };
    this.take(Array.from(cells, value));
  }

  private take(cells: readonly Cell[]): void {
    const width = this.columns.length;
    if (width === 0) return;
    const rows: Cell[][] = [];
    for (let at = 0; at + width <= cells.length; at += width) rows.push(cells.slice(at, at + width));
    if (this.onRows) this.onRows(this.columns, rows);
    else for (const row of rows) this.rows.push(row);
  }
}
