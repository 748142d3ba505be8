/** `shimtrace cache`: what is kept of traces that were read, and how to be rid of it. */
import fs from 'node:fs';
import path from 'node:path';
import { plural } from '../../parsers/base/plural.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { TraceCache, type EntryInfo } from '../../shell/cache/traceCache.node.js';
import { formatOption, oneOf, type Args } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, UsageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

const FORMATS = ['text', 'json'] as const;
const ACTIONS = ['info', 'clear'] as const;
const MB = 1e6;

export const cache: Command = {
  name: 'cache',
  summary: 'say what is kept of large traces that were read, or remove it',
  usage: 'info | clear',
  options: { format: formatOption(FORMATS) },
  details: [
    'A trace of 4 MB or more that was read is not read again while its file stays as it is: what was found, and for',
    'the debugger and the editor its events, are kept in your folder of caches ($XDG_CACHE_HOME/shimtrace,',
    '~/.cache/shimtrace; ~/Library/Caches/shimtrace on macOS, %LOCALAPPDATA%\\shimtrace on Windows), which nobody',
    'else can read, never beside the trace. SHIMTRACE_CACHE names another folder; empty, nothing is kept.',
    'An entry is used where the i-node, size and times of the file, some of its blocks, what lies beside it, the',
    'options and this build of shimtrace are the same; else it is made anew. What was used last stays, up to',
    'a bound. `clear` also removes what reviews have kept.',
  ].join('\n'),
  run(args, output) {
    const [word = 'info', ...more] = args.positionals;
    if (more.length > 0) throw new UsageError('cache takes one word: info or clear');
    const action = oneOf('cache', word, ACTIONS);
    const { cache: settings } = output;
    if (settings === undefined || settings.folder === '') {
      output.out('nothing is kept: there is no folder for it\n');
      return EXIT.clean;
    }
    const traces = new TraceCache(settings);
    return action === 'info' ? info(traces, args, output) : clear(traces, args, output);
  },
};

function info(traces: TraceCache, args: Args, output: Output): ExitCode {
  const { folder, mostBytes, mostEntries } = traces.bounds;
  const entries = traces.entries();
  if (args.choice('format', FORMATS, 'text') === 'json') {
    const plain = {
      schema: 'shimtrace.cache/1',
      folder,
      mostBytes,
      mostEntries,
      entries: entries.map(entryJson),
    };
    output.out(`${JSON.stringify(plain, undefined, 2)}\n`);
    return EXIT.clean;
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  output.out(`${folder}\n`);
  const most = `at most ${mostEntries} traces and ${mb(mostBytes)} MB`;
  output.out(`${plural(entries.length, 'trace')}, ${mb(bytes)} MB; ${most}\n`);
  if (entries.length > 0) output.out(`\n${entries.map((entry) => `${entryLine(entry)}\n`).join('')}`);
  return EXIT.clean;
}

const mb = (bytes: number): string => (bytes / MB).toFixed(bytes < MB ? 1 : 0);

function entryLine(entry: EntryInfo): string {
  const used = new Date(entry.usedMs).toISOString().slice(0, 16).replace('T', ' ');
  return visibleLine(
    `${used}  ${mb(entry.bytes).padStart(6)} MB  ${wordsOf(entry)}  ${entry.about?.name ?? ''}`,
  );
}

/** What an entry is good for. */
function wordsOf({ about, isOfThisBuild }: EntryInfo): string {
  if (!about) return 'damaged';
  return isOfThisBuild ? about.holds.join(', ') : 'of another build';
}

function entryJson({ file, bytes, usedMs, about, isOfThisBuild }: EntryInfo): object {
  return {
    file: path.basename(file),
    bytes,
    used: new Date(usedMs).toISOString(),
    trace: about?.name ?? null,
    traceBytes: about ? about.stamps.reduce((sum, { size }) => sum + Number(size), 0) : null,
    holds: about?.holds ?? [],
    isDamaged: about === undefined,
    isOfThisBuild,
  };
}

function clear(traces: TraceCache, args: Args, output: Output): ExitCode {
  const { entries, bytes } = traces.clear();
  const reviews = output.keeps;
  if (reviews !== undefined) fs.rmSync(reviews, { recursive: true, force: true });
  if (args.choice('format', FORMATS, 'text') === 'json')
    output.out(`${JSON.stringify({ schema: 'shimtrace.cache/1', removed: entries, bytes }, undefined, 2)}\n`);
  else output.out(`${plural(entries, 'trace')} removed, ${mb(bytes)} MB\n`);
  return EXIT.clean;
}
