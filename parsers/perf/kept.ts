/**
 * The bytes of records that wait for their turn: what the feeds took in, given up again, oldest first, when
 * all its records were written out. The memory of copies is used again, since a recording brings some hundred
 * megabytes of them.
 */
import type { AheadStream } from '../reader.js';
import { makeChunk, type Chunk } from './feed.js';
import type { KernelRoom } from './kernelRoom.js';

/**
 * Pieces come in two sizes: what a decompressor gives, and what is read of a file at once. Smaller ones are
 * single records.
 */
const PIECE_BYTES = [1 << 17, 1 << 20];
/** Single records are not worth a piece. */
const SMALL_BYTES = 1 << 15;

/** Who lends the bytes that it gave last, as a decompressor on another thread does. */
export type Lender = Pick<AheadStream, 'bytes' | 'borrow' | 'giveBack'>;

export class KeptBytes {
  /** Bytes held at the moment. */
  size = 0;
  /** Who gives the bytes that come in and lends them; undefined while nobody does. */
  lender: Lender | undefined;
  /** Where a kernel can read them; undefined where there is none. */
  room: Pick<KernelRoom, 'copy' | 'giveBack'> | undefined;
  private readonly chunks: Chunk[] = [];
  /** By chunk, what its lender knows it by; -1 for a copy. */
  private readonly borrowed: number[] = [];
  private firstId = 0;
  private readonly spare = new Map<number, ArrayBuffer[]>(PIECE_BYTES.map((bytes) => [bytes, []]));

  constructor(private readonly little: boolean) {}

  /**
   * Keeps bytes that begin at `start` of their stream, `origin` in the file: a copy where a kernel can read
   * it, or by borrowing them of the lender, if it gave them and can spare them, else a copy.
   */
  keep(bytes: Uint8Array, start: number, origin: number): Chunk {
    const inRoom = this.room?.copy(bytes);
    const borrowed = !inRoom && bytes === this.lender?.bytes ? this.lender.borrow() : -1;
    const held = inRoom ?? (borrowed < 0 ? this.copy(bytes) : bytes);
    const id = this.firstId + this.chunks.length;
    const chunk = makeChunk(held, start, origin, this.little, id, inRoom ? inRoom.byteOffset : -1);
    this.chunks.push(chunk);
    this.borrowed.push(borrowed);
    this.size += held.length;
    return chunk;
  }

  /** A chunk by its id, which must not have been released. */
  chunk(id: number): Chunk {
    return this.chunks[id - this.firstId]!;
  }

  /** Gives up what comes before chunk `id`, up to one whose records a feed still hands out. */
  release(id: number): void {
    let n = 0;
    for (; n < this.chunks.length && this.firstId + n < id && !this.chunks[n]!.isRead; n++) {
      const { bytes, place } = this.chunks[n]!;
      this.size -= bytes.length;
      if (place >= 0) this.room!.giveBack(bytes);
      else if (this.borrowed[n]! >= 0) this.lender!.giveBack(this.borrowed[n]!);
      else this.spare.get(bytes.buffer.byteLength)?.push(bytes.buffer as ArrayBuffer);
    }
    this.chunks.splice(0, n);
    this.borrowed.splice(0, n);
    this.firstId += n;
  }

  private copy(bytes: Uint8Array): Uint8Array {
    const size = bytes.length < SMALL_BYTES ? undefined : PIECE_BYTES.find((piece) => piece >= bytes.length);
    const buffer =
      (size !== undefined && this.spare.get(size)!.pop()) || new ArrayBuffer(size ?? bytes.length);
    const copy = new Uint8Array(buffer, 0, bytes.length);
    copy.set(bytes);
    return copy;
  }
}
