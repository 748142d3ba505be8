/** Decompressors for the files at hand: zstd takes 30 ms to start, which a text trace need not wait for. */
import fs from 'node:fs';
import { nodeCodecs, type Codecs } from '../shell/codecs.node.js';

const HEAD_BYTES = 64;
/** What may hold zstd: a zstd frame, a trace.dat of version 7, a perf.data of either byte order. */
const ZSTD_HEADS = ['\x28\xb5\x2f\xfd', '\x17\x08\x44tracing7', 'PERFILE2', '2ELIFREP'];

let ready: Partial<Codecs> = {};

/** Starts what these paths need; to be awaited before they are read. Standard input may hold anything. */
export async function prepareCodecs(paths: readonly string[]): Promise<void> {
  if (ready.unzstd === undefined && paths.some(mayHoldZstd)) ready = await nodeCodecs();
}

/** The decompressors that were prepared. */
export function codecs(): Partial<Codecs> {
  return ready;
}

function mayHoldZstd(path: string): boolean {
  if (path === '-') return true;
  const head = Buffer.alloc(HEAD_BYTES);
  try {
    // A pipe must not lose its first bytes.
    if (!fs.statSync(path).isFile()) return true;
    const fd = fs.openSync(path, 'r');
    try {
      const text = head.toString('latin1', 0, fs.readSync(fd, head, 0, HEAD_BYTES, 0));
      return ZSTD_HEADS.some((start) => text.startsWith(start));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // The command opens it again and says what is wrong with it.
    return false;
  }
}
