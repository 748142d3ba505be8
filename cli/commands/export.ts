/** `shimtrace export`: a judged trace in the form of other tools. */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../shell/makeFolder.node.js';
import { TABLE_NAMES } from '../../model/tables/schema.js';
import { CsvWriter } from '../../shell/parquet/csv.js';
import { ParquetWriter } from '../../shell/parquet/writer.js';
import { perfettoTrace } from '../../shell/perfetto/export.js';
import type { Args } from '../args.js';
import { RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import type { Command } from '../command.js';
import { EXIT, InputError, UsageError } from '../errors.js';
import { loadKept } from '../keptWhole.js';
import { loadOptions, LOAD_OPTIONS, type LoadedTrace } from '../load.js';
import type { Output } from '../output.js';
import { SELECT_OPTIONS, selectPages } from '../select.js';
import { VERSION } from '../version.js';
import { writeAll } from '../writeAll.js';
import { tablesOf } from './sql.js';

export const exportCommand: Command = {
  name: 'export',
  summary: 'write a judged trace in the form of other tools: Perfetto, Parquet, CSV',
  usage: '--perfetto OUT | --parquet DIR | --csv DIR FILE...',
  options: {
    perfetto: {
      type: 'string',
      value: 'OUT',
      help: 'write a trace for ui.perfetto.dev and the trace processor',
    },
    parquet: {
      type: 'string',
      value: 'DIR',
      help: 'write the tables of `shimtrace sql` as Parquet files into this folder',
    },
    csv: { type: 'string', value: 'DIR', help: 'the same as CSV' },
    force: { type: 'boolean', help: 'write over what is there already' },
    ...SELECT_OPTIONS,
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'All events with all that was printed of them, threads, conversions with their phases, findings with their evidence,',
    'lost events, counters of pages and references. Pages have a track of their own where a finding is about them, and',
    'where --gfn, --inode or --vm ask for them. The file is made here; nothing is sent anywhere.',
  ].join('\n'),
  run(args, output) {
    const outs = FORMS.filter((form) => args.text(form) !== undefined);
    if (outs.length === 0 || args.positionals.length === 0)
      throw new UsageError(`expected ${exportCommand.usage}`);
    for (const form of outs) refuseExisting(args.text(form)!, args);
    const trace = loadKept(args, args.positionals, exportCommand.usage, loadOptions(args), output);
    try {
      for (const form of outs) {
        const out = args.text(form)!;
        if (form === 'perfetto') writePerfetto(out, trace, args, output);
        else writeTables(out, form, trace, output);
      }
    } finally {
      trace.close();
    }
    return EXIT.clean;
  },
};

const FORMS = ['perfetto', 'parquet', 'csv'] as const;

/** The name of a trace in the place of the output's would be the end of the trace. */
function refuseExisting(out: string, args: Args): void {
  const isEmptyFolder =
    fs.statSync(out, { throwIfNoEntry: false })?.isDirectory() && fs.readdirSync(out).length === 0;
  if (fs.existsSync(out) && !isEmptyFolder && !args.flag('force'))
    throw new InputError(`${out}: there is something of this name already; --force writes over it`);
}

function writePerfetto(out: string, trace: LoadedTrace & LoadedRun, args: Args, output: Output): void {
  const asks = ['gfn', 'inode', 'vm'].some((name) => args.text(name) !== undefined);
  const pieces = perfettoTrace(trace, {
    fieldsOf: (row) => trace.open.describe(row, 'fields').fields,
    pages: asks ? selectPages(trace.analysis, args) : [],
  });
  writeWhole(out, (write) => {
    let bytes = 0;
    for (const piece of pieces) {
      write(piece);
      bytes += piece.length;
      output.progress(`${out}: ${Math.floor(bytes / (1 << 20))} MB`);
    }
  });
  output.progress('');
  output.err(`${out}: ${trace.table.length} events, ${fs.statSync(out).size} bytes`);
}

/** A file for each table that has rows; of the others there is one too, so that a query of it finds none. */
function writeTables(
  folder: string,
  form: 'parquet' | 'csv',
  trace: LoadedTrace & LoadedRun,
  output: Output,
): void {
  beginFolder(folder);
  const tables = tablesOf(trace);
  const counts: string[] = [];
  for (const name of TABLE_NAMES) {
    let rows = 0;
    writeWhole(path.join(folder, `${name}.${form}`), (write) => {
      const columns = tables.columns(name);
      const writer =
        form === 'parquet'
          ? new ParquetWriter(columns, `shimtrace ${VERSION}`, write)
          : new CsvWriter(columns, write);
      for (const batch of tables.rows(name)) {
        writer.add(batch);
        rows += batch.length;
        output.progress(`${folder}: ${name}, ${rows} rows`);
      }
      writer.finish();
    });
    counts.push(`${name} ${rows}`);
  }
  output.progress('');
  output.err(`${folder}: ${counts.join(', ')}`);
}

function beginFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw new InputError(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Writes a file that is there as a whole or not at all. */
function writeWhole(out: string, fill: (write: (bytes: Uint8Array) => void) => void): void {
  const part = `${out}.part-${process.pid}`;
  let fd: number;
  try {
    fd = fs.openSync(part, 'wx');
  } catch (error) {
    throw new InputError(`${out}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    fill((bytes) => writeAll(fd, bytes));
    fs.closeSync(fd);
    fs.renameSync(part, out);
  } catch (error) {
    fs.rmSync(part, { force: true });
    throw error;
  }
}
