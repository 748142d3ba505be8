/**
 * From a path to a judged trace: opens, reads, analyses, with progress,
 * and says clearly when a file cannot be used.
 */
import type { CancelToken } from '../parsers/base/cancel.js';
import { ISSUE_KINDS, type Issue, type IssueSeverity } from '../parsers/events/issues.js';
import { CLOCKS, PAGE_SIZES, withIssue, type ClockName, type EventTable } from '../parsers/events/table.js';
import { withTable, type OpenTrace } from '../parsers/reader.js';
import type { Analysis, AnalyzeOptions } from '../model/analysis.js';
import { PROFILES, type ProfileId } from '../model/findings/finding.js';
import type { TraceReport } from '../model/findings/report.js';
import { issueText } from '../model/findings/report.js';
import { analyze, readTrace, RULES, withLimit } from './core.js';
import { MemoryWatch, mostFindings } from '../shell/memory.node.js';
import { tellLimit, whileDoing } from './limitTold.js';
import { oneOf, type Args, type OptionSpecs } from './args.js';
import { InputError } from './errors.js';
import { CACHE_OPTIONS } from './cacheOptions.js';
import { openSource, type OpenSource } from './fileSource.js';
import type { Output } from './output.js';
import type { Following } from '../shell/following.js';
import { openLines } from '../parsers/registry.js';
import type { EarlyJudging } from '../shell/earlyJudging.js';
import type { ReadingThread } from './reading/readingThread.js';
import { readOptions } from './readOptions.js';
import { withSidecar, withSidecarSoFar } from './sidecar.js';

/** Options of every command that reads and judges a trace. */
export const LOAD_OPTIONS: OptionSpecs = {
  rules: {
    type: 'string',
    multiple: true,
    value: 'PROFILE',
    help:
      `judge by this profile (${PROFILES.join(', ')}); repeatable; ` +
      'default: chosen from what the trace holds',
  },
  clock: {
    type: 'string',
    value: 'CLOCK',
    help: 'the clock that the trace was recorded with, where the trace does not say',
  },
  'skew-us': {
    type: 'string',
    value: 'US',
    help:
      'events of two CPUs closer than this are not ordered by time ' +
      '(default: 20 on a local or unknown clock, 1 on a global one)',
  },
  'page-size': {
    type: 'string',
    value: 'SIZE',
    help:
      `the pages of the traced kernel (${PAGE_SIZES.map(({ word }) => word).join(', ')}), ` +
      'where the trace does not show them',
  },
  ...CACHE_OPTIONS,
};

const CLOCK_WORDS: readonly ClockName[] = [...CLOCKS, 'unknown'];

const NS_PER_US = 1000;

export interface LoadOptions {
  readonly profiles: readonly ProfileId[] | undefined;
  readonly clock: ClockName | undefined;
  readonly skewNs: number | undefined;
  readonly pageBytes?: number | undefined;
  readonly cancel?: CancelToken;
}

/** LOAD_OPTIONS as parsed. */
export function loadOptions(args: Args): LoadOptions {
  const profiles = args
    .list('rules')
    .flatMap((word) => word.split(','))
    .map((word) => oneOf('--rules', word, PROFILES));
  const clock = args.text('clock');
  const skewUs = args.number('skew-us');
  const pageSize = args.text('page-size');
  return {
    profiles: profiles.length === 0 ? undefined : PROFILES.filter((p) => profiles.includes(p)),
    clock: clock === undefined ? undefined : oneOf('--clock', clock, CLOCK_WORDS),
    skewNs: skewUs === undefined ? undefined : skewUs * NS_PER_US,
    pageBytes: pageSize === undefined ? undefined : pageBytesOf(pageSize),
  };
}

function pageBytesOf(word: string): number | undefined {
  const words = PAGE_SIZES.map((size) => size.word);
  const wanted = oneOf('--page-size', word, words);
  return PAGE_SIZES.find((size) => size.word === wanted)?.bytes;
}

export interface LoadedTrace extends TraceReport {
  readonly open: OpenTrace;
  /** True when an issue says that the input could not be used as it is. */
  readonly damaged: boolean;
  /** Closes the file; `open.describe` no longer works afterwards. */
  close(): void;
}

/** A trace that was read, not judged. */
export interface LoadedOpen {
  readonly path: string;
  readonly open: OpenTrace;
  /** Closes the file; `open.describe` no longer works afterwards. */
  close(): void;
}

/** Judges a trace that was read. */
export function judged(
  trace: LoadedOpen,
  options: LoadOptions,
  output: Output,
  following?: Judge,
): LoadedTrace {
  const { path, open } = trace;
  const analysis = judgeOpen(trace, options, output, following);
  const table = withLimit(open.table, analysis);
  if (analysis.limit) tellLimit(path, 'not-all-judged', table, output);
  const damaged = isDamaged(table);
  return { path, table, analysis, rules: RULES, open, damaged, close: () => trace.close() };
}

/** True when an issue says that the input could not be used as it is. */
export function isDamaged({ issues }: EventTable): boolean {
  return issues.some((issue) => ISSUE_KINDS[issue.code].severity === 'error');
}

/** What else it takes to read a file. */
export interface OpenMore {
  /** Text of QEMU's trace-events file. */
  readonly traceEvents?: string | undefined;
  /** What was kept of the reading before, where the file is read again while it grows. */
  readonly following?: Following | undefined;
  /** The thread that reads it, and who judges it meanwhile. */
  readonly early?: Early | undefined;
}

export interface Early {
  readonly thread: ReadingThread;
  readonly judging: EarlyJudging;
}

/** Who judges a table that was read, and knows more of how. */
export type Judge = Pick<Following, 'analyze'>;

/**
 * Reads one file, or standard input for `-`. Throws InputError when it holds no event at all; what could be
 * read of a damaged file is kept.
 */
export function openTrace(path: string, output: Output, more: OpenMore = {}): LoadedOpen {
  const source = openSource(path);
  const read = (more.early && openRead(source, output, more.early)) ?? readOpen(source, output, more);
  const open = withChange(withTable(read, withSidecar(read.table, path)), source);
  refuseUnusable(source, open.table);
  output.progress('');
  tellLimit(source.name, 'limit-met', open.table, output);
  return { path: source.name, open, close: () => source.close() };
}

function readOpen(source: OpenSource, output: Output, { traceEvents, following }: OpenMore): OpenTrace {
  return readTrace(source, {
    ...readOptions(source.name),
    ...(traceEvents === undefined ? {} : { traceEvents }),
    ...(following && { grown: following.reading }),
    progress: (done) => sayReading(source, done, output),
  });
}

function sayReading({ name, size }: OpenSource, done: number, output: Output): void {
  whileDoing(`${name}: reading, at byte ${done} of ${size}`);
  output.progress(`${name}: reading ${percent(done, size)}`);
}

/** The same of a text that another thread reads; undefined where it has to be read here. */
function openRead(source: OpenSource, output: Output, { thread, judging }: Early): OpenTrace | undefined {
  const { name } = source;
  const read = thread.read(source, {
    rows(count, soFar) {
      if (!judging.wants(count)) return;
      const { table, growth } = soFar();
      const known = withSidecarSoFar(table, name);
      if (known) judging.rows(known, growth);
      else judging.giveUp();
    },
    progress: (done) => sayReading(source, done, output),
  });
  if (!read) return undefined;
  const open = openLines(source, read.table);
  if (open) judging.end(read.growth);
  return open;
}

export function judgeOpen(
  { path, open: { table } }: LoadedOpen,
  options: LoadOptions,
  output: Output,
  following?: Judge,
): Analysis {
  const asked: AnalyzeOptions = {
    ...analyzeOptions(options),
    progress: (rows) => {
      whileDoing(`${path}: judging, at event ${rows} of ${table.length}`);
      output.progress(`${path}: judging ${percent(rows, table.length)}`);
    },
  };
  const analysis = following ? following.analyze(table, asked) : analyze(table, asked);
  output.progress('');
  return analysis;
}

/** How a trace is judged, by what the user asks for and the memory that there is. */
export function analyzeOptions(options: LoadOptions): AnalyzeOptions {
  const { profiles, clock, skewNs, pageBytes } = options;
  const cancel = options.cancel ?? new MemoryWatch('judging');
  return { profiles, clock, skewNs, pageBytes, cancel, mostFindings: mostFindings() };
}

function percent(done: number, total: number): string {
  return `${Math.min(100, Math.floor((100 * done) / Math.max(1, total)))}%`;
}

function refuseUnusable(source: OpenSource, table: EventTable): void {
  if (table.length > 0) return;
  source.close();
  const of = (severity: IssueSeverity): Issue | undefined =>
    table.issues.find(({ code }) => code !== 'empty' && ISSUE_KINDS[code].severity === severity);
  // That a file was cut off says why it holds no event.
  const worst = of('error') ?? of('dataLoss') ?? table.issues[0];
  const { sentence, advice } = ISSUE_KINDS.empty;
  if (worst === undefined) throw new InputError(`${source.name}: ${sentence} ${advice}`);
  throw new InputError(`${source.name}${placeText(worst)}: ${issueText(worst)}`);
}

function placeText({ line, offset }: Issue): string {
  if (line > 0) return `:${line}`;
  return offset > 0 ? `: offset ${offset}` : '';
}

/**
 * A file that changed while it was read is judged as far as it was read, and says so with the other issues.
 */
function withChange(open: OpenTrace, source: OpenSource): OpenTrace {
  const change = source.changed();
  if (change === undefined || open.table.issues.some((issue) => issue.code === 'changed-while-read'))
    return open;
  const table = withIssue(open.table, {
    code: 'changed-while-read',
    offset: source.size,
    line: 0,
    count: 1,
    detail: change,
  });
  return withTable(open, table);
}
