/**
 * Decompressors of whole files for every host, all lazy: a piece of input is pulled when more of the output
 * is asked for.
 */
import type { StreamCodec } from '../parsers/compressed/detect.js';
import type { Decompress } from '../parsers/compressed/plainSource.js';
import { bunzipStream } from './bzip2.js';
import { gunzipStream } from './gzip.js';
import { startXz } from './xz.js';
import { startZstd } from './zstd.js';

export type Decompressors = Readonly<Record<StreamCodec, Decompress>>;

/** Compiles what is WebAssembly, once. */
export async function startDecompress(): Promise<Decompressors> {
  const [{ unzstdFile }, xz] = await Promise.all([startZstd(), startXz()]);
  return { gzip: gunzipStream, zstd: unzstdFile, xz, bzip2: bunzipStream };
}
