/**
 * What a review says of one patch, as lines: quoted hunks with what traces show below them, tables, and
 * limits.
 */
import { fileNameOnDisk } from '../../parsers/base/fileName.js';
import type { FileDiff, Hunk } from '../../parsers/patch/patch.js';
import type { SetOutcome } from './claim.js';
import type { EvidenceKind } from './evidence.js';
import { cut, evidenceText, wrapped } from './prose.js';
import {
  setText,
  type FunctionReport,
  type ReviewFinding,
  type ReviewReport,
  type RuleRow,
  type SetClaim,
  type TraceSet,
} from './report.js';
import { fileHead, hunkHead, writtenLine } from './quoting.js';
import { isQuiet, remarksAt, remarksOnPatch } from './remarks.js';
import type { ReviewNotes } from './notes.js';
import { escapeControls } from './safeText.js';
import { isSamePlace } from './touched.js';
import { traceLine, type LineOptions } from './traceLine.js';

export interface BodyOptions extends LineOptions {
  /** Hunks are quoted with `> `, as in a reply. */
  readonly quote: boolean;
  /** Of the tool, for the footer. */
  readonly version: string;
  /** The command that made it. */
  readonly command: string;
  /** What the reviewer says of it. */
  readonly notes?: ReviewNotes | undefined;
}

/** Prose is narrower than lines of a trace. */
const PROSE_COLUMNS = 72;
const CONTEXT_LINES = 5;
/** A run of changed lines longer than twice this is shown by its ends. */
const RUN_ENDS = 6;
const FINDINGS_MAX = 3;
const LINES_MAX = 4;

/** All that is said of one patch. */
export function patchBody(report: ReviewReport, patch: number, options: BodyOptions): readonly string[] {
  const functions = report.functions.filter(
    (f) => f.hunks.some((place) => place.patch === patch) && !isQuiet(f, options.notes),
  );
  const parts = hunkParts(report, patch, functions, options);
  return joined([
    ...remarksOnPatch(report.series, patch, options),
    ...parts,
    ruleTable(report, functions),
    claimLines(report.claims),
    limits(report),
    footer(report, patch, options),
  ]);
}

/** Parts with a blank line between. */
function joined(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : ['', ...part]));
}

function hunkParts(
  report: ReviewReport,
  patch: number,
  functions: readonly FunctionReport[],
  options: BodyOptions,
): readonly (readonly string[])[] {
  const told = new Set<FunctionReport>();
  const out: (readonly string[])[] = [];
  let lastFile: FileDiff | undefined;
  report.series.patches[patch]!.files.forEach((file, f) => {
    file.hunks.forEach((hunk, h) => {
      const here = functions.filter(
        (each) =>
          !told.has(each) &&
          isSaying(each) &&
          each.hunks.some((place) => isSamePlace(place, { patch, file: f, hunk: h })),
      );
      const remarks = remarksAt(options.notes, { patch, file: f, hunk: h });
      if (here.length === 0 && remarks.size === 0) return;
      for (const each of here) told.add(each);
      out.push(quotedHunk(file, hunk, file !== lastFile, remarks, options));
      lastFile = file;
      for (const each of here) out.push(functionLines(each, report.sets, options));
    });
  });
  return out;
}

const SAYS_NOTHING: readonly EvidenceKind[] = ['not-observable', 'may-have', 'absent'];

/** Whether any set shows something of a function; what may be is told with what is not shown. */
export function isSaying(f: FunctionReport): boolean {
  return f.inSets.some((shown) => !SAYS_NOTHING.includes(shown.kind) || shown.findings.length > 0);
}

/** `remarks` by the index of the line that they stand below, -1 for the head. */
function quotedHunk(
  file: FileDiff,
  hunk: Hunk,
  withName: boolean,
  remarks: ReadonlyMap<number, readonly string[]>,
  options: BodyOptions,
): readonly string[] {
  const mark = options.quote ? '> ' : '';
  const shown = shownLines(hunk, remarks);
  const lines: string[] = [];
  const quote = (line: string): void => {
    lines.push((mark + escapeControls(line)).trimEnd());
  };
  const say = (texts: readonly string[] | undefined, isLast: boolean): void => {
    if (texts) lines.push('', ...texts, ...(isLast ? [] : ['']));
  };
  if (withName) fileHead(file).forEach(quote);
  quote(hunkHead(hunk));
  say(remarks.get(-1), false);
  const last = shown.lastIndexOf(true);
  hunk.lines.forEach((line, i) => {
    if (shown[i]) quote(writtenLine(line));
    else if (i > 0 && shown[i - 1]) quote('[...]');
    say(remarks.get(i), i === last);
  });
  return lines;
}

/** Changed lines with some around them; of long runs the ends, and what leads to a remark. */
function shownLines({ lines }: Hunk, remarks: ReadonlyMap<number, unknown>): readonly boolean[] {
  const shown = lines.map(() => false);
  for (const at of remarks.keys()) shown.fill(true, Math.max(0, at - CONTEXT_LINES), at + 1);
  for (let i = 0; i < lines.length; ) {
    if (lines[i]!.kind === ' ') {
      i++;
      continue;
    }
    let end = i;
    while (end < lines.length && lines[end]!.kind !== ' ') end++;
    const isLong = end - i > 2 * RUN_ENDS;
    for (let k = Math.max(0, i - CONTEXT_LINES); k < Math.min(lines.length, end + CONTEXT_LINES); k++)
      shown[k] ||= k < i || k >= end || !isLong || k < i + RUN_ENDS || k >= end - RUN_ENDS;
    i = end;
  }
  return shown;
}

function functionLines(
  f: FunctionReport,
  sets: readonly TraceSet[],
  options: BodyOptions,
): readonly string[] {
  const lines: string[] = [];
  const [first] = f.inSets;
  if (sets.length === 1 && first)
    lines.push(...wrapped(`${f.name}() ${evidenceText(first)}.`, PROSE_COLUMNS));
  else
    f.inSets.forEach((shown, i) => {
      lines.push(...wrapped(`${setText(sets[i]!)} ${f.name}() ${evidenceText(shown)}.`, PROSE_COLUMNS));
    });
  f.inSets.forEach(({ findings }, i) => {
    for (const each of worstFirst(findings).slice(0, FINDINGS_MAX))
      lines.push('', ...findingLines(each, sets[i]!, sets.length > 1, options));
    if (findings.length > FINDINGS_MAX)
      lines.push(
        '',
        ...wrapped(`${findings.length - FINDINGS_MAX} more findings pass through it.`, PROSE_COLUMNS),
      );
  });
  return lines;
}

function worstFirst(findings: readonly ReviewFinding[]): readonly ReviewFinding[] {
  const rank = ({ finding }: ReviewFinding): number => (finding.verdict === 'violation' ? 0 : 1);
  return [...findings].sort((a, b) => rank(a) - rank(b) || a.trace - b.trace || a.finding.at - b.finding.at);
}

function findingLines(
  { trace, finding }: ReviewFinding,
  set: TraceSet,
  withSet: boolean,
  options: BodyOptions,
): readonly string[] {
  const { table, describe } = set.traces[trace]!;
  const where = withSet ? `${setText(set)}, ` : '';
  const rows = [...new Set([...finding.evidence.map((each) => each.row), finding.at])].sort((a, b) => a - b);
  const about = `${finding.message} ${finding.evidence.map((each) => each.note).join(' ')}`;
  const kept = rows.length > LINES_MAX ? [...rows.slice(0, LINES_MAX - 1), rows[rows.length - 1]!] : rows;
  return [
    ...wrapped(`${where}${finding.rule} ${finding.verdict}: ${finding.message}`, PROSE_COLUMNS),
    '',
    ...kept.map((row) => traceLine(table, row, describe(row, 'text').text, about, options)),
  ];
}

/** Rules that are broken somewhere, that findings of these functions are of, or that claims are about. */
function ruleTable(report: ReviewReport, functions: readonly FunctionReport[]): readonly string[] {
  const ofFunctions = new Set(
    functions.flatMap((f) => f.inSets.flatMap((s) => s.findings.map((r) => r.finding.rule))),
  );
  const ofClaims = new Set(
    report.claims.flatMap(({ claim }) => (claim.about === 'rule' ? [claim.rule] : [])),
  );
  const rows = report.rules.filter(
    (row) =>
      ofFunctions.has(row.id) || ofClaims.has(row.id) || row.outcomes.some((o) => o.state === 'broken'),
  );
  return rows.length === 0 ? [] : tableLines(rows, report.sets);
}

const ID_COLUMNS = 6;
const COLUMN_MIN = 13;

function tableLines(rows: readonly RuleRow[], sets: readonly TraceSet[]): readonly string[] {
  const columns = sets.map((set) => Math.max(COLUMN_MIN, set.name.length + 1));
  const line = (id: string, cells: readonly string[]): string =>
    ` ${id.padEnd(ID_COLUMNS)}${cells.map((cell, i) => cell.padEnd(columns[i]!)).join(' ')}`.trimEnd();
  return [
    line(
      'rule',
      sets.map((set) => set.name),
    ),
    ...rows.map((row) => line(row.id, row.outcomes.map(outcomeText))),
  ];
}

/** `broken 1/2`: checks that were broken of those that were decided. */
export function outcomeText({ state, broken, decided }: SetOutcome): string {
  if (state === 'broken' || state === 'held') return `${state} ${broken}/${decided}`;
  return state === 'no-occasion' ? 'no occasion' : 'undecided';
}

const VERDICTS = {
  supports: 'supported',
  'supports-weakly': 'weakly supported',
  contradicts: 'contradicted',
  'cannot-tell': 'cannot tell',
} as const;

/** `Claim "G9 never": supported; …`, with the set where there are several. */
export function claimText(claim: SetClaim): string {
  const of = claim.set === 'with' ? '' : `, ${claim.set}`;
  return `Claim "${claim.claim.text}"${of}: ${verdictText(claim)}.`;
}

/** `supported; broken in 1 of 1 checks without the patch, in none of 2 with it`. */
export function verdictText({ verdict, reason }: SetClaim): string {
  return `${VERDICTS[verdict]}; ${reason}`;
}

function claimLines(claims: readonly SetClaim[]): readonly string[] {
  return claims.flatMap((claim) => wrapped(claimText(claim), PROSE_COLUMNS, '  '));
}

/** There is always something that a recording does not show. */
function limits(report: ReviewReport): readonly string[] {
  const sentences = [...report.differences, ...report.notShown];
  return ['What this does not show:', ...sentences.flatMap((each) => wrapped(each, PROSE_COLUMNS, '  '))];
}

const COMMAND_INDENT = '    ';
/** Digits of a digest that tell recordings apart. */
const DIGEST_DIGITS = 12;

function footer(
  report: ReviewReport,
  patch: number,
  { version, command, width }: BodyOptions,
): readonly string[] {
  const { baseCommit, changeId } = report.series.patches[patch]!;
  const lines: string[] = [];
  if (report.images)
    lines.push(
      ...wrapped(report.images.reason, width - COMMAND_INDENT.length, COMMAND_INDENT).map((l) => ` ${l}`),
    );
  for (const set of report.sets)
    for (const { path, digest, table, others = [] } of set.traces) {
      const kernel = table.meta.kernel === '' ? '' : `, Linux ${table.meta.kernel}`;
      const sum = digest === '' ? '' : `, sha256 ${digest.slice(0, DIGEST_DIGITS)}`;
      lines.push(` ${set.name}: ${fileNameOnDisk(path)}${sum}${kernel}, ${table.length} events`);
      for (const other of others)
        lines.push(
          ` ${set.name}: beside it ${fileNameOnDisk(other.path)}, sha256 ${other.digest.slice(0, DIGEST_DIGITS)}`,
        );
    }
  if (baseCommit !== '') lines.push(` base-commit: ${baseCommit}`);
  if (changeId !== '') lines.push(` change-id: ${changeId}`);
  lines.push(' to record what is missing: shimtrace review PATCH --recipe');
  return [
    `Made with shimtrace ${version}:`,
    ...wrapped(command, width - COMMAND_INDENT.length, COMMAND_INDENT).map((line) => ` ${line}`),
    ...lines.map((line) => cut(escapeControls(line), width)),
  ];
}
