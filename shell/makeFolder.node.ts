/** Makes folders, and ends wherever the system makes none. */
import fs from 'node:fs';
import path from 'node:path';
import { errorCode } from './errorCode.js';

/**
 * Makes a folder, and those above it that are not there. Node's own way of doing so tries forever where the
 * system says of a folder whose parent is there that something is missing: in /proc, and where homes are
 * mounted when they are asked for. Throws the system's error.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    makeOne(folder, mode);
  } catch (error) {
    const parent = path.dirname(folder);
    if (errorCode(error) !== 'ENOENT' || parent === folder || fs.existsSync(parent)) throw error;
    makeFolder(parent, mode);
    makeOne(folder, mode);
  }
}

/** One that is there already is as good. */
function makeOne(folder: string, mode: number): void {
  try {
    fs.mkdirSync(folder, mode);
  } catch (error) {
    const isThere =
      errorCode(error) === 'EEXIST' && fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory();
    if (isThere !== true) throw error;
  }
}
