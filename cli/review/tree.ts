/** A kernel tree for a review: the files that a patch names, and an index of the folders around them. */
import fs from 'node:fs';
import path from 'node:path';
import type { ReadFile, SeriesImages } from '../../model/review/images.js';
import { indexSources, type SourceIndex } from '../../model/review/sourceIndex.js';
import { FILES_MAX, FILE_BYTES_MAX, foldersOf, isCFile } from '../../model/review/treeFolders.js';
import { isSafePath } from '../../parsers/patch/names.js';
import type { Series } from '../../parsers/patch/patch.js';
import { InputError } from '../errors.js';
import { errorCode } from '../../shell/errorCode.js';
import type { Watch } from './kept.js';

/** Files below the tree; a name that leads out of it, by `..` or by a link, opens nothing. */
export function treeReader(tree: string, watch: Watch): ReadFile {
  if (!fs.existsSync(tree) || !fs.statSync(tree).isDirectory())
    throw new InputError(`${tree}: is no folder; --tree takes a kernel tree`);
  const root = fs.realpathSync(tree);
  return (name) => {
    if (!isSafePath(name)) return undefined;
    watch(path.join(root, name));
    try {
      const real = fs.realpathSync(path.join(root, name));
      if (!real.startsWith(root + path.sep)) return undefined;
      const stat = fs.statSync(real);
      return stat.isFile() && stat.size <= FILE_BYTES_MAX ? fs.readFileSync(real, 'utf8') : undefined;
    } catch (error) {
      if (errorCode(error) === '') throw error;
      return undefined;
    }
  };
}

/** The index of the folders that the series is about, with its files as they are after it. */
export function indexTree(
  tree: string,
  read: ReadFile,
  series: Series,
  images: SeriesImages,
  watch: Watch,
): SourceIndex {
  const files: (readonly [string, string])[] = [];
  for (const name of filesIn(tree, foldersOf(series), watch)) {
    const text = images.after.has(name) ? undefined : read(name);
    if (text !== undefined) files.push([name, text]);
  }
  for (const [name, lines] of images.after) files.push([name, lines.join('\n')]);
  return indexSources(files);
}

function filesIn(tree: string, folders: readonly string[], watch: Watch): readonly string[] {
  const out: string[] = [];
  const pending = [...folders];
  for (
    let folder = pending.shift();
    folder !== undefined && out.length < FILES_MAX;
    folder = pending.shift()
  ) {
    const full = path.join(tree, folder);
    watch(full);
    if (!fs.existsSync(full)) continue;
    for (const entry of fs.readdirSync(full, { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) pending.push(name);
      else if (entry.isFile() && isCFile(entry.name)) out.push(name);
    }
  }
  return out.slice(0, FILES_MAX);
}
