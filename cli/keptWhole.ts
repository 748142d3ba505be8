/** Large traces that were read before, for commands that look into one: the debugger, explanations. */
import { createHash } from 'node:crypto';
import { inSteps } from '../shell/cache/steps.js';
import type { Sighting, TraceCache } from '../shell/cache/traceCache.node.js';
import type { TraceFile } from '../shell/cache/keptTexts.node.js';
import { digestInSteps, findTrace, keepTrace } from '../shell/cache/wholeTraces.node.js';
import type { Args } from './args.js';
import { judgedRun, namedGroup, ofFiles, oneOfGroup, type BundleFile, type LoadedRun } from './bundle.js';
import { codecs } from './codecs.js';
import { RULES } from './core.js';
import { UsageError } from './errors.js';
import { openSource, STDIN_NAME, type OpenSource } from './fileSource.js';
import { cacheOf, orderOf, partsTexts, sightOf } from './keptReport.js';
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
  if (sighting) keepAfterwards(cache!, sighting, trace, group);
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
  readonly known: (LoadedTrace & LoadedRun) | undefined;
}

function lookUp(args: Args, group: readonly BundleFile[], options: LoadOptions, output: Output): Looked {
  const cache = cacheOf(args, output);
  const sighting = cache && sightOf(cache, group, options);
  return { cache, sighting, known: sighting && takenWhole(cache!, sighting, group, options, output) };
}

interface OpenFile extends TraceFile {
  readonly path: string;
  readonly source: OpenSource;
}

const filesOf = (group: readonly BundleFile[]): readonly OpenFile[] =>
  group.map(({ path }) => ({ path, source: openSource(path), codecs: codecs(path) }));

function closeAll(files: readonly OpenFile[]): void {
  for (const { source } of files) source.close();
}

function takenWhole(
  cache: TraceCache,
  sighting: Sighting,
  group: readonly BundleFile[],
  options: LoadOptions,
  output: Output,
): (LoadedTrace & LoadedRun) | undefined {
  const files = filesOf(group);
  let read: (LoadedTrace & LoadedRun) | undefined;
  const known = findTrace(cache, sighting, {
    files,
    reread() {
      read ??= judgedRun(oneOfGroup(group, output), options, output);
      return read;
    },
  });
  if (!known) {
    closeAll(files);
    return undefined;
  }
  const { table, analysis, open, bundle, order } = known;
  const paths = order.map((index) => files[index]!.path);
  return {
    path: paths[0]!,
    table,
    analysis,
    open,
    rules: RULES,
    damaged: isDamaged(table),
    ...(bundle && ofFiles(bundle, paths)),
    close() {
      known.close();
      closeAll(files);
      read?.close();
    },
  };
}

/** In steps behind the answer; the process lasts until then, and no longer where nothing can be kept. */
function keepAfterwards(
  cache: TraceCache,
  sighting: Sighting,
  trace: LoadedTrace & LoadedRun,
  group: readonly BundleFile[],
): void {
  const order = orderOf(trace, group);
  const parts = partsTexts(trace, group);
  if (!order || !parts || trace.path === STDIN_NAME) return;
  const files = filesOf(group);
  const { open, bundle, analysis } = trace;
  function* digest(): Generator<undefined, string> {
    const digests: string[] = [];
    for (const { source } of files) digests.push(yield* digestInSteps(source, createHash('sha256')));
    return digests.join(' ');
  }
  const kept = { files, order, open, bundle, analysis };
  const steps = keepTrace(cache, sighting, kept, { digest, note: '', more: parts });
  inSteps(
    steps,
    (next) => void setImmediate(next),
    () => false,
    () => closeAll(files),
  );
}
