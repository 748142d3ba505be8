/** The recordings of a review: read, judged, and kept open until everything is printed. */
import fs from 'node:fs';
import { readProbes, type RecordedProbes } from '../../model/review/recorded.js';
import type { ReviewTrace, TraceSet } from '../../model/review/report.js';
import { probesTold } from '../../recorder/beside.js';
import { reviewTrace } from '../../shell/reviewTrace.js';
import { sha256 } from '../digest.js';
import { UsageError } from '../errors.js';
import { judgeOpen, openTrace, type LoadOptions } from '../load.js';
import type { Output } from '../output.js';
import { sidecarBeside } from '../sidecar.js';

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

export interface OpenSets {
  readonly sets: readonly TraceSet[];
  close(): void;
}

function recordedBeside(file: string): RecordedProbes | undefined {
  const { sidecar } = sidecarBeside(file);
  return sidecar && readProbes(probesTold(sidecar));
}

export function openSets(
  files: readonly SetFiles[],
  options: LoadOptions,
  recorded: RecordedProbes | undefined,
  output: Output,
): OpenSets {
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const closer of closers) closer();
  };
  const openOne = (file: string): ReviewTrace => {
    const loaded = openTrace(file, output);
    closers.push(() => loaded.close());
    const analysis = judgeOpen(loaded, options, output);
    const digest = file === '-' ? '' : sha256(file);
    return reviewTrace(loaded.open, analysis, {
      path: loaded.path,
      digest,
      recorded: recorded ?? recordedBeside(file),
    });
  };
  try {
    return {
      sets: files.map(({ name, role, paths }) => ({ name, role, traces: paths.map(openOne) })),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
