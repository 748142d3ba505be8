/**
 * Reviews in a worker whose files are the recordings: each is read once, a series as often as it is asked
 * for.
 */
import { CLAIM_FORMS, parseClaim, type Claim } from '../../model/review/claim.js';
import { evidenceOf } from '../../model/review/evidence.js';
import { imagesOf, type SeriesImages } from '../../model/review/images.js';
import { patchRecipe } from '../../model/review/patchRecipe.js';
import { readProbes, type RecordedProbes } from '../../model/review/recorded.js';
import { reviewReport, type ReviewReport, type TraceSet } from '../../model/review/report.js';
import { seriesText, standsAsItIs } from '../../model/review/seriesText.js';
import { indexSources, NO_INDEX, type SourceIndex } from '../../model/review/sourceIndex.js';
import { withSourceLines } from '../../model/review/sourceLines.js';
import { touchedBy } from '../../model/review/touched.js';
import { filesOf, foldersOf, isCFile } from '../../model/review/treeFolders.js';
import { assert } from '../../parsers/base/assert.js';
import { linesOf } from '../../parsers/patch/lines.js';
import { PATCH_ISSUES, type Series } from '../../parsers/patch/patch.js';
import { readSeries } from '../../parsers/patch/series.js';
import { probesTold, sidecarIn } from '../../recorder/beside.js';
import type { Beside } from '../../recorder/names.js';
import { reviewTrace } from '../../shell/reviewTrace.js';
import type { CheckOptions } from '../protocol/options.js';
import type { Progress } from '../protocol/requests.js';
import type {
  EventsAsk,
  NotesAsk,
  NotesView,
  ReplyAsk,
  ReplyFiles,
  ReviewAsk,
  ReviewedEvent,
  ReviewView,
  SeriesFacts,
  TreeFile,
} from '../protocol/review.js';
import { analyze, RULE_IDS } from './core.js';
import { askedFor, JobFailure, type WorkerTools } from './judged.js';
import { notesView } from './notesView.js';
import { openOne } from './openOne.js';
import { replyFiles } from './reply.js';
import { eventsOf, reviewView, type ReviewedTrace } from './reviewView.js';
import type { RunSource } from './run.js';
import { numberRows, shownAlone } from './shown.js';

/** A series as it is shown: its lines are those of the document. */
interface ShownSeries {
  readonly series: Series;
  /** Undefined where the document is the file itself. */
  readonly text: string | undefined;
}

function shownSeries(patch: Uint8Array): ShownSeries {
  const series = readSeries([patch]);
  if (standsAsItIs(series, linesOf(patch).lines.texts)) return { series, text: undefined };
  return seriesText(series);
}

export class ReviewServer {
  private readonly traces = new Map<number, ReviewedTrace>();
  private report: ReviewReport | undefined;
  private sets: ReviewAsk['sets'] = [];
  private index: SourceIndex = NO_INDEX;

  constructor(
    private readonly tools: WorkerTools,
    private readonly progress: (progress: Progress) => void,
  ) {}

  series(patch: Uint8Array): SeriesFacts {
    const { series, text } = shownSeries(patch);
    const [first] = series.patches;
    if (!first) throw new JobFailure({ code: 'io', message: PATCH_ISSUES['no-patch'] });
    const { subject, messageId, changeId } = first;
    const paths = filesOf(series);
    // A plain diff has no subject.
    const title = (series.cover?.subject ?? subject) || (paths[0] ?? '');
    return {
      title,
      key: changeId || messageId || title,
      patches: series.patches.length,
      paths,
      folders: foldersOf(series),
      issues: series.issues.map(
        ({ code, detail }) => PATCH_ISSUES[code] + (detail === '' ? '' : ` (${detail})`),
      ),
      text,
    };
  }

  /** A promise only where lines of the source are asked for: a program finds them. */
  review(ask: ReviewAsk): ReviewView | Promise<ReviewView> {
    const { patch, tree, sets, check } = ask;
    const claims = ask.claims.map((text) => ({ text, claim: claimOf(text) }));
    const { series } = shownSeries(patch);
    const images = tree && imagesOf(series, readerOf(tree));
    this.index = tree && images ? indexSources(indexed(tree, images)) : NO_INDEX;
    const report = reviewReport({
      series,
      images,
      touched: touchedBy(series, images),
      index: this.index,
      sets: sets.map(
        ({ role, files }): TraceSet => ({
          name: role,
          role,
          traces: files.map((file) => this.trace(file, check).review),
        }),
      ),
      claims: claims.flatMap(({ claim }) => claim ?? []),
    });
    this.report = report;
    this.sets = sets;
    const viewOf = (made: ReviewReport): ReviewView =>
      reviewView({ report: made, sets, tree, claims, traces: this.traces });
    const { findSource } = this.tools;
    if (ask.vmlinux === '' || !findSource) return viewOf(report);
    const folders = { vmlinux: ask.vmlinux, tree: '', prefixes: [] };
    return withSourceLines(report, (frame) => findSource({ ...frame, address: undefined }, folders)).then(
      (lined) => {
        // Another review may have been made meanwhile.
        if (this.report === report) this.report = lined;
        return viewOf(lined);
      },
    );
  }

  events(ask: EventsAsk): { readonly total: number; readonly events: readonly ReviewedEvent[] } {
    const { files } = this.sets[ask.set] ?? { files: [] };
    const shown = this.made().functions[ask.function]?.inSets[ask.set];
    return eventsOf(shown, files, this.traces, ask);
  }

  notes({ text, change }: NotesAsk): NotesView {
    return notesView(this.made(), text, change, (file) => this.traces.get(file)?.review);
  }

  reply(ask: ReplyAsk): ReplyFiles {
    return replyFiles(this.made(), ask);
  }

  recipe(): string {
    const { touched, sets } = this.made();
    const index = this.index;
    const [trace] = sets.flatMap((set) => (set.role === 'with' ? set.traces : []));
    const names = touched.functions.map((f) => f.name);
    const lines = patchRecipe({
      functions: touched.functions,
      index,
      symbols: undefined,
      ...(trace && { trace: { table: trace.table, evidence: evidenceOf(trace, names, index) } }),
    });
    return `${lines.join('\n')}\n`;
  }

  private made(): ReviewReport {
    assert(this.report !== undefined, 'a review is made before it is asked about');
    return this.report;
  }

  private trace(file: number, check: CheckOptions): ReviewedTrace {
    const judgedBy = JSON.stringify(check);
    const before = this.traces.get(file);
    if (before?.judgedBy === judgedBy) return before;
    const run = this.tools.run?.[file];
    assert(run !== undefined, 'a review names files of its worker');
    const read = before ?? this.read(run);
    const { table } = read.trace;
    const analysis = analyze(table, {
      ...askedFor(check, this.tools),
      progress: (done) => this.progress({ stage: 'judging', done, total: table.length }),
    });
    const digest = this.tools.digest?.(read.whole) ?? '';
    const recorded = run.beside && recordedBeside(run.beside, read.whole.size);
    const review = reviewTrace(read.trace, analysis, { path: run.name, digest, recorded });
    const made: ReviewedTrace = { ...read, review, judgedBy };
    this.traces.set(file, made);
    return made;
  }

  private read(run: RunSource): Omit<ReviewedTrace, 'review' | 'judgedBy'> {
    const whole = run.open();
    const trace = openOne(this.tools, whole, run, (done) =>
      this.progress({ stage: 'reading', done, total: whole.size }),
    );
    const shown = shownAlone(trace);
    if (shown === 'events') numberRows(trace.table);
    return { whole, source: trace.mended ?? trace.plain ?? whole, trace, shown };
  }
}

const claimOf = (text: string): Claim | undefined => parseClaim(text, RULE_IDS);

/** What is wrong with a claim as it was written; '' for nothing. */
export function claimFault(text: string): string {
  return claimOf(text) ? '' : `A claim is one of ${CLAIM_FORMS}.`;
}

function recordedBeside(beside: Beside, size: number): RecordedProbes | undefined {
  const { sidecar } = sidecarIn(beside, size);
  return sidecar && readProbes(probesTold(sidecar));
}

function readerOf(tree: readonly TreeFile[]): (path: string) => string | undefined {
  const texts = new Map(tree.map(({ path, text }) => [path, text]));
  return (path) => texts.get(path);
}

/** The tree's C files as they are after the series. */
function* indexed(tree: readonly TreeFile[], images: SeriesImages): Generator<readonly [string, string]> {
  for (const { path, text } of tree) if (isCFile(path) && !images.after.has(path)) yield [path, text];
  for (const [path, lines] of images.after) yield [path, lines.join('\n')];
}
