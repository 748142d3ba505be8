/** Whether a trace is large enough to be kept. */
import fs from 'node:fs';
import { compressionOf } from '../../parsers/compressed/detect.js';

/** A smaller trace is read in the time that an entry takes. */
const LEAST_BYTES = 4 << 20;
/** A text of traces is compressed to a tenth or less. */
const COMPRESSED_TO = 0.1;
/** As many tell how a file is compressed. */
const HEAD_BYTES = 16;

/** True where the files have so many bytes in all, or a tenth of them where any is compressed. */
export function isWorthKeeping(files: readonly string[], leastBytes = LEAST_BYTES): boolean {
  const bytes = files.reduce((sum, file) => sum + bytesOf(file), 0);
  if (bytes >= leastBytes) return true;
  // Most traces are small: of these no head is read.
  return bytes >= leastBytes * COMPRESSED_TO && files.some(isCompressed);
}

/** Of what cannot be looked at none: whoever reads the trace says what is wrong with it. */
export function bytesOf(file: string): number {
  try {
    return fs.statSync(file).size;
  } catch {
    return 0;
  }
}

function isCompressed(file: string): boolean {
  const head = new Uint8Array(HEAD_BYTES);
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, 'r');
    return compressionOf(head.subarray(0, fs.readSync(fd, head))) !== undefined;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}
