/** Reports of large traces that were read before: printed again, where the trace is certainly the same. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { isLimited } from '../parsers/events/issues.js';
import { readReport, writeReport } from '../shell/cache/reportParts.js';
import { TraceCache, type Sighting } from '../shell/cache/traceCache.node.js';
import { besideOf } from './sidecar.js';
import type { Args } from './args.js';
import { judgedRun, namedGroup, openGroup, type BundleFile } from './bundle.js';
import { lacksCodecs } from './codecs.js';
import { RULES } from './core.js';
import { KeptDamaged } from './errors.js';
import { STDIN_NAME } from './fileSource.js';
import { isDamaged, type LoadedTrace, type LoadOptions } from './load.js';
import type { Output } from './output.js';

/** Findings and conversions of a trace whose report is kept, at most. */
const MOST_KEPT = 200_000;

/** The cache of a call, if it is to use one. */
export function cacheOf(args: Args, { cache }: Output): TraceCache | undefined {
  return cache === undefined || args.flag('no-cache') ? undefined : new TraceCache(cache);
}

/** Looks at a file that is to be judged by itself; undefined where nothing is kept of such a one. */
export function sightOf(
  cache: TraceCache,
  file: BundleFile,
  { profiles, clock, skewNs, pageBytes }: LoadOptions,
): Sighting | undefined {
  const { path, traceEvents, ...said } = file;
  if (path === '-') return undefined;
  const offsetNs = said.offsetNs?.toString();
  const beside = [...besideOf(path).slice(1), ...(traceEvents === undefined ? [] : [traceEvents])];
  const asked = [{ ...said, offsetNs }, profiles, clock, skewNs, pageBytes, beside.map(digestOf)];
  return cache.sight({ name: path, files: [path], asked: JSON.stringify(asked) });
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  } catch {
    // There is none, as nearly always, or none that can be read, of which whoever reads it says so.
    return 'none';
  }
}

/** What is kept of a trace; it is closed once it was printed. */
export function keptReport(
  cache: TraceCache,
  sighting: Sighting,
  file: BundleFile,
  options: LoadOptions,
  output: Output,
): LoadedTrace | undefined {
  const entry = cache.find(sighting);
  if (!entry) return undefined;
  let read: LoadedTrace | undefined;
  const whole = (): LoadedTrace => {
    if (!read && lacksCodecs(file.path)) {
      entry.drop();
      throw new KeptDamaged(file.path);
    }
    read ??= judgedAlone(file, options, output);
    return read;
  };
  const known = readReport(entry.pack, whole);
  if (!known) {
    entry.drop();
    return undefined;
  }
  return {
    path: file.path,
    ...known,
    rules: RULES,
    open: { table: known.table, describe: (row, part) => whole().open.describe(row, part) },
    damaged: isDamaged(known.table),
    close() {
      entry.close();
      read?.close();
    },
  };
}

/** The trace after all: what is kept of it was damaged since it was looked at. */
function judgedAlone(file: BundleFile, options: LoadOptions, output: Output): LoadedTrace {
  const [open] = openGroup([file], output);
  return judgedRun(open!, options, output);
}

/** What is kept of the files of a command that needs no more than the report of one. */
export function reportKept(
  args: Args,
  names: readonly string[],
  options: LoadOptions,
  output: Output,
): LoadedTrace | undefined {
  const [file, ...others] = namedGroup(args, names);
  const cache = cacheOf(args, output);
  const sighting = file && cache && others.length === 0 ? sightOf(cache, file, options) : undefined;
  return sighting && keptReport(cache!, sighting, file!, options, output);
}

export function keepReport(
  cache: TraceCache,
  sighting: Sighting,
  { table, analysis, path }: LoadedTrace,
): void {
  if (path === STDIN_NAME) return;
  // With more memory, or another bound, it is another report; and a very long one is no quicker to read.
  if (isLimited(table) || analysis.findings.length + analysis.conversions.length > MOST_KEPT) return;
  cache.keep(sighting, ['report'], (pack) => writeReport(pack, table, analysis));
}
