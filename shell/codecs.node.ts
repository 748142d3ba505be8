/** The decompressors that Node offers the core. */
import zlib from 'node:zlib';
import type { ReadOptions } from '../parsers/reader.js';
import { startDecompress, type Decompressors } from './decompress.js';
import { startZstd } from './zstd.js';

export type Codecs = Required<Pick<ReadOptions, 'inflate' | 'unzstd' | 'unzstdStream'>> & {
  readonly decompress: Decompressors;
};

/** Ready to be injected into ReadOptions. Takes some 30 ms, once. */
export async function nodeCodecs(): Promise<Codecs> {
  const { unzstd, unzstdStream } = await startZstd();
  return {
    inflate: (bytes, expectedLength) =>
      zlib.inflateSync(bytes, { maxOutputLength: Math.max(1, expectedLength) }),
    unzstd,
    unzstdStream,
    decompress: await startDecompress(),
  };
}
