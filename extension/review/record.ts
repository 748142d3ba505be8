/** Recording what the patch under review touches. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { Reviews } from './reviews.js';

/** `given` is what needs no question, as a task has it. */
export async function recordPatch(app: App, reviews: Reviews, given: unknown): Promise<void> {
  const { current } = reviews;
  if (!current) return;
  const patch = await fileOf(app, current.review.input.patch);
  const known = typeof given === 'object' && given !== null ? given : {};
  await vscode.commands.executeCommand('shimtrace.record', { ...known, patch });
}

/** The recorder is a program: what lies on no disk, such as a pasted patch, is written for it. */
async function fileOf({ context }: App, patch: vscode.Uri): Promise<string> {
  if (patch.scheme === 'file') return patch.fsPath;
  const folder = context.storageUri ?? context.globalStorageUri;
  await vscode.workspace.fs.createDirectory(folder);
  const file = vscode.Uri.joinPath(folder, 'review.patch');
  await vscode.workspace.fs.writeFile(file, await vscode.workspace.fs.readFile(patch));
  return file.fsPath;
}
