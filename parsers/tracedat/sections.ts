/** The parts of a trace.dat's header that v6 and v7 share, read from bytes whose lengths are all checked. */
import type { ByteReader } from '../base/bytes.js';
import { parsePageLayout } from '../tep/page.js';
import type { TraceDatFile } from './model.js';

const decoder = new TextDecoder('utf-8');

/** Sub-buffers are whole pages; 16 MiB is far above the kernel's largest. */
export function isPageSize(size: number): boolean {
  return size >= 512 && size <= 1 << 24;
}

/** `header_page` and `header_event`. False when they are not there. */
export function readHeaderInfo(reader: ByteReader, file: TraceDatFile): boolean {
  if (!follows(reader, 'header_page\0')) return false;
  file.page = parsePageLayout(decoder.decode(reader.slice(reader.size64())), file.longSize);
  if (!follows(reader, 'header_event\0')) return false;
  const event = decoder.decode(reader.slice(reader.size64()));
  if (reader.ok) file.hasTypeLen = /\btype_len\b/.test(event) || event.trim() === '';
  return reader.ok;
}

/** Takes what should be this text of one byte a character; false when it is another. */
function follows(reader: ByteReader, text: string): boolean {
  return decoder.decode(reader.slice(text.length)) === text;
}

/** The formats of the `ftrace` system. */
export function readFtraceFormats(reader: ByteReader, file: TraceDatFile): boolean {
  const count = reader.u32();
  for (let i = 0; i < count && reader.ok; i++) readFormat(reader, file, 'ftrace');
  return reader.ok;
}

/** The formats of every other system. */
export function readEventFormats(reader: ByteReader, file: TraceDatFile): boolean {
  const systems = reader.u32();
  for (let s = 0; s < systems && reader.ok; s++) {
    const system = reader.cstring();
    const count = reader.u32();
    for (let i = 0; i < count && reader.ok; i++) readFormat(reader, file, system);
  }
  return reader.ok;
}

function readFormat(reader: ByteReader, file: TraceDatFile, system: string): void {
  const bytes = reader.slice(reader.size64());
  if (reader.ok) file.formats.push({ system, text: decoder.decode(bytes) });
}

export function readKallsyms(reader: ByteReader, file: TraceDatFile): boolean {
  const bytes = reader.slice(reader.u32());
  if (reader.ok && bytes.length > 0) file.kallsyms = bytes;
  return reader.ok;
}

export function readPrintk(reader: ByteReader, file: TraceDatFile): boolean {
  file.printk = decoder.decode(reader.slice(reader.u32()));
  return reader.ok;
}

export function readCmdlines(reader: ByteReader, file: TraceDatFile): boolean {
  file.cmdlines += decoder.decode(reader.slice(reader.size64()));
  return reader.ok;
}
