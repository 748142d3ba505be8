/** Several files as one trace: which ones, on which clock, from the command line or a .shimtrace.json. */
import fs from 'node:fs';
import path from 'node:path';
import { clockOffsets, whyUnaligned } from '../parsers/bundle/align.js';
import { mergeTraces, type Bundle } from '../parsers/bundle/merge.js';
import { withIssue } from '../parsers/events/table.js';
import type { Args, OptionSpecs } from './args.js';
import { InputError, UsageError } from './errors.js';
import { openTrace, type LoadedOpen } from './load.js';
import type { Output } from './output.js';

export const BUNDLE_OPTIONS: OptionSpecs = {
  merge: { type: 'boolean', help: 'the files are one run: judge them as one trace, where their clocks can be aligned' },
  separate: { type: 'boolean', help: 'the files are runs of their own (the default, said aloud)' },
  offset: { type: 'string', multiple: true, value: 'FILE=NS', help: 'add this to the times of FILE, to be on the first file\'s clock; repeatable; implies --merge' },
};

const ROLES = ['host', 'guest', 'qemu'];
const PROJECT_NAME = '.shimtrace.json';

/** A file of a run, and what the user says of its clock. */
export interface BundleFile {
  readonly path: string;
  readonly offsetNs: bigint | undefined;
}

/** Groups of files that are to be one trace each; a group of one is a trace by itself. */
export function groupsOf(args: Args): readonly (readonly BundleFile[])[] {
  const offsets = new Map(args.list('offset').map(parseOffset));
  for (const name of offsets.keys()) if (!args.positionals.includes(name)) throw new UsageError(`--offset names '${name}', which is not one of the files`);
  const merge = args.flag('merge') || offsets.size > 0;
  if (merge && args.flag('separate')) throw new UsageError('--merge and --offset contradict --separate');
  const isProject = (name: string): boolean => path.basename(name).endsWith(PROJECT_NAME);
  const projects = args.positionals.filter(isProject).map(readProject);
  const files = args.positionals.filter((name) => !isProject(name)).map((name) => ({ path: name, offsetNs: offsets.get(name) }));
  if (merge && files.length > 1) return [...projects, files];
  return [...projects, ...files.map((file) => [file])];
}

/** What to say when several files were judged one by one though nobody said so; undefined otherwise. */
export function separateNote(groups: readonly (readonly BundleFile[])[], args: Args): string | undefined {
  if (groups.length < 2 || args.flag('separate')) return undefined;
  return `shimtrace: ${groups.length} traces were judged one by one: nothing in them says that they are one run; --merge judges files as one trace, --separate says that this is meant`;
}

function parseOffset(text: string): readonly [string, bigint] {
  const match = /^(.+)=([+-]?\d+)$/.exec(text);
  if (!match) throw new UsageError(`--offset takes FILE=NANOSECONDS, not '${text}'`);
  return [match[1]!, BigInt(match[2]!)];
}

/** The files that a .shimtrace.json names under `trace`, relative to it. */
export function readProject(name: string): readonly BundleFile[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(fs.readFileSync(name, 'utf8'));
  } catch (error) {
    throw new InputError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const list: unknown = typeof parsed === 'object' && parsed !== null ? (parsed as { trace?: unknown }).trace : undefined;
  if (!Array.isArray(list) || list.length === 0) throw new InputError(`${name}: expected "trace": [{"path": …, "role": …, "clockOffsetNs": …}]`);
  return list.map((entry: unknown, i) => projectFile(name, entry, i));
}

function projectFile(name: string, entry: unknown, index: number): BundleFile {
  const { path: file, role, clockOffsetNs } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  if (typeof file !== 'string') throw new InputError(`${name}: trace[${index}] has no "path"`);
  if (role !== undefined && !ROLES.includes(String(role))) throw new InputError(`${name}: trace[${index}].role is one of ${ROLES.join(', ')}; not '${String(role)}'`);
  if (role === 'guest') throw new InputError(`${name}: trace[${index}]: a guest's trace cannot be merged yet, since its CPUs and threads are not the host's; check it by itself`);
  if (clockOffsetNs !== undefined && !/^[+-]?\d+$/.test(String(clockOffsetNs))) throw new InputError(`${name}: trace[${index}].clockOffsetNs is a whole number of nanoseconds, or such a string`);
  return { path: path.join(path.dirname(name), file), offsetNs: clockOffsetNs === undefined ? undefined : BigInt(String(clockOffsetNs)) };
}

/** The files behind an argument: those that a .shimtrace.json names, else itself. What is wrong with it is said when it is read. */
export function filesBehind(name: string): readonly string[] {
  if (!path.basename(name).endsWith(PROJECT_NAME)) return [name];
  try {
    return readProject(name).map((file) => file.path);
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

export interface LoadedBundle extends LoadedOpen {
  /** The file of a row; undefined for a trace of one file. */
  readonly pathOf?: (row: number) => string;
  readonly files?: readonly string[];
}

/** Reads a group: one trace where the clocks can be aligned, else each file by itself with an issue that says why. */
export function openGroup(group: readonly BundleFile[], output: Output): readonly LoadedBundle[] {
  const opens: LoadedOpen[] = [];
  try {
    for (const file of group) opens.push(openTrace(file.path, output));
  } catch (error) {
    for (const open of opens) open.close();
    throw error;
  }
  if (opens.length === 1) return opens;
  const aligned = opens.map((trace, i) => ({ path: trace.path, meta: trace.open.table.meta, offsetNs: group[i]!.offsetNs }));
  const why = whyUnaligned(aligned);
  if (why !== undefined) return opens.map((trace) => unaligned(trace, why));
  const offsets = clockOffsets(aligned);
  const bundle: Bundle = mergeTraces(opens.map((trace, i) => ({ path: trace.path, open: trace.open, offsetNs: offsets[i]! })));
  const files = opens.map((trace) => trace.path);
  return [{
    path: files[0]!, files, open: bundle, pathOf: (row) => (row < bundle.table.length ? bundle.sourceOf(row).path : files[0]!),
    close: () => opens.forEach((trace) => trace.close()),
  }];
}

function unaligned(trace: LoadedOpen, why: string): LoadedOpen {
  const { open } = trace;
  const table = withIssue(open.table, { code: 'unaligned-clocks', offset: 0, line: 0, count: 1, detail: why });
  return { ...trace, open: { ...open, table, describe: (row) => open.describe(row) } };
}
