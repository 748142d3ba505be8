/** The parts of a kernel tree that a review looks into, whoever reads them. */
import { isSafePath } from '../../parsers/patch/names.js';
import type { Series } from '../../parsers/patch/patch.js';

/** A file of a tree is read up to this size, and this many of them. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
export const FILES_MAX = 5000;
/** Where the domain's functions call each other, whatever a patch is on. */
const FOLDERS = ['virt/kvm', 'mm'];
const ARCH_DEFAULT = 'arch/x86/kvm';

export const isCFile = (name: string): boolean => /\.[ch]$/.test(name);

/** The folders of the series' files, up to the part of the kernel that they are of. */
export function foldersOf(series: Pick<Series, 'patches'>): readonly string[] {
  const out = new Set(FOLDERS);
  for (const name of filesOf(series)) {
    if (!isCFile(name)) continue;
    const parts = name.split('/').slice(0, -1);
    const kvm = parts.indexOf('kvm');
    out.add((kvm >= 0 ? parts.slice(0, kvm + 1) : parts).join('/'));
  }
  if (![...out].some((folder) => folder.startsWith('arch/'))) out.add(ARCH_DEFAULT);
  return [...out].filter((folder) => folder !== '');
}

/** The files that the series names, before and after it, which may be opened below a tree. */
export function filesOf({ patches }: Pick<Series, 'patches'>): readonly string[] {
  const names = patches.flatMap(({ files }) => files.flatMap(({ oldPath, newPath }) => [oldPath, newPath]));
  return [...new Set(names.filter((name) => name !== undefined).filter(isSafePath))];
}
