/** The bytes of a file that several threads read. */
import type { ByteSource } from '../../parsers/base/source.js';
import { readSome } from '../fileSource.js';

/** By an open file, whose place nobody moves; closed by who opened it. */
export class DescriptorSource implements ByteSource {
  private buffer = new Uint8Array(WINDOW_BYTES);
  private from = 0;
  private to = 0;

  constructor(
    private readonly name: string,
    private readonly fd: number,
    readonly size: number,
  ) {}

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (offset < this.from || offset + wanted > this.to) {
      // Pieces of several CPUs follow one another: what lies behind each is not the next one.
      const room = wanted >= LARGE_BYTES ? wanted : Math.min(WINDOW_BYTES, this.size - offset);
      if (room > this.buffer.length) this.buffer = new Uint8Array(room);
      this.from = this.to = offset;
      for (let got = 1; got > 0 && this.to < offset + room; this.to += got)
        got = readSome(this.name, this.fd, this.buffer, this.to - offset, offset + room - this.to, this.to);
    }
    return this.buffer.subarray(offset - this.from, Math.min(offset + wanted, this.to) - this.from);
  }
}
const WINDOW_BYTES = 1 << 16;
/** From this on, as many are read as are asked for. */
const LARGE_BYTES = 1 << 14;
