/** A review for programs: b4's checks, Patchwork's, a workflow's commands, and a note of git. */
import type { HunkPlace } from './touched.js';
import { patchBody, type BodyOptions } from './body.js';
import { outcomeOf, type ReviewState } from './outcome.js';
import { cut } from './prose.js';
import { findingsInLast, wantedPatches, type ReviewReport } from './report.js';
import { escapeControls, headerText } from './safeText.js';

const TOOL = 'shimtrace';
const B4_STATUS: Readonly<Record<Exclude<ReviewState, 'nothing'>, string>> = {
  fail: 'fail',
  warning: 'warn',
  pass: 'pass',
};

/** An array of results, as `b4 review` reads it; empty where the patch touches no function. */
export function renderB4Check(report: ReviewReport): string {
  const { state, summary, details } = outcomeOf(report);
  const results =
    state === 'nothing'
      ? []
      : [
          {
            tool: TOOL,
            status: B4_STATUS[state],
            summary: escapeControls(summary),
            url: null,
            details: details.map(escapeControls).join('\n'),
          },
        ];
  return `${JSON.stringify(results, undefined, 2)}\n`;
}

/** Patchwork's descriptions are a column of this width. */
const DESCRIPTION_CHARS = 255;
const PATCHWORK_STATE: Readonly<Record<ReviewState, string>> = {
  fail: 'fail',
  warning: 'warning',
  pass: 'success',
  nothing: 'success',
};

/** The body of a check for Patchwork; sending it is the caller's. */
export function renderPatchwork(report: ReviewReport): string {
  const { state, summary } = outcomeOf(report);
  const body = {
    state: PATCHWORK_STATE[state],
    context: TOOL,
    description: cut(escapeControls(summary), DESCRIPTION_CHARS),
  };
  return `${JSON.stringify(body)}\n`;
}

/** Workflow commands of GitHub, which show a sentence on a line of the change. */
export function renderGithub(report: ReviewReport): string {
  const lines: string[] = [];
  for (const f of report.functions) {
    const told = new Set<string>();
    for (const { finding } of findingsInLast(report, f)) {
      if (told.has(finding.rule)) continue;
      told.add(finding.rule);
      const title = property(`${finding.rule} in ${f.name}()`);
      const level = finding.verdict === 'violation' ? 'error' : 'warning';
      const line = lastChangedLine(report, f.hunks);
      const place = `file=${property(f.path)}${line > 0 ? `,line=${line}` : ''}`;
      lines.push(`::${level} ${place},title=${title}::${message(finding.message)}`);
    }
  }
  const { state, summary } = outcomeOf(report);
  const level = state === 'fail' ? 'error' : 'notice';
  lines.push(`::${state === 'warning' ? 'warning' : level} title=${TOOL}::${message(summary)}`);
  return `${lines.join('\n')}\n`;
}

const message = (text: string): string =>
  escapeControls(text).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (text: string): string => message(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/** The last line that a function's last hunk changes, in the file after the patch; 0 where it adds none. */
export function lastChangedLine({ series, images }: ReviewReport, hunks: readonly HunkPlace[]): number {
  for (const { patch, file, hunk } of [...hunks].reverse()) {
    const { lines, newStart } = series.patches[patch]!.files[file]!.hunks[hunk]!;
    const start = images?.files[patch]?.[file]?.places[hunk]?.[1];
    let line = start === undefined ? newStart : start + 1;
    let last = 0;
    for (const { kind } of lines) {
      if (kind === '+') last = line;
      if (kind !== '-') line++;
    }
    if (last > 0) return last;
  }
  return 0;
}

/** Lines of a commit's message and its notes are no wider than this. */
const NOTE_COLUMNS = 75;

/** For `git notes add -F -`: without the patch's own lines, which lie beside it. */
export function renderNote(report: ReviewReport, options: Omit<BodyOptions, 'quote' | 'width'>): string {
  const last = wantedPatches(report).at(-1)!;
  const lines = patchBody(report, last, { ...options, quote: true, width: NOTE_COLUMNS });
  const own = lines.filter((line) => !line.startsWith('>'));
  const first = own.findIndex((line) => line !== '');
  return `${headerText(report.series.patches[last]!.subject)}\n\n${own.slice(first).join('\n')}\n`;
}
