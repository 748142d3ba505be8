/** The recordings of a review: read, judged, and kept open until everything is printed. */
import fs from 'node:fs';
import { readProbes, type RecordedProbes } from '../../model/review/recorded.js';
import type { ReviewTrace, TraceSet } from '../../model/review/report.js';
import { stacksOf } from '../../parsers/stacks.js';
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

/**
 * What the recorder says that was recorded. Where a probe was hit and its filter left some calls out, that
 * none is in the trace does not mean that the function did not run.
 */
function recordedBeside(file: string): RecordedProbes | undefined {
  const { sidecar } = sidecarBeside(file);
  if (sidecar === undefined) return undefined;
  const told = sidecar.probes.filter(({ filter, hits }) => filter === '' || hits === 0);
  return readProbes(
    [
      ...told.map(({ type, event, symbol }) => `${type}:${event} ${symbol}`),
      ...sidecar.tracepoints.map(({ path }) => path.replace('/', ':')),
    ].join('\n'),
  );
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
    const { open } = loaded;
    return {
      path: loaded.path,
      digest: file === '-' ? '' : sha256(file),
      table: open.table,
      analysis: judgeOpen(loaded, options, output),
      describe: (row, part) => open.describe(row, part),
      symbolOf: open.symbolOf,
      framesOf: ({ row }) =>
        stacksOf(open, row).flatMap((stack) => (stack.user ? [] : stack.frames.map((frame) => frame.symbol))),
      recorded: recorded ?? recordedBeside(file),
    };
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
