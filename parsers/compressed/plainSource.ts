/**
 * What a compressed source holds, as a source: decompressed while it is read, so that a text of any size
 * passes through a bounded window. What the window has passed is decompressed again from the start when it is
 * asked for.
 */
import { firstIndex } from '../base/search.js';
import type { ByteSource } from '../base/source.js';
import { Spooling, type OpenSpool } from '../base/spool.js';

/** Bytes of compressed input handed over at a time: small, so that a place of damage says something. */
const INPUT_BYTES = 1 << 17;
/** Plain bytes kept behind the furthest that was read. */
const WINDOW_BYTES = 64 << 20;
/** So many are decompressed in a moment. */
const FEW_BYTES = 1 << 20;
/**
 * A stream that expands to more than this and by more than EXPANSION_MAX is made to fill memory, not to be
 * read.
 */
const EXPANSION_FREE_BYTES = 256 << 20;
const EXPANSION_MAX = 2000;

/**
 * Thrown by a decompressor that meets what it does not read, in place of damage; the message says what to do.
 */
export class UnsupportedCompression extends Error {}

/**
 * Decompresses pieces lazily: pulls one only when it needs more. Throws where they are damaged, or
 * UnsupportedCompression.
 */
export type Decompress = (pieces: Iterable<Uint8Array>) => Iterable<Uint8Array>;

/** Why the plain bytes end before their end. */
export interface PlainFault {
  readonly code: 'decompress-failed' | 'unsupported-compression' | 'too-large';
  /** Plain bytes before it. */
  readonly offset: number;
  readonly detail: string;
}

interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class PlainSource implements ByteSource {
  private pieces: Piece[] = [];
  /** Where the kept pieces begin, and where the next one will. */
  private from = 0;
  private until = 0;
  private known = Infinity;
  private window = WINDOW_BYTES;
  private joined = new Uint8Array(0);
  private output: Iterator<Uint8Array> | undefined;
  /** Where its bytes are, or are being put; undefined where they are nowhere. */
  private spooling: Spooling | undefined;
  /** Bytes of the compressed source that were taken so far, at most. */
  taken = 0;
  /** Why the plain bytes end where they do; undefined while nothing is wrong. */
  fault: PlainFault | undefined;

  constructor(
    private readonly compressed: ByteSource,
    private readonly decompress: Decompress,
  ) {}

  /** Plain bytes in all; Infinity until the last of them was decompressed, which a read up to it ensures. */
  get size(): number {
    return this.known;
  }

  /** Says how many there are, which was found before. */
  giveSize(bytes: number): void {
    this.known = bytes;
  }

  /** Bytes of the file that it is in. */
  get fileBytes(): number {
    return this.compressed instanceof PlainSource ? this.compressed.fileBytes : this.compressed.size;
  }

  /** The same before it is known, by what was decompressed so far. */
  get likelySize(): number {
    if (this.known < Infinity || this.taken === 0) return this.known;
    return Math.round(this.until / this.takenPart);
  }

  /** The part of the compressed source that was taken. */
  get takenPart(): number {
    return this.taken / this.compressed.size;
  }

  /** True where the plain bytes are more than `bytes` for sure, as compressed ones are fewer. */
  isMoreThan(bytes: number): boolean {
    return this.compressed.size > bytes || this.until > bytes;
  }

  read(offset: number, length: number): Uint8Array {
    const spooled = this.spooling?.read(offset, Math.min(length, this.known - offset));
    if (this.spooling?.isWhole === true) this.known = this.spooling.bytes;
    if (spooled) return spooled;
    this.spooling = undefined;
    if (offset < this.from) this.restart();
    // One byte more than asked for: the end is then known as soon as its last byte was handed out.
    while (this.until <= offset + length && this.until < this.known) this.pull(offset);
    const end = Math.min(offset + length, this.until);
    return offset >= end ? new Uint8Array(0) : this.range(offset, end);
  }

  /**
   * Keeps all plain bytes in memory, for formats that jump about; false, with a fault, when they are more
   * than `limit`.
   */
  keepAll(limit: number): boolean {
    this.window = Infinity;
    if (this.from > 0) this.restart();
    while (this.until < this.known && this.until <= limit) this.pull(0);
    if (this.until <= limit) return true;
    const size = `it holds more than ${limit >>> 20} MiB`;
    this.end({
      code: 'too-large',
      offset: limit,
      detail: `${size}, and a binary trace inside must fit into memory: decompress it first`,
    });
    this.pieces = [];
    return false;
  }

  private get sizeIfKnown(): number | undefined {
    return this.known < Infinity ? this.known : undefined;
  }

  /** True where any place is read without what is before it, or that is so little that nobody notices. */
  get isAtHand(): boolean {
    const isKept = this.window === Infinity || this.spooling?.isWhole === true;
    return isKept || (this.from === 0 && this.until >= this.known) || this.known <= FEW_BYTES;
  }

  /**
   * Puts all plain bytes elsewhere, in steps, between which they may be read: who asks for a place waits for
   * what is before it, once.
   */
  *spoolInto(open: OpenSpool): Generator<undefined, void> {
    const spool = this.window === Infinity || this.spooling ? undefined : open(this.sizeIfKnown);
    if (!spool) return;
    this.restart();
    const pieces = this.decompress(inputOf(this.compressed))[Symbol.iterator]();
    const spooling = new Spooling(spool, pieces, this.known);
    this.spooling = spooling;
    if (yield* spooling.rest(() => this.spooling === spooling)) this.known = spooling.bytes;
    else if (this.spooling === spooling) this.spooling = undefined;
  }

  /** Ends the decompression under way, and frees what it holds. */
  close(): void {
    this.output?.return?.();
    this.output = undefined;
  }

  private restart(): void {
    this.close();
    this.pieces = [];
    this.from = 0;
    this.until = 0;
    this.taken = 0;
  }

  /** Decompresses one more piece, and drops those that lie more than the window before `needed`. */
  private pull(needed: number): void {
    this.output ??= this.decompress(this.input())[Symbol.iterator]();
    let next: IteratorResult<Uint8Array>;
    try {
      next = this.output.next();
    } catch (error) {
      // Decompressors throw on damaged content, and on what they do not read; that is a property of the
      // input.
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof UnsupportedCompression)
        this.end({ code: 'unsupported-compression', offset: this.until, detail: why });
      else
        this.end({
          code: 'decompress-failed',
          offset: this.until,
          detail: `${why}, before byte ${this.taken} of the compressed file`,
        });
      return;
    }
    if (next.done) {
      this.end(undefined);
      return;
    }
    this.keep(next.value, needed);
    if (this.until > EXPANSION_FREE_BYTES && this.until > this.taken * EXPANSION_MAX) {
      this.end({
        code: 'too-large',
        offset: this.until,
        detail: `${this.taken} bytes expand to more than ${EXPANSION_MAX} times as much`,
      });
    }
  }

  private keep(bytes: Uint8Array, needed: number): void {
    if (bytes.length === 0) return;
    // Where a fault was found the first time, the second time ends before it.
    const room = this.known - this.until;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.pieces.push({ at: this.until, bytes: kept });
    this.until += kept.length;
    let drop = 0;
    while (
      drop + 1 < this.pieces.length &&
      this.pieces[drop + 1]!.at <= Math.min(needed, this.until - this.window)
    )
      drop++;
    // Many at once: each removal moves all that stay.
    if (drop * 8 < this.pieces.length) return;
    this.pieces.splice(0, drop);
    this.from = this.pieces[0]!.at;
  }

  private end(fault: PlainFault | undefined): void {
    this.known = this.until;
    this.fault ??= fault;
    this.close();
  }

  private *input(): Generator<Uint8Array> {
    while (this.taken < this.compressed.size) {
      const bytes = this.compressed.read(this.taken, INPUT_BYTES);
      if (bytes.length === 0) return;
      this.taken += bytes.length;
      yield bytes.slice();
    }
  }

  /** Bytes [offset, end), all of them kept. */
  private range(offset: number, end: number): Uint8Array {
    let i = this.pieceAt(offset);
    const first = this.pieces[i]!;
    if (end <= first.at + first.bytes.length) return first.bytes.subarray(offset - first.at, end - first.at);
    if (this.joined.length < end - offset) this.joined = new Uint8Array(end - offset);
    for (let at = offset; at < end; i++) {
      const piece = this.pieces[i]!;
      const part = piece.bytes.subarray(at - piece.at, Math.min(piece.bytes.length, end - piece.at));
      this.joined.set(part, at - offset);
      at += part.length;
    }
    return this.joined.subarray(0, end - offset);
  }

  /** Index of the piece that holds `offset`. */
  private pieceAt(offset: number): number {
    return Math.max(0, firstIndex(this.pieces.length, (i) => this.pieces[i]!.at > offset) - 1);
  }
}

function* inputOf(source: ByteSource): Generator<Uint8Array> {
  for (let at = 0; at < source.size; ) {
    const bytes = source.read(at, INPUT_BYTES);
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes.slice();
  }
}
