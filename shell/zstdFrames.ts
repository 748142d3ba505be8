/**
 * The frames of a .zst file. Its frames are found here, so that an end inside one is noticed, and so that a
 * frame with a larger window than a stream decoder takes (128 MiB) is decoded at once, or, where its content
 * is small, as if its window were.
 *
 * Format: RFC 8878.
 */
import { joinBytes } from '../parsers/base/bytes.js';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const HEADER_BYTES_MAX = 18;
const WINDOW_LOG_STREAM = 27;
const WINDOW_LOG_MAX = 30;
const WINDOW_LOG_MIN = 10;
const BLOCK_BYTES_MAX = 1 << 17;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;
/** What a frame of a large window may hold: compressed and plain bytes are both in the decoder's memory. */
const WHOLE_BYTES_MAX = 1 << 30;

interface FrameHeader {
  readonly bytes: Uint8Array;
  readonly windowSize: number;
  /** Place of the window's byte, -1 where the window is the content. */
  readonly windowAt: number;
  /** -1 unknown. */
  readonly contentSize: number;
  readonly hasChecksum: boolean;
}

export interface ZstdDecoder {
  /** One frame that holds at most `limit` bytes; empty where it is damaged. */
  whole(frame: Uint8Array, limit: number): Uint8Array;
  /** One frame, piece by piece. */
  stream(pieces: Iterable<Uint8Array>): Iterable<Uint8Array>;
}

/** Decompresses lazily. Throws where a frame is damaged or ends too early. */
export function* unzstdFrames(pieces: Iterable<Uint8Array>, decoder: ZstdDecoder): Generator<Uint8Array> {
  const input = new ByteQueue(pieces);
  while (!input.atEnd()) {
    const magic = word(input.peek(4));
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      const size = word(input.take(8).subarray(4));
      for (let left = size; left > 0; ) left -= must(input.takeSome(left)).length;
      continue;
    }
    if (magic !== MAGIC) throw new Error('zstd: no frame where one should begin');
    const frame = new Frame(input, readHeader(input));
    if (frame.fitsStream()) yield* decoder.stream(frame.blocks());
    else yield frame.whole(decoder);
    if (frame.fault !== undefined) throw new Error(frame.fault);
  }
}

function word(bytes: Uint8Array): number {
  if (bytes.length < 4) throw new Error('zstd: the file ends inside a frame');
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}

function must(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new Error('zstd: the file ends inside a frame');
  return bytes;
}

function readHeader(input: ByteQueue): FrameHeader {
  const head = input.peek(HEADER_BYTES_MAX);
  const descriptor = head[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  const windowAt = isSingle ? -1 : 5;
  const sizeAt = (isSingle ? 5 : 6) + [0, 1, 2, 4][descriptor & 3]!;
  if (head.length < sizeAt + sizeBytes) throw new Error('zstd: the file ends inside a frame');
  const contentSize = readContentSize(head.subarray(sizeAt, sizeAt + sizeBytes));
  const base = windowAt < 0 ? 0 : 2 ** (WINDOW_LOG_MIN + (head[windowAt]! >>> 3));
  const windowSize = windowAt < 0 ? contentSize : base + (base / 8) * (head[windowAt]! & 7);
  return {
    bytes: input.take(sizeAt + sizeBytes),
    windowSize,
    windowAt,
    contentSize,
    hasChecksum: (descriptor & 4) !== 0,
  };
}

/** -1 where the header does not say it. A size of two bytes counts from 256: what is smaller takes one. */
function readContentSize(bytes: Uint8Array): number {
  if (bytes.length === 0) return -1;
  const least = bytes.length === 2 ? 256 : 0;
  return bytes.reduce((size, byte, i) => size + byte * 2 ** (8 * i), least);
}

class Frame {
  /**
   * What is wrong with the frame; thrown only when the decoder has given what precedes it, and freed its
   * memory.
   */
  fault: string | undefined;
  /** The most that the blocks so far can hold. */
  private plainMax = 0;

  constructor(
    private readonly input: ByteQueue,
    private readonly header: FrameHeader,
  ) {}

  fitsStream(): boolean {
    const { windowSize, contentSize, windowAt } = this.header;
    if (windowSize <= 2 ** WINDOW_LOG_STREAM) return true;
    if (contentSize < 0 || contentSize > 2 ** WINDOW_LOG_STREAM) return false;
    this.setWindow(windowAt, WINDOW_LOG_STREAM);
    return true;
  }

  /** No match reaches further back than the content's begin, so that a window of its size does. */
  private setWindow(at: number, log: number): void {
    if (at >= 0) this.header.bytes[at] = (log - WINDOW_LOG_MIN) << 3;
  }

  /** The frame's bytes: its header, then block by block. */
  *blocks(): Generator<Uint8Array> {
    yield this.header.bytes;
    for (;;) {
      const head = this.input.peek(3);
      if (head.length < 3) break;
      const block = head[0]! | (head[1]! << 8) | (head[2]! << 16);
      const type = (block >>> 1) & 3;
      if (type === BLOCK_RESERVED) {
        this.fault = 'zstd: damaged block';
        return;
      }
      const size = 3 + (type === BLOCK_RLE ? 1 : block >>> 3);
      this.plainMax += BLOCK_BYTES_MAX;
      const bytes = this.input.take(size);
      if (bytes.length > 0) yield bytes;
      if (bytes.length < size) break;
      if ((block & 1) === 0) continue;
      if (!this.header.hasChecksum) return;
      const checksum = this.input.take(4);
      if (checksum.length < 4) break;
      yield checksum;
      return;
    }
    this.fault = 'zstd: the file ends inside a frame';
  }

  whole(decoder: ZstdDecoder): Uint8Array {
    this.setWindow(this.header.windowAt, WINDOW_LOG_MAX);
    const parts: Uint8Array[] = [];
    let size = 0;
    for (const part of this.blocks()) {
      parts.push(part);
      size += part.length;
      if (size > WHOLE_BYTES_MAX) throw this.tooLarge();
    }
    const limit = this.header.contentSize >= 0 ? this.header.contentSize : this.plainMax;
    if (limit > WHOLE_BYTES_MAX) throw this.tooLarge();
    const plain = decoder.whole(joinBytes(parts), limit);
    if (plain.length === 0 && limit > 0) throw new Error('zstd: damaged frame');
    return plain;
  }

  private tooLarge(): Error {
    const window = `${Math.round(this.header.windowSize / 2 ** 20)} MiB`;
    const content = `${WHOLE_BYTES_MAX >>> 20} MiB`;
    return new Error(
      `zstd: a window of ${window} over more than ${content} needs more memory than there is here; ` +
        'decompress it with zstd -d --long=31',
    );
  }
}

/** Bytes of pieces, taken in runs of any length. */
class ByteQueue {
  private readonly pieces: Iterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);
  private ended = false;

  constructor(pieces: Iterable<Uint8Array>) {
    this.pieces = pieces[Symbol.iterator]();
  }

  atEnd(): boolean {
    return this.peek(1).length === 0;
  }

  /** The next `count` bytes, fewer at the end of the input, without taking them. */
  peek(count: number): Uint8Array {
    while (this.rest.length < count && !this.ended) {
      const next = this.pieces.next();
      if (next.done) this.ended = true;
      else this.rest = this.rest.length === 0 ? next.value : joinBytes([this.rest, next.value]);
    }
    return this.rest.subarray(0, count);
  }

  /** The next `count` bytes, fewer at the end of the input. */
  take(count: number): Uint8Array {
    const taken = this.peek(count);
    this.rest = this.rest.subarray(taken.length);
    return taken;
  }

  /** As many of the next `count` bytes as are at hand, none at the end of the input. */
  takeSome(count: number): Uint8Array {
    return this.take(Math.max(Math.min(1, count), Math.min(count, this.rest.length)));
  }
}
