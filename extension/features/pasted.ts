/**
 * *Open Pasted Trace*: what is selected, else what the clipboard holds, as a document of its own that is
 * judged like any other: a whole mail with its prose will do. It lies in memory alone, in both hosts;
 * *Save As* keeps it.
 */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { PASTE_SCHEME } from '../pastedFiles.js';
import { LANGUAGE } from './recognise.js';

export const pasted: Feature = (app) => {
  return vscode.Disposable.from(
    app.pastes,
    vscode.workspace.registerFileSystemProvider(PASTE_SCHEME, app.pastes, { isCaseSensitive: true }),
    vscode.commands.registerCommand('shimtrace.openPasted', async (text?: unknown) =>
      openPasted(app, typeof text === 'string' ? text : await textAtHand()),
    ),
  );
};

async function openPasted(app: App, text: string): Promise<vscode.Uri | undefined> {
  if (text.trim() === '') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Select the text of a trace, or copy it, and run this again.'),
    );
    return undefined;
  }
  const uri = app.pastes.add(new TextEncoder().encode(text), 'Pasted trace', '.txt');
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: false });
  // Prose may come first: the first lines do not tell that it is a trace.
  await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  await app.sessions.report(uri);
  return uri;
}

/** What is selected in the active editor, else what was copied. */
async function textAtHand(): Promise<string> {
  const editor = vscode.window.activeTextEditor;
  const selected = (editor?.selections ?? [])
    .filter((selection) => !selection.isEmpty)
    .map((selection) => editor!.document.getText(selection));
  return selected.length > 0 ? selected.join('\n') : vscode.env.clipboard.readText();
}
