/** SQL notebooks as files. Answers are not kept: they are of a trace that may change, and may be large. */
import * as vscode from 'vscode';
import { PART_NAMES, type AskedPart } from '../../model/tables/part.js';
import { notebookText, parseNotebook, type NotebookText } from './notebookText.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export const NOTEBOOK_TYPE = 'shimtrace-sql';

export function notebookData({ trace, part, cells }: NotebookText): vscode.NotebookData {
  const data = new vscode.NotebookData(
    cells.map(({ kind, text }) =>
      kind === 'sql'
        ? new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'sql')
        : new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, text, 'markdown'),
    ),
  );
  data.metadata = { trace, ...part };
  return data;
}

/** The events that a notebook asks about, as its metadata say. */
export function partOfMetadata(metadata: Metadata): AskedPart {
  const said = PART_NAMES.map((name) => [name, textAt(metadata, name)] as const);
  return Object.fromEntries(said.filter(([, text]) => text !== undefined && text !== ''));
}

type Metadata = Readonly<Record<string, unknown>> | undefined;

function textAt(metadata: Metadata, name: string): string | undefined {
  const value = metadata?.[name];
  return typeof value === 'string' ? value : undefined;
}

export const serializer: vscode.NotebookSerializer = {
  deserializeNotebook: (bytes) => notebookData(parseNotebook(decoder.decode(bytes))),
  serializeNotebook: (data) =>
    encoder.encode(
      notebookText({
        trace: textAt(data.metadata, 'trace') ?? '',
        part: partOfMetadata(data.metadata),
        cells: data.cells.map(({ kind, value }) => ({
          kind: kind === vscode.NotebookCellKind.Code ? 'sql' : 'markdown',
          text: value,
        })),
      }),
    ),
};
