/** SQL notebooks as files. Answers are not kept: they are of a trace that may change, and may be large. */
import * as vscode from 'vscode';
import { notebookText, parseNotebook, type NotebookText } from './notebookText.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export const NOTEBOOK_TYPE = 'shimtrace-sql';

export function notebookData({ trace, cells }: NotebookText): vscode.NotebookData {
  const data = new vscode.NotebookData(
    cells.map(({ kind, text }) =>
      kind === 'sql'
        ? new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'sql')
        : new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, text, 'markdown'),
    ),
  );
  data.metadata = { trace };
  return data;
}

export const serializer: vscode.NotebookSerializer = {
  deserializeNotebook: (bytes) => notebookData(parseNotebook(decoder.decode(bytes))),
  serializeNotebook: (data) =>
    encoder.encode(
      notebookText({
        trace: typeof data.metadata?.['trace'] === 'string' ? data.metadata['trace'] : '',
        cells: data.cells.map(({ kind, value }) => ({
          kind: kind === vscode.NotebookCellKind.Code ? 'sql' : 'markdown',
          text: value,
        })),
      }),
    ),
};
