/**
 * The container of trace-cmd's trace.dat: magic, version, byte order, and the way to the parts of each
 * version. Producer: trace-cmd lib/trace-cmd/trace-output.c; man pages trace-cmd.dat.v6(5) and
 * trace-cmd.dat.v7(5).
 */
import { Ascii } from '../base/ascii.js';
import { ByteReader } from '../base/bytes.js';
import type { ByteSource } from '../base/source.js';
import type { IssueLog } from '../events/issues.js';
import { defaultPageLayout } from '../tep/page.js';
import type { ReadOptions } from '../reader.js';
import type { Compression, TraceDatFile } from './model.js';
import { emptyOptions } from './options.js';
import { isPageSize } from './sections.js';
import { readVersion6 } from './v6.js';
import { readVersion7 } from './v7.js';

const MAGIC = [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67];
const VERSION_MIN = 6;
const VERSION_MAX = 7;
/** Everything before the sections or the version 6 header is shorter than this. */
const PREAMBLE_BYTES = 512;

/**
 * True when the bytes begin as a trace.dat does; perf.data's tracing data does too, but not at the start of a
 * file.
 */
export function hasMagic(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.every((b, i) => head[i] === b);
}

/** True when the version behind the magic is one that is read: the digit 6 or 7. */
export function hasKnownVersion(head: Uint8Array): boolean {
  const digit = head[MAGIC.length]! - Ascii.Digit0;
  return digit >= VERSION_MIN && digit <= VERSION_MAX;
}

/** Reads all but the recordings. Undefined (with an issue) when nothing of it can be used. */
export function readFile(
  source: ByteSource,
  options: ReadOptions,
  issues: IssueLog,
): TraceDatFile | undefined {
  const head = source.read(0, PREAMBLE_BYTES).slice();
  if (!hasMagic(head)) {
    issues.add('not-a-trace', 0, 0);
    return undefined;
  }
  const peek = new ByteReader(head, false, MAGIC.length);
  const version = Number(peek.cstring());
  const bigEndian = peek.u8() === 1;
  const longSize = peek.u8();
  const reader = new ByteReader(head, bigEndian, peek.pos);
  const pageSize = reader.u32();
  if (!peek.ok || !reader.ok || (longSize !== 4 && longSize !== 8) || !isPageSize(pageSize)) {
    issues.add('bad-header', 0, 0, `long ${longSize}, page size ${pageSize}`);
    return undefined;
  }
  if (version < VERSION_MIN || version > VERSION_MAX || !Number.isInteger(version)) {
    issues.add('unsupported-version', MAGIC.length, 0, `version ${version}`);
    return undefined;
  }
  const compression = version === 7 ? compressionOf(reader.cstring()) : 'none';
  if (version === 7) reader.cstring();
  const file: TraceDatFile = {
    version,
    bigEndian,
    longSize,
    pageSize,
    compression,
    page: defaultPageLayout(longSize),
    hasTypeLen: true,
    formats: [],
    kallsyms: undefined,
    printk: '',
    cmdlines: '',
    options: emptyOptions(),
    buffers: [],
    texts: [],
  };
  if (version === 6) readVersion6(source, reader.pos, file, issues);
  else readVersion7(source, reader.size64(), file, options, issues);
  return file;
}

function compressionOf(name: string): Compression {
  return name === 'none' || name === 'zlib' || name === 'zstd' ? name : 'unknown';
}
