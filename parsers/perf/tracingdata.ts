/**
 * TRACING_DATA: what perf copied from tracefs, in the layout of trace.dat versions up to 6 without their
 * tail.
 *
 *     17 08 44 "tracing" "0.6\0" endian(u8) long-size(u8) page-size(u32)
 *     "header_page\0" u64 text   "header_event\0" u64 text
 *     u32 count { u64 format }                                  the ftrace system's
 *     u32 systems { name\0 u32 count { u64 format } }
 *     u32 kallsyms   u32 printk formats   u64 saved cmdlines     each a length and its text
 *
 * Producer: tools/perf/util/trace-event-info.c, Linux 7.2.
 */
import { ByteReader, textUntilNul } from '../base/bytes.js';
import { parseFormat, type EventFormat } from '../tep/tep.js';

const MAGIC = [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67] as const;
/** More systems or events than any kernel has. */
const COUNT_LIMIT = 100_000;

export interface TracingData {
  readonly bigEndian: boolean;
  readonly longSize: number;
  readonly formats: readonly EventFormat[];
  /** As /proc/kallsyms prints it; empty in perf.data of recent perfs. */
  readonly kallsyms: Uint8Array;
  readonly printk: string;
  /** False when a length was impossible; what precedes it is kept. */
  readonly complete: boolean;
  /** Formats that could not be read. */
  readonly badFormats: number;
}

/** Reads the section; undefined when it does not start as tracing data does. */
export function readTracingData(bytes: Uint8Array): TracingData | undefined {
  if (bytes.length < MAGIC.length || MAGIC.some((b, i) => bytes[i] !== b)) return undefined;
  const head = new ByteReader(bytes, false, MAGIC.length);
  const version = head.cstring();
  const bigEndian = head.u8() === 1;
  const longSize = head.u8();
  const reader = new ByteReader(bytes, bigEndian, head.pos);
  reader.skip(4);
  for (let i = 0; i < 2; i++) {
    reader.cstring();
    reader.skip(reader.size64());
  }
  const formats: EventFormat[] = [];
  let badFormats = readFormats(reader, 'ftrace', longSize, formats);
  const systems = reader.u32();
  for (let i = 0; i < systems && i < COUNT_LIMIT && reader.ok; i++) {
    badFormats += readFormats(reader, reader.cstring(), longSize, formats);
  }
  const kallsyms = reader.slice(reader.u32());
  const printk = readText(reader, reader.u32());
  if (Number(version) >= 0.6) readText(reader, reader.size64());
  return {
    bigEndian,
    longSize: longSize === 4 ? 4 : 8,
    formats,
    kallsyms,
    printk,
    complete: reader.ok,
    badFormats,
  };
}

/** Reads the counted formats of one system into `out`; returns how many could not be read. */
function readFormats(reader: ByteReader, system: string, longSize: number, out: EventFormat[]): number {
  const count = reader.u32();
  let bad = 0;
  for (let i = 0; i < count && i < COUNT_LIMIT && reader.ok; i++) {
    const text = readText(reader, reader.size64());
    const format = reader.ok ? parseFormat(text, system, longSize) : undefined;
    if (format) out.push(format);
    else bad++;
  }
  return bad;
}

function readText(reader: ByteReader, length: number): string {
  const bytes = reader.slice(length);
  return reader.ok ? textUntilNul(bytes, 0, bytes.length) : '';
}
