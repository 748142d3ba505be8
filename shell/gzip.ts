/**
 * gzip for every host, member after member. The library inflates; checksums and lengths are compared here.
 */
import { Gunzip } from 'fflate';
import { crc32 } from './crc32.js';

const TRAILER_BYTES = 8;
const EMPTY = new Uint8Array(0);

/** Decompresses lazily. Throws where the stream is damaged or ends too early. */
export function* gunzipStream(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const member = new Member();
  const stream = new Gunzip((bytes) => member.take(bytes));
  stream.onmember = (offset) => member.close(offset);
  for (const piece of pieces) {
    member.input(piece);
    stream.push(piece);
    yield* member.give();
  }
  stream.push(EMPTY, true);
  yield* member.give();
  member.close(member.pushed);
}

/** The member under way: its output not yet given, what checks it, and the input that holds its trailer. */
class Member {
  pushed = 0;
  private output: Uint8Array[] = [];
  private crc = 0;
  private size = 0;
  private before: Uint8Array = EMPTY;
  private current: Uint8Array = EMPTY;

  input(piece: Uint8Array): void {
    this.before = this.current;
    this.current = piece;
    this.pushed += piece.length;
  }

  take(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.crc = crc32(this.crc, bytes);
    this.size = (this.size + bytes.length) >>> 0;
    this.output.push(bytes);
  }

  give(): readonly Uint8Array[] {
    const given = this.output;
    this.output = [];
    return given;
  }

  /** Compares with the trailer that ends before input offset `end`. */
  close(end: number): void {
    const trailer = new Uint8Array(TRAILER_BYTES);
    for (let i = 0; i < TRAILER_BYTES; i++) trailer[i] = this.byteAt(end - TRAILER_BYTES + i);
    const view = new DataView(trailer.buffer);
    if (view.getUint32(0, true) !== this.crc || view.getUint32(4, true) !== this.size)
      throw new Error('gzip checksum or length does not match');
    this.crc = 0;
    this.size = 0;
  }

  /** A byte of the latest two pieces of input; 0 for what lies elsewhere, which then does not match. */
  private byteAt(offset: number): number {
    const inCurrent = offset - (this.pushed - this.current.length);
    return (inCurrent >= 0 ? this.current[inCurrent] : this.before[this.before.length + inCurrent]) ?? 0;
  }
}
