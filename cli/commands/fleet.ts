/** `shimtrace fleet`: judges any number of traces into a folder of tables. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { plural } from '../../parsers/base/plural.js';
import type { Args } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { checkFleet, type RunStatus } from '../fleet/check.js';
import { fleetTraces, shardOf } from '../fleet/traces.js';
import { LOAD_OPTIONS } from '../load.js';

const TIME_LIMIT_S = 600;
const MEMORY_MB = 4096;
const MS_PER_SECOND = 1000;

export const fleet: Command = {
  name: 'fleet',
  summary: 'judge any number of traces into a folder of tables',
  usage: 'check --out FLEET DIR|FILE|@LIST...',
  options: {
    out: { type: 'string', value: 'FLEET', help: 'the folder of the tables, host=…/run=… for each trace' },
    jobs: { type: 'string', value: 'N', help: 'traces at a time (default: as many as there are cores)' },
    shard: { type: 'string', value: 'I/N', help: 'only the I-th of N parts of the traces, by their names' },
    'time-limit': { type: 'string', value: 'SECONDS', help: `for each trace (default ${TIME_LIMIT_S})` },
    memory: { type: 'string', value: 'MB', help: `heap of each process (default ${MEMORY_MB})` },
    ...LOAD_OPTIONS,
  },
  details: [
    'A trace becomes the folder FLEET/host=FIRST-FOLDER/run=REST-OF-PATH with a Parquet file for each table of `shimtrace',
    'sql` and status.json; of one that cannot be judged there is status.json alone, with the reason. Folders come into',
    'being whole: it may be killed at any moment and started again, and what is there of the same bytes is kept.',
  ].join('\n'),
  async run(args, output) {
    const [verb, ...named] = args.positionals;
    const out = args.text('out');
    if (verb !== 'check' || out === undefined || named.length === 0)
      throw new UsageError(`expected ${fleet.usage}`);
    const traces = shardOf(fleetTraces(named), shard(args));
    const counts = { judged: 0, kept: 0, failed: 0, timeout: 0 };
    await checkFleet(traces, {
      out,
      program: programOf(args.number('memory') ?? MEMORY_MB),
      judging: judgingOf(args),
      jobs: args.number('jobs') ?? os.availableParallelism(),
      timeLimitMs: (args.number('time-limit') ?? TIME_LIMIT_S) * MS_PER_SECOND,
      ended: (status, done) => {
        counts[status.isKept ? 'kept' : status.outcome]++;
        output.progress(`${done} of ${traces.length}`);
        if (status.outcome !== 'judged') output.err(`${status.file}: ${firstLine(status)}`);
      },
    });
    output.progress('');
    output.out(
      `${plural(traces.length, 'trace')}: ${counts.judged} judged, ${counts.kept} kept, ` +
        `${counts.failed} failed, ${counts.timeout} took too long\n`,
    );
    return EXIT.clean;
  },
};

function firstLine({ message }: RunStatus): string {
  return message.split('\n')[0]!;
}

function shard(args: Args): { readonly index: number; readonly count: number } {
  const text = args.text('shard') ?? '1/1';
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || index < 1 || index > count)
    throw new UsageError(`--shard takes I/N, such as 2/8; not '${text}'`);
  return { index, count };
}

/** This program again: of a bundle its entry beside it, of single modules the one that starts them. */
function programOf(memoryMb: number): readonly string[] {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const bundled = path.join(here, 'cli.js');
  const entry = fs.existsSync(bundled) ? bundled : path.join(here, '../main.js');
  return [process.execPath, `--max-old-space-size=${memoryMb}`, entry];
}

/** The options by which each trace is judged, as they were given. */
function judgingOf(args: Args): readonly string[] {
  const rules = args.list('rules').flatMap((rule) => ['--rules', rule]);
  const rest = ['clock', 'skew-us'].flatMap((name) => {
    const value = args.text(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  return [...rules, ...rest];
}
