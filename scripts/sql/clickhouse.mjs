// `npm run sql:clickhouse`: asks ClickHouse the SQL of `shimtrace fleet report` over a simulated fleet, as
// files and in an object store, and the twenty questions of docs/SQL.md over the traces of the tests, and
// fails where its rows are not DuckDB's. ClickHouse is 540 MB: it is installed when this is run, and is no
// part of `npm test`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, ensureDependencies, must, root } from '../steps.mjs';

const tools = path.join(root, 'scripts/sql/clickhouse');
ensureDependencies();
// Its lock file names packages for other platforms that not every registry has: its exact version must do.
if (!fs.existsSync(path.join(tools, 'node_modules/chdb')))
  must('npm', ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: tools,
  });
must(bin('tsc'), ['-b']);
process.chdir(root);

const load = (file) => import(path.join(root, 'out', file));
const { askedSamples } = await load('test/support/sqlTables.js');
const { judgedInto } = await load('test/support/fleets.js');
const { PATTERN, simulated } = await load('test/support/simulatedFleet.js');
const { Duck } = await load('cli/fleet/duckdb.js');
const { FLEET_TABLES } = await load('cli/fleet/load.js');
const { FLEET_VIEWS, SECTIONS } = await load('cli/fleet/questions.js');
const { reportOf } = await load('cli/fleet/report.js');
const { ParquetWriter } = await load('shell/parquet/writer.js');
const { QUESTIONS } = await load('model/tables/questions.js');
const { TABLE_NAMES } = await load('model/tables/schema.js');
const { Session } = await import(path.join(tools, 'node_modules/chdb/index.mjs'));

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
let [rows, differences] = [0, 0];

/** A value as both have it: ClickHouse's whole numbers in quotes, DuckDB's truth as such. */
function comparable(value) {
  if (typeof value === 'boolean') return value ? '1' : '0';
  const isFraction = typeof value === 'number' && !Number.isInteger(value);
  if (isFraction) return String(Number(value.toPrecision(12)));
  return value === null ? null : String(value);
}

function compare(title, theirs, ours) {
  const texts = (all) => all.map((row) => JSON.stringify(row.map(comparable)));
  const [one, other] = [texts(theirs), texts(ours)];
  rows += other.length;
  const at = other.findIndex((row, i) => row !== one[i]);
  if (at < 0 && one.length === other.length) return;
  differences++;
  console.log(
    `${title}\n  ClickHouse ${one.length} rows, ${one[at]}\n  DuckDB     ${other.length} rows, ${other[at]}`,
  );
}

function rowsOfClick(click, sql) {
  return JSON.parse(click.query(sql, 'JSONCompact')).data;
}

/** Serves a folder as an object store, from a process of its own, while `use` runs with its address. */
async function withStore(served, use) {
  const store = spawn(process.execPath, [path.join(root, 'scripts/sql/objectStore.mjs'), served], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(store.stdout, 'data');
  try {
    await use(`http://127.0.0.1:${String(port).trim()}/bucket`);
  } finally {
    store.kill();
  }
}

/** The fleet with a baseline, as `shimtrace fleet report` answers and as ClickHouse does. */
async function compareFleets() {
  const fleets = [];
  for (const seed of [1, 2]) {
    const traces = path.join(folder, `traces${seed}`);
    for (const { relative, text } of simulated({ traces: 60, days: 8, seed })) {
      const file = path.join(traces, relative);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    fleets.push(await judgedInto(path.join(folder, `fleet${seed}`), traces, PATTERN));
  }
  const [fleet, baseline] = fleets;
  const report = await reportOf(fleet, { baseline });
  const past = (await reportOf(baseline)).standing.rows;
  askFleet('as files', (table) => `file('${fleet}/${table}', Parquet)`, report, past);
  await withStore(fleet, (url) =>
    askFleet('in an object store', (table) => `s3('${url}/${table}', NOSIGN, 'Parquet')`, report, past),
  );
}

/** `files` gives ClickHouse's words for the files of a fleet that a pattern names. */
function askFleet(where, files, report, past) {
  const click = new Session();
  click.query('set join_use_nulls = 1');
  const name = (part) => `decodeURLComponent(extract(_path, '/${part}=([^/]+)/')) ${part}`;
  for (const table of FLEET_TABLES)
    click.query(`create view ${table} as
      select ${name('host')}, ${name('run')}, * ${table === 'trace' ? 'except (host)' : ''}
      from ${files(`host=*/run=*/${table}.parquet`)}
      settings use_hive_partitioning = 0`);
  click.query(
    'create table baseline (rule String, host String, kernel String, broken Int64, held Int64) engine = Memory',
  );
  const text = (value) => `'${String(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const values = past.map(
    (r) => `(${text(r.rule)}, ${text(r.host)}, ${text(r.kernel)}, ${r.broken}, ${r.held})`,
  );
  click.query(`insert into baseline values ${values.join(', ')}`);
  for (const { name: view, select } of FLEET_VIEWS) click.query(`create view ${view} as ${select}`);
  for (const { name: section, sql } of SECTIONS) {
    const { columns, rows: ours } = report.sections[section];
    compare(
      `${section}, ${where}`,
      rowsOfClick(click, sql),
      ours.map((row) => columns.map((column) => row[column])),
    );
  }
  click.close?.();
}

async function compareQuestions() {
  for (const tables of askedSamples()) {
    const at = fs.mkdtempSync(path.join(folder, 'tables-'));
    const [click, duck] = [new Session(), await Duck.start(at)];
    click.query('set join_use_nulls = 1');
    for (const name of TABLE_NAMES) {
      const file = path.join(at, `${name}.parquet`);
      const fd = fs.openSync(file, 'w');
      const writer = new ParquetWriter(tables.columns(name), 'shimtrace', (bytes) => fs.writeSync(fd, bytes));
      for (const batch of tables.rows(name)) writer.add(batch);
      writer.finish();
      fs.closeSync(fd);
      await duck.run(`create view ${name} as select * from '${file}'`);
      click.query(`create view ${name} as select * from file('${file}', Parquet)`);
    }
    for (const { title, sql } of QUESTIONS) {
      const { columns, rows: ours } = await duck.ask(sql);
      try {
        compare(
          `${tables.report.path}: ${title}`,
          rowsOfClick(click, sql),
          ours.map((row) => columns.map((column) => row[column])),
        );
      } catch (error) {
        differences++;
        console.log(`${title}\n  ${error.message.split('\n')[0]}`);
      }
    }
    duck.close();
    click.close?.();
  }
}

await compareFleets();
await compareQuestions();
fs.rmSync(folder, { recursive: true });
console.log(
  `${SECTIONS.length} sections, ${QUESTIONS.length} questions, ${rows} rows: ${differences} differ`,
);
process.exitCode = differences === 0 ? 0 : 1;
