/**
 * Which line of which trace a line of a document is. A document is a trace itself, a window: a piece of a
 * trace that is too large for the editor's own features, cut out around a place, or a part of the listing of
 * a trace that no editor can show: a binary or a compressed one.
 */
import * as vscode from 'vscode';
import type { Spot } from './protocol/place.js';
import type { Report } from './protocol/report.js';
import { firstOf, lastOf, partOf } from './debugger/parts.js';
import { fileName } from '../parsers/base/fileName.js';

export const WINDOW_SCHEME = 'shimtrace-window';
/** Lines in a window: small enough to open at once, and well below what the editor's features stop at. */
export const WINDOW_LINES = 4000;

type WindowAddress = { readonly trace: vscode.Uri } & (
  | { readonly around: number }
  | { readonly part: number }
);

/** First line of the trace that each window shows, known once its text was made. */
const firstLines = new Map<string, number>();
/** Lines of the listings of the traces that have one, once they were read. */
const listings = new Map<string, number>();

export function rememberWindow(window: vscode.Uri, firstLine: number): void {
  firstLines.set(window.toString(), firstLine);
}

/** Keeps in mind whether a trace, or each file of it, is shown as a listing, and how long that is. */
export function rememberListing(trace: vscode.Uri, report: Report): void {
  for (const { uri, shown, lines } of report.files ?? [{ uri: trace.toString(), ...report }]) {
    if (shown === 'file') listings.delete(uri);
    else listings.set(uri, lines);
  }
}

/** Lines of a trace's listing; undefined when it has none, or was not read yet. */
export function listingLines(trace: vscode.Uri): number | undefined {
  return listings.get(trace.toString());
}

export function windowUri(trace: vscode.Uri, line: number): vscode.Uri {
  const base = fileName(trace.path);
  // Lines near each other share a window, so that stepping does not open one after another.
  const around = Math.max(1, Math.round(line / (WINDOW_LINES / 4)) * (WINDOW_LINES / 4));
  return vscode.Uri.from({
    scheme: WINDOW_SCHEME,
    path: `/${base} around line ${around}`,
    query: JSON.stringify({ trace: trace.toString(), around }),
  });
}

/**
 * Address of a part of a trace's listing. By its name, which the language `ftrace` claims, it is no file's.
 */
export function listingUri(trace: vscode.Uri, part: number): vscode.Uri {
  const range = part === 0 ? '' : ` ${firstOf(part)}–${lastOf(part, Infinity)}`;
  return vscode.Uri.from({
    scheme: WINDOW_SCHEME,
    path: `${trace.path} · listing${range}`,
    query: JSON.stringify({ trace: trace.toString(), part }),
  });
}

/** Undefined for whatever is no window or listing. */
export function windowAddress(uri: vscode.Uri): WindowAddress | undefined {
  if (uri.scheme !== WINDOW_SCHEME) return undefined;
  try {
    const { trace, around, part } = JSON.parse(uri.query) as {
      readonly trace?: unknown;
      readonly around?: unknown;
      readonly part?: unknown;
    };
    if (typeof trace !== 'string') return undefined;
    if (typeof part === 'number') return { trace: vscode.Uri.parse(trace, true), part };
    return typeof around === 'number' ? { trace: vscode.Uri.parse(trace, true), around } : undefined;
  } catch {
    // An address that was cut or typed by hand leads nowhere.
    return undefined;
  }
}

function firstLine(uri: vscode.Uri): number | undefined {
  const address = windowAddress(uri);
  if (!address) return uri.scheme === WINDOW_SCHEME ? undefined : 1;
  return 'part' in address ? firstOf(address.part) : firstLines.get(uri.toString());
}

/** The trace and its 1-based line behind a 0-based line of a document. */
export function traceLine(
  document: vscode.TextDocument,
  line: number,
): { readonly trace: vscode.Uri; readonly line: number } | undefined {
  const first = firstLine(document.uri);
  return first === undefined
    ? undefined
    : { trace: windowAddress(document.uri)?.trace ?? document.uri, line: first + line };
}

/**
 * The 0-based line of a document that shows a line of its trace;
 * undefined when the document does not reach it.
 */
export function documentLine(document: vscode.TextDocument, line: number): number | undefined {
  const first = firstLine(document.uri);
  if (first === undefined || line < first || line >= first + document.lineCount) return undefined;
  return line - first;
}

/**
 * The document that shows a 1-based line of a trace, and its 0-based line there:
 * the trace itself, or a part of its listing.
 */
export function shownAt(
  trace: vscode.Uri,
  line: number,
): { readonly uri: vscode.Uri; readonly line: number } {
  const total = listingLines(trace);
  if (total === undefined) return { uri: trace, line: Math.max(0, line - 1) };
  const part = partOf(line, total);
  return { uri: listingUri(trace, part), line: Math.max(0, line - firstOf(part)) };
}

/**
 * A place of a trace within a document of it, or where the trace is shown when the document does not reach.
 */
export function locationIn(document: vscode.TextDocument, trace: vscode.Uri, spot: Spot): vscode.Location {
  const inside = documentLine(document, spot.line);
  const { uri, line } =
    inside === undefined ? shownAt(trace, spot.line) : { uri: document.uri, line: inside };
  return new vscode.Location(uri, new vscode.Position(line, spot.column));
}
