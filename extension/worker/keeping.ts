/**
 * What is kept of a worker's trace: taken before it is read, and compared with the whole file behind the
 * answer; or kept once it was read. All of it is done in steps, between which the worker answers.
 */
import { PlainSource } from '../../parsers/compressed/plainSource.js';
import type { ByteSource } from '../../parsers/base/source.js';
import { markLongLives } from '../../model/pages/intervals.js';
import { pageFramesInSteps } from '../../parsers/events/pageFrames.js';
import { isLimited } from '../../parsers/events/issues.js';
import { inSteps } from '../../shell/cache/steps.js';
import type { CheckOptions } from '../protocol/options.js';
import type { Shown } from '../protocol/place.js';
import {
  JobFailure,
  type Before,
  type Judged,
  type Kept,
  type KeptTraces,
  type WorkerTools,
} from './judged.js';
import type { RunFiles } from './run.js';
import { columnReader } from './place.js';
import { warmUp, warmUpHovers } from './warmUp.js';

const byTimers = (next: () => void): void => void setTimeout(next, 0);

/** How it is done behind an answer. */
type Behind = Pick<WorkerTools, 'later' | 'spool'>;

/** A click on a compressed text asks for places all over it. */
function* spooled({ source, files }: Judged, spool: WorkerTools['spool']): Generator<undefined, void> {
  for (const content of files?.parts.map((part) => part.source) ?? [source])
    if (spool && content instanceof PlainSource) yield* content.spoolInto(spool);
}

/** A hover asks for one event, wherever it is. */
function* hovered(judged: Judged, spool: WorkerTools['spool']): Generator<undefined, void> {
  if (spool) yield* judged.trace.spoolInto?.(spool) ?? [];
  yield* warmUpHovers(judged);
}

/** The same steps, of which `gone` comes where a file cannot be read any more. */
function* orGone<T>(steps: Generator<undefined, T>, gone: T): Generator<undefined, T> {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof JobFailure) return gone;
    throw error;
  }
}

/** All that decides a report besides the bytes of its file. */
export function askedOf(
  { profiles, skewNs, clock, pageBytes }: CheckOptions,
  { traceEvents, beside, run }: Pick<WorkerTools, 'traceEvents' | 'beside' | 'run'>,
): string {
  const files = run?.map((file) => [
    file.name,
    file.role,
    file.offsetNs?.toString(),
    file.traceEvents,
    file.beside,
  ]);
  return JSON.stringify([profiles, skewNs, clock, pageBytes, traceEvents, beside, files]);
}

/**
 * Compares the file with what was kept of it, once the rows of that are at hand. `isOver` ends it;
 * `tell` hears whether it is the same.
 */
export function compareBehind(
  before: Before,
  judged: Judged,
  digest: () => Generator<undefined, string>,
  isOver: () => boolean,
  tell: (isSame: boolean) => void,
  { later = byTimers, spool }: Behind = {},
): void {
  function* compared(): Generator<undefined, boolean> {
    yield* before.ahead();
    yield* warmUp(judged);
    yield* spooled(judged, spool);
    yield* before.fill();
    yield* markLongLives(judged.analysis);
    // What is there as a whole is asked by other code than what lies in pieces.
    yield* warmUp(judged);
    yield* pageFramesInSteps(before.open.table);
    yield* hovered(judged, spool);
    return (yield* digest()) === before.digest;
  }
  // What cannot be read any more is not what was kept.
  inSteps(orGone(compared(), false), later, isOver, tell);
}

/** What it takes to keep a trace that was read. */
interface Keep {
  readonly kept: KeptTraces;
  readonly sources: readonly ByteSource[];
  /** Of the sources; '' where one has none. */
  readonly digest: string;
  /** As the file is shown, whether or not in compact form. */
  readonly shown: Shown;
}

/** What is kept of a trace's files besides. */
function partsOf(files: RunFiles | undefined): Pick<Kept, 'order' | 'bundle' | 'files'> {
  if (!files) return { order: [0] };
  const { order, bundle, parts } = files;
  const facts = parts.map(({ role, isText, shown, lines }) => ({ role, isText, shown, lines }));
  return { order, bundle, files: facts };
}

/** Finds the frames of struct pages, which the first hover would wait for, and keeps the trace. */
export function keepBehind(
  judged: Judged,
  keep: Keep | undefined,
  isOver: () => boolean,
  { later = byTimers, spool }: Behind = {},
): void {
  function* steps(): Generator<undefined, void> {
    const { trace: open, analysis, files } = judged;
    yield* warmUp(judged);
    yield* spooled(judged, spool);
    yield* markLongLives(analysis);
    yield* pageFramesInSteps(open.table);
    yield* hovered(judged, spool);
    yield;
    // With more memory it is another trace.
    if (keep && !isLimited(open.table))
      yield* keep.kept.keep(keep.sources, {
        open,
        analysis,
        ...partsOf(files),
        ...keep,
        columnOf: columnReader(judged),
      });
  }
  // Who asks for what cannot be read any more hears of it; here, nobody asked.
  inSteps(orGone(steps(), undefined), later, isOver, () => undefined);
}
