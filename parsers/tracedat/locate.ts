/** From a row's `at` back to its record: the sub-buffer page is read, or its chunk decompressed, again. */
import type { ByteSource } from '../base/source.js';
import { IssueLog } from '../events/issues.js';
import type { PageLayout } from '../format/page.js';
import type { RecordBytes } from '../format/record.js';
import type { ReadOptions } from '../reader.js';
import type { ChunkIndex } from './chunks.js';
import type { BufferInstance, TraceDatFile } from './model.js';

const COMMIT_MASK = (1 << 27) - 1;

/** The record whose data begins at `at`, undefined when it cannot be read again. */
export function locate(at: number, file: TraceDatFile, chunks: ChunkIndex, source: ByteSource, options: ReadOptions): RecordBytes | undefined {
  const inFile = file.buffers.find((b) => !b.compressed && b.cpus.some((c) => at >= c.offset && at < c.offset + c.size));
  if (inFile) return inPage(at, inFile, file, source);
  // The damage that this may meet again was reported when the trace was read.
  const chunk = chunks.load(at, source, file.compression, options, new IssueLog());
  if (!chunk) return undefined;
  const start = at - chunk.start;
  const page = Math.floor(start / chunk.pageSize) * chunk.pageSize;
  return recordAt(chunk.bytes, start, page, Math.min(page + chunk.pageSize, chunk.bytes.length), file);
}

function inPage(at: number, buffer: BufferInstance, file: TraceDatFile, source: ByteSource): RecordBytes | undefined {
  const recording = buffer.cpus.find((c) => at >= c.offset && at < c.offset + c.size)!;
  const page = recording.offset + Math.floor((at - recording.offset) / buffer.pageSize) * buffer.pageSize;
  const bytes = source.read(page, buffer.pageSize).slice();
  return recordAt(bytes, at - page, 0, bytes.length, file);
}

/** The record whose data begins at bytes[start]: its length is in the words before it. */
function recordAt(bytes: Uint8Array, start: number, page: number, limit: number, file: TraceDatFile): RecordBytes | undefined {
  const layout: PageLayout = file.page;
  if (start + 4 > limit || start < page + layout.dataOffset + 4) return undefined;
  const little = !file.bigEndian;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const commitAt = page + layout.commitOffset + (layout.commitSize === 8 && !little ? 4 : 0);
  const dataEnd = Math.min(limit, page + layout.dataOffset + (view.getUint32(commitAt, little) & COMMIT_MASK));
  // A record of more than 112 bytes has its length in a word of its own, behind a header word of type 0. A short
  // record's header is the word right before the data, and its type cannot be 0: but a length word can look like a
  // header. So the page is walked from its start, as it was when it was read.
  for (let p = page + layout.dataOffset; p + 4 <= dataEnd;) {
    const word = view.getUint32(p, little);
    const type = little ? word & 31 : word >>> 27;
    const delta = little ? word >>> 5 : word & COMMIT_MASK;
    if (type > 0 && type < 29) {
      if (p + 4 === start) return { bytes, start, end: Math.min(dataEnd, start + type * 4) };
      p += 4 + type * 4;
      continue;
    }
    if ((type === 29 && delta === 0) || p + 8 > dataEnd) return undefined;
    if (type >= 30) {
      p += 8;
      continue;
    }
    const length = view.getUint32(p + 4, little);
    if (length < 4) return undefined;
    if (p + 8 === start && type === 0) return { bytes, start, end: Math.min(dataEnd, p + 4 + length) };
    p += 4 + ((length + 3) & ~3);
  }
  return undefined;
}
