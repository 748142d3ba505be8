/** What the server says of a judged trace, as plain shapes of the protocol. */
import { problemMessage, problemsOf, type Problem } from '../../extension/problems.js';
import { faultsIn, ruleText, rulesText } from '../../extension/faults.js';
import type { EventPlace, Spot } from '../../extension/protocol/place.js';
import type { Report, ReportedFinding } from '../../extension/protocol/report.js';
import type { ConversionRow, EventDetails, FindingExplanation } from '../../extension/protocol/shapes.js';
import { plural } from '../../parsers/base/plural.js';
import type { Verdict } from '../../model/findings/finding.js';
import { lineRange, Severity, SymbolKind, type Diagnostic, type Location, type Range } from './shapes.js';

const SEVERITIES: Readonly<Record<Verdict, number>> = {
  violation: Severity.Error,
  suspicious: Severity.Warning,
  undecidable: Severity.Information,
};

function placeRange({ line, startColumn, endColumn }: EventPlace): Range {
  return lineRange(Math.max(0, line - 1), startColumn, endColumn);
}

export function spotLocation(uri: string, { line, column }: Spot): Location {
  return { uri, range: lineRange(line - 1, column) };
}

export function diagnosticsOf(uri: string, report: Report): readonly Diagnostic[] {
  return problemsOf(report, report.findings).map((problem): Diagnostic => {
    const { lead, evidence, others, rules } = problem;
    const related = (place: EventPlace, message: string): Diagnostic['relatedInformation'][number] => ({
      location: { uri, range: placeRange(place) },
      message,
    });
    return {
      range: placeRange(lead.at),
      severity: SEVERITIES[lead.verdict],
      code: rules,
      source: 'shimtrace',
      message: problemMessage(problem),
      relatedInformation: [
        ...evidence.map(({ place, role, note }) => related(place, `${role}: ${note}`)),
        ...others.map(({ at, title }) => related(at, `the same fault: ${title}`)),
      ],
    };
  });
}

/** A code span that holds any text: the fence is longer than what it holds. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${text}\`` : `${fence} ${text} ${fence}`;
}

export function hoverMarkdown(event: EventDetails): string {
  const { place, name, fields, words, pages, understood, ofGuest, stacks } = event;
  const task = place.tid < 0 ? place.comm : `${place.comm === '' ? 'tid' : place.comm}-${place.tid}`;
  const actor = [place.time, place.cpu < 0 ? '' : `CPU ${place.cpu}`, task].filter((part) => part !== '');
  const lines = [`**${name.replace(/[_*\\]/g, '\\$&')}** ${code(actor.join(' · '))}`, ''];
  if (ofGuest) lines.push("Of a guest's own kernel: shown among its host's, never judged.", '');
  else if (!understood) lines.push('Not in the vocabulary: kept and counted, never judged.', '');
  for (const { label, before, after } of pages)
    lines.push(`- ${code(label)}: ${before === after ? `${after}, unchanged` : `${before} → ${after}`}`);
  for (const { name: field, value } of fields) lines.push(`- ${field} = ${code(value)}`);
  for (const line of words) lines.push(`- ${code(line)}`);
  for (const { user, frames } of stacks)
    lines.push('', user ? 'User stack' : 'Kernel stack', '', ...frames.map((frame) => `- ${code(frame)}`));
  return lines.join('\n');
}

interface DocumentSymbol {
  readonly name: string;
  readonly detail: string;
  readonly kind: number;
  readonly range: Range;
  readonly selectionRange: Range;
  readonly children: readonly DocumentSymbol[];
}

/** Conversions with their phases; one that is in flight reaches to the document's end. */
export function symbolsOf(rows: readonly ConversionRow[], lineCount: number): readonly DocumentSymbol[] {
  return rows.map((row): DocumentSymbol => {
    const first = row.spot.line - 1;
    const last = Math.max(first, lastOf(row, lineCount));
    return {
      name: row.label,
      detail: detailOf(row),
      kind: SymbolKind.Event,
      range: { start: { line: first, character: 0 }, end: { line: last + 1, character: 0 } },
      selectionRange: lineRange(first, row.spot.column),
      children: row.phases
        .filter(({ spot }) => spot.line - 1 >= first && spot.line - 1 <= last)
        .map(({ name, spot }) => {
          const range = lineRange(spot.line - 1, spot.column);
          return {
            name,
            detail: '',
            kind: SymbolKind.EnumMember,
            range,
            selectionRange: range,
            children: [],
          };
        }),
    };
  });
}

function lastOf({ lastLine }: ConversionRow, lineCount: number): number {
  return lastLine === 0 ? lineCount - 1 : lastLine - 1;
}

function detailOf({ errno, state, duration }: ConversionRow): string {
  return [errno === '' ? state : errno, duration].filter((part) => part !== '').join(', ');
}

interface FoldingRange {
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: 'comment' | 'region';
}

export function foldsOf(
  rows: readonly ConversionRow[],
  stacks: readonly { readonly from: number; readonly to: number }[],
  text: string,
): readonly FoldingRange[] {
  const lines = text.split('\n');
  const header = lines.findIndex((line) => !line.startsWith('#'));
  const folds: FoldingRange[] = [
    { startLine: 0, endLine: header - 1, kind: 'comment' },
    ...rows.map((row) => ({
      ...{ startLine: row.spot.line - 1, endLine: lastOf(row, lines.length) },
      kind: 'region' as const,
    })),
    ...stacks.map(({ from, to }) => ({ startLine: from - 1, endLine: to - 1, kind: 'region' as const })),
  ];
  return folds.filter(({ startLine, endLine }) => endLine > startLine);
}

/** `2 pages to private, 553 µs, done, 1 violation`; none seen is not none. */
export function lensTitle(row: ConversionRow, { findings }: Report): string {
  const inside = findings.filter(
    ({ at, verdict }) =>
      verdict === 'violation' && at.line >= row.spot.line && (row.lastLine === 0 || at.line <= row.lastLine),
  );
  const verdict = inside.length > 0 ? plural(inside.length, 'violation') : 'no violation seen';
  const to = `${plural(row.pageCount, 'page')} to ${row.toPrivate ? 'private' : 'shared'}`;
  const state = row.errno === '' ? row.state : `failed ${row.errno}`;
  return [to, row.duration, state, verdict].filter((part) => part !== '').join(', ');
}

/** What can be done with the findings of some lines, from 0: each event's as one. */
export function actionsIn(
  uri: string,
  report: Report,
  { start, end }: Range,
): readonly { readonly title: string; readonly command: string; readonly arguments: readonly unknown[] }[] {
  const isHere = ({ at }: ReportedFinding): boolean => at.line - 1 >= start.line && at.line - 1 <= end.line;
  const here = report.findings.filter(isHere);
  const undecided = here.filter(({ verdict }) => verdict === 'undecidable').map((finding) => [finding]);
  const sights = faultsIn(here).flatMap((fault) => fault.sights.map(({ findings }) => findings));
  return [...sights, ...undecided].map((findings) => ({
    title: `Explain ${rulesText(report.rules, findings)}`,
    command: EXPLAIN,
    arguments: [uri, findings[0]!.id],
  }));
}

export const EXPLAIN = 'shimtrace.explain';

/** The chain of events that shows a finding, as text for any client. */
export function explanationText(report: Report, of: FindingExplanation): string {
  const lines = [
    `${ruleText(report.rules, of.rule)}: ${of.verdict}`,
    of.message,
    of.statement,
    ...(of.pages === '' ? [] : [`pages: ${of.pages}`]),
    ...(of.stateBefore === '' ? [] : [`before: ${of.stateBefore}`]),
  ];
  for (const { spot, event, text, note, stateAfter } of of.steps) {
    lines.push(`${spot.line}: ${text === '' ? event : `${event}: ${text}`}`, `    ${note}`);
    if (stateAfter !== '') lines.push(`    after: ${stateAfter}`);
  }
  return [...lines, `fix: ${of.fix}`].join('\n');
}

export type { Problem };
