/**
 * Moving through a trace: along a page, a conversion or a task;
 * to what made a page's state; over a page's whole life.
 */
import * as vscode from 'vscode';
import { RequestFailed } from '../analysis/channel.js';
import type { TraceSession } from '../analysis/client.js';
import { spotsIn, type LineOf, type Spot } from '../protocol/place.js';
import type { Report, ReportedFinding } from '../protocol/report.js';
import type { Along } from '../protocol/shapes.js';
import type { App, Feature } from '../app.js';
import { GO, go } from '../links.js';
import { activeTabUri, editorAtHand, editorInFront, fileOf, revealLine, showName } from '../tabs.js';
import { listingLines, locationIn, shownAt, traceLine, windowAddress, windowUri } from '../window.js';
import { LANGUAGE } from './recognise.js';

const SELECTOR: vscode.DocumentSelector = [{ language: LANGUAGE }];
const MOVES: readonly (readonly [string, Along, boolean, string])[] = [
  ['shimtrace.nextOfPage', 'page', true, 'No later event of this page'],
  ['shimtrace.previousOfPage', 'page', false, 'No earlier event of this page'],
  ['shimtrace.nextOfConversion', 'conversion', true, 'No later step of this conversion'],
  ['shimtrace.previousOfConversion', 'conversion', false, 'No earlier step of this conversion'],
  ['shimtrace.nextOfTask', 'task', true, 'No later event of this task'],
  ['shimtrace.previousOfTask', 'task', false, 'No earlier event of this task'],
];

export const navigation: Feature = (app) =>
  vscode.Disposable.from(
    ...MOVES.map(([id, along, forward, none]) =>
      vscode.commands.registerCommand(id, () => move(app, along, forward, none)),
    ),
    vscode.commands.registerCommand(GO, go),
    vscode.commands.registerCommand('shimtrace.openWindow', (line?: unknown, trace?: unknown) =>
      openWindow(app, line, trace),
    ),
    vscode.languages.registerDefinitionProvider(SELECTOR, {
      provideDefinition: (document, position) =>
        locations(app, document, position, ({ session, at }) => session.request('origin', at)),
    }),
    vscode.languages.registerReferenceProvider(SELECTOR, {
      provideReferences: (document, position) =>
        locations(app, document, position, async ({ session, at }) =>
          spotsIn(await session.request('life', at)),
        ),
    }),
  );

/** What a provider answers when the worker was ended under it. */
export async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RequestFailed) return undefined;
    throw error;
  }
}

/** The judged session of a document's trace; a document that was edited no longer lines up with the file. */
export function sessionOf(app: App, document: vscode.TextDocument): TraceSession | undefined {
  const trace = traceLine(document, 0)?.trace;
  const session = app.sessions.find(trace);
  return session?.report && !document.isDirty ? session : undefined;
}

interface Asked {
  readonly session: TraceSession;
  readonly at: LineOf;
}

/**
 * Whom to ask about a 0-based line of a document, and how:
 * as part of a run an event is told of with what all files say.
 */
export function askedAt(app: App, document: vscode.TextDocument, line: number): Asked | undefined {
  const at = traceLine(document, line);
  const run = at && !document.isDirty ? app.sessions.runOf(at.trace) : undefined;
  if (at && run?.report) return { session: run, at: { line: at.line, file: at.trace.toString() } };
  const session = sessionOf(app, document);
  return at && session && { session, at: { line: at.line } };
}

async function locations(
  app: App,
  document: vscode.TextDocument,
  position: vscode.Position,
  ask: (asked: Asked) => Promise<readonly Spot[]>,
): Promise<vscode.Location[]> {
  const asked = askedAt(app, document, position.line);
  if (!asked) return [];
  const spots = (await orNothing(ask(asked))) ?? [];
  return spots.filter((spot) => spot.line > 0).map((spot) => locationOf(document, asked.session.uri, spot));
}

/** A place of a trace: in this document where it shows the place's file, else where that is shown. */
function locationOf(document: vscode.TextDocument, trace: vscode.Uri, spot: Spot): vscode.Location {
  const file = fileOf(trace, spot.file);
  if (traceLine(document, 0)?.trace.toString() === file.toString()) return locationIn(document, file, spot);
  const { uri, line } = shownAt(file, spot.line);
  return new vscode.Location(uri, new vscode.Position(line, spot.column));
}

async function move(app: App, along: Along, forward: boolean, none: string): Promise<void> {
  const editor = await editorInFront();
  const asked = editor && askedAt(app, editor.document, editor.selection.active.line);
  if (!editor || !asked) return;
  const { session, at } = asked;
  const spot = await orNothing(session.request('neighbour', { ...at, along, forward }));
  if (!spot || spot.line === 0) {
    vscode.window.setStatusBarMessage(vscode.l10n.t(none), 3000);
    return;
  }
  const file = fileOf(session.uri, spot.file);
  const { uri, range } = locationOf(editor.document, session.uri, spot);
  if (uri.toString() === editor.document.uri.toString()) {
    editor.selection = new vscode.Selection(range.start, range.start);
    showName(editor, range.start);
  } else if (windowAddress(editor.document.uri) && listingLines(file) === undefined)
    await showWindow(app, file, spot.line, spot.column);
  else await revealLine(file, spot.line, spot.column);
}

/** A window around a line, or around the first finding, of a trace: by default that of the active tab. */
async function openWindow(app: App, line: unknown, of: unknown): Promise<void> {
  const given = of instanceof vscode.Uri ? of : undefined;
  const editor = given ? undefined : editorAtHand();
  const at = editor && traceLine(editor.document, editor.selection.active.line);
  const trace = given ?? (at && app.sessions.find(at.trace) ? at.trace : activeTabUri());
  const report = app.sessions.find(trace)?.report;
  if (!trace || !report) return;
  const wanted = (typeof line === 'number' ? line : at?.line) ?? firstFinding(report)?.at.line ?? 1;
  if (listingLines(trace) === undefined) await showWindow(app, trace, wanted, 0);
  else await revealLine(trace, wanted);
}

/** The first violation, else the first finding of any kind. */
export function firstFinding({ findings }: Report): ReportedFinding | undefined {
  return findings.find((finding) => finding.verdict === 'violation') ?? findings[0];
}

export async function showWindow(app: App, trace: vscode.Uri, line: number, column: number): Promise<void> {
  const uri = windowUri(trace, line);
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.languageId !== LANGUAGE) await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  const at = locationIn(document, trace, { row: 0, line, column });
  app.log.debug(`window of ${document.lineCount} lines at ${line}`);
  const editor = await vscode.window.showTextDocument(document, { preview: true, selection: at.range });
  showName(editor, at.range.start);
}
