/** Bytes of a file or of standard input for the readers: synchronous, by range. */
import fs from 'node:fs';
import { join } from 'node:path';
import type { ByteSource } from '../parsers/base/source.js';
import { IS_DIRECTORY, openAdvice } from '../shell/openAdvice.js';
import { InputError } from './errors.js';
import { nodeCrypto, nodeOs } from './onDemand.js';
import { errorCode } from '../shell/errorCode.js';
import { waitABit } from './output.js';

/** How standard input is called in messages and results. */
export const STDIN_NAME = '<stdin>';

export interface OpenSource extends ByteSource {
  readonly name: string;
  /** Tells a file, and how long it was when it was opened, from others; undefined for what is no file. */
  readonly mark?: string | undefined;
  /** What changed while it was read, in one sentence; undefined when nothing did. */
  changed(): string | undefined;
  close(): void;
}

/** Opens a path, or standard input for `-`. Throws InputError that says what is wrong and what to do. */
export function openSource(path: string): OpenSource {
  if (path === '-') return readStandardInput();
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch (error) {
    throw new InputError(`${path}: ${openAdvice(error)}`);
  }
  const stat = fs.fstatSync(fd);
  if (stat.isDirectory()) {
    fs.closeSync(fd);
    throw new InputError(`${path}: ${directoryAdvice(path)}`);
  }
  // Pipes and the files of tracefs say size 0: they are read to their end first.
  if (!stat.isFile() || stat.size === 0) return readWhole(path, fd);
  return new FileSource(path, fd, stat.size, `${stat.dev}:${stat.ino}:${stat.size}`);
}

/** `perf record --threads` writes a directory,
 * of which each file holds a part that nothing but perf puts in order.
 */
function directoryAdvice(path: string): string {
  if (fs.existsSync(`${path}/data`) && fs.existsSync(`${path}/data.0`))
    return `is a directory of perf record --threads, which is not read; ${perfScriptAdvice(path)}`;
  return IS_DIRECTORY;
}

function perfScriptAdvice(path: string): string {
  return `give the output of \`perf script -i ${path}\``;
}

/** What is read at once for small ranges: rows that are described one after another lie side by side. */
const WINDOW_BYTES = 1 << 18;

class FileSource implements OpenSource {
  private buffer = new Uint8Array(WINDOW_BYTES);
  /** The buffer holds bytes [from, to) of the file. */
  private from = 0;
  private to = 0;
  private shortRead = false;

  constructor(
    readonly name: string,
    private readonly fd: number,
    readonly size: number,
    readonly mark?: string | undefined,
  ) {}

  read(offset: number, length: number, room?: Uint8Array): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (room && wanted > WINDOW_BYTES && wanted <= room.length)
      return room.subarray(0, this.readInto(room, offset, wanted));
    // What begins where the window does is read again: it may have changed since.
    if (offset <= this.from || offset + wanted > this.to)
      this.fill(offset, Math.max(wanted, Math.min(WINDOW_BYTES, this.size - offset)));
    return this.buffer.subarray(offset - this.from, Math.min(offset + wanted, this.to) - this.from);
  }

  private fill(offset: number, wanted: number): void {
    if (wanted > this.buffer.length) this.buffer = new Uint8Array(wanted);
    this.from = offset;
    this.to = offset + this.readInto(this.buffer, offset, wanted);
  }

  /** Reads so many bytes; returns how many there were. */
  private readInto(to: Uint8Array, offset: number, wanted: number): number {
    let done = 0;
    while (done < wanted) {
      const got = readSome(this.name, this.fd, to, done, wanted - done, offset + done);
      if (got === 0) {
        this.shortRead = true;
        break;
      }
      done += got;
    }
    return done;
  }

  changed(): string | undefined {
    const now = fs.fstatSync(this.fd).size;
    if (this.shortRead || now < this.size)
      return `the file shrank from ${this.size} to ${now} bytes while it was read`;
    if (now > this.size) return `the file grew from ${this.size} to ${now} bytes while it was read`;
    return undefined;
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

const CHUNK_BYTES = 1 << 20;

/** A source that was read to its end into memory, in chunks: no second copy is made to join them. */
class ChunkedSource implements OpenSource {
  constructor(
    readonly name: string,
    private readonly chunks: readonly Uint8Array[],
    readonly size: number,
  ) {}

  /** All chunks but the last are full, so a range is found by division. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.size, offset + length);
    if (offset >= end) return new Uint8Array(0);
    const first = Math.floor(offset / CHUNK_BYTES);
    const inFirst = offset - first * CHUNK_BYTES;
    if (end <= (first + 1) * CHUNK_BYTES)
      return this.chunks[first]!.subarray(inFirst, inFirst + end - offset);
    const joined = new Uint8Array(end - offset);
    for (let at = offset; at < end; ) {
      const chunk = Math.floor(at / CHUNK_BYTES);
      const start = at - chunk * CHUNK_BYTES;
      const part = this.chunks[chunk]!.subarray(start, Math.min(CHUNK_BYTES, start + end - at));
      joined.set(part, at - offset);
      at += part.length;
    }
    return joined;
  }

  changed(): undefined {
    return undefined;
  }

  close(): void {
    // Nothing is open: it was read to its end.
  }
}

function readStandardInput(): OpenSource {
  return readToEnd(STDIN_NAME, 0);
}

function readWhole(path: string, fd: number): OpenSource {
  try {
    return readToEnd(path, fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** More than this of a pipe is kept in a file without a name, which goes with the process. */
const KEPT_IN_MEMORY = 256 << 20;

/**
 * What a pipe brings until it ends. Beyond `keep` bytes all of it goes into a file of the folder for
 * temporary files. Throws InputError where that folder has no room.
 */
export function readToEnd(name: string, fd: number, keep = KEPT_IN_MEMORY): OpenSource {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = readChunk(name, fd);
    size += chunk.length;
    if (chunk.length > 0) chunks.push(chunk);
    if (chunk.length < CHUNK_BYTES) return new ChunkedSource(name, chunks, size);
    if (size > keep) return spooled(name, fd, chunks);
  }
}

/** A chunk, a shorter one only at the end. */
function readChunk(name: string, fd: number): Uint8Array {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  while (filled < CHUNK_BYTES) {
    const got = readSome(name, fd, chunk, filled, CHUNK_BYTES - filled, null);
    if (got === 0) return chunk.slice(0, filled);
    filled += got;
  }
  return chunk;
}

/** The chunks and what comes behind them, in a file. */
function spooled(name: string, fd: number, chunks: readonly Uint8Array[]): OpenSource {
  const folder = nodeOs().tmpdir();
  try {
    const file = unnamedFile(folder);
    let size = 0;
    const add = (chunk: Uint8Array): void => {
      for (let done = 0; done < chunk.length; ) done += fs.writeSync(file, chunk, done);
      size += chunk.length;
    };
    for (const chunk of chunks) add(chunk);
    for (;;) {
      const chunk = readChunk(name, fd);
      add(chunk);
      if (chunk.length < CHUNK_BYTES) return new FileSource(name, file, size);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `${name}: is too large for memory, and ${folder} does not take it: ${why}; ` +
        'give a file, or name a folder with more room by TMPDIR',
    );
  }
}

/** A new file that nobody else can open: it has no name from the beginning of its use on. */
function unnamedFile(folder: string): number {
  const file = join(folder, `shimtrace-${nodeCrypto().randomBytes(NAME_BYTES).toString('hex')}`);
  const fd = fs.openSync(file, 'wx+', OWNER_ONLY);
  fs.rmSync(file);
  return fd;
}
const NAME_BYTES = 12;
const OWNER_ONLY = 0o600;

/** Bytes of a file from a position on, or where it stands; 0 at its end. */
export function readSome(
  name: string,
  fd: number,
  into: Uint8Array,
  at: number,
  length: number,
  position: number | null,
): number {
  for (;;) {
    try {
      return fs.readSync(fd, into, at, length, position);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EAGAIN') {
        waitABit();
        continue;
      }
      // A closed standard input reads as its end.
      if (code === 'EOF') return 0;
      if (code === 'EISDIR')
        throw new InputError(`${name}: is a directory, expected a trace file; give the files inside it`);
      const where = position === null ? '' : ` at offset ${position}`;
      const why = error instanceof Error ? error.message : String(error);
      throw new InputError(`${name}: reading failed${where}: ${why}; check the disk or copy the file again`);
    }
  }
}
