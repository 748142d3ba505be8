/**
 * A review as the files that `b4 review` reads: who reviews, a sentence on the series, and for each patch its
 * diff quoted, with remarks unquoted between. A person adopts them.
 */
import type { Hunk } from '../../parsers/patch/patch.js';
import { isSaying } from './body.js';
import { fileHead, hunkHead, subjectOf, writtenLine } from './quoting.js';
import type { ReviewNotes } from './notes.js';
import { outcomeOf } from './outcome.js';
import { evidenceText, wrapped } from './prose.js';
import { greetings, isQuiet, remarksAt, remarksOnPatch } from './remarks.js';
import { setText, wantedPatches, type FunctionReport, type ReviewReport } from './report.js';
import { escapeControls, headerText } from './safeText.js';
import { isSamePlace } from './touched.js';

export interface ReviewFile {
  readonly name: string;
  readonly text: string;
}

const COLUMNS = 72;

export function b4ReviewFiles(
  report: ReviewReport,
  version: string,
  notes?: ReviewNotes,
): readonly ReviewFile[] {
  const { summary, details } = outcomeOf(report);
  const series = [
    ...greetings(notes),
    ...[summary, '', ...details.flatMap((each) => wrapped(each, COLUMNS, '  '))].map(escapeControls),
  ];
  return [
    { name: 'identity.txt', text: `shimtrace ${version}\n` },
    { name: 'series.txt', text: `${series.join('\n')}\n` },
    ...wantedPatches(report).map((i) => ({
      name: `${String(i + 1).padStart(4, '0')}.txt`,
      text: [headerText(subjectOf(report.series.patches[i]!)), '', ...quotedPatch(report, i, notes), ''].join(
        '\n',
      ),
    })),
  ];
}

/** The whole diff, each function's sentences below the last line that it changes in it. */
function quotedPatch(report: ReviewReport, patch: number, notes: ReviewNotes | undefined): readonly string[] {
  const out: string[] = remarksOnPatch(report.series, patch, { notes, quote: true }).flatMap((texts) => [
    ...texts,
    '',
  ]);
  const quote = (line: string): void => {
    out.push(`> ${escapeControls(line)}`.trimEnd());
  };
  report.series.patches[patch]!.files.forEach((file, f) => {
    fileHead(file).forEach(quote);
    file.hunks.forEach((hunk, h) => {
      quote(hunkHead(hunk));
      const remarks = remarksAt(notes, { patch, file: f, hunk: h });
      const say = (texts: readonly string[] | undefined): void => {
        if (texts) out.push('', ...texts, '');
      };
      say(remarks.get(-1));
      const lastLines = lastChanged(hunk, report.touched.owners[patch]![f]![h]!);
      const told = report.functions.filter(
        (each) =>
          isSaying(each) &&
          !isQuiet(each, notes) &&
          each.hunks.some((place) => isSamePlace(place, { patch, file: f, hunk: h })),
      );
      const behind = new Map(told.map((each) => [lastLines.get(each.name), each]));
      hunk.lines.forEach((line, i) => {
        quote(writtenLine(line));
        const each = behind.get(i);
        say(remarks.get(i));
        say(each && remark(each, report));
      });
    });
  });
  return out;
}

/** Index of the last line that the hunk changes in each function. */
function lastChanged({ lines }: Hunk, owners: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  lines.forEach(({ kind }, i) => {
    const name = owners[i];
    if (kind !== ' ' && name !== undefined) out.set(name, i);
  });
  return out;
}

function remark(f: FunctionReport, { sets }: ReviewReport): readonly string[] {
  return f.inSets.flatMap((shown, i) => {
    const where = sets.length > 1 ? `${setText(sets[i]!)} ` : '';
    const rules = [...new Set(shown.findings.map(({ finding }) => `${finding.rule} ${finding.verdict}`))];
    const found = rules.length > 0 ? ` ${rules.join(', ')}.` : '';
    return wrapped(`${where}${f.name}() ${evidenceText(shown)}.${found}`, COLUMNS);
  });
}
