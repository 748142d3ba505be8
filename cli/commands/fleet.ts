/** `shimtrace fleet`: judges any number of traces into a folder of tables, and reports what they say. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { plural } from '../../parsers/base/plural.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { RULE_IDS } from '../core.js';
import { formatOption, oneOf, type Args } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, InputError, UsageError, type ExitCode } from '../errors.js';
import { checkFleet } from '../fleet/check.js';
import { judgeForParent } from '../fleet/judgeForParent.js';
import { Judges } from '../fleet/judges.js';
import { manifestTraces } from '../fleet/manifest.js';
import { named } from '../fleet/naming.js';
import { SECTIONS, type SectionName } from '../fleet/questions.js';
import { REPORT_FORMATS, renderReport } from '../fleet/render.js';
import { exitOf, reportOf, unmetDemands, type FleetDemands } from '../fleet/report.js';
import type { RunStatus } from '../fleet/status.js';
import { fleetTraces, shardOf, type FleetTrace } from '../fleet/traces.js';
import { LOAD_OPTIONS } from '../load.js';
import { errorCode } from '../../shell/errorCode.js';
import type { Output } from '../output.js';

const TIME_LIMIT_S = 600;
const MEMORY_MB = 4096;
const MS_PER_SECOND = 1000;
const REPORT_ROWS = 30;
const SECTION_NAMES = SECTIONS.map(({ name }) => name);

export const fleet: Command = {
  name: 'fleet',
  summary: 'judge any number of traces into a folder of tables, and report what broke where',
  usage: 'check --out FLEET DIR|FILE|@LIST... | report FLEET',
  options: {
    out: {
      type: 'string',
      value: 'FLEET',
      help: 'check: the folder of the tables, host=…/run=… for each trace',
    },
    name: {
      type: 'string',
      value: 'PATTERN',
      help: "check: what the parts of a trace's path are, such as '{day}/{host}/{run}'; also {kernel}, and * for any",
    },
    manifest: {
      type: 'string',
      value: 'CSV',
      help: 'check: the traces of a table with the columns file, host, run, day, kernel',
    },
    jobs: {
      type: 'string',
      value: 'N',
      help: 'check: traces at a time (default: as many as there are cores)',
    },
    shard: {
      type: 'string',
      value: 'I/N',
      help: 'check: only the I-th of N parts of the traces, by their names',
    },
    'time-limit': {
      type: 'string',
      value: 'SECONDS',
      help: `check: for each trace (default ${TIME_LIMIT_S})`,
    },
    memory: { type: 'string', value: 'MB', help: `check: heap of each process (default ${MEMORY_MB})` },
    baseline: {
      type: 'string',
      value: 'FLEET|JSON',
      help: 'report: what is new against this fleet, or against a report of one as JSON',
    },
    'known-anywhere': {
      type: 'boolean',
      help: 'report: a rule that is broken on any host of the baseline is not new on another',
    },
    'allow-failed': {
      type: 'boolean',
      help: 'report: traces that failed or are damaged do not end it with 2',
    },
    require: {
      type: 'string',
      multiple: true,
      value: 'RULE[,RULE...]',
      help: 'report: end with 2 where one of these rules was judged in no run of a host; repeatable',
    },
    section: {
      type: 'string',
      multiple: true,
      value: 'SECTION',
      help: `report: only ${SECTION_NAMES.join(', ')}; repeatable; of CSV one (default ${SECTION_NAMES[0]!})`,
      choices: SECTION_NAMES,
    },
    limit: {
      type: 'string',
      value: 'N',
      help: `report: rows of a section, 0 for all (default ${REPORT_ROWS})`,
    },
    format: { ...formatOption(REPORT_FORMATS), help: `report: ${formatOption(REPORT_FORMATS).help}` },
    ...LOAD_OPTIONS,
  },
  details: [
    'A trace becomes the folder FLEET/host=FIRST-FOLDER/run=REST-OF-PATH with a Parquet file for each table of `shimtrace',
    'sql` and status.json; of one that cannot be judged there is its status alone, with the reason. Folders come into',
    'being whole: it may be killed at any moment and started again, and what is there of the same bytes is kept.',
    'A report asks them by DuckDB (npm install @duckdb/node-api): which rules broke where and since when, in all or in some',
    'of the runs that could judge them, what is new, how long conversions take, what could not be judged and why.',
    'Exit code of a report: 0 no violation, or none that is new; 1 there is one; 2 traces could not be judged, or what the',
    'baseline or --require asks for could not.',
  ].join('\n'),
  async run(args, output) {
    const [verb, ...rest] = args.positionals;
    if (verb === 'check') return check(args, rest, output);
    if (verb === 'report') return report(args, rest, output);
    if (verb === FOR_PARENT) return judgeHere(args);
    throw new UsageError(`expected ${fleet.usage}`);
  },
};

/** The verb of the processes that `check` starts: nobody else asks for it. */
const FOR_PARENT = 'judge-for-parent';

async function judgeHere(args: Args): Promise<ExitCode> {
  await judgeForParent(judgingOf(args));
  return EXIT.clean;
}

async function check(args: Args, places: readonly string[], output: Output): Promise<ExitCode> {
  const out = args.text('out');
  if (out === undefined) throw new UsageError('fleet check takes --out FLEET');
  const traces = shardOf(tracesOf(args, places), shard(args));
  const counts = { judged: 0, kept: 0, failed: 0, timeout: 0 };
  const judging = judgingOf(args);
  const judges = new Judges({
    entry: entryOf(),
    args: ['fleet', FOR_PARENT, ...judging],
    execArgv: [`--max-old-space-size=${args.number('memory') ?? MEMORY_MB}`],
    timeLimitMs: (args.number('time-limit') ?? TIME_LIMIT_S) * MS_PER_SECOND,
  });
  try {
    await checkFleet(traces, {
      out,
      judge: (file, folder) => judges.judge({ file, folder }),
      judging: judging.join(' '),
      jobs: args.number('jobs') ?? os.availableParallelism(),
      ended: (status, done) => {
        counts[status.isKept ? 'kept' : status.outcome]++;
        output.progress(`${done} of ${traces.length}`);
        if (status.outcome !== 'judged') output.err(`${status.file}: ${firstLine(status)}`);
      },
    });
  } catch (error) {
    // The folder is full, or cannot be written: what is there already is whole.
    if (errorCode(error) !== '') throw new InputError(`${out}: ${(error as Error).message}`);
    throw error;
  } finally {
    // What is idle would keep this process.
    judges.close();
  }
  output.progress('');
  output.out(
    `${plural(traces.length, 'trace')}: ${counts.judged} judged, ${counts.kept} kept, ` +
      `${counts.failed} failed, ${counts.timeout} took too long\n`,
  );
  return EXIT.clean;
}

/** The traces with their names, from a manifest or from places. */
function tracesOf(args: Args, places: readonly string[]): readonly FleetTrace[] {
  const [manifest, pattern] = [args.text('manifest'), args.text('name')];
  if (manifest === undefined) {
    if (places.length === 0) throw new UsageError(`expected ${fleet.usage}`);
    return named(fleetTraces(places), pattern);
  }
  if (places.length > 0 || pattern !== undefined)
    throw new UsageError(
      '--manifest says which traces there are and what they are called: neither DIR nor --name',
    );
  return manifestTraces(manifest);
}

async function report(args: Args, places: readonly string[], output: Output): Promise<ExitCode> {
  const [folder] = places;
  if (folder === undefined || places.length > 1) throw new UsageError('fleet report takes one FLEET');
  const format = args.choice('format', REPORT_FORMATS, 'text');
  const demands: FleetDemands = {
    knownAnywhere: args.flag('known-anywhere'),
    allowFailed: args.flag('allow-failed'),
    rules: args
      .list('require')
      .flatMap((word) => word.split(','))
      .map((word) => oneOf('--require', word.trim(), RULE_IDS)),
  };
  const baseline = args.text('baseline');
  const sections = sectionsOf(args, format === 'csv', baseline);
  const limit = args.number('limit') ?? REPORT_ROWS;
  const found = await reportOf(folder, { baseline, sections, progress: (line) => output.progress(line) });
  output.out(renderReport(found, format, { demands, sections, limit }));
  // The forms for people say it themselves.
  if (format === 'csv' || format === 'json')
    for (const sentence of unmetDemands(found, demands))
      output.err(visibleLine(`shimtrace: ${folder}: ${sentence}`));
  return exitOf(found, demands);
}

function sectionsOf(args: Args, isOne: boolean, baseline: string | undefined): readonly SectionName[] {
  const asked = args.list('section').map((word) => oneOf('--section', word, SECTION_NAMES));
  for (const { name, isOfBaseline } of SECTIONS)
    if (isOfBaseline && asked.includes(name) && baseline === undefined)
      throw new UsageError(`--section ${name} takes a --baseline`);
  if (isOne && asked.length > 1) throw new UsageError('a CSV has one --section');
  if (asked.length > 0) return asked;
  return isOne ? SECTION_NAMES.slice(0, 1) : SECTION_NAMES;
}

/** Without the file's name, which the message may begin with. */
function firstLine({ message, file }: RunStatus): string {
  const line = message.split('\n')[0]!;
  return line.startsWith(`${file}: `) ? line.slice(file.length + 2) : line;
}

function shard(args: Args): { readonly index: number; readonly count: number } {
  const text = args.text('shard') ?? '1/1';
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || index < 1 || index > count)
    throw new UsageError(`--shard takes I/N, such as 2/8; not '${text}'`);
  return { index, count };
}

/**
 * The module that starts this program: of a bundle the one beside it, of single modules that of the command
 * line.
 */
function entryOf(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const bundled = path.join(here, 'cli.js');
  return fs.existsSync(bundled) ? bundled : path.join(here, '../main.js');
}

/** The options by which each trace is judged, as they were given. */
function judgingOf(args: Args): readonly string[] {
  const rules = args.list('rules').flatMap((rule) => ['--rules', rule]);
  const rest = ['clock', 'skew-us', 'page-size'].flatMap((name) => {
    const value = args.text(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  return [...rules, ...rest];
}
