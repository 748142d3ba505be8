/**
 * The bytes of a trace by their places: those of the file, and behind them, one after another, what is
 * compressed in it.
 */
import { joinBytes } from '../base/bytes.js';
import { firstIndex } from '../base/search.js';
import type { ByteSource } from '../base/source.js';
import type { IssueLog } from '../events/issues.js';
import type { ReadOptions } from '../reader.js';

export type PacketCodec = 'zlib' | 'zstd';

/** What compressed packets may hold: less than deflate could, for services write small ones. */
const PLAIN_PER_BYTE = 64;
const PLAIN_AT_LEAST = 16 << 20;
/** What is tried first: packets shrink some eightfold. */
const FIRST_PER_BYTE = 32;
const FIRST_AT_LEAST = 1 << 16;
/** Decompressed bytes that are kept for the next who asks. */
const KEPT_BYTES = 64 << 20;
/** Bytes of the file that are read at once. */
const WINDOW_BYTES = 1 << 20;

interface Part {
  readonly at: number;
  readonly size: number;
  readonly codec: PacketCodec;
  readonly base: number;
  readonly length: number;
}

export class Content {
  private readonly parts: Part[] = [];
  private readonly kept = new Map<number, Uint8Array>();
  private keptBytes = 0;
  /** How much may be kept, and what was decompressed more than once since that was set. */
  private keptMax = KEPT_BYTES;
  private repeated = 0;
  private nextBase: number;
  private window = new Uint8Array(0);
  private windowAt = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly options: ReadOptions,
  ) {
    this.nextBase = source.size;
  }

  /** Bytes of the file itself. */
  get fileSize(): number {
    return this.source.size;
  }

  /** Bytes of the file, fewer at its end; valid until the next call. */
  file(at: number, length: number): Uint8Array {
    if (at < this.windowAt || at + length > this.windowAt + this.window.length) {
      this.window = this.source.read(at, Math.max(length, WINDOW_BYTES)).slice();
      this.windowAt = at;
    }
    return this.window.subarray(at - this.windowAt, at - this.windowAt + length);
  }

  /**
   * Takes in what is compressed at a place of the file: where its content begins, and the content; undefined,
   * with an issue, where it cannot be had.
   */
  add(
    bytes: Uint8Array,
    at: number,
    codec: PacketCodec,
    issues: IssueLog,
  ): { readonly base: number; readonly bytes: Uint8Array } | undefined {
    const has = codec === 'zlib' ? this.options.inflate : this.options.unzstdStream;
    if (!has) {
      issues.tally('unsupported-compression', at, 0, codec);
      return undefined;
    }
    const plain = this.decompress(bytes, codec);
    if (typeof plain === 'string') {
      issues.add('decompress-failed', at, 0, plain);
      return undefined;
    }
    const base = this.nextBase;
    this.nextBase += plain.length;
    this.parts.push({ at, size: bytes.length, codec, base, length: plain.length });
    this.keep(base, plain);
    return { base, bytes: plain };
  }

  /** Bytes at a place, fewer where they end; valid until the next call. */
  read(at: number, length: number): Uint8Array {
    if (at < this.source.size) return this.source.read(at, length);
    const part = this.partAt(at);
    if (!part) return new Uint8Array(0);
    const plain = this.kept.get(part.base) ?? this.again(part);
    return plain.subarray(at - part.base, at - part.base + length);
  }

  private again(part: Part): Uint8Array {
    const plain = this.decompress(this.source.read(part.at, part.size).slice(), part.codec);
    // What could be decompressed once can be again, unless the file has changed since.
    if (typeof plain === 'string') return new Uint8Array(0);
    this.keep(part.base, plain);
    this.repeated += plain.length;
    // Whoever goes to and fro in it often is better off with more of it.
    if (this.repeated > 2 * (this.nextBase - this.source.size)) {
      this.keptMax *= 2;
      this.repeated = 0;
    }
    return plain;
  }

  private keep(base: number, plain: Uint8Array): void {
    this.kept.set(base, plain);
    this.keptBytes += plain.length;
    for (const [oldest, bytes] of this.kept) {
      if (this.keptBytes <= this.keptMax || oldest === base) return;
      this.kept.delete(oldest);
      this.keptBytes -= bytes.length;
    }
  }

  private partAt(at: number): Part | undefined {
    const part = this.parts[firstIndex(this.parts.length, (i) => this.parts[i]!.base > at) - 1];
    return part && at < part.base + part.length ? part : undefined;
  }

  /** The plain bytes, or why they cannot be had. */
  private decompress(bytes: Uint8Array, codec: PacketCodec): Uint8Array | string {
    const most = PLAIN_AT_LEAST + PLAIN_PER_BYTE * bytes.length;
    try {
      return codec === 'zlib' ? this.inflate(bytes, most) : this.unzstd(bytes, most);
    } catch (error) {
      // Decompressors throw on damaged content; that is a property of the input.
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A stream that does not say how long it is: with more and more room. */
  private inflate(bytes: Uint8Array, most: number): Uint8Array {
    for (let room = FIRST_AT_LEAST + FIRST_PER_BYTE * bytes.length; ; room *= 8) {
      const isLast = room >= most;
      try {
        const plain = this.options.inflate!(bytes, Math.min(room, most));
        if (plain.length < Math.min(room, most)) return plain;
      } catch (error) {
        if (isLast) throw error;
      }
      if (isLast) throw new RangeError(`more than ${most} bytes in ${bytes.length}`);
    }
  }

  private unzstd(bytes: Uint8Array, most: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for (const piece of this.options.unzstdStream!([bytes])) {
      length += piece.length;
      if (length > most) throw new RangeError(`more than ${most} bytes in ${bytes.length}`);
      pieces.push(piece.slice());
    }
    return joinBytes(pieces);
  }
}
