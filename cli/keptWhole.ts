/** Large traces that were read before, for commands that look into one: the debugger, explanations. */
import { createHash } from 'node:crypto';
import { inSteps } from '../shell/cache/steps.js';
import type { Sighting, TraceCache } from '../shell/cache/traceCache.node.js';
import { digestInSteps, findTrace, keepTrace } from '../shell/cache/wholeTraces.node.js';
import type { Args } from './args.js';
import { judgedRun, namedGroup, oneOfGroup, openGroup, type BundleFile, type LoadedRun } from './bundle.js';
import { codecs } from './codecs.js';
import { RULES } from './core.js';
import { UsageError } from './errors.js';
import { openSource } from './fileSource.js';
import { cacheOf, sightOf } from './keptReport.js';
import { isDamaged, type LoadedTrace, type LoadOptions } from './load.js';
import type { Output } from './output.js';

/** Reads and judges the files of a command that shows one trace, or takes it from what is kept. */
export function loadKept(
  args: Args,
  names: readonly string[],
  usage: string,
  options: LoadOptions,
  output: Output,
): LoadedTrace & LoadedRun {
  if (names.length === 0) throw new UsageError(`expected ${usage}`);
  const group = namedGroup(args, names);
  const { cache, sighting, known } = lookUp(args, group, options, output);
  if (known) return known;
  const trace = judgedRun(oneOfGroup(group, output), options, output);
  if (sighting) keepAfterwards(cache!, sighting, trace);
  return trace;
}

/** The files of a command that need not be judged: they are as they were kept, or read. */
export function openKept(
  args: Args,
  names: readonly string[],
  usage: string,
  options: LoadOptions,
  output: Output,
): LoadedRun & Partial<LoadedTrace> {
  if (names.length === 0) throw new UsageError(`expected ${usage}`);
  const group = namedGroup(args, names);
  return lookUp(args, group, options, output).known ?? oneOfGroup(group, output);
}

interface Looked {
  readonly cache: TraceCache | undefined;
  readonly sighting: Sighting | undefined;
  readonly known: LoadedTrace | undefined;
}

function lookUp(args: Args, group: readonly BundleFile[], options: LoadOptions, output: Output): Looked {
  const cache = cacheOf(args, output);
  const [file] = group as readonly [BundleFile];
  const sighting = cache && group.length === 1 ? sightOf(cache, group, options) : undefined;
  return { cache, sighting, known: sighting && takenWhole(cache!, sighting, file, options, output) };
}

function takenWhole(
  cache: TraceCache,
  sighting: Sighting,
  file: BundleFile,
  options: LoadOptions,
  output: Output,
): LoadedTrace | undefined {
  const source = openSource(file.path);
  let read: LoadedTrace | undefined;
  const known = findTrace(cache, sighting, {
    source,
    codecs: codecs(file.path),
    reread() {
      read ??= judgedRun(openGroup([file], output)[0]!, options, output);
      return read;
    },
  });
  if (!known) {
    source.close();
    return undefined;
  }
  const { table, analysis, open } = known;
  const close = (): void => {
    known.close();
    source.close();
    read?.close();
  };
  return { path: file.path, table, analysis, open, rules: RULES, damaged: isDamaged(table), close };
}

/** In steps behind the answer; the process lasts until then, and no longer where nothing can be kept. */
function keepAfterwards(cache: TraceCache, sighting: Sighting, { path, open, analysis }: LoadedTrace): void {
  const source = openSource(path);
  const digest = (): Generator<undefined, string> => digestInSteps(source, createHash('sha256'));
  const steps = keepTrace(cache, sighting, source, { open, analysis }, { digest, note: '' });
  inSteps(
    steps,
    (next) => void setImmediate(next),
    () => false,
    () => source.close(),
  );
}
