/**
 * The analysis worker of one trace, the same in both hosts: it owns the source, the event table and
 * the analysis, and answers requests one after another. What a request throws becomes its error
 * reply; the worker lives on.
 */
import type { Analysis } from '../../model/analysis.js';
import { assert } from '../../parsers/base/assert.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { OpenSpool, Spool } from '../../parsers/base/spool.js';
import { analyze, withLimit } from './core.js';
import { withTable, type Onlooker, type OpenTrace, type ReadOptions } from '../../parsers/reader.js';
import { sidecarIn } from '../../recorder/beside.js';
import type { Beside } from '../../recorder/names.js';
import { sidecarLines } from '../../recorder/outlook.js';
import { Following } from '../../shell/following.js';
import { jobErrorOf } from '../protocol/jobError.js';
import type { CheckOptions } from '../protocol/options.js';
import type { LineOf, Spots } from '../protocol/place.js';
import type { Report } from '../protocol/report.js';
import type {
  JobError,
  DebugMessage,
  FromWorker,
  Method,
  Methods,
  Port,
  Progress,
  Request,
} from '../protocol/requests.js';
import type { ConversionChoice, Lists } from '../protocol/shapes.js';
import type { SqlAsk, SqlResult } from '../protocol/sql.js';
import type { LoadedTrace } from '../debugger/host.js';
import { indexOf } from '../../model/pages/intervals.js';
import { PROFILES } from '../../model/findings/finding.js';
import { recordingOf } from '../../model/findings/suppress.js';
import { conversionText } from '../../model/objects/conversion.js';
import { unifiedDiff } from '../../model/review/unifiedDiff.js';
import { codeAt, codeEvents, definitionIn, functionsIn } from './codeView.js';
import { DebugServer } from './debugServer.js';
import { answerTimeline } from '../../model/timeline/answer.js';
import type { TimelineAsk, TimelineResult } from '../../model/timeline/asks.js';
import { Timeline } from '../../model/timeline/timeline.js';
import { answerAt } from './answerView.js';
import { eventAtLine } from './eventView.js';
import { explain, recipe } from './explainView.js';
import { faultGroups } from './faults.js';
import { FirstPicture, FOUND_MAX, type FoundSoFar } from './firstPicture.js';
import { conversionGroups, conversionsIn } from './conversions.js';
import { askedFor, JobFailure, type Before, type Judged, type Reread, type WorkerTools } from './judged.js';
import { askedOf, compareBehind, keepBehind } from './keeping.js';
import { moveFirst, movedWith } from './handedOver.js';
import { holdsTrace, listingText } from './listing.js';
import { listsAt } from './lists.js';
import { hints, life, neighbour, origin, rowOfLine, stackLines, windowAround } from './moves.js';
import { openOne } from './openOne.js';
import { perfettoFile } from './perfettoView.js';
import { isAtHand, spotOf } from './place.js';
import { reportOf } from './reportView.js';
import { claimFault, ReviewServer } from './review.js';
import { readRun, runFiles, type RunFiles, type RunSource } from './run.js';
import { numberedCopy, numberRows, shownAlone } from './shown.js';
import { SqlServer } from './sqlView.js';
import { Turns } from './turns.js';

/** Progress goes to the host no more often than this. */
const PROGRESS_EVERY_MS = 80;
/** Nobody reads a longer list of conversions to choose from. */
const CONVERSIONS_MAX = 1000;
/** Below this, reading again is as fast as an index. */
export const INDEXED_FROM_BYTES = 4 * 1024 * 1024;

/** A trace that was read, and perhaps judged. */
interface ReadTrace extends Omit<Judged, 'analysis'> {
  /** Its files as they lie there. */
  readonly wholes: readonly ByteSource[];
  readonly readMs: number;
}

class TraceServer {
  private opened: ByteSource | undefined;
  /** The same of a run's files. */
  private ofRun: readonly ByteSource[] | undefined;
  private readonly digests = new Map<ByteSource, string>();
  private trace: ReadTrace | undefined;
  private analysis: Analysis | undefined;
  /** The trace as it is shown where a limit was met while it was judged: it says so. */
  private limited: OpenTrace | undefined;
  private lastProgress = 0;
  private options: CheckOptions = {};
  private beside: Beside | undefined;
  /** What is kept while the file grows; it is there once it did. */
  private following: Following | undefined;
  /** The trace is as it was kept; nothing of it was read again. */
  private isFromKept = false;
  private debugging: DebugServer | undefined;
  private timelineMade: Timeline | undefined;
  private asked: { readonly analysis: Analysis; readonly server: SqlServer } | undefined;
  private readonly spools: Spool[] = [];
  private readonly turns: Turns;
  readonly review: ReviewServer;

  constructor(
    private readonly tools: WorkerTools,
    private readonly post: (message: FromWorker) => void,
  ) {
    this.review = new ReviewServer(tools, (progress) => this.progress(progress));
    this.turns = new Turns(() => tools.now(), tools.later);
    this.beside = tools.beside;
  }

  /**
   * The file has changed: it is read and judged again as far as it is not what it was. False where that
   * cannot be, and a new worker is to begin: also where a replay or a question in SQL may still hold what was
   * judged.
   */
  again({ beside }: Methods['again']['params']): boolean {
    const { openAgain } = this.tools;
    if (!openAgain || !this.opened || this.debugging || this.asked) return false;
    for (const spool of this.spools.splice(0)) spool.close();
    this.trace = undefined;
    this.isFromKept = false;
    this.analysis = undefined;
    this.limited = undefined;
    this.timelineMade = undefined;
    this.digests.clear();
    this.beside = beside;
    this.following ??= new Following();
    this.opened = openAgain(this.opened);
    return true;
  }

  digest(options: CheckOptions): string {
    this.options = options;
    // What lies beside a trace changes what is found, and the digest is of the trace alone. Where traces are
    // kept, a report is kept with its trace.
    if (this.tools.run || this.beside || !this.tools.digest || this.tools.kept) return '';
    const source = this.open();
    return source.size >= INDEXED_FROM_BYTES ? this.digestOf(source) : '';
  }

  holdsTrace(): boolean {
    return holdsTrace(this.open(), this.tools.decompress);
  }

  /** Of a trace that was read, another judgement may be kept only where it came from what was kept. */
  kept(options: CheckOptions): Report | null {
    this.options = options;
    const { kept, run, digestInSteps } = this.tools;
    if (!kept || !digestInSteps || this.following || (this.trace && !this.isFromKept)) return null;
    const start = this.tools.now();
    const sources = run ? this.sourcesOf(run) : [this.open()];
    const asked = askedOf(options, { ...this.tools, beside: this.beside });
    const now = (): string => sources.map((source) => this.tools.digest?.(source) ?? '').join(' ');
    let order: readonly number[] | undefined;
    const before = kept.find(sources, asked, () => this.rereadAlone(options, order), now);
    order = before?.order;
    if (!before) return null;
    this.trace = { ...this.readBefore(before, sources), readMs: this.tools.now() - start };
    this.analysis = before.analysis;
    this.limited = undefined;
    this.isFromKept = true;
    const digests = before.digest.split(' ');
    for (const [i, source] of sources.entries()) this.digests.set(source, digests[i] ?? '');
    const read = this.trace;
    function* digest(): Generator<undefined, string> {
      const found: string[] = [];
      for (const source of sources) found.push(yield* digestInSteps!(source));
      return found.join(' ');
    }
    compareBehind(
      before,
      this.judged(),
      digest,
      () => this.trace !== read,
      (isSame) => {
        if (isSame) return;
        before.drop();
        this.post({ stale: true });
      },
      this.behind(),
    );
    return this.report(read, { read: read.readMs, judge: 0 });
  }

  clearKept(): number {
    return this.tools.clearKept?.() ?? 0;
  }

  private readBefore(before: Before, sources: readonly ByteSource[]): Omit<ReadTrace, 'readMs'> {
    const { open, shown, order, bundle, files: facts } = before;
    if (!this.tools.run || !facts) return { ...this.aloneIn(open), shown };
    const contents = bundle?.parts.map((part) => part.open) ?? [open];
    return this.filesIn(
      open,
      runFiles(this.tools.run, sources, { table: open.table, order, bundle, facts, contents }),
    );
  }

  /** What an entry has not, or not whole; it is of the files in this order. */
  private rereadAlone(options: CheckOptions, order: readonly number[] | undefined): Reread {
    const { run } = this.tools;
    const { trace, files } = run ? this.readFiles(run) : this.readFile(undefined);
    if (files && order && files.order.join() !== order.join())
      throw new JobFailure({ code: 'io', message: 'The files have changed since they were judged.' });
    const progress = this.judgingOf(trace.table.length);
    const analysis = analyze(trace.table, { ...askedFor(options, this.tools), progress });
    return { open: trace, bundle: files?.bundle, analysis };
  }

  check(options: CheckOptions): Report {
    this.options = options;
    const asked = askedFor(options, this.tools);
    const first = new FirstPicture(asked, this.tools.now, (found) => this.show(found));
    const read = this.read(first);
    const start = this.tools.now();
    const { table } = read.trace;
    const progress = this.judgingOf(table.length);
    this.analysis = this.following
      ? this.following.analyze(table, { ...asked, progress })
      : first.analyze(read.trace, progress);
    const { limit } = this.analysis;
    this.limited = limit && withTable(read.trace, withLimit(table, this.analysis));
    const judge = this.tools.now() - start;
    // The first click on a page need not wait for it; a file that grows is told of first.
    if (!this.following) indexOf(this.analysis);
    const report = this.report(read, { read: read.readMs, judge });
    if (!this.following) this.keepBehind(read, this.analysis);
    return report;
  }

  private judgingOf(total: number): (done: number) => void {
    return (done) => this.progress({ stage: 'judging', done, total });
  }

  private report(read: ReadTrace, tookMs: Report['tookMs']): Report {
    const recording = recordingOf(read.wholes.map((source) => this.digestOf(source)));
    const judged = { ...this.shownNow(read), analysis: this.analysis! };
    return reportOf(judged, { tookMs, recording, recorded: this.recorded() });
  }

  /** What is opened for it is closed when the file is another one. */
  private behind(): Pick<WorkerTools, 'later' | 'spool'> {
    const { later, spool } = this.tools;
    const open: OpenSpool = (bytes) => {
      const opened = spool?.(bytes);
      if (opened) this.spools.push(opened);
      return opened;
    };
    return { ...(later && { later }), ...(spool && { spool: open }) };
  }

  /** What was taken from what is kept is kept already. */
  private keepBehind({ wholes, files, shown }: ReadTrace, analysis: Analysis): void {
    const { kept } = this.tools;
    const isOver = (): boolean => this.analysis !== analysis;
    const sources = files?.sources ?? wholes;
    const digests = kept && !this.isFromKept ? sources.map((source) => this.digestOf(source)) : [''];
    const digest = digests.includes('') ? '' : digests.join(' ');
    const keep = kept && digest !== '' ? { kept, sources, digest, shown } : undefined;
    keepBehind(this.judged(), keep, isOver, this.behind());
  }

  /** Shows the host what was found so far. */
  private show({ trace, analysis, rows }: FoundSoFar): void {
    const judged = this.shownNow(this.trace ?? this.readSoFar(trace));
    const findings = analysis.findings.slice(0, FOUND_MAX);
    const first = { ...judged, analysis: { ...analysis, findings } };
    // To make a digest takes a while that nobody waits for now.
    const recording = recordingOf(judged.wholes.map((source) => this.digests.get(source) ?? ''));
    this.post({
      first: {
        report: reportOf(first, { tookMs: { read: 0, judge: 0 }, recording, recorded: [] }),
        untilLine: judged.trace.table.line(rows - 1) || rows,
        more: analysis.findings.length - findings.length,
      },
    });
  }

  /** Its rows are still added to: lines of a listing they get when all of them are there. */
  private readSoFar(soFar: OpenTrace): ReadTrace {
    const read = { ...this.aloneIn(soFar), readMs: 0 };
    return read.shown === 'events' ? { ...read, trace: withTable(soFar, numberedCopy(soFar.table)) } : read;
  }

  private recorded(): readonly string[] {
    if (this.tools.run || !this.beside) return [];
    const { sidecar } = sidecarIn(this.beside, this.open().size);
    return sidecar ? sidecarLines(sidecar) : [];
  }

  /** The judged trace; it is read now where its report came out of the index. */
  judged(): Judged {
    if (!this.analysis) this.check(this.options);
    assert(this.analysis !== undefined, 'a check leaves an analysis');
    return { ...this.shownNow(this.read()), analysis: this.analysis };
  }

  /** As a compact listing where that is asked for and the trace is a text of its own. */
  private shownNow(read: ReadTrace): ReadTrace {
    const { shown, files } = read;
    const trace = this.limited ?? read.trace;
    const isCompact = this.options.compact === true && shown === 'file' && !files && !trace.mended;
    return { ...read, trace, ...(isCompact && { shown: 'compact' }) };
  }

  debug(message: DebugMessage): null {
    this.debugging ??= new DebugServer(
      {
        openTrace: async (_path, rules) => this.loaded(rules),
        breathe: () => new Promise((done) => setTimeout(done, 0)),
        now: () => this.tools.now(),
        ...(this.tools.findSource && { findSource: this.tools.findSource }),
      },
      (debug) => this.post({ debug }),
    );
    this.debugging.take(message);
    return null;
  }

  endDebug(session: number): null {
    this.debugging?.end(session);
    return null;
  }

  /** Another analysis has another timeline; it is made when it is asked for. */
  timeline(ask: TimelineAsk): TimelineResult {
    const { trace, analysis } = this.judged();
    if (this.timelineMade?.analysis !== analysis) this.timelineMade = new Timeline(analysis, trace.table);
    return answerTimeline(this.timelineMade, ask);
  }

  conversions(): readonly ConversionChoice[] {
    const { trace, analysis } = this.judged();
    return analysis.conversions.slice(0, CONVERSIONS_MAX).map((conversion) => ({
      index: conversion.index,
      label: conversionText(analysis, conversion),
      row: conversion.fromRow,
      line: trace.table.line(conversion.fromRow),
    }));
  }

  /** A line that is put aside yet is not waited for: its event stands at column 0 until then. */
  life(at: LineOf): Spots {
    const judged = this.judged();
    return life(judged, at, this.tools.spool === undefined || isAtHand(judged));
  }

  /** Of a long trace they take a while, in which somebody may click. */
  lists({ line, ...wanted }: Methods['lists']['params']): Lists | Promise<Lists> {
    const judged = this.judged();
    const row = line === undefined ? -1 : rowOfLine(judged, { line });
    return this.turns.answer(() => listsAt(judged, row, wanted));
  }

  /** Another analysis has other tables. */
  sql(ask: SqlAsk): Promise<SqlResult> {
    const judged = this.judged();
    if (this.asked?.analysis !== judged.analysis)
      this.asked = { analysis: judged.analysis, server: new SqlServer(() => this.tools.now()) };
    const { wholes } = this.read();
    return this.asked.server.answer(judged, ask, wholes.length === 1 ? this.digestOf(wholes[0]!) : '');
  }

  /** The trace for a replay: as it was judged last, or by the profiles that the launch names. */
  private loaded(rules: readonly string[]): LoadedTrace {
    const { trace, shown, files } = this.shownNow(this.read());
    const profiles = PROFILES.filter((profile) => rules.includes(profile));
    const analysis = profiles.length > 0 ? analyze(trace.table, { profiles }) : this.judged().analysis;
    return {
      open: trace,
      analysis,
      shown,
      ...(files && { files }),
    };
  }

  /** Made once of each file, since a large one takes its time. */
  private digestOf(source: ByteSource): string {
    const known = this.digests.get(source);
    if (known !== undefined) return known;
    const before = source === this.opened ? this.following?.reading.from.offset : 0;
    const digest = this.tools.digest?.(source, before) ?? '';
    this.digests.set(source, digest);
    return digest;
  }

  private open(): ByteSource {
    this.opened ??= this.tools.open();
    return this.opened;
  }

  private read(onlooker?: Onlooker): ReadTrace {
    if (this.trace) return this.trace;
    const start = this.tools.now();
    const read = this.tools.run ? this.readFiles(this.tools.run) : this.readFile(onlooker);
    this.trace = { ...read, readMs: this.tools.now() - start };
    return this.trace;
  }

  private sourcesOf(run: readonly RunSource[]): readonly ByteSource[] {
    this.ofRun ??= run.map((file) => file.open());
    return this.ofRun;
  }

  private readFiles(run: readonly RunSource[]): Omit<ReadTrace, 'readMs'> {
    const { trace, files } = readRun(run, this.sourcesOf(run), (file, source) => this.readOne(source, file));
    return this.filesIn(trace, files);
  }

  private filesIn(trace: OpenTrace, files: RunFiles): Omit<ReadTrace, 'readMs'> {
    const wholes = files.parts.map(({ whole }) => whole);
    return { source: files.parts[0]!.source, wholes, trace, shown: 'file', files };
  }

  private readFile(onlooker: Onlooker | undefined): Omit<ReadTrace, 'readMs'> {
    const { traceEvents } = this.tools;
    const grown = this.following?.reading;
    const more = { ...(grown && { grown }), ...(onlooker && { onlooker }) };
    const trace = this.readOne(this.open(), { traceEvents, beside: this.beside }, more);
    const read = this.aloneIn(trace);
    if (read.shown === 'events') numberRows(trace.table);
    return read;
  }

  /** A trace of one file. Places in a compressed one are those of its content. */
  private aloneIn(trace: OpenTrace): Omit<ReadTrace, 'readMs'> {
    const source = this.open();
    return {
      source: trace.mended ?? trace.plain ?? source,
      wholes: [source],
      trace,
      shown: shownAlone(trace),
    };
  }

  private readOne(
    source: ByteSource,
    file: Pick<WorkerTools, 'traceEvents' | 'beside'>,
    more?: Pick<ReadOptions, 'grown' | 'onlooker'>,
  ): OpenTrace {
    const progress = (done: number): void => this.progress({ stage: 'reading', done, total: source.size });
    return openOne(this.tools, source, file, progress, more);
  }

  private progress(progress: Progress): void {
    const now = this.tools.now();
    if (now - this.lastProgress < PROGRESS_EVERY_MS) return;
    this.lastProgress = now;
    this.post({ progress });
  }
}

type Result<M extends Method> = Methods[M]['result'] | Promise<Methods[M]['result']>;
type Handlers = {
  [M in Method]: (server: TraceServer, params: Methods[M]['params']) => Result<M>;
};
type AnyHandler = (server: TraceServer, params: unknown) => Result<Method>;

const HANDLERS: Handlers = {
  digest: (server, options) => server.digest(options),
  kept: (server, options) => server.kept(options),
  clearKept: (server) => server.clearKept(),
  check: (server, options) => server.check(options),
  again: (server, now) => server.again(now),
  holdsTrace: (server) => server.holdsTrace(),
  eventAtLine: (server, at) => eventAtLine(server.judged(), at),
  debug: (server, message) => server.debug(message),
  endDebug: (server, { session }) => server.endDebug(session),
  conversions: (server) => server.conversions(),
  timeline: (server, ask) => server.timeline(ask),
  spot: (server, { row }) => spotOf(server.judged(), row),
  lists: (server, ask) => server.lists(ask),
  conversionGroups: (server, wanted) => conversionGroups(server.judged(), wanted),
  faultGroups: (server, wanted) => faultGroups(server.judged(), wanted),
  conversionsIn: (server, { fromLine, toLine }) => conversionsIn(server.judged(), fromLine, toLine),
  explain: (server, { finding }) => explain(server.judged(), finding),
  neighbour: (server, { along, forward, ...at }) => neighbour(server.judged(), at, along, forward),
  origin: (server, at) => origin(server.judged(), at),
  life: (server, at) => server.life(at),
  hints: (server, { fromLine, toLine }) => hints(server.judged(), fromLine, toLine),
  answer: (server, { question, ...at }) => answerAt(server.judged(), at, question),
  listing: (server, { first, last }) => listingText(server.judged(), first, last),
  window: (server, { line, lines }) => windowAround(server.judged(), line, lines),
  perfetto: (server, { path }) => perfettoFile(server.judged(), path),
  sql: (server, ask) => server.sql(ask),
  stacks: (server) => stackLines(server.judged()),
  recipe: (server) => recipe(server.judged()),
  functionsIn: (server, { text }) => functionsIn(server.judged(), text),
  codeEvents: (server, { name, first, count }) => codeEvents(server.judged(), name, first, count),
  definition: (_, { name, files }) => definitionIn(files, name),
  codeAt: (server, at) => codeAt(server.judged(), at),
  unified: (_, { files }) =>
    files.map(({ path, before, after }) => unifiedDiff(path, before, after)).join(''),
  series: (server, { patch }) => server.review.series(patch),
  review: (server, ask) => server.review.review(ask),
  claimFault: (_, { text }) => claimFault(text),
  reviewEvents: (server, ask) => server.review.events(ask),
  notes: (server, ask) => server.review.notes(ask),
  reply: (server, ask) => server.review.reply(ask),
  patchRecipe: (server) => server.review.recipe(),
};

function errorOf(error: unknown): JobError {
  return error instanceof JobFailure ? error.error : jobErrorOf(error);
}

/** Answers at once, but where a program has to be waited for. */
function answer(server: TraceServer, { id, method, params }: Request, reply: (told: Reply) => void): void {
  try {
    const result = (HANDLERS[method] as AnyHandler)(server, params);
    if (!(result instanceof Promise)) reply({ id, result });
    else
      result.then(
        (made) => reply({ id, result: made }),
        (error: unknown) => reply({ id, error: errorOf(error) }),
      );
  } catch (error) {
    reply({ id, error: errorOf(error) });
  }
}

type Reply = Extract<FromWorker, { readonly id: number }>;

/** Answers requests on `port` for the trace that `tools` opens. */
export function serve(port: Port<FromWorker, Request>, tools: WorkerTools): void {
  moveFirst();
  const server = new TraceServer(tools, (message) => port.post(message));
  port.onMessage((request) => {
    answer(server, request, (reply) => {
      port.post(reply, 'result' in reply ? movedWith(request.method, reply.result) : []);
    });
  });
}
