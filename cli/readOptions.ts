/** How files are read on this thread. */
import type { ReadOptions } from '../parsers/reader.js';
import { lineKernel, recordKernel, sampleKernel } from '../shell/kernels.js';
import { MemoryWatch } from '../shell/memory.node.js';
import { codecs } from './codecs.js';

/** For the file at a path, with the decompressors that were prepared for it. */
export function readOptions(path: string): ReadOptions {
  return { cancel: new MemoryWatch('reading'), ...codecs(path), lineKernel, recordKernel, sampleKernel };
}
