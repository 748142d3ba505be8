/** The decompressors that Node offers the core. */
import zlib from 'node:zlib';
import type { ReadOptions } from '../parsers/reader.js';
import { startZstd } from './zstd.js';

export type Codecs = Required<Pick<ReadOptions, 'inflate' | 'unzstd' | 'unzstdStream'>>;

/** Ready to be injected into ReadOptions. Takes some 30 ms, once. */
export async function nodeCodecs(): Promise<Codecs> {
  return { inflate: (bytes, expectedLength) => zlib.inflateSync(bytes, { maxOutputLength: Math.max(1, expectedLength) }), ...(await startZstd()) };
}
