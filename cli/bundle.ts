/** Several files as one trace: which ones, on which clock, from the command line or a .shimtrace.json. */
import fs from 'node:fs';
import path from 'node:path';
import { NEVER_CANCELLED } from '../parsers/base/cancel.js';
import { PROJECT_FILE } from '../model/findings/suppress.js';
import { placeFilter, type RowFilter } from '../model/tables/partRows.js';
import type { Role } from '../parsers/bundle/align.js';
import type { Bundle } from '../parsers/bundle/bundle.js';
import { openRun, unalignedTrace, whyApart } from '../parsers/bundle/open.js';
import { parseProject } from '../parsers/bundle/project.js';
import { factsOf, provenRuns } from '../parsers/bundle/run.js';
import { isLimited } from '../parsers/events/issues.js';
import type { EventTable } from '../parsers/events/table.js';
import type { Args, OptionSpecs } from './args.js';
import { codecs } from './codecs.js';
import { runHint, type RunHint } from './core.js';
import { InputError, UsageError } from './errors.js';
import { openSource, STDIN_NAME } from './fileSource.js';
import {
  judged,
  openTrace,
  type Judge,
  type LoadedOpen,
  type LoadedTrace,
  type LoadOptions,
  type OpenMore,
} from './load.js';
import type { Output } from './output.js';
import { ofOption } from './select.js';

/** Options of every command that reads traces. */
export const RUN_OPTIONS: OptionSpecs = {
  offset: {
    type: 'string',
    multiple: true,
    value: 'FILE=NS',
    help: "add this to the times of FILE, to be on the first file's clock; repeatable",
  },
  guest: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help:
      'FILE was recorded in a guest of the machine that the others are of; ' +
      "trace-cmd's files of one session say so themselves; repeatable",
  },
  'trace-events': {
    type: 'string',
    value: 'FILE',
    help: "QEMU's trace-events-all, for recordings of its simple backend",
  },
};

/** Options of commands that can be asked about the events between two places. */
export const PLACE_OPTIONS: OptionSpecs = {
  from: {
    type: 'string',
    value: 'PLACE',
    help:
      "from this line of a text trace or event of a binary one, of several files behind the file's name, " +
      'as FILE:120; with a fraction, as 12.345, from this second; @N from this tick',
  },
  to: { type: 'string', value: 'PLACE', help: 'up to this place, which is included' },
};

/** Those of `check`, which may also judge its files one by one. */
export const BUNDLE_OPTIONS: OptionSpecs = {
  merge: {
    type: 'boolean',
    help:
      'the files are one run: judge them as one trace, where their clocks can be aligned ' +
      '(implied by --offset and --guest)',
  },
  separate: { type: 'boolean', help: 'the files are runs of their own, whatever they say' },
  ...RUN_OPTIONS,
};

/** A file of a run, and what the user says of it. */
export interface BundleFile {
  readonly path: string;
  readonly role: Role | undefined;
  readonly offsetNs: bigint | undefined;
  /** Path of QEMU's trace-events file. */
  readonly traceEvents: string | undefined;
  /** Why it is judged by itself although it lies beside others of its run. */
  readonly apart?: string;
}

/** A trace of one file or, where `bundle` is there, of several. */
export interface LoadedRun extends LoadedOpen {
  readonly bundle?: Bundle;
  /** The file of a row; undefined for a trace of one file. */
  readonly pathOf?: (row: number) => string;
  readonly files?: readonly string[];
}

function isProject(name: string): boolean {
  return path.basename(name).endsWith(PROJECT_FILE);
}

/**
 * Groups of files that are to be one trace each, a group of one by itself:
 * as the user says, else as the files say.
 */
export function groupsOf(
  args: Args,
  output: Output,
  kept?: { readonly known: Runs | undefined; keep(runs: Runs): void },
): readonly (readonly BundleFile[])[] {
  const files = namedFiles(args, args.positionals);
  const merge = isMerged(args);
  if (merge && args.flag('separate'))
    throw new UsageError('--merge, --offset and --guest contradict --separate');
  const projects = args.positionals.filter(isProject).map(readProject);
  if (merge && files.length > 1) return [...projects, files];
  // What a file by itself says of others is of no use.
  if (filesThatSay(args).length === 0) return [...projects, ...files.map((file) => [file])];
  const hints = files.map((file) => hintOf(file.path));
  const found = kept?.known ? { runs: kept.known, isCertain: false } : runsByThemselves(files, hints, output);
  if (found.isCertain) kept?.keep(found.runs);
  const { runs } = found;
  const first = new Map(runs.map((run) => [run[0]!, run]));
  const others = new Set(runs.flatMap((run) => run.slice(1)));
  const groups = files.flatMap((_, i) => (others.has(i) ? [] : [first.get(i) ?? [i]]));
  return [
    ...projects,
    ...groups.map((group) => group.map((index) => withReason(files, hints, groups, group, index))),
  ];
}

const isMerged = (args: Args): boolean =>
  args.flag('merge') || args.list('offset').length > 0 || args.list('guest').length > 0;

/** The files that are grouped by what they say of one another; none where the user has said it. */
export function filesThatSay(args: Args): readonly BundleFile[] {
  const files = namedFiles(args, args.positionals);
  return isMerged(args) || args.flag('separate') || files.length < 2 ? [] : files;
}

/** Sets of files, by their indexes, of which each is one run. */
export type Runs = readonly (readonly number[])[];

/**
 * A QEMU log that lies beside the traces of one run is meant to be part of it: says so where it could not be.
 */
function withReason(
  files: readonly BundleFile[],
  hints: readonly RunHint[],
  groups: readonly (readonly number[])[],
  group: readonly number[],
  index: number,
): BundleFile {
  const isLog = (i: number): boolean => hints[i]!.format?.startsWith('qemu') === true;
  const [kernel, ...more] = groups.filter((other) => !other.every(isLog));
  const isAlone = group.length === 1 && isLog(index);
  if (!kernel || more.length > 0 || !isAlone) return files[index]!;
  const other = files[kernel[0]!]!.path;
  const apart = `nothing says that it is one run with ${other} and how their clocks stand to each other`;
  return { ...files[index]!, apart };
}

/** What to say when several files were judged one by one though nobody said so; undefined otherwise. */
export function separateNote(groups: readonly (readonly BundleFile[])[], args: Args): string | undefined {
  if (groups.length < 2 || args.flag('separate')) return undefined;
  return [
    `shimtrace: ${groups.length} traces were judged one by one: nothing in them says that they are one run`,
    '--merge judges files as one trace, --separate says that this is meant',
  ].join('; ');
}

function namedFiles(args: Args, positionals: readonly string[]): readonly BundleFile[] {
  const offsets = new Map(args.list('offset').map(parseOffset));
  const guests = args.list('guest');
  for (const [option, names] of [
    ['--offset', [...offsets.keys()]],
    ['--guest', guests],
  ] as const) {
    for (const name of names)
      if (!positionals.includes(name))
        throw new UsageError(`${option} names '${name}', which is not one of the files`);
  }
  const traceEvents = args.text('trace-events');
  return positionals
    .filter((name) => !isProject(name))
    .map((name) => ({
      path: name,
      role: guests.includes(name) ? 'guest' : undefined,
      offsetNs: offsets.get(name),
      traceEvents,
    }));
}

/**
 * Sets of files that are runs of their own, but for a set of which --offset or --guest names a file: that is
 * one run. By set and run.
 */
export function runFiles(
  args: Args,
  sets: readonly (readonly string[])[],
): readonly (readonly (readonly BundleFile[])[])[] {
  const files = namedFiles(args, sets.flat());
  let next = 0;
  return sets.map((paths) => {
    const own = paths.filter((name) => !isProject(name)).map(() => files[next++]!);
    const projects = paths.filter(isProject).map(readProject);
    const isOneRun = own.some((file) => file.role !== undefined || file.offsetNs !== undefined);
    return [...projects, ...(isOneRun ? [own] : own.map((file) => [file]))];
  });
}

function parseOffset(text: string): readonly [string, bigint] {
  const match = /^(.+)=([+-]?\d+)$/.exec(text);
  if (!match) throw new UsageError(`--offset takes FILE=NANOSECONDS, not '${text}'`);
  return [match[1]!, BigInt(match[2]!)];
}

/**
 * Files that say of themselves that they are one run, by index. Only those that can say so are read for it,
 * one after another: what is judged is read again, so that no more than one trace is in memory at a time.
 */
function runsByThemselves(
  files: readonly BundleFile[],
  hints: readonly RunHint[],
  output: Output,
): { readonly runs: Runs; readonly isCertain: boolean } {
  const guests = new Set(hints.flatMap((hint) => hint.guests ?? []));
  const asked = files.flatMap((file, index) =>
    hints[index]!.may || guests.has(hints[index]!.traceId ?? -1n) ? [{ file, index }] : [],
  );
  if (asked.length < 2) return { runs: [], isCertain: false };
  const facts = asked.flatMap(({ file, index }) => {
    const open = readable(file, output);
    if (!open) return [];
    const fact = factsOf(open.path, open.open.table);
    const isWhole = !isLimited(open.open.table);
    open.close();
    return [{ fact, index, isWhole }];
  });
  const runs = provenRuns(facts.map(({ fact }) => fact)).map((run) => run.map((i) => facts[i]!.index));
  return { runs, isCertain: facts.length === asked.length && facts.every(({ isWhole }) => isWhole) };
}

function hintOf(name: string): RunHint {
  const nothing: RunHint = { may: false };
  if (name === '-' || !fs.statSync(name, { throwIfNoEntry: false })?.isFile()) return nothing;
  return (
    withoutFailing(() => {
      const source = openSource(name);
      try {
        return runHint(source, { cancel: NEVER_CANCELLED, ...codecs(name) });
      } finally {
        source.close();
      }
    }) ?? nothing
  );
}

function readable(file: BundleFile, output: Output): LoadedOpen | undefined {
  return withoutFailing(() => openFile(file, output));
}

/** A file that cannot be used is said to be so when it is judged. */
function withoutFailing<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

/** The files that a .shimtrace.json names under `trace`, relative to it. */
export function readProject(name: string): readonly BundleFile[] {
  let text: string;
  try {
    text = fs.readFileSync(name, 'utf8');
  } catch (error) {
    throw new InputError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { files, problem } = parseProject(text);
  if (problem !== undefined) throw new InputError(`${name}: ${problem}`);
  const beside = (file: string): string =>
    path.isAbsolute(file) ? file : path.join(path.dirname(name), file);
  return files.map(({ traceEvents, ...file }) => ({
    ...file,
    path: beside(file.path),
    traceEvents: traceEvents === undefined ? undefined : beside(traceEvents),
  }));
}

/**
 * The files behind an argument: those that a .shimtrace.json names, else itself.
 * What is wrong with it is said when it is read.
 */
export function filesBehind(name: string): readonly string[] {
  if (!isProject(name)) return [name];
  return withoutFailing(() => readProject(name).map((file) => file.path)) ?? [];
}

/** How a file of a group is read. */
type HowRead = Omit<OpenMore, 'traceEvents'>;

function openFile(file: BundleFile, output: Output, how: HowRead = {}): LoadedOpen {
  const traceEvents = file.traceEvents === undefined ? undefined : readTraceEvents(file.traceEvents);
  return openTrace(file.path, output, { ...how, traceEvents });
}

function readTraceEvents(name: string): string {
  try {
    return fs.readFileSync(name, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const wanted = "QEMU's trace-events-all, which its package installs beside its firmware";
    throw new InputError(`${name}: ${why}; expected ${wanted}`);
  }
}

/**
 * Reads a group: one trace where the clocks can be aligned and no two files hold the same events, else as few
 * as there can be with an issue that says why. `following` has what was kept of the reading before of a group
 * of one file.
 */
export function openGroup(
  group: readonly BundleFile[],
  output: Output,
  how: HowRead = {},
): readonly LoadedRun[] {
  const opens: LoadedOpen[] = [];
  try {
    for (const file of group) opens.push(openFile(file, output, how));
  } catch (error) {
    for (const open of opens) open.close();
    throw error;
  }
  const runs = openRun(
    opens.map((trace, i) => ({
      path: trace.path,
      open: trace.open,
      role: group[i]!.role,
      offsetNs: group[i]!.offsetNs,
    })),
  );
  return runs.map(({ files: indexes, open, bundle }): LoadedRun => {
    const files = indexes.map((index) => opens[index]!.path);
    const close = (): void => {
      for (const index of indexes) opens[index]!.close();
    };
    const apart = group[indexes[0]!]!.apart;
    if (!bundle)
      return { path: files[0]!, open: apart === undefined ? open : unalignedTrace(open, apart), close };
    return { path: files[0]!, open, close, ...ofFiles(bundle, files) };
  });
}

/** What a trace of several files says of them. */
export function ofFiles(
  bundle: Bundle,
  files: readonly string[],
): Required<Pick<LoadedRun, 'bundle' | 'files' | 'pathOf'>> {
  const { length } = bundle.table;
  return {
    bundle,
    files,
    pathOf: (row) => (row >= 0 && row < length ? bundle.parts[bundle.partOf(row)]!.path : files[0]!),
  };
}

/** The files of a command that shows one trace: they are one run, or it cannot be done. */
export function openOne(args: Args, names: readonly string[], usage: string, output: Output): LoadedRun {
  if (names.length === 0) throw new UsageError(`expected ${usage}`);
  return oneOfGroup(namedGroup(args, names), output);
}

/** The files that such a command names. */
export function namedGroup(args: Args, names: readonly string[]): readonly BundleFile[] {
  return [...names.filter(isProject).flatMap(readProject), ...namedFiles(args, names)];
}

/** The one trace of a group. */
export function oneOfGroup(group: readonly BundleFile[], output: Output): LoadedRun {
  const runs = openGroup(group, output);
  if (runs.length === 1) return runs[0]!;
  for (const run of runs) run.close();
  throw new InputError(
    `these files cannot be shown as one trace: ${whyApart(runs) ?? 'give one file at a time'}`,
  );
}

/** Reads and judges the files of such a command. */
export function loadOne(
  args: Args,
  names: readonly string[],
  usage: string,
  options: LoadOptions,
  output: Output,
): LoadedTrace & LoadedRun {
  return judgedRun(openOne(args, names, usage, output), options, output);
}

export function judgedRun(
  run: LoadedRun,
  options: LoadOptions,
  output: Output,
  following?: Judge,
): LoadedTrace & LoadedRun {
  const { bundle, pathOf, files } = run;
  return {
    ...judged(run, options, output, following),
    ...(bundle && { bundle }),
    ...(pathOf && { pathOf }),
    ...(files && { files }),
  };
}

/** How a trace is called: its file, or its files. */
export function nameOf(trace: LoadedRun): string {
  return trace.files ? trace.files.join(' + ') : trace.path;
}

/**
 * Row at or after a place that the user names: a line of a text trace or event of a binary one, in a trace of
 * several files behind the file's name, `host.txt:120`. undefined when the text names no such place; the
 * table's length when nothing is there.
 */
export function rowAtPlace(run: LoadedRun, text: string): number | undefined {
  const match = /^(?:(.+):)?(\d+)$/.exec(text);
  if (!match) return undefined;
  const file = match[1];
  const line = Number(match[2]);
  const { bundle } = run;
  if (!bundle) return file === undefined || file === run.path ? rowAtNumber(run.open.table, line) : undefined;
  const paths = bundle.parts.map((part) => part.path);
  const part = partNamed(paths, file);
  if (part < 0) {
    const names = paths.map((name) => path.basename(name === STDIN_NAME ? '-' : name)).join(', ');
    throw new UsageError(
      `a place in a trace of several files is FILE:LINE, with FILE one of ${names}; not '${text}'`,
    );
  }
  return bundle.rowAtLine(part, line);
}

/** What --from and --to leave, a filter for each that is given. */
export function placeFilters(run: LoadedRun, args: Args): readonly RowFilter[] {
  return (['from', 'to'] as const).flatMap((end) => {
    const place = args.text(end);
    return place === undefined ? [] : [rowsAtPlace(run, place, end)];
  });
}

function rowsAtPlace(run: LoadedRun, text: string, end: 'from' | 'to'): RowFilter {
  if (run.bundle && !/^(@|\d+\.)/.test(text)) {
    // The order of all files is that of their times: a place in one of them is an instant of all.
    const isFrom = end === 'from';
    const place = isFrom ? text : text.replace(/\d+$/, (line) => String(Number(line) + 1));
    const row = rowAtPlace(run, place);
    if (row !== undefined) return isFrom ? (r) => r >= row : (r) => r < row;
  }
  return ofOption(`--${end}`, () => placeFilter(run.open.table, text, end));
}

/** Row at or after a line of a text trace, or an event of a binary one by its number. */
function rowAtNumber(table: EventTable, number: number): number {
  return table.hasLines ? table.rowAtLine(number) : Math.min(table.length, Math.max(0, number - 1));
}

/** The file with this path, else the first with this name; -1 for none. */
function partNamed(paths: readonly string[], wanted: string | undefined): number {
  if (wanted === undefined) return -1;
  const exact = paths.indexOf(wanted);
  return exact >= 0 ? exact : paths.findIndex((name) => path.basename(name) === wanted);
}
