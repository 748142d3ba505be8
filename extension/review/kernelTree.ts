/**
 * The kernel of a review. Its tree: a folder of the workspace that is one, else the one that the setting
 * names, read through VS Code, wherever it lies. Its vmlinux, which a program reads.
 */
import * as vscode from 'vscode';
import { SECTION } from '../config.js';
import type { Platform } from '../platform.js';
import type { TreeFile } from '../protocol/review.js';
import { refusalOf, type Refusal } from './vmlinux.js';

/** A file of a tree is read up to this size, and this many of them. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FILES_MAX = 5000;
/** Files that are read at the same time. */
const LANES = 16;
const SETTING = 'review.tree';
const VMLINUX = 'review.vmlinux';
/** What a kernel tree has, and hardly anything else. */
const SIGN = 'virt/kvm';

/** The tree of what is open; undefined where there is none. */
export async function findTree(): Promise<vscode.Uri | undefined> {
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) if (await isTree(uri)) return uri;
  const named: unknown = vscode.workspace.getConfiguration(SECTION).get(SETTING);
  if (typeof named !== 'string' || named === '') return undefined;
  const uri = vscode.Uri.file(named);
  return (await isTree(uri)) ? uri : undefined;
}

/** True when `event` changes what is known of the kernel. */
export function affectsKernel(event: vscode.ConfigurationChangeEvent): boolean {
  return [SETTING, VMLINUX].some((name) => event.affectsConfiguration(`${SECTION}.${name}`));
}

/**
 * Path of the kernel under test with its debug information, '' where none is named, or no program may be run
 * for it; with what is odd about it.
 */
export async function vmlinuxHere({
  host,
}: Platform): Promise<{ readonly vmlinux: string; readonly issue: string }> {
  const setting: unknown = vscode.workspace.getConfiguration(SECTION).get(VMLINUX);
  const named = typeof setting === 'string' ? setting : '';
  const { isTrusted } = vscode.workspace;
  const refusal = await refusalOf(named, { host, isTrusted, isThere });
  return refusal ? { vmlinux: '', issue: refusalText(refusal, named) } : { vmlinux: named, issue: '' };
}

/** '' where there is nothing to say. */
function refusalText(refusal: Refusal, named: string): string {
  switch (refusal) {
    case 'unnamed':
      return '';
    case 'web':
      return vscode.l10n.t('No program runs in the browser, which could find lines of vmlinux.');
    case 'untrusted':
      return vscode.l10n.t('The folder is not trusted: no program finds lines of vmlinux.');
    case 'missing':
      return vscode.l10n.t('shimtrace.review.vmlinux names no file: {0}', named);
  }
}

function isThere(path: string): Thenable<boolean> {
  return vscode.workspace.fs.stat(vscode.Uri.file(path)).then(
    () => true,
    () => false,
  );
}

function isTree(folder: vscode.Uri): Thenable<boolean> {
  return vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, SIGN)).then(
    ({ type }) => (type & vscode.FileType.Directory) !== 0,
    () => false,
  );
}

/** Path of a file below the tree; undefined for any other. */
export function pathIn(tree: vscode.Uri, file: vscode.Uri): string | undefined {
  const root = tree.path.endsWith('/') ? tree.path : `${tree.path}/`;
  const isBelow =
    file.scheme === tree.scheme && file.authority === tree.authority && file.path.startsWith(root);
  return isBelow ? file.path.slice(root.length) : undefined;
}

/** The named files, and the C files of the folders: as many as are there and may be read. */
export async function readTree(
  tree: vscode.Uri,
  paths: readonly string[],
  folders: readonly string[],
): Promise<readonly TreeFile[]> {
  const names = [...new Set([...paths, ...(await filesIn(tree, folders))])].slice(0, FILES_MAX).values();
  const out: TreeFile[] = [];
  const decoder = new TextDecoder();
  const folder = folderReader(tree);
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const path of names) {
        const bytes = (await folder(parentOf(path))) && (await readFile(vscode.Uri.joinPath(tree, path)));
        if (bytes) out.push({ path, text: decoder.decode(bytes) });
      }
    }),
  );
  // In the order of the names, whichever came first.
  return out.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Tells whether a path is a folder of the tree's own: a link is not followed, since it may lead anywhere. */
function folderReader(tree: vscode.Uri): (path: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>([['', Promise.resolve(true)]]);
  const isOwn = async (path: string): Promise<boolean> => {
    if (!(await folder(parentOf(path)))) return false;
    return vscode.workspace.fs.stat(vscode.Uri.joinPath(tree, path)).then(
      ({ type }) => type === vscode.FileType.Directory,
      () => false,
    );
  };
  const folder = (path: string): Promise<boolean> => {
    const found = known.get(path) ?? isOwn(path);
    known.set(path, found);
    return found;
  };
  return folder;
}

function readFile(uri: vscode.Uri): Thenable<Uint8Array | undefined> {
  return vscode.workspace.fs.stat(uri).then(
    ({ type, size }) =>
      type === vscode.FileType.File && size <= FILE_BYTES_MAX ? vscode.workspace.fs.readFile(uri) : undefined,
    () => undefined,
  );
}

async function filesIn(tree: vscode.Uri, folders: readonly string[]): Promise<readonly string[]> {
  const out: string[] = [];
  const pending = [...folders];
  for (
    let folder = pending.shift();
    folder !== undefined && out.length < FILES_MAX;
    folder = pending.shift()
  ) {
    for (const [name, type] of await entriesOf(vscode.Uri.joinPath(tree, folder))) {
      const path = `${folder}/${name}`;
      if (type === vscode.FileType.Directory) pending.push(path);
      else if (type === vscode.FileType.File && /\.[ch]$/.test(name)) out.push(path);
    }
  }
  return out;
}

function entriesOf(folder: vscode.Uri): Thenable<[string, vscode.FileType][]> {
  return vscode.workspace.fs.readDirectory(folder).then(
    (entries) => entries.sort(([a], [b]) => (a < b ? -1 : 1)),
    () => [],
  );
}
