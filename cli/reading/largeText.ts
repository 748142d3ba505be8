/** Which files are worth a thread that reads them. */
import fs from 'node:fs';
import { FORMATS, SNIFF_BYTES, sniffFormat } from '../../parsers/index.js';
import type { BundleFile } from '../bundle.js';
import { bytesOf } from '../../shell/cache/worth.node.js';

/** Files that are judged as one trace. */
export type Group = readonly BundleFile[];

/**
 * A shorter text is read before another thread makes up for its start; tests set it lower. What may be a
 * paste is not read so at all.
 */
export const EARLY_LIMIT = { bytesMin: 256 << 20 };

/** Groups of one large text each. */
export function largeTextsOf(groups: readonly Group[]): readonly Group[] {
  return groups.filter(([file, ...others]) => file && others.length === 0 && isLargeText(file.path));
}

/** True for a text of a known format in a file that is as large as that. */
export function isLargeText(path: string): boolean {
  if (path === '-' || !(bytesOf(path) >= EARLY_LIMIT.bytesMin)) return false;
  const head = new Uint8Array(SNIFF_BYTES);
  try {
    const fd = fs.openSync(path, 'r');
    try {
      const length = fs.readSync(fd, head, 0, head.length, 0);
      return sniffFormat(head.subarray(0, length), FORMATS)?.lines !== undefined;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // Whoever opens it again says what is wrong with it.
    return false;
  }
}
