/** A file read synchronously by range, for the worker thread. */
import * as fs from 'node:fs';
import type { ByteSource } from '../../parsers/base/source.js';
import { IS_DIRECTORY, openAdvice } from '../../shell/openAdvice.js';
import { JobFailure } from './judged.js';

const BUFFER_BYTES = 1 << 20;

export class FileSource implements ByteSource {
  readonly size: number;
  private readonly descriptor: number;
  private buffer = new Uint8Array(BUFFER_BYTES);

  constructor(private readonly path: string) {
    let stat: fs.Stats;
    try {
      this.descriptor = fs.openSync(path, 'r');
      stat = fs.fstatSync(this.descriptor);
    } catch (error) {
      throw ioFailure(path, openAdvice(error));
    }
    if (stat.isDirectory()) throw ioFailure(path, IS_DIRECTORY);
    this.size = stat.size;
  }

  read(offset: number, length: number, room?: Uint8Array): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const to = room && wanted <= room.length ? room : this.bufferOf(wanted);
    let got = 0;
    try {
      while (got < wanted) {
        const n = fs.readSync(this.descriptor, to, got, wanted - got, offset + got);
        // The file became shorter while it was read: what is there is what there is.
        if (n === 0) break;
        got += n;
      }
    } catch (error) {
      throw ioFailure(this.path, error instanceof Error ? error.message : String(error));
    }
    return to.subarray(0, got);
  }

  private bufferOf(bytes: number): Uint8Array {
    if (bytes > this.buffer.length) this.buffer = new Uint8Array(bytes);
    return this.buffer;
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

function ioFailure(path: string, what: string): JobFailure {
  return new JobFailure({ code: 'io', message: `${path}: ${what}` });
}
