/**
 * The sub-buffers of one CPU as plain bytes, a piece at a time: pages of the file, or decompressed chunks of
 * them. Every piece has a place in one address space, which rows carry as their `at`: the byte offset in the
 * file where the recording is not compressed, else an offset in the decompressed bytes in the order in which
 * they were read.
 */
import { ByteReader } from '../base/bytes.js';
import type { ByteSource } from '../base/source.js';
import type { IssueLog } from '../events/issues.js';
import type { Ahead, CompressedRange, ReadOptions } from '../reader.js';
import { decompress, isPlausible } from './codec.js';
import type { BufferInstance, Compression, CpuRecording } from './model.js';

/** Bytes read from an uncompressed recording at once. */
const PIECE_BYTES = 1 << 18;
/** Compressed bytes fetched from the source at once. */
const WINDOW_BYTES = 1 << 18;
/** trace-cmd compresses ten pages at a time; a chunk far above that is a lie. */
export const CHUNK_LIMIT = 64 << 20;
/** Decompressed chunks kept for rows that are shown. */
const CACHE_BYTES = 32 << 20;
export const COUNT_BYTES = 4;
const CHUNK_HEADER_BYTES = 8;
/** Numbers of a chunk in {@link ChunkIndex.words}. */
const WORDS = 4;

/** Where the decompressed chunks of a file lie, in order of their virtual offset. */
export class ChunkIndex {
  private readonly starts: number[] = [];
  private readonly places: (CompressedRange & { readonly pageSize: number })[] = [];
  private next = 0;
  /** Latest chunks, the oldest first: neighbouring rows come from as many chunks as there are CPUs. */
  private readonly cached = new Map<number, Uint8Array>();
  private cachedBytes = 0;

  /** The same, of what {@link words} gave; undefined where no such chunks lie in a file of this size. */
  static ofWords(words: Float64Array, fileBytes: number): ChunkIndex | undefined {
    const index = new ChunkIndex();
    if (words.length % WORDS !== 0) return undefined;
    for (let i = 0; i < words.length; i += WORDS) {
      const [offset, size, plainSize, pageSize] = [words[i]!, words[i + 1]!, words[i + 2]!, words[i + 3]!];
      const areWhole = [offset, size, plainSize, pageSize].every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!areWhole || offset + size > fileBytes || plainSize > CHUNK_LIMIT || pageSize === 0)
        return undefined;
      index.add(offset, size, plainSize, pageSize);
    }
    return index;
  }

  /** All chunks, in numbers. */
  words(): Float64Array {
    return Float64Array.from(
      this.places.flatMap(({ offset, size, plainSize, pageSize }) => [offset, size, plainSize, pageSize]),
    );
  }

  /** Gives a chunk, of sub-buffers of `pageSize` bytes, its virtual offset. */
  add(offset: number, size: number, plainSize: number, pageSize: number): number {
    const start = this.next;
    this.starts.push(start);
    this.places.push({ offset, size, plainSize, pageSize });
    this.next += plainSize;
    return start;
  }

  /**
   * Where the chunk that holds a virtual offset starts, and the size of its sub-buffers; undefined before the
   * first one.
   */
  spanOf(at: number): { readonly from: number; readonly pageSize: number } | undefined {
    const chunk = this.chunkOf(at);
    return chunk < 0 ? undefined : { from: this.starts[chunk]!, pageSize: this.places[chunk]!.pageSize };
  }

  /**
   * The chunk that holds a virtual offset, decompressed again, and where it starts. The latest ones are kept.
   */
  load(
    at: number,
    source: ByteSource,
    compression: Compression,
    options: ReadOptions,
    issues: IssueLog,
  ): { bytes: Uint8Array; start: number; pageSize: number } | undefined {
    const chunk = this.chunkOf(at);
    const place = this.places[chunk];
    if (!place) return undefined;
    let bytes = this.cached.get(chunk);
    if (!bytes) {
      bytes = decompress(
        source.read(place.offset, place.size).slice(),
        place.plainSize,
        compression,
        options,
        issues,
        place.offset,
      );
      if (!bytes) return undefined;
      this.keep(chunk, bytes);
    }
    return { bytes, start: this.starts[chunk]!, pageSize: place.pageSize };
  }

  /** Index of the last chunk that starts at or before a virtual offset, -1 for none. */
  private chunkOf(at: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.starts[mid]! <= at) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }

  private keep(chunk: number, bytes: Uint8Array): void {
    this.cached.set(chunk, bytes);
    this.cachedBytes += bytes.length;
    for (const [oldest, old] of this.cached) {
      if (this.cachedBytes <= CACHE_BYTES || oldest === chunk) break;
      this.cached.delete(oldest);
      this.cachedBytes -= old.length;
    }
  }
}

/**
 * Where the chunks of a compressed recording lie, as its headers say; up to the first header that cannot be
 * true, which {@link Pieces} meets again and reports.
 */
export function scanChunks(
  source: ByteSource,
  recording: CpuRecording,
  bigEndian: boolean,
): CompressedRange[] {
  const out: CompressedRange[] = [];
  const end = endOf(recording, true, source);
  if (recording.offset + COUNT_BYTES > end) return out;
  let left = new ByteReader(source.read(recording.offset, COUNT_BYTES), bigEndian).u32();
  let position = recording.offset + COUNT_BYTES;
  for (; left > 0 && position + CHUNK_HEADER_BYTES <= end; left--) {
    const head = new ByteReader(source.read(position, CHUNK_HEADER_BYTES), bigEndian);
    const size = head.u32();
    const plainSize = head.u32();
    const offset = position + CHUNK_HEADER_BYTES;
    if (!head.ok || size > end - offset || !isPlausible(size, plainSize)) break;
    out.push({ offset, size, plainSize });
    position = offset + size;
  }
  return out;
}

/**
 * Where a recording ends. trace-cmd 3.1's `convert` and `split` leave the chunk count out of a compressed
 * recording's size; the count itself says how many chunks there are.
 */
function endOf(recording: CpuRecording, isCompressed: boolean, source: ByteSource): number {
  return Math.min(recording.offset + recording.size + (isCompressed ? COUNT_BYTES : 0), source.size);
}

/** One piece after another of one CPU's recording. `bytes` is whole pages, except at a torn end. */
export class Pieces {
  bytes: Uint8Array = new Uint8Array(0);
  /** Place of bytes[0] in the address space of `at`. */
  at = 0;
  /** Compressed or plain bytes of the file consumed so far. */
  done = 0;
  /**
   * True when bytes before the current piece, or behind the last, could not be had. Cleared by who takes
   * note.
   */
  lost = false;
  /** Plain bytes of the largest piece; Infinity where that is not known. */
  readonly largest: number;
  private readonly end: number;
  private readonly torn: boolean;
  private position: number;
  private chunksLeft = -1;
  private aheadTaken = 0;
  private window: Uint8Array = new Uint8Array(0);
  private windowAt = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly buffer: BufferInstance,
    private readonly recording: CpuRecording,
    private readonly compression: Compression,
    private readonly bigEndian: boolean,
    private readonly index: ChunkIndex,
    private readonly options: ReadOptions,
    private readonly issues: IssueLog,
    /** The compressed chunks that were found, where they were looked for. */
    private readonly ranges: readonly CompressedRange[],
    /** Decompression on another thread, which was told of them. */
    private ahead: { readonly from: Ahead; readonly lane: number } | undefined,
  ) {
    this.position = Math.min(recording.offset, source.size);
    this.end = endOf(recording, buffer.compressed, source);
    this.largest = buffer.compressed ? this.largestChunk() : Math.max(PIECE_BYTES, buffer.pageSize);
    this.torn = recording.offset + recording.size > source.size;
    if (this.torn) issues.add('torn-tail', source.size, 0, `CPU ${recording.cpu}`);
  }

  /** Known where all chunks were found before. */
  private largestChunk(): number {
    const { ranges } = this;
    const count = new ByteReader(this.source.read(this.recording.offset, COUNT_BYTES), this.bigEndian).u32();
    if (ranges.length === 0 || ranges.length !== count) return Infinity;
    return ranges.reduce((most, { plainSize }) => Math.max(most, plainSize), 0);
  }

  /** Loads the next piece; false when there is none. */
  next(): boolean {
    const found = this.buffer.compressed ? this.nextChunk() : this.nextPages();
    this.done = this.position - this.recording.offset;
    if (!found && this.torn) this.lost = true;
    return found;
  }

  private nextPages(): boolean {
    if (this.position >= this.end) return false;
    const whole = Math.max(1, Math.floor(PIECE_BYTES / this.buffer.pageSize)) * this.buffer.pageSize;
    const piece = this.source.read(this.position, Math.min(whole, this.end - this.position));
    if (piece.length === 0) return false;
    // The source may reuse its buffer, and another CPU reads before this piece is used up.
    if (this.bytes.length === piece.length) this.bytes.set(piece);
    else this.bytes = piece.slice();
    this.at = this.position;
    this.position += piece.length;
    return true;
  }

  private nextChunk(): boolean {
    if (this.ahead && this.nextAhead(this.ahead)) return true;
    if (this.chunksLeft < 0) {
      this.chunksLeft = new ByteReader(this.fetch(COUNT_BYTES), this.bigEndian).u32();
      this.position += COUNT_BYTES;
    }
    while (this.chunksLeft > 0 && this.position < this.end) {
      this.chunksLeft--;
      const head = new ByteReader(this.fetch(CHUNK_HEADER_BYTES), this.bigEndian);
      const size = head.u32();
      const plainSize = head.u32();
      const offset = this.position + CHUNK_HEADER_BYTES;
      if (!head.ok || size > this.end - offset || plainSize > CHUNK_LIMIT) {
        this.issues.add(
          head.ok && offset + size > this.source.size ? 'torn-tail' : 'bad-record',
          this.position,
          0,
          `chunk of CPU ${this.recording.cpu}`,
        );
        this.position = this.end;
        this.lost = true;
        return false;
      }
      this.position = offset;
      const plain = decompress(
        this.fetch(size),
        plainSize,
        this.compression,
        this.options,
        this.issues,
        offset,
      );
      this.position = offset + size;
      if (!plain || plain.length < plainSize) this.lost = true;
      if (!plain || plain.length === 0) continue;
      this.bytes = plain;
      this.at = this.index.add(offset, size, plainSize, this.buffer.pageSize);
      return true;
    }
    return false;
  }

  /**
   * The next chunk from the other thread; false when it has no more, and the rest is to be decompressed here.
   */
  private nextAhead(ahead: NonNullable<Pieces['ahead']>): boolean {
    while (this.aheadTaken < this.ranges.length) {
      const { offset, size, plainSize } = this.ranges[this.aheadTaken]!;
      const plain = ahead.from.next(ahead.lane);
      if (!plain) break;
      this.aheadTaken++;
      this.position = offset + size;
      if (plain.length !== plainSize) {
        this.issues.add('decompress-failed', offset, 0, `${plain.length} bytes of ${plainSize}`);
        this.lost = true;
      }
      if (plain.length === 0) continue;
      this.bytes = plain;
      this.at = this.index.add(offset, size, plainSize, this.buffer.pageSize);
      return true;
    }
    // What is left, chunks or a header that cannot be true, is met here.
    this.chunksLeft =
      new ByteReader(this.source.read(this.recording.offset, COUNT_BYTES), this.bigEndian).u32() -
      this.aheadTaken;
    if (this.aheadTaken === 0) this.position = this.recording.offset + COUNT_BYTES;
    this.ahead = undefined;
    return false;
  }

  /** Bytes of the file at the position, fewer at the end of the recording. Valid until the next fetch. */
  private fetch(length: number): Uint8Array {
    const wanted = Math.min(length, this.end - this.position);
    if (this.position < this.windowAt || this.position + wanted > this.windowAt + this.window.length) {
      this.window = this.source
        .read(this.position, Math.min(Math.max(wanted, WINDOW_BYTES), this.end - this.position))
        .slice();
      this.windowAt = this.position;
    }
    const from = this.position - this.windowAt;
    return this.window.subarray(from, Math.min(from + wanted, this.window.length));
  }
}
