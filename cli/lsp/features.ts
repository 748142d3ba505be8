/** What the server says of a judged trace, as plain shapes of the protocol. */
import {
  entriesOf,
  problemMessage,
  problemsOf,
  unlistedMessage,
  type Problem,
} from '../../extension/problems.js';
import { conversionDetail } from '../../extension/conversionText.js';
import { code, escapeMarkdown } from '../../extension/escape.js';
import { rulesText, sightsIn } from '../../extension/faults.js';
import type { EventPlace, Spot } from '../../extension/protocol/place.js';
import type { Report, ReportedFinding } from '../../extension/protocol/report.js';
import type { ConversionRow, EventDetails, FindingExplanation } from '../../extension/protocol/shapes.js';
import type { Verdict } from '../../model/findings/finding.js';
import { ruleTitle } from '../../model/findings/report.js';
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
  if (report.shown !== 'file') return unplaced(report);
  return listed(report, (problem) => {
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

function listed(report: Report, diagnosticOf: (problem: Problem) => Diagnostic): readonly Diagnostic[] {
  const { listed: problems, unlisted } = problemsOf(report, entriesOf(report.findings));
  const diagnostics = problems.map(diagnosticOf);
  if (unlisted === 0) return diagnostics;
  const message = unlistedMessage(unlisted);
  const { Information } = Severity;
  const range = lineRange(0);
  return [
    ...diagnostics,
    { range, severity: Information, source: 'shimtrace', message, relatedInformation: [] },
  ];
}

/** Of a trace whose document has no lines for its events: a binary or compressed one. All stands above. */
function unplaced(report: Report): readonly Diagnostic[] {
  return listed(report, (problem) => {
    const { lead, rules } = problem;
    return {
      range: lineRange(0),
      severity: SEVERITIES[lead.verdict],
      code: rules,
      source: 'shimtrace',
      message: `event ${lead.at.row + 1}: ${problemMessage(problem)}`,
      relatedInformation: [],
    };
  });
}

export function hoverMarkdown(event: EventDetails): string {
  const { place, name, fields, words, pages, understood, ofGuest, stacks } = event;
  const task = place.tid < 0 ? place.comm : `${place.comm === '' ? 'tid' : place.comm}-${place.tid}`;
  const actor = [place.time, place.cpu < 0 ? '' : `CPU ${place.cpu}`, task].filter((part) => part !== '');
  const lines = [`**${escapeMarkdown(name)}** ${code(actor.join(' · '))}`, ''];
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

export interface DocumentSymbol {
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
      detail: conversionDetail(row),
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

export interface FoldingRange {
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

/** What can be done with the findings of some lines, from 0: each event's as one. */
export function actionsIn(
  uri: string,
  report: Report,
  { start, end }: Range,
): readonly { readonly title: string; readonly command: string; readonly arguments: readonly unknown[] }[] {
  const isHere = ({ at }: ReportedFinding): boolean => at.line - 1 >= start.line && at.line - 1 <= end.line;
  return sightsIn(report.findings.filter(isHere)).map((findings) => ({
    title: `Explain ${rulesText(report.rules, findings)}`,
    command: EXPLAIN,
    arguments: [uri, findings[0]!.id],
  }));
}

export const EXPLAIN = 'shimtrace.explain';

/** The chain of events that shows a finding, as text for any client. */
export function explanationText(report: Report, of: FindingExplanation): string {
  const lines = [
    of.title,
    `${of.verdict}, ${ruleTitle(report, of.rule)}: ${of.message}`,
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
