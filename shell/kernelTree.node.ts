/**
 * Files of a kernel tree: functions' definitions, a path of the build found again in a copy of the tree,
 * modules.
 */
import fs from 'node:fs';
import path from 'node:path';

export interface FoundSource {
  readonly path: string;
  readonly line: number;
}

/** Where the functions of this domain's stacks are defined; the whole tree would take minutes. */
const FOLDERS = [
  'virt',
  'mm',
  'fs',
  'kernel',
  'lib',
  'block',
  'io_uring',
  'security',
  'arch/x86',
  'arch/arm64',
  'drivers/vhost',
  'drivers/vfio',
];
const FILES_MAX = 20000;
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/** Paths of a tree's files that the pattern fits, breadth first, at most FILES_MAX. */
function* filesOf(tree: string, wanted: RegExp): Generator<string> {
  const pending = FOLDERS.map((folder) => path.join(tree, folder));
  let files = 0;
  for (let folder = pending.shift(); folder !== undefined && files < FILES_MAX; folder = pending.shift()) {
    if (!fs.existsSync(folder)) continue;
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) pending.push(full);
      else if (entry.isFile() && wanted.test(entry.name) && files++ < FILES_MAX) yield full;
    }
  }
}

/** Definitions of functions by name. A name that two files define stands for neither. */
export function definitionsOf(tree: string): ReadonlyMap<string, FoundSource> {
  const found = new Map<string, FoundSource>();
  const several = new Set<string>();
  for (const file of filesOf(tree, /\.c$/)) {
    const here = new Map<string, FoundSource>();
    addDefinitions(file, here);
    for (const [name, place] of here) {
      if (found.has(name)) several.add(name);
      else found.set(name, place);
    }
  }
  for (const name of several) found.delete(name);
  return found;
}

/** Lines between a function's name and its opening brace, at most. */
const SIGNATURE_LINES_MAX = 12;

/**
 * Functions of one C file, as kernel style writes them: at the start of a line, the brace alone on a later
 * one.
 */
export function addDefinitions(file: string, found: Map<string, FoundSource>): void {
  if (fs.statSync(file).size > FILE_BYTES_MAX) return;
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const name =
      /^(?!#|\/|\*|typedef\b|return\b|else\b)[A-Za-z_](?:[\w\s*]*?[\s*])?([A-Za-z_]\w*)\((?!\()[^;]*$/.exec(
        lines[i]!,
      )?.[1] ?? /^([A-Za-z_]\w*)\((?!\()[^;]*$/.exec(lines[i]!)?.[1];
    if (name === undefined || found.has(name)) continue;
    for (let j = i + 1; j < Math.min(lines.length, i + SIGNATURE_LINES_MAX); j++) {
      if (lines[j]!.startsWith('{')) found.set(name, { path: file, line: i + 1 });
      if (/^[{}#]|;/.test(lines[j]!)) break;
    }
  }
}

/**
 * A path as the build wrote it (`debian/build/x/mm/memory.c`, `/build/linux/mm/memory.c`) in a tree: the
 * longest end of it that is a file there. undefined when none is.
 */
export function inTree(tree: string, built: string): string | undefined {
  const parts = built.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  for (let i = 0; i < parts.length; i++) {
    const file = path.join(tree, ...parts.slice(i));
    if (fs.existsSync(file)) return file;
  }
  return undefined;
}

/** The module's file beside a vmlinux: in a build tree, or where a distribution's debug package puts it. */
export function moduleFile(vmlinux: string, module: string): string | undefined {
  // A module is named with _ whichever of the two its file has.
  const name = new RegExp(`^${module.replace(/[^\w]/g, '').replace(/_/g, '[-_]')}\\.ko(?:\\.debug)?$`);
  for (const folder of moduleFolders(vmlinux)) for (const file of filesOf(folder, name)) return file;
  return undefined;
}

/** Of `boot/vmlinux-6.12.1`, as Debian has it, the modules of that version come first. */
function moduleFolders(vmlinux: string): readonly string[] {
  const beside = path.dirname(vmlinux);
  const version = /^vmlinux-(.+)$/.exec(path.basename(vmlinux))?.[1];
  if (version === undefined) return [beside];
  const modules = path.join('lib/modules', version);
  return [path.join(beside, '..', modules), path.join(beside, modules), beside];
}
