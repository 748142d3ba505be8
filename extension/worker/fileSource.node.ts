/** A file read synchronously by range, for the worker thread. */
import * as fs from 'node:fs';
import type { ByteSource } from '../../parsers/base/source.js';
import { JobFailure } from './judged.js';

const BUFFER_BYTES = 1 << 20;

export class FileSource implements ByteSource {
  readonly size: number;
  private readonly descriptor: number;
  private buffer = new Uint8Array(BUFFER_BYTES);

  constructor(private readonly path: string) {
    try {
      this.descriptor = fs.openSync(path, 'r');
      const stat = fs.fstatSync(this.descriptor);
      if (stat.isDirectory()) throw new Error('is a directory');
      this.size = stat.size;
    } catch (error) {
      throw ioFailure(path, error);
    }
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
      throw ioFailure(this.path, error);
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

function ioFailure(path: string, error: unknown): JobFailure {
  return new JobFailure({
    code: 'io',
    message: `${path}: ${error instanceof Error ? error.message : String(error)}`,
  });
}
