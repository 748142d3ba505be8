/** What pipe mode writes as records in place of the header's tables: attrs, features, names. */
import { ByteReader, textUntilNul } from '../base/bytes.js';
import type { PerfInfo } from './container.js';
import type { Chunk } from './feed.js';

const UPDATE_NAME = 2;

/** HEADER_ATTR: `struct perf_event_attr`, whose second word is its own size, then the sample ids. */
export function readPipeAttr(info: PerfInfo, chunk: Chunk, offset: number, size: number): void {
  const { bytes } = chunk;
  const reader = new ByteReader(bytes, info.bigEndian, offset + 12, offset + size);
  const attrSize = reader.u32();
  const end = offset + size;
  const idsAt = offset + 8 + attrSize;
  const ids: number[] = [];
  if (reader.ok && idsAt <= end) {
    const idReader = new ByteReader(bytes, info.bigEndian, idsAt, end);
    while (idReader.left >= 8) ids.push(Number(idReader.u64()));
  }
  if (!reader.ok || idsAt > end || info.addAttr(bytes, offset + 8, attrSize, ids) < 0) {
    info.issues.add('bad-record', chunk.start + offset, 0, 'HEADER_ATTR');
  }
}

/** HEADER_FEATURE: u64 feature, then the section's bytes. */
export function readPipeFeature(info: PerfInfo, chunk: Chunk, offset: number, size: number): void {
  const reader = new ByteReader(chunk.bytes, info.bigEndian, offset + 8, offset + size);
  const feature = reader.size64();
  if (reader.ok) info.readFeature(feature, reader.slice(reader.left), chunk.start + offset);
}

/** EVENT_UPDATE: u64 type, u64 id, and for the type NAME the event's name. */
export function readPipeName(info: PerfInfo, chunk: Chunk, offset: number, size: number): void {
  const reader = new ByteReader(chunk.bytes, info.bigEndian, offset + 8, offset + size);
  const type = reader.size64();
  const index = info.attrOfId.get(reader.size64());
  if (reader.ok && type === UPDATE_NAME && index !== undefined) {
    info.names[index] = textUntilNul(chunk.bytes, reader.pos, offset + size);
  }
}
