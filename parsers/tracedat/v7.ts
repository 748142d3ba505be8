/**
 * trace.dat version 7: a chain of option sections that point at all other sections, each of which may be
 * compressed.
 */
import { ByteReader } from '../base/bytes.js';
import type { ByteSource } from '../base/source.js';
import type { IssueLog } from '../events/issues.js';
import type { ReadOptions } from '../reader.js';
import { decompress } from './codec.js';
import { CPU_LIMIT, type CpuRecording, type TraceDatFile } from './model.js';
import { applyOption, OPTION } from './options.js';
import {
  isPageSize,
  readCmdlines,
  readEventFormats,
  readFtraceFormats,
  readHeaderInfo,
  readKallsyms,
  readPrintk,
} from './sections.js';

/** Section header: u16 id, u16 flags, u32 name, u64 size. */
const SECTION_HEADER_BYTES = 16;
const FLAG_COMPRESSED = 1;
/** Option sections in one file; a chain longer than this is damage. */
const CHAIN_LIMIT = 1000;
const BUFFER_LIMIT = 1024;

const SECTION_READERS: ReadonlyMap<number, (reader: ByteReader, file: TraceDatFile) => boolean> = new Map([
  [OPTION.HEADER_INFO, readHeaderInfo],
  [OPTION.FTRACE_EVENTS, readFtraceFormats],
  [OPTION.EVENT_FORMATS, readEventFormats],
  [OPTION.KALLSYMS, readKallsyms],
  [OPTION.PRINTK, readPrintk],
  [OPTION.CMDLINES, readCmdlines],
]);

/**
 * Follows the options from the section at `start` into `file`; what precedes damage is kept, with an issue.
 */
export function readVersion7(
  source: ByteSource,
  start: number,
  file: TraceDatFile,
  options: ReadOptions,
  issues: IssueLog,
): void {
  const seen = new Set<number>();
  let next = start;
  while (next !== 0) {
    if (seen.has(next) || seen.size >= CHAIN_LIMIT) {
      issues.add('bad-header', Math.min(next, source.size), 0, 'the chain of option sections loops');
      return;
    }
    seen.add(next);
    const data = readSection(source, next, OPTION.DONE, file, options, issues);
    if (!data) return;
    next = readOptionSection(source, data, file, options, issues, next);
  }
}

/**
 * The bytes of the section at `offset`, decompressed; undefined (with an issue) when they are not there or
 * not of kind `id`.
 */
function readSection(
  source: ByteSource,
  offset: number,
  id: number,
  file: TraceDatFile,
  options: ReadOptions,
  issues: IssueLog,
): Uint8Array | undefined {
  if (offset + SECTION_HEADER_BYTES > source.size) {
    issues.add('torn-tail', source.size, 0, `section ${id} at ${offset}`);
    return undefined;
  }
  const head = new ByteReader(source.read(offset, SECTION_HEADER_BYTES).slice(), file.bigEndian);
  const kind = head.u16();
  const flags = head.u16();
  head.u32();
  const size = head.size64();
  if (!head.ok || kind !== id) {
    issues.add('bad-header', offset, 0, `section ${kind} where ${id} was expected`);
    return undefined;
  }
  const room = source.size - offset - SECTION_HEADER_BYTES;
  if (size > room) issues.add('torn-tail', source.size, 0, `section ${id} of ${size} bytes`);
  const data = source.read(offset + SECTION_HEADER_BYTES, Math.min(size, room)).slice();
  if ((flags & FLAG_COMPRESSED) === 0) return data;
  const reader = new ByteReader(data, file.bigEndian);
  const compressedSize = reader.u32();
  const plainSize = reader.u32();
  const body = reader.slice(compressedSize);
  if (!reader.ok) {
    issues.add('bad-header', offset, 0, `compressed section ${id}`);
    return undefined;
  }
  return decompress(body, plainSize, file.compression, options, issues, offset);
}

/**
 * Reads the options of one section and the sections they point at; returns where the next option section is,
 * 0 for none.
 */
function readOptionSection(
  source: ByteSource,
  data: Uint8Array,
  file: TraceDatFile,
  options: ReadOptions,
  issues: IssueLog,
  at: number,
): number {
  const reader = new ByteReader(data, file.bigEndian);
  while (reader.left > 0) {
    const id = reader.u16();
    const body = reader.slice(reader.u32());
    if (!reader.ok) {
      issues.add('bad-header', at, 0, `option ${id}`);
      return 0;
    }
    const pointer = new ByteReader(body, file.bigEndian);
    if (id === OPTION.DONE) return pointer.size64();
    const readPart = SECTION_READERS.get(id);
    if (readPart) {
      const section = readSection(source, pointer.size64(), id, file, options, issues);
      if (section && !readPart(new ByteReader(section, file.bigEndian), file))
        issues.add('bad-header', at, 0, `section ${id}`);
    } else if (id === OPTION.BUFFER) {
      readBuffer(source, pointer, file, issues, at);
    } else if (id === OPTION.BUFFER_TEXT) {
      readText(source, pointer, file, issues);
    } else if (!applyOption(id, body, file.bigEndian, file.options)) {
      issues.add('bad-header', at, 0, `option ${id}`);
    }
  }
  return 0;
}

/** `u64 section, name\0, clock\0, u32 page size, u32 CPUs, {u32 cpu, u64 offset, u64 size}…` */
function readBuffer(
  source: ByteSource,
  reader: ByteReader,
  file: TraceDatFile,
  issues: IssueLog,
  at: number,
): void {
  const section = reader.size64();
  const name = reader.cstring();
  const clock = reader.cstring();
  const pageSize = reader.u32();
  const count = reader.u32();
  if (!reader.ok || count > CPU_LIMIT || !isPageSize(pageSize) || file.buffers.length >= BUFFER_LIMIT) {
    issues.add('bad-header', at, 0, `buffer ${name}`);
    return;
  }
  const cpus: CpuRecording[] = [];
  for (let i = 0; i < count; i++) {
    const recording = { cpu: reader.u32(), offset: reader.size64(), size: reader.size64() };
    if (reader.ok) cpus.push(recording);
  }
  if (!reader.ok) issues.add('bad-header', at, 0, `CPU table of buffer ${name}`);
  const head = new ByteReader(
    section + SECTION_HEADER_BYTES <= source.size
      ? source.read(section, SECTION_HEADER_BYTES).slice()
      : new Uint8Array(0),
    file.bigEndian,
  );
  head.u16();
  const flags = head.u16();
  // Without its section header, whether the data is compressed is what the file says of itself.
  const compressed = head.ok ? (flags & FLAG_COMPRESSED) !== 0 : file.compression !== 'none';
  file.buffers.push({ name, clock, pageSize, cpus, compressed });
}

/** `u64 section, name\0, clock\0`: a latency trace's text. */
function readText(source: ByteSource, reader: ByteReader, file: TraceDatFile, issues: IssueLog): void {
  const section = reader.size64();
  const name = reader.cstring();
  if (!reader.ok || section + SECTION_HEADER_BYTES > source.size) {
    issues.add('torn-tail', source.size, 0, `text of buffer ${name}`);
    return;
  }
  const head = new ByteReader(source.read(section, SECTION_HEADER_BYTES).slice(), file.bigEndian, 8);
  const offset = section + SECTION_HEADER_BYTES;
  file.texts.push({ name, offset, size: Math.min(head.size64(), source.size - offset) });
}
