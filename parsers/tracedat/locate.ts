/** From a row's `at` back to its record: the sub-buffer page is read, or its chunk decompressed, again. */
import type { ByteSource } from '../base/source.js';
import { IssueLog } from '../events/issues.js';
import type { RecordBytes } from '../tep/record.js';
import type { ReadOptions } from '../reader.js';
import type { ChunkIndex } from './chunks.js';
import type { TraceDatFile } from './model.js';
import {
  COMMIT_LENGTH_MASK,
  deltaOfWord,
  TYPE_PADDING,
  TYPE_TIME_EXTEND,
  TYPE_TIME_STAMP,
  typeOfWord,
  wholeWords,
} from './ringBuffer.js';

/** Rows that are shown one after another lie in as many pages as there are CPUs. */
const PAGES_KEPT = 256;

/** An uncompressed recording: bytes [from, to) of the file, in pages. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly pageSize: number;
}

/** A page that is being walked: its data begins at bytes[first] and ends at bytes[end]. */
interface OpenPage {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** `at` of bytes[0]. */
  readonly at: number;
  readonly first: number;
  readonly end: number;
  /** A record's header, from which the walk goes on: later rows lie behind it. */
  position: number;
}

/** Finds records again; rows in ascending order cost one walk over each page. */
export class RecordFinder {
  private readonly ranges: readonly Range[];
  /** By the `at` of their first byte, the oldest first. */
  private readonly pages = new Map<number, OpenPage>();
  /** The pages of the latest records: rows that follow one another lie in those of a few CPUs. */
  private latest: OpenPage | undefined;
  private before: OpenPage | undefined;

  constructor(
    private readonly file: TraceDatFile,
    private readonly chunks: ChunkIndex,
    private readonly source: ByteSource,
    private readonly options: ReadOptions,
  ) {
    this.ranges = file.buffers
      .filter((b) => !b.compressed)
      .flatMap((b) => b.cpus.map((c) => ({ from: c.offset, to: c.offset + c.size, pageSize: b.pageSize })))
      .sort((a, b) => a.from - b.from);
  }

  /** The record whose data begins at `at`, undefined when it cannot be read again. */
  find(at: number): RecordBytes | undefined {
    let page = this.latest;
    if (!page || !isWithin(page, at)) {
      const { before } = this;
      page = before && isWithin(before, at) ? before : this.pageOf(at);
      this.before = this.latest;
      this.latest = page;
    }
    return page && recordAt(page, at - page.at, !this.file.bigEndian);
  }

  private pageOf(at: number): OpenPage | undefined {
    const range = this.rangeOf(at);
    const span = range ?? this.chunks.spanOf(at);
    if (!span) return undefined;
    const start = span.from + Math.floor((at - span.from) / span.pageSize) * span.pageSize;
    const known = this.pages.get(start);
    if (known) return known;
    const opened = range ? this.read(start, range.pageSize) : this.decompressed(start);
    if (opened) this.keep(start, opened);
    return opened;
  }

  private rangeOf(at: number): Range | undefined {
    const { ranges } = this;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (ranges[mid]!.from <= at) low = mid + 1;
      else high = mid;
    }
    const range = ranges[low - 1];
    return range && at < range.to ? range : undefined;
  }

  private read(start: number, pageSize: number): OpenPage | undefined {
    return this.open(this.source.read(start, pageSize).slice(), start, 0, pageSize);
  }

  private decompressed(start: number): OpenPage | undefined {
    // The damage that this may meet again was reported when the trace was read.
    const chunk = this.chunks.load(start, this.source, this.file.compression, this.options, new IssueLog());
    return chunk && this.open(chunk.bytes, chunk.start, start - chunk.start, chunk.pageSize);
  }

  /** The page at bytes[page]; undefined when not even its header is there. */
  private open(bytes: Uint8Array, at: number, page: number, pageSize: number): OpenPage | undefined {
    const { page: layout, bigEndian } = this.file;
    const limit = Math.min(page + pageSize, bytes.length);
    const first = page + layout.dataOffset;
    const commitAt = page + layout.commitOffset + (layout.commitSize === 8 && bigEndian ? 4 : 0);
    if (first > limit || commitAt + 4 > limit) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = Math.min(limit, first + (view.getUint32(commitAt, !bigEndian) & COMMIT_LENGTH_MASK));
    return { bytes, view, at, first, end, position: first };
  }

  private keep(start: number, page: OpenPage): void {
    this.pages.set(start, page);
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= PAGES_KEPT) break;
      this.pages.delete(oldest);
    }
  }
}

const isWithin = ({ at, first, end }: OpenPage, place: number): boolean =>
  place >= at + first && place < at + end;

/**
 * The record whose data begins at bytes[start]. A record of more than 112 bytes has its length in a word of
 * its own, behind a header word of type 0. A short record's header is the word right before the data, and its
 * type cannot be 0: but a length word can look like a header. So the page is walked from its start, as it was
 * when it was read.
 */
function recordAt(page: OpenPage, start: number, little: boolean): RecordBytes | undefined {
  const { bytes, view, end } = page;
  for (let p = start > page.position ? page.position : page.first; p + 4 <= end && p < start; ) {
    const word = view.getUint32(p, little);
    const type = typeOfWord(word, little);
    if (type > 0 && type < TYPE_PADDING) {
      if (p + 4 === start) {
        page.position = p;
        return { bytes, start, end: Math.min(end, start + type * 4) };
      }
      p += 4 + type * 4;
      continue;
    }
    const isEmptyRest = type === TYPE_PADDING && deltaOfWord(word, little) === 0;
    if (isEmptyRest || p + 8 > end) return undefined;
    if (type === TYPE_TIME_EXTEND || type === TYPE_TIME_STAMP) {
      p += 8;
      continue;
    }
    const length = view.getUint32(p + 4, little);
    if (length < 4) return undefined;
    if (p + 8 === start && type === 0) {
      page.position = p;
      return { bytes, start, end: Math.min(end, p + 4 + length) };
    }
    p += 4 + wholeWords(length);
  }
  return undefined;
}
