/** Answers questions in SQL about the worker's trace. */
import { NoSuchPart, partText } from '../../model/tables/part.js';
import { partFilter } from '../../model/tables/partRows.js';
import { RULES } from '../../model/rules/registry.js';
import { TraceTables } from '../../model/tables/index.js';
import type { EventTable } from '../../parsers/events/table.js';
import { ProcessorEnded } from '../../shell/perfetto/machine.js';
import { QueryError } from '../../shell/perfetto/processor.js';
import type { Cell } from '../../shell/perfetto/queryResult.js';
import { SqlTrace, TooManyEvents } from '../../shell/sql/engine.js';
import { cellText } from '../../shell/sql/render.js';
import type { Spot } from '../protocol/place.js';
import type { SqlAnswer, SqlAsk, SqlRefusal, SqlResult } from '../protocol/sql.js';
import type { Judged } from './judged.js';
import { spotOf } from './place.js';

/** Columns that name a row of `events`, the one that says most of a row first. */
const ROW_COLUMNS = ['row', 'from_row', 'until_row'];

export class SqlServer {
  private asked: SqlTrace | undefined;
  /** Of what `asked` was told to ask, and by which code. */
  private part = '';
  private code: Uint8Array | undefined;

  constructor(private readonly now: () => number) {}

  /** `digest` is of the file, '' where there is none. */
  async answer(judged: Judged, question: SqlAsk, digest: string): Promise<SqlResult> {
    const start = this.now();
    this.code = question.code ?? this.code;
    if (this.code === undefined) return { refused: 'this build has no trace processor, which answers SQL' };
    try {
      const asked = this.askedOf(judged, question, this.code, digest);
      return await this.ask(asked, judged, question.sql, question.limit, start);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** The trace, or the part of it that is asked; of another part than before it is read anew. */
  private askedOf(
    { trace: { table }, analysis, files }: Judged,
    { path, version, part }: SqlAsk,
    code: Uint8Array,
    digest: string,
  ): SqlTrace {
    const text = partText(part);
    if (this.asked && this.part === text) return this.asked;
    this.asked = undefined;
    this.part = text;
    // A line alone may be of any file.
    if (files && [part.from, part.to].some((place) => /^\d+$/.test(place ?? '')))
      throw new NoSuchPart('in a trace of several files a place is a time, such as 12.345678');
    const tables = new TraceTables({ path, table, analysis, rules: RULES }, { digest, version });
    this.asked = new SqlTrace(code, tables, { part: partFilter(table, analysis, part) });
    return this.asked;
  }

  private async ask(
    asked: SqlTrace,
    judged: Judged,
    sql: string,
    limit: number,
    start: number,
  ): Promise<SqlAnswer> {
    const kept: (readonly Cell[])[] = [];
    let total = 0;
    const { columns } = await asked.query(sql, (_, rows) => {
      total += rows.length;
      kept.push(...rows.slice(0, Math.max(0, limit - kept.length)));
    });
    return {
      columns,
      numeric: columns.map((_, k) => kept.every((row) => isNumberOrNull(row[k]!))),
      rows: kept.map((row) => row.map((cell) => (cell === null ? null : cellText(cell)))),
      spots: kept.map((row) => spotOfAnswer(judged, columns, row)),
      total,
      tookMs: this.now() - start,
      ...(this.part !== '' && { events: asked.count }),
    };
  }
}

function refusalOf(error: unknown): SqlRefusal {
  if (error instanceof QueryError) {
    const { message, line, column } = error;
    return line === undefined || column === undefined
      ? { refused: message }
      : { refused: message, line, column };
  }
  if (error instanceof TooManyEvents) return { refused: error.message, isTooLarge: true };
  if (error instanceof ProcessorEnded || error instanceof NoSuchPart) return { refused: error.message };
  throw error;
}

function isNumberOrNull(cell: Cell): boolean {
  return cell === null || typeof cell === 'bigint' || typeof cell === 'number';
}

/** Where the event stands that a row is about; null where none of its columns names one. */
function spotOfAnswer(judged: Judged, columns: readonly string[], row: readonly Cell[]): Spot | null {
  const { table } = judged.trace;
  for (const name of ROW_COLUMNS) {
    const value = row[columns.indexOf(name)];
    if (typeof value === 'bigint' && value >= 0n && value < BigInt(table.length))
      return spotOf(judged, Number(value));
  }
  const line = row[columns.indexOf('line')];
  // In a trace of several files a line alone may be of any of them.
  if (typeof line !== 'bigint' || line < 1n || judged.files) return null;
  const at = rowOfLine(table, judged.shown === 'events', Number(line));
  return at < table.length ? spotOf(judged, at) : null;
}

/** The tables call an event of a binary trace by its number, as its listing does. */
function rowOfLine(table: EventTable, isListing: boolean, line: number): number {
  return isListing ? line - 1 : table.rowAtLine(line);
}
