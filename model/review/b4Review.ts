/**
 * A review as the files that `b4 review` reads: who reviews, a sentence on the series, and for each patch its
 * diff quoted, with remarks unquoted between. A person adopts them.
 */
import type { Hunk } from '../../parsers/patch/patch.js';
import { fileHead, hunkHead, isSaying } from './body.js';
import { subjectOf } from './mail.js';
import { outcomeOf } from './outcome.js';
import { evidenceText, wrapped } from './prose.js';
import { setText, wantedPatches, type FunctionReport, type ReviewReport } from './report.js';
import { escapeControls, headerText } from './safeText.js';
import { isSamePlace } from './touched.js';

export interface ReviewFile {
  readonly name: string;
  readonly text: string;
}

const COLUMNS = 72;

export function b4ReviewFiles(report: ReviewReport, version: string): readonly ReviewFile[] {
  const { summary, details } = outcomeOf(report);
  const series = [summary, '', ...details.flatMap((each) => wrapped(each, COLUMNS, '  '))].map(
    escapeControls,
  );
  return [
    { name: 'identity.txt', text: `shimtrace ${version}\n` },
    { name: 'series.txt', text: `${series.join('\n')}\n` },
    ...wantedPatches(report).map((i) => ({
      name: `${String(i + 1).padStart(4, '0')}.txt`,
      text: [headerText(subjectOf(report.series.patches[i]!)), '', ...quotedPatch(report, i), ''].join('\n'),
    })),
  ];
}

/** The whole diff, each function's sentences below the last line that it changes in it. */
function quotedPatch(report: ReviewReport, patch: number): readonly string[] {
  const out: string[] = [];
  const quote = (line: string): void => {
    out.push(`> ${escapeControls(line)}`.trimEnd());
  };
  report.series.patches[patch]!.files.forEach((file, f) => {
    fileHead(file).forEach(quote);
    file.hunks.forEach((hunk, h) => {
      quote(hunkHead(hunk));
      const lastLines = lastChanged(hunk, report.touched.owners[patch]![f]![h]!);
      const told = report.functions.filter(
        (each) =>
          isSaying(each) && each.hunks.some((place) => isSamePlace(place, { patch, file: f, hunk: h })),
      );
      const behind = new Map(told.map((each) => [lastLines.get(each.name), each]));
      hunk.lines.forEach((line, i) => {
        quote((line.marks ?? line.kind) + line.text);
        const each = behind.get(i);
        if (each) out.push('', ...remark(each, report), '');
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
