/** zstd for tests, through the library that the shells bundle. */
import fs from 'node:fs';
import { ZSTDDecoder } from 'zstddec/stream';

const decoder = new ZSTDDecoder();

/** To be awaited once before anything is decompressed. */
export function loadZstd(): Promise<void> {
  return decoder.init();
}

export function unzstdStream(pieces: Iterable<Uint8Array>): Iterable<Uint8Array> {
  return decoder.decodeStreaming(pieces);
}

/** Bytes of a file, decompressed where its name ends in .zst. */
export function readMaybeZstd(file: string): Uint8Array {
  const bytes = new Uint8Array(fs.readFileSync(file));
  if (!file.endsWith('.zst')) return bytes;
  const parts = [...decoder.decodeStreaming([bytes])];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
