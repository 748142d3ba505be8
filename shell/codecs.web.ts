/** The decompressors of the browser host, all in JavaScript and WebAssembly. */
import { unzlibSync } from 'fflate';
import type { ReadOptions } from '../parsers/reader.js';
import { startZstd } from './zstd.js';

/** Ready to be injected into ReadOptions. */
export async function webCodecs(): Promise<Required<Pick<ReadOptions, 'inflate' | 'unzstd' | 'unzstdStream'>>> {
  return { inflate: (bytes, expectedLength) => unzlibSync(bytes, { out: new Uint8Array(expectedLength) }), ...(await startZstd()) };
}
