/** Remarks on the lines of the document that shows the series, and what the editor changes of them. */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import {
  evidenceLine,
  NO_NOTES,
  printNotes,
  readNotes,
  replacedRemark,
  withRemark,
  type NamedTrace,
  type OwnRemark,
  type RemarkPlace,
  type ReviewNotes,
} from '../../model/review/notes.js';
import { quietKey } from '../../model/review/remarks.js';
import type { ReviewReport, ReviewTrace } from '../../model/review/report.js';
import type { Series } from '../../parsers/patch/patch.js';
import type { NotesChange, NotesView, PlacedRemark } from '../protocol/review.js';

export function notesView(
  report: ReviewReport,
  text: string,
  change: NotesChange | undefined,
  traceOf: (file: number) => ReviewTrace | undefined,
): NotesView {
  const { series, functions } = report;
  const before = text === '' ? NO_NOTES : readNotes(text, series);
  const notes = change ? changed(before, change, report, traceOf) : before;
  return {
    text: change ? printNotes({ ...notes, traces: tracesOf(report) }, series) : text,
    remarks: notes.remarks.map((remark) => placed(remark, series)),
    quiet: functions.flatMap((f, index) => (notes.quiet.includes(quietKey(f)) ? [index] : [])),
  };
}

function tracesOf({ sets }: ReviewReport): readonly NamedTrace[] {
  return sets.flatMap(({ role, traces }) =>
    traces.map(({ path, digest }) => ({ role, name: fileNameOnDisk(path), digest })),
  );
}

function changed(
  notes: ReviewNotes,
  change: NotesChange,
  { series, functions }: ReviewReport,
  traceOf: (file: number) => ReviewTrace | undefined,
): ReviewNotes {
  if (change.kind === 'quiet') {
    const key = quietKey(functions[change.function]!);
    const others = notes.quiet.filter((each) => each !== key);
    return { ...notes, quiet: change.isQuiet ? [...others, key] : others };
  }
  const place = placeAt(series, change.line);
  if (change.kind === 'quote') {
    const { file, line, finding } = change.evidence;
    const name = fileNameOnDisk(traceOf(file)?.path ?? '');
    return withRemark(notes, place, evidenceLine(name, line, finding));
  }
  return change.kind === 'replace' && place
    ? replacedRemark(notes, place, change.text)
    : withRemark(notes, place, change.text);
}

/** What a line of the document is of the series: outside of hunks and names, the patch that it is in. */
function placeAt({ patches }: Series, line: number): RemarkPlace | undefined {
  let found: RemarkPlace | undefined;
  for (const [p, patch] of patches.entries()) {
    if (patch.line <= line) found = { patch: p, file: -1, hunk: -1, line: -1 };
    for (const [f, file] of patch.files.entries()) {
      // The names of a file have two lines or more.
      const first = file.hunks[0]?.line ?? file.line + 2;
      if (file.line <= line && line < first) found = { patch: p, file: f, hunk: -1, line: -1 };
      for (const [h, hunk] of file.hunks.entries()) {
        if (hunk.line === line) return { patch: p, file: f, hunk: h, line: -1 };
        const at = hunk.lines.findIndex((each) => each.line === line);
        if (at >= 0) return { patch: p, file: f, hunk: h, line: at };
      }
    }
  }
  return found;
}

function placed({ place, quote, texts }: OwnRemark, series: Series): PlacedRemark {
  return { line: place ? lineOf(place, series) : 0, quote, text: texts.join('\n') };
}

function lineOf({ patch, file, hunk, line }: RemarkPlace, { patches }: Series): number {
  const inPatch = patches[patch]!;
  const inFile = inPatch.files[file];
  const inHunk = inFile?.hunks[hunk];
  return inHunk?.lines[line]?.line ?? inHunk?.line ?? inFile?.line ?? inPatch.line;
}
