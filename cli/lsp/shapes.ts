/** What of the language server protocol's shapes (3.17) the server uses: lines and UTF-16 columns from 0. */

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface Location {
  readonly uri: string;
  readonly range: Range;
}

/** A document and a place in it. */
export interface DocumentPosition {
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

export interface Diagnostic {
  readonly range: Range;
  readonly severity: number;
  readonly code?: string;
  readonly source: string;
  readonly message: string;
  readonly relatedInformation: readonly { readonly location: Location; readonly message: string }[];
}

/** Kinds of symbols, folds, and severities, by their numbers in the protocol. */
export const SymbolKind = { EnumMember: 22, Event: 24 } as const;
export const Severity = { Error: 1, Warning: 2, Information: 3 } as const;

export function lineRange(line: number, startColumn = 0, endColumn = startColumn): Range {
  return { start: { line, character: startColumn }, end: { line, character: endColumn } };
}
