/** Texts that are open, by their address. */
import * as vscode from 'vscode';

/** The text of an address as it is being written; undefined where it is not open. */
export function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  const address = uri.toString();
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === address);
}
