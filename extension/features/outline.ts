/**
 * The shape of a trace in its text: conversions as symbols, folds and lenses;
 * the state after an event as a hint.
 */
import * as vscode from 'vscode';
import type { TraceSession } from '../analysis/client.js';
import type { Report } from '../protocol/report.js';
import type { ConversionRow } from '../protocol/shapes.js';
import type { App, Feature } from '../app.js';
import { SECTION } from '../config.js';
import { conversionDetail, conversionText, violationLines } from '../conversionText.js';
import { documentLine, locationIn, traceLine } from '../window.js';
import { orNothing, sessionOf } from './navigation.js';
import { LANGUAGE } from './recognise.js';

const SELECTOR: vscode.DocumentSelector = [{ language: LANGUAGE }];

export const outline: Feature = (app) => {
  const lenses = new vscode.EventEmitter<void>();
  const inlays = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    lenses,
    inlays,
    app.sessions.onDidChange(({ state }) => {
      if (state.kind !== 'done') return;
      lenses.fire();
      inlays.fire();
    }),
    vscode.languages.registerDocumentSymbolProvider(
      SELECTOR,
      { provideDocumentSymbols: (document) => symbols(app, document) },
      { label: 'Conversions' },
    ),
    vscode.languages.registerFoldingRangeProvider(SELECTOR, {
      provideFoldingRanges: (document) => folds(app, document),
    }),
    vscode.languages.registerCodeLensProvider(SELECTOR, {
      onDidChangeCodeLenses: lenses.event,
      provideCodeLenses: (document) => codeLenses(app, document),
    }),
    vscode.languages.registerInlayHintsProvider(SELECTOR, {
      onDidChangeInlayHints: inlays.event,
      provideInlayHints: (document, range) => hints(app, document, range),
    }),
  );
};

interface Shown {
  readonly row: ConversionRow;
  /** 0-based lines of the document. */
  readonly first: number;
  readonly last: number;
}

/**
 * Conversions whose first line the document shows; one in flight reaches to the document's end. Waits for the
 * verdicts that are being made: VS Code asks for symbols and folds once, and keeps an empty answer.
 */
async function conversionsIn(
  app: App,
  document: vscode.TextDocument,
): Promise<{ session: TraceSession; shown: readonly Shown[] } | undefined> {
  const trace = traceLine(document, 0)?.trace;
  if (trace) await app.sessions.settled(trace);
  const session = sessionOf(app, document);
  const rows = session && (await rowsIn(app, session, document));
  if (!session || !rows) return undefined;
  const shown = rows.flatMap((row): Shown[] => {
    const first = documentLine(document, row.spot.line);
    if (first === undefined) return [];
    const last =
      row.lastLine === 0
        ? document.lineCount - 1
        : (documentLine(document, row.lastLine) ?? document.lineCount - 1);
    return [{ row, first, last: Math.max(first, last) }];
  });
  return { session, shown };
}

/** Symbols, folds and lenses all ask for the same rows: one answer for each report and stretch of lines. */
const answers = new WeakMap<Report, Map<string, Promise<readonly ConversionRow[] | undefined>>>();

function rowsIn(
  app: App,
  session: TraceSession,
  document: vscode.TextDocument,
): Promise<readonly ConversionRow[] | undefined> {
  const report = session.report!;
  const fromLine = traceLine(document, 0)?.line ?? 1;
  const toLine = fromLine + document.lineCount - 1;
  const known = answers.get(report) ?? new Map<string, Promise<readonly ConversionRow[] | undefined>>();
  answers.set(report, known);
  const key = `${fromLine} ${toLine}`;
  const asked = known.get(key) ?? askRows(app, session, fromLine, toLine);
  known.set(key, asked);
  // A worker that was ended has given no answer to keep.
  void asked.then((rows) => rows ?? known.delete(key));
  return asked;
}

async function askRows(
  app: App,
  session: TraceSession,
  fromLine: number,
  toLine: number,
): Promise<readonly ConversionRow[] | undefined> {
  const found = await orNothing(session.request('conversionsIn', { fromLine, toLine }));
  if (found && found.total > found.rows.length) {
    const shown = `the first ${found.rows.length} of ${found.total} conversions`;
    app.log.info(`symbols, folds and lenses for ${shown}: ${session.uri.toString()}`);
  }
  return found?.rows;
}

async function symbols(app: App, document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
  const found = await conversionsIn(app, document);
  return (found?.shown ?? []).map(({ row, first, last }) => {
    const whole = new vscode.Range(first, 0, last, document.lineAt(last).text.length);
    const symbol = new vscode.DocumentSymbol(
      row.label,
      conversionDetail(row),
      vscode.SymbolKind.Event,
      whole,
      new vscode.Range(first, 0, first, document.lineAt(first).text.length),
    );
    symbol.children = row.phases.flatMap(({ name, spot }) => {
      const line = documentLine(document, spot.line);
      if (line === undefined || line < first || line > last) return [];
      const range = document.lineAt(line).range;
      return [new vscode.DocumentSymbol(name, '', vscode.SymbolKind.EnumMember, range, range)];
    });
    return symbol;
  });
}

async function folds(app: App, document: vscode.TextDocument): Promise<vscode.FoldingRange[]> {
  const found = await conversionsIn(app, document);
  if (!found) return [];
  const stacks = (await orNothing(found.session.request('stacks', {}))) ?? [];
  const header = headerFold(document);
  return [
    ...(header ? [header] : []),
    ...found.shown
      .filter(({ first, last }) => last > first)
      .map(({ first, last }) => new vscode.FoldingRange(first, last, vscode.FoldingRangeKind.Region)),
    ...stacks.flatMap(({ from, to }) => {
      const [first, last] = [documentLine(document, from), documentLine(document, to)];
      return first === undefined || last === undefined || last <= first
        ? []
        : [new vscode.FoldingRange(first, last)];
    }),
  ];
}

function headerFold(document: vscode.TextDocument): vscode.FoldingRange | undefined {
  let last = 0;
  while (last < document.lineCount && document.lineAt(last).text.startsWith('#')) last++;
  return last > 1 ? new vscode.FoldingRange(0, last - 1, vscode.FoldingRangeKind.Comment) : undefined;
}

async function codeLenses(app: App, document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
  if (vscode.workspace.getConfiguration(SECTION, document.uri).get('codeLens') === false) return [];
  const found = await conversionsIn(app, document);
  if (!found) return [];
  const { session, shown } = found;
  const violations = violationLines(app.suppressions.sort(session.uri, session.report!).open);
  return shown.flatMap(({ row, first }) => {
    const range = new vscode.Range(first, 0, first, 0);
    const lens = (title: string, command: string, args: readonly unknown[]): vscode.CodeLens =>
      new vscode.CodeLens(range, { title, command, arguments: [...args] });
    return [
      lens(summary(row, violations), 'shimtrace.findings.focus', []),
      lens('$(debug-alt) Replay', 'shimtrace.replay', [
        { trace: session.uri, from: { conversion: row.index } },
      ]),
      lens('$(graph-line) Show on timeline', 'shimtrace.showTimeline', [
        { uri: session.uri, row: row.spot.row },
      ]),
    ];
  });
}

/** The conversion in a few words; what was set aside does not count. */
function summary(row: ConversionRow, violations: Float64Array): string {
  return `$(${row.toPrivate ? 'lock' : 'unlock'}) ${conversionText(row, violations)}`;
}

async function hints(
  app: App,
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<vscode.InlayHint[]> {
  const limit = vscode.workspace.getConfiguration(SECTION, document.uri).get('inlayHints.maximumLines');
  const session = sessionOf(app, document);
  const from = traceLine(document, range.start.line);
  const to = traceLine(document, range.end.line);
  if (!session || !from || !to || document.lineCount > (typeof limit === 'number' ? limit : 0)) return [];
  const found = (await orNothing(session.request('hints', { fromLine: from.line, toLine: to.line }))) ?? [];
  return found.map(({ line, column, text, tooltip }) => {
    const hint = new vscode.InlayHint(
      locationIn(document, session.uri, { row: 0, line, column }).range.start,
      text,
    );
    hint.paddingLeft = true;
    hint.tooltip = tooltip;
    return hint;
  });
}
