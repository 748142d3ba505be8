/** Writing bytes to a file: a single write may take only some of them. */
import fs from 'node:fs';

/** Writes all of bytes[from, until) where the file stands. */
export function writeAll(fd: number, bytes: Uint8Array, from = 0, until = bytes.length): void {
  for (let done = from; done < until; ) done += fs.writeSync(fd, bytes, done, until - done);
}
