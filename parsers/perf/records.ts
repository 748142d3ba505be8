/** What the outer records of a perf.data carry besides themselves. */
import type { ByteSource } from '../base/source.js';
import { RECORD_AUXTRACE, RECORD_COMPRESSED, RECORD_COMPRESSED2, RECORD_TRACING_DATA } from './abi.js';
import { Feed, type Chunk } from './feed.js';

/**
 * The compressed bytes of a COMPRESSED record (all after its header) or a COMPRESSED2 one (a u64 length, then
 * as many, then padding). Never more than the record holds.
 */
export function compressedBody(
  chunk: Chunk,
  offset: number,
  type: number,
  size: number,
  little: boolean,
): Uint8Array {
  const end = offset + size;
  if (type !== RECORD_COMPRESSED2) return chunk.bytes.subarray(offset + 8, end);
  if (size < 16) return chunk.bytes.subarray(end, end);
  const length = chunk.view.getUint32(little ? offset + 8 : offset + 12, little);
  return chunk.bytes.subarray(offset + 16, Math.min(end, offset + 16 + length));
}

/**
 * Bytes after a record that belong to it: AUX data, and the tracing data of pipe mode. Larger than any file
 * is the rest of it.
 */
export function skippedAfter(
  chunk: Chunk,
  offset: number,
  type: number,
  size: number,
  little: boolean,
): number {
  if (type === RECORD_AUXTRACE && size >= 16) {
    return Math.min(Number(chunk.view.getBigUint64(offset + 8, little)), Number.MAX_SAFE_INTEGER);
  }
  return type === RECORD_TRACING_DATA && size >= 12 ? chunk.view.getUint32(offset + 8, little) : 0;
}

const READ_BYTES = 1 << 20;

/** Where the pieces of the compressed stream lie in the file, in order. Reads through the data once. */
export function compressedRanges(
  source: ByteSource,
  range: { readonly start: number; readonly end: number },
  little: boolean,
): { readonly offset: number; readonly size: number }[] {
  const ranges: { offset: number; size: number }[] = [];
  const feed = new Feed(range.start, little, (chunk, offset, type, size) => {
    if (type === RECORD_COMPRESSED || type === RECORD_COMPRESSED2) {
      const body = compressedBody(chunk, offset, type, size, little);
      ranges.push({ offset: chunk.start + body.byteOffset - chunk.bytes.byteOffset, size: body.length });
    }
    return skippedAfter(chunk, offset, type, size, little);
  });
  for (let at = range.start; at < range.end && !feed.stopped; ) {
    const bytes = source.read(at, Math.min(READ_BYTES, range.end - at));
    if (bytes.length === 0) break;
    feed.append(bytes, -1);
    at += bytes.length;
  }
  return ranges;
}
