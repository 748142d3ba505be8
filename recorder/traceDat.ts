/**
 * The head of a trace.dat, version 6: all but the pages, which follow it, CPU by CPU. For little-endian
 * machines. The format: trace-cmd.dat.v6(5).
 */
import type { CpuBuffer, RecordLog } from './control.js';
import type { PageShape } from './pageEvents.js';
import { joinBytes } from '../parsers/base/bytes.js';

/** What the host sent beside pages, by name: `header_page`, `format:SYSTEM/EVENT`, `saved_cmdlines`… */
export type HostFiles = ReadonlyMap<string, Uint8Array>;

const MAGIC = '\x17\x08\x44tracing6\0';
const FORMAT = 'format:';
/** Bytes of the table of one CPU's pages: where they begin, how many. */
const PLACE_BYTES = 16;
const QUESTION_MARK = 0x3f;
const OPTION_CPUSTAT = 2;
const OPTION_CLOCK = 4;
const OPTION_UNAME = 5;
const OPTION_CPUCOUNT = 8;
/** Who wrote the file, where trace-cmd writes its own version. */
const OPTION_VERSION = 9;
/** Thread groups, as a fork of trace-cmd keeps them: trace-cmd passes over it. */
const OPTION_SAVED_TGIDS = 32;

/**
 * `sizes` are bytes of pages by CPU, from CPU 0 on. Pages begin behind the head, in this order. `producer`:
 * the recorder and its version.
 */
export function traceDatHead(
  { facts, buffers }: Pick<RecordLog, 'facts' | 'buffers'>,
  files: HostFiles,
  shape: PageShape,
  sizes: readonly number[],
  producer: string,
): Uint8Array {
  const out = new Out();
  out.text(MAGIC).int(0, 1).int(shape.longBytes, 1).int(shape.bytes, 4);
  for (const name of ['header_page', 'header_event']) out.text(`${name}\0`).sized(bytesOf(files, name), 8);
  out.int(0, 4);
  writeFormats(out, files);
  for (const name of ['kallsyms', 'printk_formats']) out.sized(bytesOf(files, name), 4);
  out.sized(bytesOf(files, 'saved_cmdlines'), 8).int(sizes.length, 4).text('options  \0');
  const option = (id: number, text: Uint8Array): Out => out.int(id, 2).sized(text, 4);
  option(OPTION_CLOCK, encoded(`[${facts['clock'] ?? 'local'}]\0`));
  option(
    OPTION_UNAME,
    encoded(`Linux ${word(facts['host'])} ${word(facts['kernel'])} ${word(facts['machine'])}\0`),
  );
  option(OPTION_CPUCOUNT, new Out().int(sizes.length, 4).bytes());
  option(OPTION_VERSION, encoded(`${producer}\0`));
  for (const buffer of buffers) option(OPTION_CPUSTAT, encoded(`${statText(buffer)}\0`));
  const tgids = bytesOf(files, 'saved_tgids');
  if (tgids.length > 1) option(OPTION_SAVED_TGIDS, tgids);
  out.int(0, 2).text('flyrecord\0');
  const behind = out.length + PLACE_BYTES * sizes.length;
  let at = Math.ceil(behind / shape.bytes) * shape.bytes;
  const begin = at;
  for (const size of sizes) {
    out.int(size === 0 ? 0 : at, 8).int(size, 8);
    at += size;
  }
  return out.text('\0'.repeat(begin - out.length)).bytes();
}

/** A word of uname: what a host says of itself may be anything. */
const word = (text = ''): string => text.replace(/\s+/g, '_') || 'unknown';

function writeFormats(out: Out, files: HostFiles): void {
  const systems = new Map<string, Uint8Array[]>();
  for (const [name, text] of files) {
    if (!name.startsWith(FORMAT)) continue;
    const system = name.slice(FORMAT.length).split('/')[0]!;
    const texts = systems.get(system) ?? [];
    systems.set(system, texts);
    texts.push(text);
  }
  out.int(systems.size, 4);
  for (const [system, texts] of systems) {
    out.text(`${system}\0`).int(texts.length, 4);
    for (const text of texts) out.sized(text, 8);
  }
}

function statText({ cpu, entries, overrun, commitOverrun, dropped, read }: CpuBuffer): string {
  return [
    `CPU: ${cpu}`,
    `entries: ${entries}`,
    `overrun: ${overrun}`,
    `commit overrun: ${commitOverrun}`,
    `dropped events: ${dropped}`,
    `read events: ${read}`,
    '',
  ].join('\n');
}

const bytesOf = (files: HostFiles, name: string): Uint8Array => files.get(name) ?? new Uint8Array(0);
/** Of ASCII: what else a host has in its name becomes a question mark. */
const encoded = (text: string): Uint8Array =>
  Uint8Array.from(text, (c) => (c < '\x80' ? c.charCodeAt(0) : QUESTION_MARK));

/** Bytes in a row, numbers little-endian. */
class Out {
  private readonly parts: Uint8Array[] = [];
  length = 0;

  int(value: number, size: number): this {
    const part = new Uint8Array(size);
    let rest = value;
    for (let i = 0; i < size; i++) {
      part[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this.raw(part);
  }

  /** Of characters that are one byte each. */
  text(text: string): this {
    return this.raw(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }

  /** Its length, then it. */
  sized(part: Uint8Array, size: number): this {
    return this.int(part.length, size).raw(part);
  }

  raw(part: Uint8Array): this {
    this.parts.push(part);
    this.length += part.length;
    return this;
  }

  bytes(): Uint8Array {
    return joinBytes(this.parts);
  }
}
