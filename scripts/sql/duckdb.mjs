// `npm run sql:duckdb`: asks the twenty questions of docs/SQL.md of DuckDB, over Parquet files, and of the
// trace processor, and fails where their rows differ. Traces as arguments are asked in the place of those of
// the tests.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, ensureDependencies, fail, must, root } from '../steps.mjs';
import { ensureProcessor } from '../perfetto/get.mjs';

ensureDependencies();
if (!ensureProcessor()) fail('There is nothing to compare with');
must(bin('tsc'), ['-b']);
process.chdir(root);

const load = (file) => import(path.join(root, 'out', file));
const { askedSamples, tablesOf } = await load('test/support/sqlTables.js');
const { SqlTrace } = await load('shell/sql/engine.js');
const { ParquetWriter } = await load('shell/parquet/writer.js');
const { QUESTIONS } = await load('model/tables/questions.js');
const { TABLE_NAMES } = await load('model/tables/schema.js');
const { DuckDBInstance } = await import('@duckdb/node-api');

const code = fs.readFileSync('dist/perfetto/trace_processor.wasm');
const named = process.argv.slice(2);
const traces = named.length > 0 ? named.map((file) => tablesOf(fs.readFileSync(file), file)) : askedSamples();

/** A value as both have it: DuckDB's truth, decimals and large sums in the processor's types. */
function comparable(value) {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(12)));
  return value === null ? null : String(value);
}

async function duckOn(tables, folder) {
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  for (const name of TABLE_NAMES) {
    const file = path.join(folder, `${name}.parquet`);
    const fd = fs.openSync(file, 'w');
    const writer = new ParquetWriter(tables.columns(name), 'shimtrace', (bytes) => fs.writeSync(fd, bytes));
    for (const batch of tables.rows(name)) writer.add(batch);
    writer.finish();
    fs.closeSync(fd);
    await duck.run(`create view ${name} as select * from '${file.replaceAll("'", "''")}'`);
  }
  return duck;
}

let differences = 0;
let rows = 0;
for (const tables of traces) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  const duck = await duckOn(tables, folder);
  const asked = new SqlTrace(code, tables);
  for (const { title, sql } of QUESTIONS) {
    const theirs = (await duck.runAndReadAll(sql)).getRows().map((row) => row.map(comparable));
    const ours = (await asked.query(sql)).rows.map((row) => row.map(comparable));
    rows += ours.length;
    if (JSON.stringify(theirs) === JSON.stringify(ours)) continue;
    differences++;
    const at = ours.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(theirs[i]));
    console.log(
      `${tables.report.path}: ${title}\n  processor ${JSON.stringify(ours[at])}\n  DuckDB    ${JSON.stringify(theirs[at])}`,
    );
  }
  fs.rmSync(folder, { recursive: true });
}
console.log(`${QUESTIONS.length} questions of ${traces.length} traces, ${rows} rows: ${differences} differ`);
process.exitCode = differences === 0 ? 0 : 1;
