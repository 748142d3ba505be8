/** zstd for tests, as the shells have it. */
import fs from 'node:fs';
import { startZstd, type Zstd } from '../../shell/zstd.js';
import { joinBytes } from '../../parsers/base/bytes.js';

let zstd: Zstd;

/** To be awaited once before anything is decompressed. */
export async function loadZstd(): Promise<void> {
  zstd = await startZstd();
}

export function unzstdStream(pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
  return zstd.unzstdStream(pieces);
}

/** Bytes of a file, decompressed where its name ends in .zst. */
export function readMaybeZstd(file: string): Uint8Array {
  const bytes = new Uint8Array(fs.readFileSync(file));
  if (!file.endsWith('.zst')) return bytes;
  return joinBytes([...zstd.unzstdStream([bytes])]);
}
