/** What a fleet is compared with: another one, or what a report of one said as JSON. */
import fs from 'node:fs';
import { InputError } from '../errors.js';
import { literal, type Duck } from './duckdb.js';
import { loadFleet } from './load.js';

/** A table with a row for a rule on a host with a kernel, as in `standing`. */
const COLUMNS = ['rule', 'host', 'kernel', 'broken', 'held'] as const;
const ROWS_AT_A_TIME = 1000;

/** Makes the empty table, which stays so where there is no baseline. */
export async function makeBaseline(duck: Duck): Promise<void> {
  await duck.run('create schema ours; use ours');
  await duck.run(
    'create table baseline (rule varchar, host varchar, kernel varchar, broken bigint, held bigint)',
  );
}

/** Fills it. Throws InputError for what is neither a fleet nor such a report. */
export async function fillBaseline(
  duck: Duck,
  baseline: string,
  progress: (done: number, of: number) => void,
): Promise<void> {
  const stat = fs.statSync(baseline, { throwIfNoEntry: false });
  if (!stat) throw new InputError(`--baseline ${baseline}: there is nothing of this name`);
  if (stat.isDirectory()) {
    const { runs } = await loadFleet(duck, baseline, 'past', progress);
    if (runs === 0) throw new InputError(`--baseline ${baseline}: there is no run of a fleet in this folder`);
    await duck.run(`insert into ours.baseline select ${COLUMNS.join(', ')} from past.standing`);
    return;
  }
  const rows = rowsOf(baseline);
  for (let i = 0; i < rows.length; i += ROWS_AT_A_TIME) {
    const values = rows.slice(i, i + ROWS_AT_A_TIME).map((row) => `(${row.map(literal).join(', ')})`);
    await duck.run(`insert into ours.baseline values ${values.join(', ')}`);
  }
}

/** The rows of a report that was written as JSON. */
function rowsOf(file: string): readonly (readonly (string | number)[])[] {
  const refuse = (why: string): never => {
    throw new InputError(
      `--baseline ${file}: ${why}; it takes a fleet's folder, or what \`shimtrace fleet report --format json\` printed`,
    );
  };
  let report: unknown;
  try {
    report = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return refuse('is no JSON');
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const standing = isObject(report) ? report['standing'] : undefined;
  if (!Array.isArray(standing)) return refuse('has no list `standing`');
  return standing.map((row: unknown, i) => {
    if (!isObject(row)) return refuse(`row ${i + 1} of \`standing\` is no object`);
    return COLUMNS.map((name) => {
      const value = row[name];
      if (name === 'broken' || name === 'held') {
        if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
      } else if (typeof value === 'string') return value;
      return refuse(`row ${i + 1} of \`standing\` has no ${name}`);
    });
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
