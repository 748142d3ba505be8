/**
 * A file of named parts, each with its length and checksum, which are read by themselves:
 *
 *     magic, 16 bytes
 *     the parts, each at a multiple of 8
 *     the list of them, in JSON
 *     where the list is (8 bytes), how long (4), its checksum (4), magic, 16 bytes
 *
 * It is written from start to end, so that nothing of a large one is held for it. A length is checked before
 * it is used; a file that was cut, or is none of these, has no list.
 */
import { PIECE_BYTES, Pieces } from '../../parsers/base/pieces.js';
import { fields, listOf, parsed, pairOf, text, whole, type Shaped } from '../../parsers/base/shape.js';
import { allSteps } from '../../parsers/base/steps.js';

const MAGIC = new TextEncoder().encode('shimtrace kept\n\u001a');
const END_BYTES = 32;
const ALIGNED = 8;
/** Nobody writes a longer list. */
const LIST_BYTES_MAX = 64 << 20;
/** Nor a longer text. */
const TEXT_BYTES_MAX = 256 << 20;

/** What is read or written in a step takes a millisecond, on a busy machine two. */
const STEP_BYTES = 1 << 18;

/** The checksum of what `sum` covers (0 for nothing) and `bytes` after it. */
export type Checksum = (sum: number, bytes: Uint8Array) => number;

const isList = fields({
  about: text,
  parts: listOf(pairOf(text, fields({ at: whole(0), bytes: whole(0), sum: whole(0, 0xffff_ffff) }))),
});
type List = Shaped<typeof isList>;
type Part = List['parts'][number][1];

/** Behind the name of a part, that of the checksums of its pieces. */
const SUMS = '.sums';

/** Checksums of whole pieces, and what there is of the next one. */
interface Summed {
  readonly sums: number[];
  sum: number;
  bytes: number;
}

/** Bytes of a typed array, in place. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export class PackWriter {
  private readonly parts: [string, Part][] = [];
  private at = 0;
  /** Of the part that is being written, where its pieces have checksums. */
  private summed: Summed | undefined;

  constructor(
    private readonly write: (bytes: Uint8Array) => void,
    private readonly checksum: Checksum,
  ) {
    this.put(MAGIC);
  }

  private put(bytes: Uint8Array): void {
    this.write(bytes);
    this.at += bytes.length;
  }

  add(name: string, array: ArrayBufferView): void {
    this.addPieces(name, [array]);
  }

  /**
   * The same of several arrays in steps, each of {@link STEP_BYTES}, and a checksum of each piece of it: see
   * {@link PackReader.pieces}.
   */
  *addInPieces(name: string, arrays: Iterable<ArrayBufferView>): Generator<undefined, void> {
    this.summed = { sums: [], sum: 0, bytes: 0 };
    yield* this.covering(name, arrays);
    const { sums, sum, bytes } = this.summed;
    this.summed = undefined;
    this.add(`${name}${SUMS}`, Uint32Array.from(bytes === 0 ? sums : [...sums, sum]));
  }

  /** One part of several arrays, each at a multiple of 8. */
  addPieces(name: string, arrays: Iterable<ArrayBufferView>): void {
    allSteps(this.covering(name, arrays));
  }

  private *covering(name: string, arrays: Iterable<ArrayBufferView>): Generator<undefined, void> {
    const part = { at: this.at, bytes: 0, sum: 0 };
    for (const array of arrays) {
      this.cover(part, new Uint8Array((ALIGNED - (this.at % ALIGNED)) % ALIGNED));
      const bytes = bytesOf(array);
      for (let from = 0; from < bytes.length; from += STEP_BYTES) {
        this.cover(part, bytes.subarray(from, from + STEP_BYTES));
        yield;
      }
    }
    this.parts.push([name, part]);
    this.put(new Uint8Array((ALIGNED - (this.at % ALIGNED)) % ALIGNED));
  }

  private cover(part: { bytes: number; sum: number }, bytes: Uint8Array): void {
    part.bytes += bytes.length;
    part.sum = this.checksum(part.sum, bytes);
    if (this.summed) this.sumPieces(this.summed, bytes);
    this.put(bytes);
  }

  private sumPieces(summed: Summed, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const piece = bytes.subarray(done, done + PIECE_BYTES - summed.bytes);
      summed.sum = this.checksum(summed.sum, piece);
      summed.bytes += piece.length;
      done += piece.length;
      if (summed.bytes < PIECE_BYTES) continue;
      summed.sums.push(summed.sum);
      summed.sum = summed.bytes = 0;
    }
  }

  addText(name: string, content: string): void {
    this.add(name, new TextEncoder().encode(content));
  }

  /** `about` says what it is of; it is read without any part. */
  end(about: string): void {
    const list: List = { about, parts: this.parts };
    const bytes = new TextEncoder().encode(JSON.stringify(list));
    const end = new DataView(new ArrayBuffer(END_BYTES));
    end.setFloat64(0, this.at, true);
    end.setUint32(8, bytes.length, true);
    end.setUint32(12, this.checksum(0, bytes), true);
    bytesOf(end).set(MAGIC, 16);
    this.put(bytes);
    this.put(bytesOf(end));
  }
}

/** Bytes [at, at + into.length) of a file into an array; false where it has not so many. */
export type ReadInto = (into: Uint8Array, at: number) => boolean;

export class PackReader {
  private readonly readAhead = new Map<string, ArrayBuffer>();

  private constructor(
    readonly about: string,
    private readonly parts: ReadonlyMap<string, Part>,
    private readonly read: ReadInto,
    private readonly checksum: Checksum,
  ) {}

  /** Undefined where the file is none of these, or not whole. */
  static open(size: number, read: ReadInto, checksum: Checksum): PackReader | undefined {
    if (size < MAGIC.length + END_BYTES) return undefined;
    const [start, last] = [new Uint8Array(MAGIC.length), new Uint8Array(END_BYTES)];
    if (!read(start, 0) || !read(last, size - END_BYTES)) return undefined;
    const end = new DataView(last.buffer);
    const [at, length] = [end.getFloat64(0, true), end.getUint32(8, true)];
    if (!isMagic(start) || !isMagic(last.subarray(16))) return undefined;
    if (length > LIST_BYTES_MAX || at + length + END_BYTES !== size || !(at >= MAGIC.length))
      return undefined;
    const bytes = new Uint8Array(length);
    if (!read(bytes, at) || checksum(0, bytes) !== end.getUint32(12, true)) return undefined;
    const list = parsed(isList, new TextDecoder().decode(bytes));
    if (!list?.parts.every(([, part]) => part.at % ALIGNED === 0 && part.at + part.bytes <= at))
      return undefined;
    return new PackReader(list.about, new Map(list.parts), read, checksum);
  }

  has(name: string): boolean {
    return this.parts.has(name);
  }

  /** Length of a part; 0 where there is none. */
  bytesOf(name: string): number {
    return this.parts.get(name)?.bytes ?? 0;
  }

  /** Bytes of a part; undefined where there is none, it has another length, or is damaged. */
  bytes(name: string, length = this.bytesOf(name)): ArrayBuffer | undefined {
    if (this.bytesOf(name) !== length || !this.has(name)) return undefined;
    const read = this.readAhead.get(name);
    // It is handed out once: who asks again may write into it.
    this.readAhead.delete(name);
    if (read) return read;
    const bytes = new Uint8Array(length);
    return this.into(name, bytes) ? bytes.buffer : undefined;
  }

  /** Reads a part ahead, in steps, for who asks for its bytes next. */
  *ahead(name: string): Generator<undefined, void> {
    const part = this.parts.get(name);
    if (!part) return;
    const bytes = new Uint8Array(part.bytes);
    let sum = 0;
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      const step = bytes.subarray(at, at + STEP_BYTES);
      if (!this.read(step, part.at + at)) return;
      sum = this.checksum(sum, step);
      yield;
    }
    if (sum === part.sum) this.readAhead.set(name, bytes.buffer);
  }

  /** Reads a part to where it is to be; false where there is none, it has another length, or is damaged. */
  into(name: string, array: ArrayBufferView): boolean {
    const part = this.parts.get(name);
    if (part?.bytes !== array.byteLength) return false;
    const bytes = bytesOf(array);
    return this.read(bytes, part.at) && this.checksum(0, bytes) === part.sum;
  }

  /** A part that is read piece by piece, as numbers in it are asked for. */
  pieces(name: string): Pieces {
    const part = this.parts.get(name);
    const sums = this.bytes(`${name}${SUMS}`);
    const isOf = part && sums?.byteLength === Math.ceil(part.bytes / PIECE_BYTES) * 4;
    if (!isOf) return new Pieces(() => undefined);
    const sumOf = new Uint32Array(sums);
    return new Pieces((piece) => {
      const from = piece * PIECE_BYTES;
      const bytes = new Uint8Array(Math.max(0, Math.min(PIECE_BYTES, part.bytes - from)));
      const isWhole = this.read(bytes, part.at + from) && this.checksum(0, bytes) === sumOf[piece];
      return isWhole ? bytes : undefined;
    });
  }

  text(name: string): string | undefined {
    if (this.bytesOf(name) > TEXT_BYTES_MAX) return undefined;
    const bytes = this.bytes(name);
    return bytes && new TextDecoder().decode(bytes);
  }
}

function isMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}
