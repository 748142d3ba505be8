/** A file without a name on the user's own disk, for content that is to be read again at any place. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Spool } from '../parsers/base/spool.js';
import { makeFolder } from './makeFolder.node.js';

/** So much room is left on the disk besides. */
const SPARE_BYTES = 2 ** 30;
/** Nothing larger is put there. */
const MOST_BYTES = 4 * 2 ** 30;
/** The disk is asked for its room whenever so much was written. */
const ASKED_BYTES = 64 << 20;

/**
 * In a folder that is there from then on, for so many bytes where that is known; undefined where it cannot be
 * written into, or they are too many.
 */
export function openSpool(folder: string, bytes = 0, spareBytes = SPARE_BYTES): Spool | undefined {
  try {
    if (bytes > MOST_BYTES) return undefined;
    makeFolder(folder, 0o700);
    const file = path.join(folder, `${randomBytes(16).toString('hex')}.spool`);
    const fd = fs.openSync(file, 'wx+', 0o600);
    // What has no name is gone with its process, however that ends.
    fs.rmSync(file);
    return new FileSpool(fd, folder, spareBytes);
  } catch {
    return undefined;
  }
}

class FileSpool implements Spool {
  private written = 0;
  private room = 0;
  private isClosed = false;
  private buffer = new Uint8Array(1 << 16);

  constructor(
    private readonly fd: number,
    private readonly folder: string,
    private readonly spareBytes: number,
  ) {}

  add(bytes: Uint8Array): boolean {
    try {
      if (this.written + bytes.length > MOST_BYTES) return false;
      if (this.room < bytes.length) {
        const { bavail, bsize } = fs.statfsSync(this.folder);
        if (bavail * bsize < this.spareBytes + bytes.length) return false;
        this.room = Math.max(ASKED_BYTES, bytes.length);
      }
      this.room -= bytes.length;
      for (let done = 0; done < bytes.length; )
        done += fs.writeSync(this.fd, bytes, done, bytes.length - done, this.written + done);
      this.written += bytes.length;
      return true;
    } catch {
      return false;
    }
  }

  read(offset: number, length: number): Uint8Array | undefined {
    const wanted = Math.max(0, Math.min(length, this.written - offset));
    if (wanted > this.buffer.length) this.buffer = new Uint8Array(wanted);
    try {
      for (let got = 0; got < wanted; ) {
        const n = fs.readSync(this.fd, this.buffer, got, wanted - got, offset + got);
        if (n === 0) return undefined;
        got += n;
      }
    } catch {
      return undefined;
    }
    return this.buffer.subarray(0, wanted);
  }

  close(): void {
    if (!this.isClosed) fs.closeSync(this.fd);
    this.isClosed = true;
  }
}
