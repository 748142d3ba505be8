/** `shimtrace sql`: asks a trace in SQL. */
import fs from 'node:fs';
import { frameFilter, type RowFilter } from '../../model/tables/partRows.js';
import { TraceTables } from '../../model/tables/index.js';
import { ProcessorEnded } from '../../shell/perfetto/machine.js';
import { QueryError } from '../../shell/perfetto/processor.js';
import { SqlTrace, TooManyEvents } from '../../shell/sql/engine.js';
import { AnswerPrinter, SQL_FORMATS, type SqlFormat } from '../../shell/sql/render.js';
import { formatOption, type Args } from '../args.js';
import { PLACE_OPTIONS, placeFilters, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import type { Command } from '../command.js';
import { sha256 } from '../digest.js';
import { EXIT, InputError, UsageError } from '../errors.js';
import { loadKept } from '../keptWhole.js';
import { loadOptions, LOAD_OPTIONS, type LoadedTrace } from '../load.js';
import type { Output } from '../output.js';
import { codeOf, PROCESSOR_OPTIONS } from '../processor.js';
import { parseRange } from '../select.js';
import { prompt } from '../sqlPrompt.js';
import { VERSION } from '../version.js';

export const sql: Command = {
  name: 'sql',
  summary: 'ask a trace anything, in SQL',
  usage: "FILE... 'select …'",
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'the SQL is in this file; - is standard input' },
    format: formatOption(SQL_FORMATS),
    ...PLACE_OPTIONS,
    gfn: {
      type: 'string',
      value: 'RANGE',
      help: 'ask events about these guest frames only: 0x100000, 0x100000-0x10000f or 0x100000+16',
    },
    ...PROCESSOR_OPTIONS,
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'The tables are trace, events, pages, event_pages, intervals, conversions, findings, evidence, refs, loss, rules and',
    "doubts; docs/SQL.md has their columns and twenty questions to start from. Perfetto's own tables and functions are",
    'there too. Of several statements the last is answered. Without SQL there is a prompt on a terminal; else it is read',
    'from standard input. --from, --to and --gfn choose the rows of events and event_pages; the other tables are of the whole',
    'trace, which is judged as a whole.',
  ].join('\n'),
  async run(args, output) {
    const { names, text } = await questionOf(args);
    const format = args.choice('format', SQL_FORMATS, 'table');
    const code = codeOf(args);
    const trace = loadKept(args, names, sql.usage, loadOptions(args), output);
    try {
      const part = partOf(trace, args);
      const asked = new SqlTrace(code, tablesOf(trace), { progress: (what) => output.progress(what), part });
      if (part) output.err(partLine(asked, trace));
      if (text === undefined) await prompt((statement) => answer(asked, statement, format, output), output);
      else await answerOnce(asked, text, args.text('file'), format, output);
    } catch (error) {
      if (error instanceof TooManyEvents) throw new InputError(`${error.message}: ${OTHERWISE}`);
      throw error;
    } finally {
      trace.close();
    }
    return EXIT.clean;
  },
};

/** What to do where a trace is too large. */
const OTHERWISE =
  'ask a part of them with --from, --to or --gfn, or export them with `shimtrace export --parquet` ' +
  'for an engine that holds more';

/** The events that are asked about; undefined for all. */
function partOf(trace: LoadedTrace & LoadedRun, args: Args): RowFilter | undefined {
  const filters = [...placeFilters(trace, args)];
  const gfn = args.text('gfn');
  if (gfn !== undefined) filters.push(frameFilter(trace.table, trace.analysis, parseRange('--gfn', gfn)));
  return filters.length === 0 ? undefined : (row) => filters.every((filter) => filter(row));
}

/** Said before any answer: a row that is not in the part is not absent from the trace. */
function partLine(asked: SqlTrace, trace: LoadedTrace): string {
  const { length } = trace.table;
  return `shimtrace: events and event_pages are of ${asked.count} of ${length} events; other tables are of all`;
}

/** The tables of a judged trace, with what the command line knows of its file. */
export function tablesOf(trace: LoadedTrace & LoadedRun): TraceTables {
  const isFile = trace.files === undefined && fs.statSync(trace.path, { throwIfNoEntry: false })?.isFile();
  return new TraceTables(trace, { digest: isFile ? sha256(trace.path) : '', version: VERSION });
}

/** The traces that are named, and the SQL; undefined: there is to be a prompt. */
async function questionOf(
  args: Args,
): Promise<{ readonly names: readonly string[]; readonly text: string | undefined }> {
  const { positionals } = args;
  const file = args.text('file');
  if (file !== undefined && file !== '-') return { names: positionals, text: readSql(file) };
  if (file === undefined && positionals.length > 1 && !fs.existsSync(positionals[positionals.length - 1]!))
    return { names: positionals.slice(0, -1), text: positionals[positionals.length - 1]! };
  if (positionals.length === 0) throw new UsageError(`expected ${sql.usage}`);
  if (file === undefined && process.stdin.isTTY) return { names: positionals, text: undefined };
  if (positionals.includes('-')) throw new UsageError('standard input is the trace already: give the SQL');
  return { names: positionals, text: fs.readFileSync(0, 'utf8') };
}

function readSql(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function answer(asked: SqlTrace, text: string, format: SqlFormat, output: Output): Promise<void> {
  const printer = new AnswerPrinter(format, (part) => output.out(part));
  const { columns } = await asked.query(text, (names, rows) => {
    output.progress('');
    printer.rows(names, rows);
  });
  output.progress('');
  printer.end(columns);
}

async function answerOnce(
  asked: SqlTrace,
  text: string,
  file: string | undefined,
  format: SqlFormat,
  output: Output,
): Promise<void> {
  try {
    await answer(asked, text, format, output);
  } catch (error) {
    output.progress('');
    throw isOfQuery(error) ? new InputError(`${file ?? 'SQL'}${whyText(error)}`) : error;
  }
}

/** True for what a question can end in through no fault of ours. */
function isOfQuery(error: unknown): error is QueryError | ProcessorEnded {
  return error instanceof QueryError || error instanceof ProcessorEnded;
}

/** `:1:8: no such column: foo`, as the place stands behind a file's name. */
function whyText(error: QueryError | ProcessorEnded): string {
  if (!(error instanceof QueryError) || error.line === undefined) return `: ${error.message}`;
  return `:${error.line}:${error.column}: ${error.message}`;
}
