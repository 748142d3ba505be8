/**
 * Which line of which trace a line of a document is. A document is a trace itself, or a window: a piece of a trace that
 * is too large for the editor's own features, cut out around a place.
 */
import * as vscode from 'vscode';
import type { Spot } from './analysis/views.js';

export const WINDOW_SCHEME = 'shimtrace-window';
/** Lines in a window: small enough to open at once, and well below what the editor's features stop at. */
export const WINDOW_LINES = 4000;

interface WindowAddress {
  readonly trace: vscode.Uri;
  readonly around: number;
}

/** First line of the trace that each window shows, known once its text was made. */
const firstLines = new Map<string, number>();

export function rememberWindow(window: vscode.Uri, firstLine: number): void {
  firstLines.set(window.toString(), firstLine);
}

export function windowUri(trace: vscode.Uri, line: number): vscode.Uri {
  const base = trace.path.slice(trace.path.lastIndexOf('/') + 1);
  // Lines near each other share a window, so that stepping does not open one after another.
  const around = Math.max(1, Math.round(line / (WINDOW_LINES / 4)) * (WINDOW_LINES / 4));
  return vscode.Uri.from({ scheme: WINDOW_SCHEME, path: `/${base} around line ${around}`, query: JSON.stringify({ trace: trace.toString(), around }) });
}

export function windowAddress(uri: vscode.Uri): WindowAddress | undefined {
  if (uri.scheme !== WINDOW_SCHEME) return undefined;
  const { trace, around } = JSON.parse(uri.query) as { readonly trace: string; readonly around: number };
  return { trace: vscode.Uri.parse(trace, true), around };
}

/** The trace and its 1-based line behind a 0-based line of a document. */
export function traceLine(document: vscode.TextDocument, line: number): { readonly trace: vscode.Uri; readonly line: number } | undefined {
  const address = windowAddress(document.uri);
  if (!address) return { trace: document.uri, line: line + 1 };
  const first = firstLines.get(document.uri.toString());
  return first === undefined ? undefined : { trace: address.trace, line: first + line };
}

/** The 0-based line of a document that shows a line of its trace; undefined when the document does not reach it. */
export function documentLine(document: vscode.TextDocument, line: number): number | undefined {
  const first = document.uri.scheme === WINDOW_SCHEME ? firstLines.get(document.uri.toString()) : 1;
  if (first === undefined || line < first || line >= first + document.lineCount) return undefined;
  return line - first;
}

/** A place of a trace within a document of it, or in the trace itself where the document does not reach. */
export function locationIn(document: vscode.TextDocument, trace: vscode.Uri, spot: Spot): vscode.Location {
  const inside = documentLine(document, spot.line);
  return inside === undefined
    ? new vscode.Location(trace, new vscode.Position(Math.max(0, spot.line - 1), spot.column))
    : new vscode.Location(document.uri, new vscode.Position(inside, spot.column));
}
