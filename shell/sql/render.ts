/** Answers in SQL as text: for a person, for programs that read lines, as JSON and as CSV. */
import { csvCell } from '../csvCell.js';
import type { Cell } from '../perfetto/queryResult.js';
import { bytesHex } from '../../parsers/base/bytes.js';

export const SQL_FORMATS = ['table', 'tsv', 'json', 'csv'] as const;
export type SqlFormat = (typeof SQL_FORMATS)[number];

type Row = readonly Cell[];

/** Prints rows as they come; `table` keeps the first ones to see how wide its columns are. */
export class AnswerPrinter {
  private columns: readonly string[] | undefined;
  private kept: string[][] = [];
  private widths: readonly number[] | undefined;
  private isNumber: boolean[] = [];
  private count = 0;

  constructor(
    private readonly format: SqlFormat,
    private readonly out: (text: string) => void,
  ) {}

  rows(columns: readonly string[], rows: readonly Row[]): void {
    this.begin(columns);
    this.count += rows.length;
    if (this.format === 'table') this.tableRows(rows);
    else if (this.format === 'json') this.jsonRows(columns, rows);
    else if (rows.length > 0) this.out(rows.map((row) => this.line(row)).join(''));
  }

  /** After the last row; `columns` of an answer that has none. */
  end(columns: readonly string[]): void {
    this.begin(columns);
    if (this.format === 'json') this.out(this.count > 0 ? '\n]\n' : ']\n');
    if (this.format !== 'table') return;
    if (this.widths === undefined) this.tableHead();
    if ((this.columns?.length ?? 0) > 0) this.out(`${this.count} ${this.count === 1 ? 'row' : 'rows'}\n`);
  }

  private begin(columns: readonly string[]): void {
    if (this.columns !== undefined) return;
    this.columns = columns;
    if (this.format === 'json') this.out('[');
    if (columns.length === 0) return;
    if (this.format === 'csv') this.out(`${columns.map((name) => csvCell(name)).join(',')}\n`);
    if (this.format === 'tsv') this.out(`${columns.map(tsvCell).join('\t')}\n`);
  }

  private line(row: Row): string {
    return this.format === 'csv'
      ? `${row.map((cell) => csvCell(cell === null ? null : cellText(cell))).join(',')}\n`
      : `${row.map(tsvCell).join('\t')}\n`;
  }

  private jsonRows(columns: readonly string[], rows: readonly Row[]): void {
    const before = this.count - rows.length;
    const objects = rows.map((row, i) => {
      const members = row.map((cell, k) => `${JSON.stringify(columns[k])}: ${jsonCell(cell)}`);
      return `${before + i > 0 ? ',' : ''}\n  {${members.join(', ')}}`;
    });
    if (objects.length > 0) this.out(objects.join(''));
  }

  private tableRows(rows: readonly Row[]): void {
    if (this.count === rows.length) this.isNumber = (this.columns ?? []).map((_, k) => isNumeric(rows, k));
    const texts = rows.map((row) => row.map(tableCell));
    if (this.widths !== undefined) {
      this.out(texts.map((row) => this.tableLine(row)).join(''));
      return;
    }
    this.kept.push(...texts);
    if (this.kept.length >= WIDTH_ROWS) this.tableHead();
  }

  private tableHead(): void {
    const columns = this.columns ?? [];
    this.widths = columns.map((name, k) =>
      this.kept.reduce((most, row) => Math.max(most, row[k]!.length), name.length),
    );
    if (columns.length === 0) return;
    this.out(this.tableLine(columns));
    this.out(`${this.widths.map((width) => '-'.repeat(width)).join('  ')}\n`);
    this.out(this.kept.map((row) => this.tableLine(row)).join(''));
    this.kept = [];
  }

  private tableLine(row: readonly string[]): string {
    const cells = row.map((text, k) =>
      this.isNumber[k] ? text.padStart(this.widths![k]!) : text.padEnd(this.widths![k]!),
    );
    return `${cells.join('  ').trimEnd()}\n`;
  }
}

/** Rows that a table's widths are taken from; later ones may stand out. */
const WIDTH_ROWS = 2000;

function isNumeric(rows: readonly Row[], k: number): boolean {
  return rows.every((row) => row[k] === null || typeof row[k] === 'bigint' || typeof row[k] === 'number');
}

/** The value as a text; bytes as SQL writes them. */
export function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (cell instanceof Uint8Array) return `x'${bytesHex(cell)}'`;
  return String(cell);
}

function tableCell(cell: Cell): string {
  return cell === null ? 'NULL' : cellText(cell).replace(/\s/g, ' ');
}

const TSV_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A null is `\N`; a tab, a line's end and a backslash are written as in C. */
function tsvCell(cell: Cell): string {
  return cell === null ? '\\N' : cellText(cell).replace(/[\\\t\n\r]/g, (c) => TSV_ESCAPES[c]!);
}

/** Whole numbers in all their digits, as JSON may have them. */
function jsonCell(cell: Cell): string {
  if (cell === null) return 'null';
  if (typeof cell === 'bigint') return String(cell);
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : 'null';
  return JSON.stringify(cellText(cell));
}
