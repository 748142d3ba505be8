/**
 * What is kept of a worker's trace: taken before it is read, and compared with the whole file behind the
 * answer; or kept once it was read. All of it is done in steps, between which the worker answers.
 */
import { indexOf } from '../../model/pages/intervals.js';
import type { ByteSource } from '../../parsers/base/source.js';
import { pageFramesInSteps } from '../../parsers/events/pageFrames.js';
import { isLimited } from '../../parsers/events/issues.js';
import { inSteps } from '../../shell/cache/steps.js';
import type { CheckOptions } from '../protocol/options.js';
import type { Shown } from '../protocol/place.js';
import type { Before, KeptTraces, Reread, WorkerTools } from './judged.js';

const later = (next: () => void): void => void setTimeout(next, 0);

/** All that decides a report besides the bytes of its file. */
export function askedOf(
  { profiles, skewNs, clock, pageBytes }: CheckOptions,
  { traceEvents, beside }: Pick<WorkerTools, 'traceEvents' | 'beside'>,
): string {
  return JSON.stringify([profiles, skewNs, clock, pageBytes, traceEvents, beside]);
}

/**
 * Compares the file with what was kept of it, once the rows of that are at hand. `isOver` ends it;
 * `tell` hears whether it is the same.
 */
export function compareBehind(
  before: Before,
  digest: () => Generator<undefined, string>,
  isOver: () => boolean,
  tell: (isSame: boolean) => void,
): void {
  function* steps(): Generator<undefined, boolean> {
    for (const segment of before.open.table.segments) {
      yield;
      // A segment's columns are read when one is looked at.
      void segment.ts;
    }
    yield;
    yield* pageFramesInSteps(before.open.table);
    const isSame = (yield* digest()) === before.digest;
    if (!isSame) return false;
    yield;
    // A page's operations are looked up where they lie, until all of them are there.
    void before.analysis.ops.blocks;
    yield;
    void indexOf(before.analysis).columns;
    return true;
  }
  inSteps(steps(), later, isOver, tell);
}

/** What it takes to keep a trace that was read. */
interface Keep {
  readonly kept: KeptTraces;
  readonly source: ByteSource;
  /** Of the source; '' where none was made. */
  readonly digest: string;
  readonly shown: Shown;
}

/** Finds the frames of struct pages, which the first hover would wait for, and keeps the trace. */
export function keepBehind(read: Reread, keep: Keep | undefined, isOver: () => boolean): void {
  function* steps(): Generator<undefined, void> {
    yield* pageFramesInSteps(read.open.table);
    yield;
    // With more memory it is another trace.
    if (keep && keep.digest !== '' && !isLimited(read.open.table))
      yield* keep.kept.keep(keep.source, read, keep.digest, keep.shown);
  }
  inSteps(steps(), later, isOver, () => undefined);
}
