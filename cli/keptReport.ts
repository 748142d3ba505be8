/** Reports of large traces that were read before: printed again, where the trace is certainly the same. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { rowsNamed } from '../model/kept/analysisData.js';
import { fields, listOf, pairOf, parsed, whole, type Shaped } from '../parsers/base/shape.js';
import type { PackReader } from '../shell/cache/pack.js';
import { allSteps } from '../parsers/base/steps.js';
import { isLimited } from '../parsers/events/issues.js';
import { readReport, writeReport } from '../shell/cache/reportParts.js';
import { TraceCache, type OpenEntry, type Sighting } from '../shell/cache/traceCache.node.js';
import { besideOf } from './sidecar.js';
import type { Args } from './args.js';
import { judgedRun, namedGroup, openGroup, type BundleFile, type LoadedRun, type Runs } from './bundle.js';
import { lacksCodecs } from './codecs.js';
import { RULES } from './core.js';
import { InputError, KeptDamaged } from './errors.js';
import { STDIN_NAME } from './fileSource.js';
import { isDamaged, type LoadedTrace, type LoadOptions } from './load.js';
import type { Output } from './output.js';

/** Findings and conversions of a trace whose report is kept, at most. */
const MOST_KEPT = 200_000;

/** The cache of a call, if it is to use one. */
export function cacheOf(args: Args, { cache }: Output): TraceCache | undefined {
  return cache === undefined || args.flag('no-cache') ? undefined : new TraceCache(cache);
}

/** Looks at files that are to be judged as one trace; undefined where nothing is kept of such. */
export function sightOf(
  cache: TraceCache,
  group: readonly BundleFile[],
  { profiles, clock, skewNs, pageBytes }: LoadOptions,
): Sighting | undefined {
  return sightFiles(cache, group, [profiles, clock, skewNs, pageBytes]);
}

function sightFiles(
  cache: TraceCache,
  group: readonly BundleFile[],
  options: readonly unknown[],
): Sighting | undefined {
  const files = group.map(({ path }) => path);
  if (files.includes('-')) return undefined;
  const said = group.map(({ path, traceEvents, offsetNs, ...more }) => {
    const beside = [...besideOf(path).slice(1), ...(traceEvents === undefined ? [] : [traceEvents])];
    return [{ ...more, offsetNs: offsetNs?.toString() }, beside.map(digestOf)];
  });
  return cache.sight({ name: files.join(' + '), files, asked: JSON.stringify([said, options]) });
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  } catch {
    // There is none, as nearly always, or none that can be read, of which whoever reads it says so.
    return 'none';
  }
}

/** What is kept of a trace, or of each that its files fell apart into; each is closed once it was printed. */
export function keptReports(
  cache: TraceCache,
  sighting: Sighting,
  group: readonly BundleFile[],
  options: LoadOptions,
  output: Output,
): readonly LoadedTrace[] | undefined {
  const entry = cache.find(sighting);
  if (!entry) return undefined;
  const apart = entry.about.holds.includes(APART) ? entry.pack.text(APART) : undefined;
  if (apart === undefined) {
    const known = reportIn(entry, sighting, group, options, output);
    return known && [known];
  }
  const count = parsed(whole(2, group.length), apart) ?? 0;
  const all: LoadedTrace[] = [];
  for (let run = 0; run < count; run++) {
    const part = cache.find(partOf(sighting, run));
    const known = part && reportIn(part, sighting, group, options, output);
    if (known) all.push(known);
  }
  if (count > 0 && all.length === count) {
    entry.close();
    return all;
  }
  for (const known of all) known.close();
  entry.drop();
  return undefined;
}

/** Of files that were put together and fell apart, how many traces they are: each is kept by itself. */
const APART = 'apart';

const partOf = (sighting: Sighting, run: number): Sighting => ({
  ...sighting,
  key: createHash('sha256').update(`${sighting.key} ${APART} ${run}`).digest('hex'),
});

/** The report of an entry. */
function reportIn(
  entry: OpenEntry,
  sighting: Sighting,
  group: readonly BundleFile[],
  options: LoadOptions,
  output: Output,
): (LoadedTrace & Pick<LoadedRun, 'files' | 'pathOf'>) | undefined {
  const parts = group.length > 1 ? partsIn(entry.pack, group) : undefined;
  const { files = [] } = parts ?? {};
  const path = files[0] ?? group[0]!.path;
  let read: (LoadedTrace & LoadedRun) | undefined;
  const readWhole = (): LoadedTrace & LoadedRun => {
    if (!read && group.some(({ path }) => lacksCodecs(path))) {
      entry.drop();
      throw new KeptDamaged(sighting.wanted.name);
    }
    if (!read) {
      const run = runOf(parts ? files : [path], openGroup(group, output));
      if (!run) {
        entry.drop();
        throw new InputError(`${sighting.wanted.name}: changed since it was judged; run the command again`);
      }
      read = judgedRun(run, options, output);
    }
    return read;
  };
  const known = readReport(entry.pack, readWhole);
  if (!known || (group.length > 1 && !parts)) {
    entry.drop();
    return undefined;
  }
  return {
    path,
    ...known,
    ...(files.length > 1 && {
      files,
      pathOf: (row: number) => parts!.pathOf(row) ?? readWhole().pathOf!(row),
    }),
    rules: RULES,
    open: { table: known.table, describe: (row, part) => readWhole().open.describe(row, part) },
    damaged: isDamaged(known.table),
    close() {
      entry.close();
      read?.close();
    },
  };
}

/** The one that is of these files; the others are closed, and all where none is: they are other files now. */
function runOf(files: readonly string[], runs: readonly LoadedRun[]): LoadedRun | undefined {
  const found = runs.find((run) => isDeepStrictEqual(run.files ?? [run.path], files));
  for (const run of runs) if (run !== found) run.close();
  return found;
}

const isParts = fields({
  /** The files of the group in the order of the trace. */
  order: listOf(whole(0)),
  /** Rows that a report names, and in which of these files each is. */
  rows: listOf(pairOf(whole(0), whole(0))),
});

interface Parts {
  readonly files: readonly string[];
  pathOf(row: number): string | undefined;
}

function partsIn(pack: PackReader, group: readonly BundleFile[]): Parts | undefined {
  const parts = parsed(isParts, pack.text('parts') ?? '');
  const files = parts?.order.flatMap((index) => group[index]?.path ?? []);
  if (!parts || !files || files.length === 0 || files.length !== parts.order.length) return undefined;
  const of = new Map(parts.rows);
  return { files, pathOf: (row) => (row < 0 ? files[0] : files[of.get(row) ?? -1]) };
}

/** Which of a group a trace's files are; undefined where a file's name does not say it. */
export function orderOf(
  { files, path }: Pick<LoadedTrace & LoadedRun, 'files' | 'path'>,
  group: readonly BundleFile[],
): readonly number[] | undefined {
  if (new Set(group.map((file) => file.path)).size < group.length) return undefined;
  return (files ?? [path]).map((file) => group.findIndex((of) => of.path === file));
}

/** What a report needs besides where it is of several files; undefined where it cannot be said. */
export function partsTexts(
  trace: LoadedTrace & Pick<LoadedRun, 'files' | 'pathOf'>,
  group: readonly BundleFile[],
): Readonly<Record<string, string>> | undefined {
  if (group.length === 1) return {};
  const { files, pathOf, analysis } = trace;
  const order = orderOf(trace, group);
  if (!order) return undefined;
  const named = files && pathOf ? [...new Set(rowsNamed(analysis))].filter((row) => row >= 0) : [];
  const rows = named.map((row): [number, number] => [row, files!.indexOf(pathOf!(row))]);
  const parts: Shaped<typeof isParts> = { order, rows };
  return { parts: JSON.stringify(parts) };
}

/** Which of some files are one run, as it was found before; `keep` keeps what was found now. */
export function keptRuns(
  cache: TraceCache,
  files: readonly BundleFile[],
): { readonly known: Runs | undefined; keep(runs: Runs): void } {
  const sighting = sightFiles(cache, files, ['runs']);
  const entry = sighting && cache.find(sighting);
  const runs = parsed(isRuns, entry?.pack.text('runs') ?? '');
  entry?.close();
  const isOne = runs?.every((run) => run.length > 0 && run.every((index) => index < files.length));
  return {
    known: isOne === true ? runs : undefined,
    keep(found) {
      if (!sighting) return;
      cache.keep(sighting, ['runs'], (pack) => {
        pack.addText('runs', JSON.stringify(found));
        return true;
      });
    },
  };
}

const isRuns = listOf(listOf(whole(0)));
/** What is kept of the files of a command that needs no more than the report of one. */
export function reportKept(
  args: Args,
  names: readonly string[],
  options: LoadOptions,
  output: Output,
): LoadedTrace | undefined {
  const group = namedGroup(args, names);
  const cache = cacheOf(args, output);
  const sighting = cache && sightOf(cache, group, options);
  const known = sighting && keptReports(cache, sighting, group, options, output);
  if (known?.length === 1) return known[0];
  for (const trace of known ?? []) trace.close();
  return undefined;
}

function isKept(cache: TraceCache, sighting: Sighting): boolean {
  const entry = cache.find(sighting);
  entry?.close();
  return entry !== undefined;
}

/** Keeps the report of a trace that is one of `runs`, which all files became. */
export function keepReport(
  cache: TraceCache,
  sighting: Sighting,
  trace: LoadedTrace & Pick<LoadedRun, 'files' | 'pathOf'>,
  group: readonly BundleFile[],
  runs: readonly LoadedRun[],
): void {
  const { table, analysis, path } = trace;
  if (path === STDIN_NAME) return;
  const parts = partsTexts(trace, group);
  if (!parts) return;
  // With more memory, or another bound, it is another report; and a very long one is no quicker to read.
  if (isLimited(table) || analysis.findings.length + analysis.conversions.length > MOST_KEPT) return;
  const run = runs.findIndex((of) => of.path === path);
  // One without the others is of no use.
  if (!runs.slice(0, run).every((_, before) => isKept(cache, partOf(sighting, before)))) return;
  const seen = runs.length > 1 ? partOf(sighting, run) : sighting;
  const isWritten = cache.keep(seen, ['report'], (pack) => {
    for (const [name, text] of Object.entries(parts)) pack.addText(name, text);
    return allSteps(writeReport(pack, table, analysis));
  });
  if (isWritten && runs.length > 1 && run === runs.length - 1)
    cache.keep(sighting, [APART], (pack) => {
      pack.addText(APART, String(runs.length));
      return true;
    });
}
