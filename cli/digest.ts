/** Digests of files, by which a recording is known again. */
import fs from 'node:fs';
import { nodeCrypto } from './onDemand.js';

const CHUNK_BYTES = 1 << 20;

/** SHA-256 in hexadecimal; '' for a pipe, which gives its bytes once. Throws where there is no such file. */
export function sha256(file: string): string {
  if (!fs.statSync(file).isFile()) return '';
  const sum = nodeCrypto().createHash('sha256');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const fd = fs.openSync(file, 'r');
  try {
    for (let got = fs.readSync(fd, chunk); got > 0; got = fs.readSync(fd, chunk))
      sum.update(chunk.subarray(0, got));
  } finally {
    fs.closeSync(fd);
  }
  return sum.digest('hex');
}
