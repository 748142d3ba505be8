/** Steps that the in-editor suites share. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app.js';

export const EXTENSION_ID = 'shimtrace.shimtrace';
/**
 * The shipped recording of a kernel that stores private while page 4 is pinned:
 * G9 in line 702, the pin in line 662.
 */
export const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';
export const G9_LINE = 702;
export const PIN_LINE = 662;

/** What activation returns. */
export type Activated = App & { readonly activatedInMs: number };

export async function app(): Promise<Activated> {
  const extension = vscode.extensions.getExtension<Activated>(EXTENSION_ID);
  if (!extension) throw new Error(`${EXTENSION_ID} is not installed`);
  return extension.activate();
}

export function extensionFile(relative: string): string {
  return path.join(vscode.extensions.getExtension(EXTENSION_ID)!.extensionPath, relative);
}

/** A file in the workspace folder with this content, or the bytes of a shipped file. */
export function workspaceFile(name: string, content: string | { readonly copyOf: string }): vscode.Uri {
  const file = path.join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, name);
  fs.writeFileSync(
    file,
    typeof content === 'string' ? content : fs.readFileSync(extensionFile(content.copyOf)),
  );
  return vscode.Uri.file(file);
}

const figures: string[] = [];

/**
 * Keeps a duration in milliseconds for the report of the test that runs;
 * what is measured on a busy machine is never judged.
 */
export function measured(what: string, ms: number): void {
  figures.push(`${what}: ${Math.round(ms)} ms`);
}

/** What was measured since this was last asked. */
export function takeFigures(): string[] {
  return figures.splice(0);
}

/** Waits until `probe` gives something; fails with what was waited for. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | PromiseLike<T | undefined>,
  timeoutMs = 45_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

export async function open(uri: vscode.Uri): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(uri, { preview: false });
}

export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/**
 * Lets go of every trace at once: the extension itself waits a moment after a tab was closed,
 * and the next suite would still see it.
 */
export async function leaveNothing(): Promise<void> {
  await closeAll();
  const { sessions } = await app();
  for (const { uri } of sessions.all()) sessions.close(uri);
}

/** Diagnostics of ours on a file, once there are any. */
export function findings(uri: vscode.Uri): Promise<vscode.Diagnostic[]> {
  return until(`diagnostics on ${uri.path}`, () => {
    const ours = vscode.languages
      .getDiagnostics(uri)
      .filter((diagnostic) => diagnostic.source === 'shimtrace');
    return ours.length > 0 ? ours : undefined;
  });
}

/** The rule of a diagnostic, without its name; the first where several are broken. */
export function codeOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code).split(' ')[0]!;
}

/** Sets a setting of the workspace for the time of `body`. */
export async function withSetting(name: string, value: unknown, body: () => Promise<void>): Promise<void> {
  const config = vscode.workspace.getConfiguration();
  await config.update(name, value, vscode.ConfigurationTarget.Workspace);
  try {
    await body();
  } finally {
    await config.update(name, undefined, vscode.ConfigurationTarget.Workspace);
  }
}
