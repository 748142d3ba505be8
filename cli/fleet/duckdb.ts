/**
 * DuckDB, the engine that asks a fleet: a native library of 70 MB, which only this needs, and which is
 * therefore no part of shimtrace. It reads the files that it is told and nothing else, and opens no
 * connection.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { InputError } from '../errors.js';
import { importModule } from '../onDemand.js';

export type Cell = null | boolean | number | bigint | string;
export type Row = Readonly<Record<string, Cell>>;

const PACKAGE = '@duckdb/node-api';

/** An answer: its columns also where there is no row. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export class Duck {
  private constructor(private readonly connection: DuckDBConnection) {}

  /**
   * Starts it; `folder` is where it may put what memory does not hold. Throws InputError where there is none.
   */
  static async start(folder: string): Promise<Duck> {
    const { DuckDBInstance } = await duckModule();
    const instance = await DuckDBInstance.create(':memory:', {
      temp_directory: folder,
      // Every file is read once: what it would keep of them is memory for nothing.
      enable_external_file_cache: 'false',
      // What it lacks it would fetch.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    return new Duck(await instance.connect());
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  async ask(sql: string): Promise<Answer> {
    const result = await this.connection.runAndReadAll(sql);
    const columns = result.columnNames();
    const rows = result
      .getRows()
      .map((row) => Object.fromEntries(row.map((value, k) => [columns[k]!, cellOf(value)])));
    return { columns, rows };
  }

  close(): void {
    this.connection.closeSync();
  }
}

async function duckModule(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return (await importModule(PACKAGE)) as typeof import('@duckdb/node-api');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const isMissing = /Cannot find (?:package|module)/.test(why);
    throw new InputError(
      isMissing
        ? `a fleet is asked by DuckDB, which is not installed beside shimtrace: npm install ${PACKAGE} ` +
            '(with -g where shimtrace is installed so)'
        : `DuckDB does not start: ${why.split('\n')[0] ?? ''}`,
    );
  }
}

/** Sums and counts are wide there; all that a fleet counts is exact as a number. */
function cellOf(value: unknown): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return String(value);
}

/** A text as SQL writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A value as SQL writes it. */
export function literal(value: string | number | null): string {
  return typeof value === 'string' ? quoted(value) : String(value);
}
