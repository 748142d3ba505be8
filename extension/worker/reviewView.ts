/** A review as an editor shows it: lines of the document, sentences, and places in recordings. */
import { outcomeText, verdictText } from '../../model/review/body.js';
import type { Claim } from '../../model/review/claim.js';
import type { EvidenceKind } from '../../model/review/evidence.js';
import { outcomeOf } from '../../model/review/outcome.js';
import { evidenceText } from '../../model/review/prose.js';
import { hunkHead, subjectOf } from '../../model/review/quoting.js';
import {
  lastIndex,
  PROVES_A_RUN,
  setText,
  type FunctionInSet,
  type FunctionReport,
  type ReviewReport,
  type ReviewTrace,
} from '../../model/review/report.js';
import { escapeControls } from '../../model/review/safeText.js';
import { scanC } from '../../model/review/scanC.js';
import type { HunkPlace } from '../../model/review/touched.js';
import { plural } from '../../parsers/base/plural.js';
import type { EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS } from '../../parsers/events/segment.js';
import type { ByteSource } from '../../parsers/base/source.js';
import type { FileDiff, Hunk, Patch } from '../../parsers/patch/patch.js';
import { assert } from '../../parsers/base/assert.js';
import { eventText, findingView, resultTexts } from './functionText.js';
import type { Judged } from './judged.js';
import {
  REVIEW_MARKS,
  type EventsAsk,
  type FunctionSentence,
  type ReviewAsk,
  type ReviewedClaim,
  type ReviewedEvent,
  type ReviewedFile,
  type ReviewedFunction,
  type ReviewedHunk,
  type ReviewedPatch,
  type ReviewMark,
  type ReviewView,
  type TreeFile,
} from '../protocol/review.js';
import { spotOf } from './place.js';

/** A recording that was read and judged, and what its rows are shown by. */
export interface ReviewedTrace extends Pick<Judged, 'source' | 'trace' | 'shown'> {
  /** The file as it lies, compressed where it is. */
  readonly whole: ByteSource;
  readonly review: ReviewTrace;
  /** Options that it was judged by, as text. */
  readonly judgedBy: string;
}

interface Made {
  readonly report: ReviewReport;
  readonly sets: ReviewAsk['sets'];
  readonly tree: readonly TreeFile[] | undefined;
  /** As they were written, and what they say where they are claims. */
  readonly claims: readonly { readonly text: string; readonly claim: Claim | undefined }[];
  /** By the index of the worker's file. */
  readonly traces: ReadonlyMap<number, ReviewedTrace>;
}

export function reviewView(made: Made): ReviewView {
  const { report, sets } = made;
  const { state, summary } = outcomeOf(report);
  const lines = sourceLines(report, made.tree);
  const functions = report.functions.map((f) => functionView(f, made, lines));
  const byPlace = functionsByPlace(report);
  return {
    state,
    summary,
    tree: report.images?.reason ?? '',
    sets: report.sets.map((set, i) => ({
      name: set.name,
      role: set.role,
      title: setText(set),
      files: sets[i]!.files,
    })),
    patches: report.series.patches.map((patch, p) => patchView(patch, p, report, functions, byPlace)),
    functions,
    rules: report.rules.map(({ id, outcomes }) => ({ id, outcomes: outcomes.map(outcomeText) })),
    claims: made.claims.map((claim) => claimView(claim, report)),
    limits: [...report.differences, ...report.notShown],
  };
}

function claimView({ text, claim }: Made['claims'][number], { claims }: ReviewReport): ReviewedClaim {
  const judged = claims.find((each) => each.claim === claim);
  if (judged) return { text, verdict: judged.verdict, sentence: verdictText(judged) };
  // A rule may be gone since it was written.
  if (!claim) return { text, verdict: 'no-claim', sentence: 'is no claim' };
  return { text, verdict: 'cannot-tell', sentence: 'cannot tell; there is no recording with the patch' };
}

/** Names are told of by the set with the patch; what is gone there, by the one without it. */
function tellingSet({ touch }: FunctionReport, { sets }: ReviewReport): number {
  const without = sets.findIndex(({ role }) => role === 'without');
  return touch === 'removed' && without >= 0 ? without : lastIndex(sets);
}

function markOf(shown: FunctionInSet | undefined): ReviewMark {
  if (shown?.findings.some(({ finding }) => finding.verdict === 'violation')) return 'violation';
  if (shown && PROVES_A_RUN.includes(shown.kind)) return 'ran';
  return shown?.kind === 'did-not-run' ? 'did-not-run' : 'unseen';
}

const strongest = (marks: readonly ReviewMark[]): ReviewMark | undefined =>
  REVIEW_MARKS.find((mark) => marks.includes(mark));

function functionView(
  f: FunctionReport,
  made: Made,
  lines: (path: string, name: string) => number,
): ReviewedFunction {
  const { report } = made;
  const telling = f.inSets[tellingSet(f, report)];
  return {
    name: f.name,
    path: f.path,
    touch: f.touch,
    mark: markOf(telling),
    short: shortText(f, telling, report),
    inSets: f.inSets.map((shown, set) => sentenceOf(shown, set, made)),
    sourceLine: lines(f.path, f.name),
  };
}

const SHORT: Readonly<Record<EvidenceKind, string>> = {
  ran: 'ran',
  active: 'was active',
  reached: 'reached a tracepoint',
  'at-least': 'ran',
  'may-have': 'may have run',
  'not-seen': 'not seen, events were lost',
  'did-not-run': 'did not run',
  'not-observable': 'not observable',
  absent: 'is not there',
};

/** `ran 5 times · -11 ×3 · 1 violation without`. */
function shortText(f: FunctionReport, shown: FunctionInSet | undefined, { sets }: ReviewReport): string {
  if (!shown) return 'no recording';
  const parts = [shown.kind === 'ran' ? `ran ${shown.runs}×` : SHORT[shown.kind]];
  parts.push(...resultTexts(shown.results));
  f.inSets.forEach(({ findings }, i) => {
    const violations = findings.filter(({ finding }) => finding.verdict === 'violation').length;
    const where = sets.length > 1 ? ` ${sets[i]!.name}` : '';
    if (violations > 0) parts.push(`${plural(violations, 'violation')}${where}`);
  });
  return parts.join(' · ');
}

function sentenceOf(shown: FunctionInSet, set: number, { sets, traces }: Made): FunctionSentence {
  const { files } = sets[set]!;
  return {
    text: escapeControls(evidenceText(shown)),
    mark: markOf(shown),
    events: eventCount(shown),
    findings: shown.findings.map(({ trace, finding }) => {
      const file = files[trace]!;
      return { ...findingView(finding, traceAt(traces, file)), file };
    }),
  };
}

function traceAt(traces: Made['traces'], file: number): ReviewedTrace {
  const trace = traces.get(file);
  assert(trace !== undefined, 'a review has read its recordings');
  return trace;
}

/** Rows of a function by recording: of what is reached alone, those of the tracepoints. */
function rowsOf(shown: FunctionInSet, trace: number, { review }: ReviewedTrace): readonly number[] {
  const rows = shown.rows[trace] ?? [];
  return rows.length > 0 || shown.reached.size === 0 ? rows : rowsOfTracepoints(shown.reached, review.table);
}

function rowsOfTracepoints(reached: ReadonlyMap<string, number>, table: EventTable): readonly number[] {
  const isReached = new Uint8Array(table.names.size);
  for (let id = 0; id < table.names.size; id++) {
    const name = table.names.text(id);
    if (reached.has(name.slice(name.indexOf(':') + 1))) isReached[id] = 1;
  }
  const out: number[] = [];
  for (let s = 0; s < table.segments.length; s++) {
    const { name, length } = table.segments[s]!;
    for (let i = 0; i < length; i++) if (isReached[name[i]!] === 1) out.push(s * SEGMENT_ROWS + i);
  }
  return out;
}

function eventCount({ rows, reached }: FunctionInSet): number {
  const own = rows.reduce((sum, each) => sum + each.length, 0);
  return own > 0 ? own : [...reached.values()].reduce((sum, count) => sum + count, 0);
}

/** Events by which a set tells of a function, in their order, recording by recording. */
export function eventsOf(
  shown: FunctionInSet | undefined,
  files: readonly number[],
  traces: Made['traces'],
  { first, count }: EventsAsk,
): { readonly total: number; readonly events: readonly ReviewedEvent[] } {
  if (!shown) return { total: 0, events: [] };
  const all = files.flatMap((file, trace) =>
    rowsOf(shown, trace, traceAt(traces, file)).map((row) => [file, row] as const),
  );
  return {
    total: all.length,
    events: all.slice(first, first + count).map(([file, row]) => {
      const trace = traceAt(traces, file);
      return { file, spot: spotOf(trace, row), text: eventText(trace.review, row) };
    }),
  };
}

/** Lines of functions in the tree's own files. */
function sourceLines(
  { functions }: ReviewReport,
  tree: readonly TreeFile[] | undefined,
): (path: string, name: string) => number {
  const wanted = new Set(functions.map(({ path }) => path));
  const lines = new Map<string, number>();
  for (const { path, text } of tree ?? [])
    if (wanted.has(path))
      for (const { name, nameLine } of scanC(text).functions) lines.set(`${path}\0${name}`, nameLine);
  return (path, name) => lines.get(`${path}\0${name}`) ?? 0;
}

function patchView(
  patch: Patch,
  p: number,
  report: ReviewReport,
  functions: readonly ReviewedFunction[],
  byPlace: ReadonlyMap<string, readonly number[]>,
): ReviewedPatch {
  const files = patch.files.map((file, f) => {
    const owners = report.touched.owners[p]![f]!;
    const hunks = file.hunks.map((hunk, h) =>
      hunkView(hunk, byPlace.get(placeKey({ patch: p, file: f, hunk: h })) ?? [], owners[h]!, functions),
    );
    return fileView(file, hunks);
  });
  return {
    title: escapeControls(subjectOf(patch)),
    line: patch.line,
    lastLine: files[files.length - 1]?.lastLine ?? patch.line,
    files,
    remarks: patch.remarks.map(({ from, about, texts }) => ({
      from: escapeControls(from),
      line: about,
      text: texts.map(escapeControls).join('\n'),
    })),
  };
}

const placeKey = ({ patch, file, hunk }: HunkPlace): string => `${patch} ${file} ${hunk}`;

/** Indexes of functions by the hunks that touch them. */
function functionsByPlace({ functions }: ReviewReport): ReadonlyMap<string, readonly number[]> {
  const out = new Map<string, number[]>();
  functions.forEach(({ hunks }, index) => {
    for (const key of hunks.map(placeKey)) {
      const known = out.get(key);
      if (known) known.push(index);
      else out.set(key, [index]);
    }
  });
  return out;
}

function fileView(file: FileDiff, hunks: readonly ReviewedHunk[]): ReviewedFile {
  return {
    path: escapeControls(file.newPath ?? file.oldPath ?? ''),
    line: file.line,
    lastLine: hunks[hunks.length - 1]?.lastLine ?? file.line,
    hunks,
  };
}

/** `here` are the indexes of the functions that it touches, `owners` the names by its lines. */
function hunkView(
  hunk: Hunk,
  here: readonly number[],
  owners: readonly (string | undefined)[],
  functions: readonly ReviewedFunction[],
): ReviewedHunk {
  const lastLines = new Map<string, number>();
  const lines: { readonly line: number; readonly mark: ReviewMark }[] = [];
  const marks = new Map(here.map((index) => [functions[index]!.name, functions[index]!.mark]));
  hunk.lines.forEach(({ kind, line }, i) => {
    const name = owners[i];
    const mark = name === undefined ? undefined : marks.get(name);
    if (kind === ' ' || name === undefined || mark === undefined) return;
    lastLines.set(name, line);
    lines.push({ line, mark });
  });
  const lastLine = hunk.lines[hunk.lines.length - 1]?.line ?? hunk.line;
  return {
    head: escapeControls(hunkHead(hunk)),
    line: hunk.line,
    lastLine,
    mark: strongest(here.map((index) => functions[index]!.mark)),
    // What is related uses what the hunk changes, and has no line in it.
    functions: here.map((index) => ({ index, line: lastLines.get(functions[index]!.name) ?? hunk.line })),
    lines,
  };
}
