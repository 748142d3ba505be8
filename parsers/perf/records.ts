/** What the outer records of a perf.data carry besides themselves. */
import { RECORD_AUXTRACE, RECORD_COMPRESSED2, RECORD_TRACING_DATA } from './abi.js';
import type { Chunk } from './feed.js';

/**
 * The compressed bytes of a COMPRESSED record (all after its header) or a COMPRESSED2 one (a u64 length, then as many,
 * then padding). Never more than the record holds.
 */
export function compressedBody(chunk: Chunk, offset: number, type: number, size: number, little: boolean): Uint8Array {
  const end = offset + size;
  if (type !== RECORD_COMPRESSED2) return chunk.bytes.subarray(offset + 8, end);
  if (size < 16) return chunk.bytes.subarray(end, end);
  const length = chunk.view.getUint32(little ? offset + 8 : offset + 12, little);
  return chunk.bytes.subarray(offset + 16, Math.min(end, offset + 16 + length));
}

/** Bytes after a record that belong to it: AUX data, and the tracing data of pipe mode. Larger than any file is the rest of it. */
export function skippedAfter(chunk: Chunk, offset: number, type: number, size: number, little: boolean): number {
  if (type === RECORD_AUXTRACE && size >= 16) {
    return Math.min(Number(chunk.view.getBigUint64(offset + 8, little)), Number.MAX_SAFE_INTEGER);
  }
  return type === RECORD_TRACING_DATA && size >= 12 ? chunk.view.getUint32(offset + 8, little) : 0;
}
