/**
 * Decides which open files are traces. A document of the language `ftrace` is one; a plain text whose first
 * lines are those of a trace becomes one; and a file too large for VS Code to send us its document, or a
 * binary one that has none, is looked at by its first bytes.
 */
import * as vscode from 'vscode';
import { openDocument } from '../openDocument.js';
import type { TraceSession } from '../analysis/client.js';
import type { App, Feature } from '../app.js';
import { checksOnOpen } from '../config.js';
import { namesTraces } from '../../parsers/bundle/project.js';
import { firstLines, LINES_LOOKED_AT, looksLikeTrace } from '../shape.js';
import { isRunFile } from '../runs.js';
import { isPerfJson, MAGIC_BYTES } from '../magic.js';
import { hasOwnTab, openTabUris } from '../tabs.js';
import { isListed, showListing } from './openListing.js';

export const LANGUAGE = 'ftrace';
/**
 * Languages that say nothing: `.txt` and `.log` files get these by their
 * names before anyone looks at their content.
 */
const NEUTRAL = new Set(['plaintext', 'log']);
/** VS Code sends extensions no document above this. */
export const SYNC_LIMIT_BYTES = 50 * 1024 * 1024;
const HEAD_BYTES = 64 * 1024;
/** The document of a text follows its tab within this. */
const DOCUMENT_MS = 400;
/** A tab that takes another's place opens after that has closed: the trace of both stays open meanwhile. */
const CLOSE_MS = 400;

export const recognise: Feature = (app) => {
  const lookAt = (uris: readonly vscode.Uri[]): void => {
    for (const uri of uris) void look(app, uri);
  };
  lookAt(openTabUris());
  const unseen = new Set<TraceSession>();
  let closing: number | undefined;
  return vscode.Disposable.from(
    // A tab may open before its document does, or after; a document without a tab is nobody's to judge.
    vscode.workspace.onDidOpenTextDocument(({ uri }) =>
      lookAt(openTabUris().filter((open) => open.toString() === uri.toString())),
    ),
    vscode.window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
      lookAt(openTabUris(opened));
      if (closed.length === 0) return;
      // A text that is opened again begins without a language, also where its listing is still open.
      for (const uri of openTabUris(closed)) if (!hasOwnTab(uri)) forgetDecision(app, uri);
      // A trace that is checked meanwhile without a tab, from a menu, is not what was closed.
      for (const session of unseenOf(app)) {
        unseen.add(session);
        // Its document is gone too; a new one begins without a language.
        decided.delete(session);
      }
      clearTimeout(closing);
      closing = setTimeout(() => {
        for (const session of unseenOf(app)) if (unseen.has(session)) app.sessions.close(session.uri);
        unseen.clear();
      }, CLOSE_MS);
    }),
    new vscode.Disposable(() => clearTimeout(closing)),
  );
};

async function look(app: App, uri: vscode.Uri): Promise<void> {
  if (!isFile(uri)) return;
  const document = openDocument(uri);
  if (!document) await lookAtLarge(app, uri);
  else if (isDecided(app.sessions.find(uri))) return;
  else if (document.languageId === 'json' && isPerfJson(beginningOf(document))) {
    if (!checksOnOpen(uri)) return;
    begin(app, uri);
    await showListing(uri, {});
  } else if (document.languageId === LANGUAGE || (isRunFile(uri) && namesTraces(document.getText())))
    begin(app, uri);
  // The document is closed and opened again by this, and comes back here with its new language.
  else if (NEUTRAL.has(document.languageId) && looksLikeTrace(headOf(document))) {
    decide(app, uri);
    await vscode.languages.setTextDocumentLanguage(document, LANGUAGE);
  }
}

/** Traces whose documents have their language: the user may choose another one then. */
const decided = new WeakSet<TraceSession>();

function isDecided(session: TraceSession | undefined): boolean {
  return session !== undefined && decided.has(session);
}

function forgetDecision(app: App, uri: vscode.Uri): void {
  const session = app.sessions.find(uri);
  if (session) decided.delete(session);
}

function decide(app: App, uri: vscode.Uri): void {
  const session = app.sessions.find(uri);
  if (session) decided.add(session);
}

/** Sessions of which no tab shows a file. A run stays while one of its files is looked at. */
function unseenOf(app: App): TraceSession[] {
  const seen = new Set(openTabUris().map(String));
  return app.sessions
    .all()
    .filter(({ uri, files }) => ![uri, ...files].some((file) => seen.has(file.toString())));
}

/**
 * True when the file system behind a URI is one that can be read from:
 * not an unsaved buffer, not a virtual view.
 */
function isFile(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' || vscode.workspace.fs.isWritableFileSystem(uri.scheme) !== undefined;
}

function beginningOf(document: vscode.TextDocument): string {
  return document.getText(new vscode.Range(0, 0, 2, MAGIC_BYTES));
}

function headOf(document: vscode.TextDocument): string[] {
  const lines: string[] = [];
  for (let i = 0; i < Math.min(document.lineCount, LINES_LOOKED_AT); i++) lines.push(document.lineAt(i).text);
  return lines;
}

/**
 * A file without a document: one that VS Code does not send us or has no text of,
 * or one whose document is still to come.
 */
async function lookAtLarge(app: App, uri: vscode.Uri): Promise<void> {
  try {
    // A browser reads a file whole to see its head: the document of a text, which comes at once, is waited
    // for.
    if (app.platform.host === 'web' && (await hasDocumentSoon(uri))) return;
    if (await isListed(app, uri)) {
      begin(app, uri);
      if (hasOwnTab(uri)) await showListing(uri, {});
      return;
    }
    if (app.sessions.find(uri)) return;
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size <= SYNC_LIMIT_BYTES) return;
    if (looksLikeTrace(firstLines(await app.platform.readHead(uri, HEAD_BYTES)))) begin(app, uri);
  } catch (error) {
    // VS Code itself tells the user that the file cannot be opened; here it only cannot be recognised.
    app.log.debug(`not looked at: ${uri.toString()}: ${String(error)}`);
  }
}

function hasDocumentSoon(uri: vscode.Uri): Promise<boolean> {
  return new Promise((done) =>
    setTimeout(
      () => done(vscode.workspace.textDocuments.some((open) => open.uri.toString() === uri.toString())),
      DOCUMENT_MS,
    ),
  );
}

function begin(app: App, uri: vscode.Uri): void {
  if (!checksOnOpen(uri) || app.sessions.find(uri)) return;
  app.log.info(`checking ${uri.toString()}`);
  void app.sessions.check(uri);
  decide(app, uri);
}
