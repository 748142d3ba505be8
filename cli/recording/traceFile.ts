/** The file that a recording becomes, and the count of what arrives in it. */
import fs from 'node:fs';
import { InputError } from '../errors.js';
import { errorCode } from '../output.js';

/** Who else is on the machine need not read a kernel's addresses. */
const MODE = 0o600;
const NEWLINE = 10;
/** `CPU:127 [LOST 34 EVENTS]` and `# tracer: nop` are no events. */
const HEAD_BYTES = 16;
const NO_EVENT = /^(?:#|CPU:\d+ \[LOST)/;

export class TraceFile {
  private readonly fd: number;
  private readonly counter = new EventCounter();
  bytes = 0;

  /** Makes the file; one that is there stays as it is, and InputError says so. */
  constructor(readonly path: string) {
    try {
      this.fd = fs.openSync(path, 'wx', MODE);
    } catch (error) {
      if (errorCode(error) === 'EEXIST')
        throw new InputError(`${path} is there already: name another with -o`);
      throw new InputError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  get events(): number {
    return this.counter.events;
  }

  write(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) done += fs.writeSync(this.fd, bytes, done);
    this.bytes += bytes.length;
    this.counter.take(bytes);
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
