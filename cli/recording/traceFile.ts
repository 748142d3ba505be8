/** The file that a recording becomes, and the count of what arrives in it. */
import fs from 'node:fs';
import { InputError } from '../errors.js';
import { errorCode } from '../../shell/errorCode.js';
import { writeAll } from '../writeAll.js';
import type { Sink } from './client.js';
import type { RecordLog } from '../../recorder/control.js';

/** Who else is on the machine need not read a kernel's addresses. */
const MODE = 0o600;
const NEWLINE = 10;
const KEPT_SUFFIX = '.kept';
/** `CPU:127 [LOST 34 EVENTS]` and `# tracer: nop` are no events. */
const HEAD_BYTES = 16;
const NO_EVENT = /^(?:#|CPU:\d+ \[LOST)/;

/** What a recording is kept in. */
export interface Kept extends Sink {
  readonly path: string;
  /** Of the file. */
  readonly bytes: number;
  /** All that came, and those of them, the oldest, that are not kept. */
  readonly events: number;
  readonly letGo: number;
  /** What was let go of, in bytes: the file begins so far behind the recording's own beginning. */
  readonly letGoBytes: number;
  /** To be called at the end; what is wrong with what was kept, a sentence each. */
  finish(log: RecordLog): readonly string[];
  /** Closes it; an empty one is removed. */
  close(): void;
}

/** Makes a file; one that is there stays as it is, and InputError says so. */
export function makeNew(path: string, flags: 'wx' | 'wx+' = 'wx'): number {
  try {
    return fs.openSync(path, flags, MODE);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new InputError(`${path} is there already: name another with -o`);
    throw new InputError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export class TraceFile implements Kept {
  private fd: number;
  private readonly counter = new EventCounter();
  bytes = 0;
  letGo = 0;
  letGoBytes = 0;

  /** Of the text at least the last `keepBytes` are kept, and at most twice as many. */
  constructor(
    readonly path: string,
    private readonly keepBytes = Infinity,
  ) {
    this.fd = makeNew(path);
  }

  get events(): number {
    return this.counter.events;
  }

  write(bytes: Uint8Array): void {
    try {
      writeAll(this.fd, bytes);
    } catch (error) {
      // A disk that is full may have taken some of them: what is not counted is not kept, or nobody would
      // know this file for the one that was recorded.
      fs.ftruncateSync(this.fd, this.bytes);
      throw error;
    }
    this.bytes += bytes.length;
    this.counter.take(bytes);
    if (this.bytes > 2 * this.keepBytes) this.trim();
  }

  finish(): readonly string[] {
    return [];
  }

  /** Lets go of the oldest lines. Whoever reads the file finds the old one or the new one, whole. */
  private trim(): void {
    const text = fs.readFileSync(this.path);
    const from = text.lastIndexOf(NEWLINE, text.length - this.keepBytes - 1) + 1;
    // One line that is longer than all that is kept: the rest of it is still to come.
    if (from === 0) return;
    const old = new EventCounter();
    old.take(text.subarray(0, from));
    const kept = `${this.path}${KEPT_SUFFIX}`;
    const fd = fs.openSync(kept, 'w', MODE);
    try {
      writeAll(fd, text, from);
      fs.renameSync(kept, this.path);
    } catch (error) {
      fs.closeSync(fd);
      fs.rmSync(kept, { force: true });
      throw error;
    }
    fs.closeSync(this.fd);
    this.fd = fd;
    this.letGo += old.events;
    this.letGoBytes += from;
    this.bytes = text.length - from;
  }

  /** Closes it; an empty one is removed. */
  close(): void {
    fs.closeSync(this.fd);
    if (this.bytes === 0) fs.rmSync(this.path);
  }
}

/** Counts lines that are events, whatever pieces they come in. */
export class EventCounter {
  events = 0;
  private head = '';

  take(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(NEWLINE, from);
      const until = end < 0 ? bytes.length : end;
      if (this.head.length < HEAD_BYTES)
        this.head += String.fromCharCode(
          ...bytes.subarray(from, Math.min(until, from + HEAD_BYTES - this.head.length)),
        );
      if (end < 0) return;
      if (this.head !== '' && !NO_EVENT.test(this.head)) this.events++;
      this.head = '';
      from = end + 1;
    }
  }
}
