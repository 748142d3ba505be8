/** The decompressors of the browser host, all in JavaScript and WebAssembly. */
import { unzlibSync } from 'fflate';
import type { ReadOptions } from '../parsers/reader.js';
import { startDecompress, type Decompressors } from './decompress.js';
import { startZstd } from './zstd.js';

/** Ready to be injected into ReadOptions. */
export async function webCodecs(): Promise<
  Required<Pick<ReadOptions, 'inflate' | 'unzstd' | 'unzstdStream'>> & { readonly decompress: Decompressors }
> {
  const { unzstd, unzstdStream } = await startZstd();
  return {
    inflate: (bytes, expectedLength) => unzlibSync(bytes, { out: new Uint8Array(expectedLength) }),
    unzstd,
    unzstdStream,
    decompress: await startDecompress(),
  };
}
