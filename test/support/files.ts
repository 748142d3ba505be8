/** The project's files as tests see them. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Folders at the top that hold sources, each with everything below it. */
export const SOURCE_FOLDERS = [
  'parsers',
  'model',
  'recorder',
  'shell',
  'cli',
  'extension',
  'webview',
  'test',
  'bench',
  'scripts',
] as const;

const SKIPPED = new Set(['node_modules', 'out', 'dist', '.git', '.vscode-test', '.editor-host', 'coverage']);

/**
 * Paths below `folder` of the project, with forward slashes, sorted; what is built or installed is left out.
 */
export function filesBelow(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  const out: string[] = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const file = folder === '.' ? entry.name : path.posix.join(folder, entry.name);
    if (entry.isDirectory()) out.push(...filesBelow(file));
    else if (entry.isFile()) out.push(file);
  }
  return out.sort();
}

/**
 * Files under version control; where there is no git, as in an
 * unpacked archive, every file that is not built.
 */
export function trackedFiles(): readonly string[] {
  try {
    const text = execFileSync('git', ['ls-files', '-z'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .split('\0')
      .filter((file) => file !== '' && fs.existsSync(file))
      .sort();
  } catch (error) {
    if (error instanceof Error) return filesBelow('.');
    throw error;
  }
}

export function read(file: string): string {
  return fs.readFileSync(file, 'utf8');
}
