/** What the server says of a patch under review, as plain shapes of the protocol. */
import { code, escapeMarkdown } from '../../extension/escape.js';
import type {
  ReviewedFinding,
  ReviewedFunction,
  ReviewedHunk,
  ReviewView,
} from '../../extension/protocol/review.js';
import type { DocumentSymbol, FoldingRange } from './features.js';
import { lineRange, Severity, SymbolKind, type Diagnostic, type Range } from './shapes.js';

function hunksOf({ patches }: ReviewView): readonly ReviewedHunk[] {
  return patches.flatMap(({ files }) => files.flatMap(({ hunks }) => hunks));
}

/** The last line that a hunk changes of each of its functions: below the changed code, as in the editor. */
function* placesOf(view: ReviewView): Generator<readonly [line: number, of: ReviewedFunction]> {
  for (const { functions } of hunksOf(view))
    for (const { index, line } of functions) yield [line, view.functions[index]!];
}

/**
 * One for each function at each hunk that touches it: an error where a violation passes through it with the
 * patch, a warning where one does without it, else information. `uriOf` gives a recording's address.
 */
export function diagnosticsOfReview(
  view: ReviewView,
  uriOf: (file: number) => string,
): readonly Diagnostic[] {
  return [...placesOf(view)].map(([line, f]): Diagnostic => {
    const findings = f.inSets.flatMap((shown) => shown.findings);
    const rules = [...new Set(findings.map(({ rule }) => rule))].join(', ');
    return {
      range: lineRange(line - 1),
      severity: severityOf(f),
      ...(rules !== '' && { code: rules }),
      source: 'shimtrace',
      message: `${f.name}(): ${f.short}`,
      relatedInformation: findings.flatMap((finding) => relatedOf(finding, uriOf)),
    };
  });
}

function severityOf({ mark, inSets }: ReviewedFunction): number {
  if (mark === 'violation') return Severity.Error;
  return inSets.some((shown) => shown.mark === 'violation') ? Severity.Warning : Severity.Information;
}

function relatedOf(
  { rule, verdict, message, file, spot }: ReviewedFinding,
  uriOf: (file: number) => string,
): Diagnostic['relatedInformation'] {
  if (spot.line === 0) return [];
  const location = { uri: uriOf(file), range: lineRange(spot.line - 1, spot.column) };
  return [{ location, message: `${rule} ${verdict}: ${message}` }];
}

/** Index of the function that a 1-based line is about: the next whose changes end there or below; else -1. */
export function functionAt(view: ReviewView, line: number): number {
  const hunk = hunksOf(view).find((each) => each.line <= line && line <= each.lastLine);
  const below = [...(hunk?.functions ?? [])].sort((a, b) => a.line - b.line);
  return (below.find((f) => f.line >= line) ?? below.at(-1))?.index ?? -1;
}

export function hoverOfFunction({ functions, sets, limits }: ReviewView, index: number): string {
  const { name, touch, inSets } = functions[index]!;
  const lines = [`${code(`${name}()`)} ${touch}`, ''];
  inSets.forEach(({ text, findings }, set) => {
    lines.push(`- ${escapeMarkdown(`${sets[set]!.title}: ${text}`)}`);
    for (const { rule, verdict, message, spot } of findings)
      lines.push(`  - ${escapeMarkdown(`${rule} ${verdict}: ${message}`)} ${code(`line ${spot.line}`)}`);
  });
  if (inSets.length === 0) lines.push('- no recording');
  if (limits.length > 0) lines.push('', ...limits.map((limit) => `- ${escapeMarkdown(limit)}`));
  return lines.join('\n');
}

export function lensesOfReview(view: ReviewView): readonly object[] {
  return hunksOf(view).flatMap(({ line, functions }) =>
    functions.map(({ index }) => {
      const { name, short } = view.functions[index]!;
      return { range: lineRange(line - 1), command: { title: `${name}(): ${short}`, command: '' } };
    }),
  );
}

/** Patches, the files that they change, and the hunks. */
export function symbolsOfReview({ patches, functions }: ReviewView): readonly DocumentSymbol[] {
  return patches.map((patch) =>
    symbol(
      patch.title || 'patch',
      '',
      patch,
      patch.files.map((file) =>
        symbol(
          file.path,
          '',
          file,
          file.hunks.map((hunk) => {
            const names = hunk.functions.map(({ index }) => `${functions[index]!.name}()`);
            return symbol(hunk.head, names.join(', '), hunk, []);
          }),
        ),
      ),
    ),
  );
}

interface Lines {
  readonly line: number;
  readonly lastLine: number;
}

function symbol(
  name: string,
  detail: string,
  { line, lastLine }: Lines,
  children: readonly DocumentSymbol[],
): DocumentSymbol {
  const range: Range = { start: { line: line - 1, character: 0 }, end: { line: lastLine, character: 0 } };
  return { name, detail, kind: SymbolKind.Event, range, selectionRange: lineRange(line - 1), children };
}

export function foldsOfReview({ patches }: ReviewView): readonly FoldingRange[] {
  const parts = patches.flatMap((patch): readonly Lines[] => [
    patch,
    ...patch.files.flatMap((file) => [file, ...file.hunks]),
  ]);
  return parts
    .filter(({ line, lastLine }) => lastLine > line)
    .map(({ line, lastLine }) => ({ startLine: line - 1, endLine: lastLine - 1, kind: 'region' }));
}
