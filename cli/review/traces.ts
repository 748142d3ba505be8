/** The recordings of a review: read, judged where that is asked for, and kept open until all is printed. */
import fs from 'node:fs';
import type { EvidenceTrace } from '../../model/review/evidence.js';
import { readProbes, type RecordedProbes } from '../../model/review/recorded.js';
import type { ReviewTrace, TraceSet } from '../../model/review/report.js';
import { whyApart } from '../../parsers/bundle/open.js';
import { probesTold } from '../../recorder/beside.js';
import { evidenceTrace, reviewTrace } from '../../shell/reviewTrace.js';
import type { Args } from '../args.js';
import { openGroup, runFiles, type LoadedRun } from '../bundle.js';
import { sha256 } from '../digest.js';
import { InputError, UsageError } from '../errors.js';
import { STDIN_NAME } from '../fileSource.js';
import { judgeOpen, type LoadOptions } from '../load.js';
import type { Output } from '../output.js';
import type { Watch } from './kept.js';
import { besideOf, sidecarBeside } from '../sidecar.js';

const WITHOUT = 'without';
const WITH = 'with';

export interface SetFiles {
  readonly name: string;
  readonly role: TraceSet['role'];
  readonly paths: readonly string[];
}

/** `FILE`, or `v3=FILE` for a set of that name. */
export function setsOf(base: readonly string[], traces: readonly string[]): readonly SetFiles[] {
  const named = new Map<string, string[]>();
  for (const word of traces) {
    const label = fs.existsSync(word) ? null : /^([A-Za-z][\w.-]{0,15})=(.+)$/.exec(word);
    const name = label?.[1] ?? WITH;
    if (name === WITHOUT) throw new UsageError(`--trace ${word}: recordings without the patch are --base`);
    named.set(name, [...(named.get(name) ?? []), label?.[2] ?? word]);
  }
  const without: readonly SetFiles[] =
    base.length > 0 ? [{ name: WITHOUT, role: 'without', paths: base }] : [];
  return [...without, ...[...named].map(([name, paths]) => ({ name, role: 'with' as const, paths }))];
}

/** A recording that was read. */
export interface OpenRecording {
  readonly run: LoadedRun;
  readonly evidence: EvidenceTrace;
  /** The files that it is of, as they were named. */
  readonly files: readonly string[];
}

export interface OpenSet extends Omit<TraceSet, 'traces'> {
  readonly traces: readonly OpenRecording[];
}

export interface OpenSets {
  readonly sets: readonly OpenSet[];
  close(): void;
}

function recordedBeside(file: string): RecordedProbes | undefined {
  const { sidecar } = sidecarBeside(file);
  return sidecar && readProbes(probesTold(sidecar));
}

export function openSets(
  files: readonly SetFiles[],
  args: Args,
  recorded: RecordedProbes | undefined,
  output: Output,
  watch: Watch,
): OpenSets {
  for (const file of files.flatMap((set) => set.paths)) besideOf(file).forEach(watch);
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const closer of closers) closer();
  };
  const runs = runFiles(
    args,
    files.map((set) => set.paths),
  );
  const openRuns = (group: (typeof runs)[number][number]): readonly OpenRecording[] => {
    const opened = openGroup(group, output);
    closers.push(...opened.map((run) => () => run.close()));
    // By themselves a guest's functions would be taken for those of the patch.
    if (group.length > 1 && opened.length > 1)
      throw new InputError(
        `these recordings cannot be taken as one run: ${whyApart(opened) ?? 'give them one by one'}`,
      );
    return opened.map((run) => {
      // Of several files together nobody says what was recorded in all of them.
      const told = recorded ?? (run.files ? undefined : recordedBeside(run.path));
      return { run, files: run.files ?? [run.path], evidence: evidenceTrace(run.open, told) };
    });
  };
  try {
    return {
      sets: files.map(({ name, role }, i) => ({ name, role, traces: runs[i]!.flatMap(openRuns) })),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The same with what a review needs besides: the analysis of each recording and the digests of its files. */
export function judgedSets(
  sets: readonly OpenSet[],
  options: LoadOptions,
  output: Output,
): readonly TraceSet[] {
  const judgeOne = ({ run, files, evidence }: OpenRecording): ReviewTrace => {
    const [first, ...others] = files.map((file) => ({
      path: file,
      digest: file === STDIN_NAME ? '' : sha256(file),
    }));
    return reviewTrace(run.open, judgeOpen(run, options, output), {
      path: run.path,
      digest: first!.digest,
      ...(others.length > 0 && { others }),
      ...(run.pathOf && { pathOf: run.pathOf }),
      recorded: evidence.recorded,
    });
  };
  return sets.map((set) => ({ ...set, traces: set.traces.map(judgeOne) }));
}
