/** Which files are worth a thread that reads them. */
import fs from 'node:fs';
import { PASTE_BYTES_MAX } from '../../parsers/paste/open.js';
import { FORMATS, SNIFF_BYTES, sniffFormat } from '../../parsers/index.js';
import { sizeOf } from '../fileSource.js';

/** True for a text of a known format in a file that is too large for a paste, which is mended. */
export function isLargeText(path: string): boolean {
  if (path === '-' || !(sizeOf(path) > PASTE_BYTES_MAX)) return false;
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
