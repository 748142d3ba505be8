/**
 * The tables of a fleet in DuckDB: of each run all of them or none. A run whose files are damaged is left
 * out, and said; no other suffers from it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { quoted, type Duck } from './duckdb.js';
import { foldersOf, type Unread } from './folders.js';
import { FLEET_VIEWS } from './questions.js';

/** What is read of each table's file; `host` and `run` come from the folders. */
const READ = {
  status: 'day, named_kernel, file, outcome, message, version',
  trace: 'kernel, time_unit, headline',
  rules: 'rule, name, severity, status, broken',
  findings: 'rule, verdict, message, line',
  doubts: 'rule, reason, missing',
  conversions: 'to_private, dur, result',
} as const;
type TableRead = keyof typeof READ;
/** The tables of a fleet that its report asks. */
export const FLEET_TABLES = Object.keys(READ) as readonly TableRead[];
const OF_JUDGED = FLEET_TABLES.filter((name) => name !== 'status');

/** The types of the columns, for a fleet in which no run has any. */
const TYPES: Readonly<Record<string, string>> = {
  severity: 'integer',
  broken: 'bigint',
  line: 'bigint',
  to_private: 'boolean',
  dur: 'bigint',
  result: 'integer',
};

/** Runs that are read at a time: a damaged one is found by halves. */
const RUNS_AT_A_TIME = 256;

export interface LoadedFleet {
  readonly runs: number;
  readonly unread: readonly Unread[];
}

/**
 * Fills the tables and makes the views of {@link FLEET_VIEWS}, as tables, in `schema`. Throws InputError
 * where there is no such folder.
 */
export async function loadFleet(
  duck: Duck,
  fleet: string,
  schema: string,
  progress: (done: number, of: number) => void,
): Promise<LoadedFleet> {
  const { runs, unread } = foldersOf(fleet);
  await duck.run(`create schema if not exists ${schema}; use ${schema}`);
  for (const name of FLEET_TABLES) await duck.run(emptyTable(name, READ[name]));
  const damaged: Unread[] = [];
  await withPlainName(fleet, async (folder) => {
    for (let i = 0; i < runs.length; i += RUNS_AT_A_TIME) {
      progress(i, runs.length);
      damaged.push(...(await loadRuns(duck, folder, runs.slice(i, i + RUNS_AT_A_TIME))));
    }
  });
  for (const { name, select } of FLEET_VIEWS) await duck.run(`create table ${name} as ${select}`);
  return { runs: runs.length - damaged.length, unread: [...unread, ...damaged] };
}

function emptyTable(name: string, columns: string): string {
  const typed = columns.split(', ').map((column) => `${column} ${TYPES[column] ?? 'varchar'}`);
  return `create table ${name} (host varchar, run varchar, ${typed.join(', ')})`;
}

/**
 * Works on the fleet under a name without anything that a pattern of files, or SQL, would take for its own:
 * the names of its folders are such by {@link foldersOf}.
 */
async function withPlainName(fleet: string, work: (folder: string) => Promise<void>): Promise<void> {
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-fleet-'));
  const link = path.join(own, 'fleet');
  try {
    fs.symlinkSync(path.resolve(fleet), link, 'junction');
    await work(link);
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
}

/** Reads runs, all tables of each; gives those that could not be read. */
async function loadRuns(duck: Duck, folder: string, runs: readonly string[]): Promise<readonly Unread[]> {
  await duck.run('begin');
  try {
    await duck.run(insertion('status', folder, runs));
    const isWhole = (run: string): boolean => fs.existsSync(path.join(folder, run, 'trace.parquet'));
    const whole = runs.filter(isWhole);
    for (const table of whole.length > 0 ? OF_JUDGED : []) await duck.run(insertion(table, folder, whole));
    await refuseHalf(
      duck,
      folder,
      runs.filter((run) => !isWhole(run)),
    );
    await duck.run('commit');
    return [];
  } catch (error) {
    await duck.run('rollback');
    if (runs.length > 1) {
      const half = runs.length >> 1;
      return [
        ...(await loadRuns(duck, folder, runs.slice(0, half))),
        ...(await loadRuns(duck, folder, runs.slice(half))),
      ];
    }
    const why = error instanceof Error ? error.message : String(error);
    return [{ place: runs[0]!, why: why.split('\n')[0]!.replaceAll(`${folder}/`, '') }];
  }
}

function insertion(table: TableRead, folder: string, runs: readonly string[]): string {
  return `insert into ${table} select host, run, ${READ[table]} from ${filesOf(table, folder, runs)}`;
}

function filesOf(table: TableRead, folder: string, runs: readonly string[]): string {
  const files = runs.map((run) => quoted(`${folder}/${run}/${table}.parquet`));
  return `read_parquet([${files.join(', ')}],
    hive_partitioning = true, hive_types_autocast = false)`;
}

/** A run that says that it was judged has its tables. */
async function refuseHalf(duck: Duck, folder: string, withoutTables: readonly string[]): Promise<void> {
  if (withoutTables.length === 0) return;
  const half = `select count(*) n from ${filesOf('status', folder, withoutTables)} where outcome = 'judged'`;
  const { rows } = await duck.ask(half);
  if (rows[0]!['n'] !== 0) throw new Error('was judged, and its tables are not there');
}
