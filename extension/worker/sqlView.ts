/** Answers questions in SQL about the worker's trace. */
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

  constructor(private readonly now: () => number) {}

  /** `digest` is of the file, '' where there is none. */
  async answer(
    judged: Judged,
    { sql, code, limit, path, version }: SqlAsk,
    digest: string,
  ): Promise<SqlResult> {
    const start = this.now();
    try {
      if (this.asked === undefined) {
        if (code === undefined) return { refused: 'this build has no trace processor, which answers SQL' };
        const { trace, analysis } = judged;
        const report = { path, table: trace.table, analysis, rules: RULES };
        this.asked = new SqlTrace(code, new TraceTables(report, { digest, version }));
      }
      return await this.ask(this.asked, judged, sql, limit, start);
    } catch (error) {
      return refusalOf(error);
    }
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
  if (error instanceof ProcessorEnded || error instanceof TooManyEvents) return { refused: error.message };
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
