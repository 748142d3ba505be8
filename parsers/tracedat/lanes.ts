/** One CPU's recording as pieces that can be had in any order, for readers that begin in its middle. */
import { ByteReader } from '../base/bytes.js';
import { firstIndex } from '../base/search.js';
import type { ByteSource } from '../base/source.js';
import { IssueLog } from '../events/issues.js';
import { UNKNOWN_CPU } from '../events/table.js';
import type { CompressedRange, ReadOptions } from '../reader.js';
import { CHUNK_LIMIT, COUNT_BYTES, scanChunks } from './chunks.js';
import { decompress } from './codec.js';
import type { BufferInstance, Compression, CpuRecording, TraceDatFile } from './model.js';
import type { PageSource } from './stream.js';

/** Pieces that are kept: those that an end was looked for in are read right afterwards. */
const KEPT = 8;
/** Pages of a piece where they are not compressed: as many as trace-cmd compresses at a time. */
const PIECE_PAGES = 10;
/** Where a piece may begin, and what may be looked at behind one. */
const ALIGNED = 16;
const SLACK = 16;

/** Where the pieces of a recording lie; places in it are counted in plain bytes. */
export class Lane {
  /** Plain bytes in all. */
  readonly length: number;
  /** Those of the largest piece. */
  readonly largest: number;
  private readonly starts: Float64Array;

  constructor(
    readonly cpu: number,
    readonly pageSize: number,
    readonly isCompressed: boolean,
    private readonly ranges: readonly CompressedRange[],
  ) {
    let start = 0;
    this.starts = Float64Array.from(ranges, ({ plainSize }) => {
      const own = start;
      start += plainSize;
      return own;
    });
    this.length = start;
    this.largest = ranges.reduce((most, { plainSize }) => Math.max(most, plainSize), 0);
  }

  get count(): number {
    return this.ranges.length;
  }

  range(piece: number): CompressedRange {
    return this.ranges[piece]!;
  }

  startOf(piece: number): number {
    return this.starts[piece]!;
  }

  /** The piece that holds a place; the last one behind the end. */
  pieceAt(place: number): number {
    return Math.max(0, firstIndex(this.starts.length, (i) => this.starts[i]! > place) - 1);
  }
}

/** The lane of a recording that is all there, as far as its headers say; undefined of any other. */
export function laneOf(
  source: ByteSource,
  file: TraceDatFile,
  buffer: BufferInstance,
  recording: CpuRecording,
): Lane | undefined {
  const { offset, size, cpu } = recording;
  // A damaged number of a CPU is another one in a row of the table.
  if (offset + size > source.size || cpu >= UNKNOWN_CPU) return undefined;
  if (!buffer.compressed)
    return new Lane(cpu, buffer.pageSize, false, plainRanges(offset, size, buffer.pageSize));
  if (file.compression !== 'zstd') return undefined;
  const ranges = scanChunks(source, recording, file.bigEndian);
  const count = new ByteReader(source.read(offset, COUNT_BYTES), file.bigEndian).u32();
  const isWhole = ranges.length === count && ranges.every(({ plainSize }) => plainSize <= CHUNK_LIMIT);
  return isWhole ? new Lane(cpu, buffer.pageSize, true, ranges) : undefined;
}

function plainRanges(offset: number, size: number, pageSize: number): CompressedRange[] {
  const whole = PIECE_PAGES * pageSize;
  return Array.from({ length: Math.ceil(size / whole) }, (_, i) => {
    const length = Math.min(whole, size - i * whole);
    return { offset: offset + i * whole, size: length, plainSize: length };
  });
}

/** The pieces of a lane from any one on. */
export class LanePieces implements PageSource {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  lost = false;
  private piece = 0;
  /** Room for pieces, where they are kept in one. */
  private free: Uint8Array[] | undefined;
  private readonly kept = new Map<number, Uint8Array>();
  private readonly issues = new IssueLog();

  constructor(
    private readonly lane: Lane,
    private readonly source: ByteSource,
    private readonly compression: Compression,
    private readonly options: ReadOptions,
  ) {}

  /** Bytes that it takes to keep pieces; each begins at a multiple of {@link ALIGNED}. */
  get roomBytes(): number {
    return KEPT * this.slotBytes;
  }

  private get slotBytes(): number {
    return Math.ceil((this.lane.largest + SLACK) / ALIGNED) * ALIGNED;
  }

  /** Pieces are kept in this room from now on. */
  keepIn(room: Uint8Array): void {
    this.kept.clear();
    const { slotBytes } = this;
    this.free = Array.from({ length: KEPT }, (_, i) => room.subarray(i * slotBytes, (i + 1) * slotBytes));
  }

  /** The next piece will be this one. */
  seek(piece: number): void {
    this.piece = piece;
  }

  next(): boolean {
    while (this.piece < this.lane.count) {
      const { bytes, at } = this.load(this.piece++);
      if (bytes.length === 0) continue;
      this.bytes = bytes;
      this.at = at;
      return true;
    }
    return false;
  }

  /** The bytes of a piece, as far as they can be had, and their place. */
  load(piece: number): { readonly bytes: Uint8Array; readonly at: number } {
    const bytes = this.kept.get(piece) ?? this.keep(piece);
    return { bytes, at: this.lane.startOf(piece) };
  }

  private keep(piece: number): Uint8Array {
    if (this.kept.size === KEPT) this.forgetOldest();
    const room = this.free?.pop();
    let bytes = this.read(this.lane.range(piece), room);
    if (room && bytes.buffer !== room.buffer) {
      room.set(bytes);
      bytes = room.subarray(0, bytes.length);
    }
    this.kept.set(piece, bytes);
    return bytes;
  }

  private forgetOldest(): void {
    const [piece, bytes] = this.kept.entries().next().value!;
    this.kept.delete(piece);
    this.free?.push(new Uint8Array(bytes.buffer, bytes.byteOffset, this.slotBytes));
  }

  private read({ offset, size, plainSize }: CompressedRange, room?: Uint8Array): Uint8Array {
    // A source's bytes are valid until its next read only.
    const bytes = this.source.read(offset, size);
    if (!this.lane.isCompressed) return room ? bytes : bytes.slice();
    const { compression, options, issues } = this;
    return decompress(bytes, plainSize, compression, options, issues, offset, room) ?? new Uint8Array(0);
  }
}
