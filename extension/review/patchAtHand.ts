/**
 * The patch that a review is wanted of: a file that was named, the one in front, the diff that an editor or
 * the Source Control view shows, or the text of the clipboard.
 */
import * as vscode from 'vscode';
import { askOnce } from '../analysis/channel.js';
import type { App } from '../app.js';
import { openDocument } from '../openDocument.js';
import type { Methods } from '../protocol/requests.js';
import { changedFiles } from './changes.js';
import { findTree, pathIn } from './kernelTree.js';
import { fileName } from '../../parsers/base/fileName.js';

const PATCH_NAME = /\.(?:patch|diff|mbx|mbox|eml|mail)$/i;
/** What a text has that holds a patch, also within a mail or quoted. */
const HUNK = /^(?:> ?)*@@@? -\d+(?:,\d+)? (?:-\d+(?:,\d+)? )?\+\d+(?:,\d+)? @@/m;

/** `targets` are what a menu gives: a file first, or all chosen changes of the Source Control view. */
export async function patchAtHand(app: App, targets: readonly unknown[]): Promise<vscode.Uri | undefined> {
  const [target] = targets;
  if (target instanceof vscode.Uri) return target;
  const changes = changedFiles(targets);
  if (changes.length > 0) return patchOf(app, changes.map(sidesOf));
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputTextDiff) return patchOf(app, [input]);
  if (input instanceof vscode.TabInputText && (await holdsPatch(input.uri))) return input.uri;
  const text = await vscode.env.clipboard.readText();
  if (HUNK.test(text)) return app.pastes.add(new TextEncoder().encode(text), 'Pasted patch', '.patch');
  const [chosen] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Review a Patch') })) ?? [];
  return chosen;
}

async function holdsPatch(uri: vscode.Uri): Promise<boolean> {
  if (PATCH_NAME.test(uri.path)) return true;
  const open = openDocument(uri);
  return open !== undefined && (open.languageId === 'diff' || HUNK.test(open.getText()));
}

/** A file before and after. */
interface Sides {
  readonly original: vscode.Uri;
  readonly modified: vscode.Uri;
}

/** A file that has changed, against what was committed. */
function sidesOf(file: vscode.Uri): Sides {
  // The address by which VS Code's own Git shows a file as it was committed; no program is run here.
  const query = JSON.stringify({ path: file.fsPath, ref: 'HEAD' });
  return { original: file.with({ scheme: 'git', query }), modified: file };
}

async function patchOf(app: App, files: readonly Sides[]): Promise<vscode.Uri | undefined> {
  const texts: Methods['unified']['params']['files'][number][] = [];
  for (const { original, modified } of files) {
    const [before, after] = await Promise.all([textOf(original), textOf(modified)]);
    texts.push({ path: await pathOf(modified), before, after });
  }
  const patch = await askOnce(app.platform, 'unified', { files: texts });
  if (patch !== '') return app.pastes.add(new TextEncoder().encode(patch), 'Changes', '.patch');
  await vscode.window.showInformationMessage(vscode.l10n.t('Both sides are the same: there is no patch.'));
  return undefined;
}

async function textOf(uri: vscode.Uri): Promise<string> {
  try {
    return (await vscode.workspace.openTextDocument(uri)).getText();
  } catch {
    // A file that one side does not have.
    return '';
  }
}

/** As the patch names it: below the kernel tree, else below the folder. */
async function pathOf(file: vscode.Uri): Promise<string> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  // A file of another scheme, such as git's, lies where the workspace has it.
  const plain = folder ? file.with({ scheme: folder.scheme, authority: folder.authority, query: '' }) : file;
  const tree = await findTree();
  const name = fileName(plain.path);
  return (tree && pathIn(tree, plain)) ?? (folder && pathIn(folder, plain)) ?? name;
}
