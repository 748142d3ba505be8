/**
 * One CPU's records in order: sub-buffer pages, time extends and absolute stamps, padding, and the marks that
 * say events are missing. Nothing is allocated per record; the current one is in the fields.
 *
 * Page: u64 timestamp, long commit (its low bits are the length of the data; bit 31: events are missing
 * before this page, bit 30: their number is stored behind the data), data. Record: u32 with type_len in 5
 * bits (the low ones on little endian) and the time since the previous record in 27. Producer:
 * kernel/trace/ring_buffer.c, Linux 7.2.
 */
import { HOST_IS_LITTLE, TWO_32 } from '../base/words.js';
import type { IssueLog } from '../events/issues.js';
import type { PageLayout } from '../tep/page.js';
import {
  COMMIT_LENGTH_MASK,
  deltaOfWord,
  EXTEND_SCALE,
  MISSING_EVENTS,
  MISSING_STORED,
  TYPE_PADDING,
  TYPE_TIME_EXTEND,
  TYPE_TIME_STAMP,
  typeOfWord,
  wholeWords,
} from './ringBuffer.js';

/** Where the sub-buffers of one CPU come from, a piece of whole pages at a time. */
export interface PageSource {
  readonly bytes: Uint8Array;
  /** Place of bytes[0] in the address space of `at`. */
  readonly at: number;
  /** Bytes before the piece, or behind the last one, could not be had. Cleared by who takes note. */
  lost: boolean;
  /** Loads the next piece; false when there is none. */
  next(): boolean;
}

export class CpuStream {
  /** Ticks since the trace's base tick of the current record. */
  ts = 0;
  /** The current record's data: view[start, end), from common_type on. */
  start = 0;
  end = 0;
  view: DataView = new DataView(new ArrayBuffer(0));
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes as words, where they are little-endian and aligned; else empty. */
  words: Uint32Array = new Uint32Array(0);
  /** Place of view's byte 0 in the address space of `at`. */
  at = 0;
  /**
   * Events missing before the current record: -1 none, 0 unknown how many, else their number. Taken by the
   * reader.
   */
  missing = -1;
  /** Sum of the missing counts of this CPU; Infinity when one was unknown. */
  missingTotal = 0;
  /** Identity of the last thread and its name, so that a run of one thread's events looks neither up. */
  lastTid = -1;
  lastComm = 0;
  lastTgid = -1;
  /** Time of the last row, to see a clock that jumps back. */
  lastTs = -Infinity;
  /** Events so far. */
  events = 0;
  /** Row of this CPU's first event, -1 before it. */
  firstRow = -1;
  /** Row of this CPU's last event, -1 before the first. */
  lastRow = -1;
  private position = 0;
  private pageEnd = 0;
  private nextPage = 0;
  /** True while the page at hand ends before its data does. */
  private cutPage = false;

  /** `baseHi`, `baseLo` are the words of the tick that `ts` counts from. */
  constructor(
    readonly cpu: number,
    private readonly pieces: PageSource,
    private readonly pageSize: number,
    private readonly layout: PageLayout,
    private readonly little: boolean,
    private readonly baseHi: number,
    private readonly baseLo: number,
    private readonly issues: IssueLog,
  ) {
    // The first piece is there already when its stamp was needed to choose the base.
    if (pieces.bytes.length === 0) return;
    if (pieces.lost) this.noteMissing(0);
    pieces.lost = false;
    this.adoptPiece();
  }

  /** Opens the next page for a kernel, which walks through it by itself; false where there is none. */
  toNextPage(): boolean {
    // What there was of this one is read, or cannot be.
    this.position = this.pageEnd;
    return this.openPage();
  }

  /** The kernel came to a record that cannot be one. */
  noteBad(p: number): void {
    this.bad(p);
  }

  /** What of the page is not read yet: bytes [unread, unreadEnd). */
  get unread(): number {
    return this.position;
  }
  get unreadEnd(): number {
    return this.pageEnd;
  }

  /** Goes on with another page of the piece at hand, whose first byte is this one. */
  startAt(page: number): void {
    this.position = this.pageEnd = 0;
    this.nextPage = page;
  }

  /** Steps to the next data record; false at the end of the recording. */
  advance(): boolean {
    for (;;) {
      while (this.position < this.pageEnd) {
        if (!this.step()) continue;
        this.events++;
        return true;
      }
      if (!this.openPage()) return false;
    }
  }

  /** Reads one record at the position and passes it; true when it is data. */
  private step(): boolean {
    const view = this.view;
    const little = this.little;
    const p = this.position;
    if (p + 4 > this.pageEnd) return this.bad(p);
    const word = this.words.length > 0 && (p & 3) === 0 ? this.words[p >> 2]! : view.getUint32(p, little);
    const type = typeOfWord(word, little);
    const delta = deltaOfWord(word, little);
    if (type > 0 && type < TYPE_PADDING) {
      const end = p + 4 + type * 4;
      if (end > this.pageEnd) return this.bad(p);
      this.ts += delta;
      this.start = p + 4;
      this.end = end;
      this.position = end;
      return true;
    }
    if (type === TYPE_PADDING && delta === 0) {
      this.position = this.pageEnd;
      return false;
    }
    if (p + 8 > this.pageEnd) return this.bad(p);
    const extra = view.getUint32(p + 4, little);
    this.position = p + 8;
    if (type === TYPE_TIME_EXTEND) {
      this.ts += extra * EXTEND_SCALE + delta;
    } else if (type === TYPE_TIME_STAMP) {
      this.absolute(extra, delta);
    } else {
      // Data of more than 112 bytes, or a discarded record: `extra` is the length, its own word included.
      if (extra < 4 || extra > this.pageEnd - p - 4) return this.bad(p);
      this.ts += delta;
      this.position = p + 4 + wholeWords(extra);
      if (this.position > this.pageEnd) this.position = this.pageEnd;
      if (type === 0 && extra > 4) {
        this.start = p + 8;
        this.end = p + 4 + extra;
        return true;
      }
    }
    return false;
  }

  /** An absolute stamp has 59 bits; the upper five are those of the time before it. */
  absolute(extra: number, delta: number): void {
    const now = this.ts + this.baseLo;
    const hiNow = this.baseHi + Math.floor(now / TWO_32);
    const lo = ((extra << 27) | delta) >>> 0;
    const hi = (extra >>> 5) + (hiNow >= 0 ? (hiNow & 0xf8000000) >>> 0 : 0);
    this.ts = (hi - this.baseHi) * TWO_32 + (lo - this.baseLo);
  }

  private bad(p: number): boolean {
    this.issues.add('bad-record', this.at + p, 0, `CPU ${this.cpu}`);
    this.position = this.pageEnd;
    // What the rest of the page held is gone.
    this.noteMissing(0);
    return false;
  }

  private noteMissing(count: number): void {
    this.missing = this.missing === 0 || count === 0 ? 0 : Math.max(this.missing, 0) + count;
    this.missingTotal = count === 0 ? Infinity : this.missingTotal + count;
  }

  private adoptPiece(): void {
    this.bytes = this.pieces.bytes;
    this.at = this.pieces.at;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    const byWords = this.little && HOST_IS_LITTLE && this.bytes.byteOffset % 4 === 0;
    this.words = byWords
      ? new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength >> 2)
      : new Uint32Array(0);
    this.nextPage = 0;
  }

  private openPage(): boolean {
    if (this.cutPage) {
      this.cutPage = false;
      this.noteMissing(0);
    }
    while (this.nextPage >= this.bytes.length) {
      const more = this.pieces.next();
      if (this.pieces.lost) {
        this.pieces.lost = false;
        this.noteMissing(0);
      }
      if (!more) return false;
      this.adoptPiece();
    }
    const { commitOffset, commitSize, dataOffset } = this.layout;
    const page = this.nextPage;
    this.nextPage += this.pageSize;
    const limit = Math.min(this.nextPage, this.bytes.length);
    if (page + dataOffset > limit) {
      this.issues.add('torn-tail', this.at + page, 0, `CPU ${this.cpu}`);
      this.noteMissing(0);
      return true;
    }
    const little = this.little;
    const hi = this.view.getUint32(little ? page + 4 : page, little);
    const lo = this.view.getUint32(little ? page : page + 4, little);
    this.ts = (hi - this.baseHi) * TWO_32 + (lo - this.baseLo);
    // The flags are in the low word of the long.
    const flags = this.view.getUint32(page + commitOffset + (commitSize === 8 && !little ? 4 : 0), little);
    const length = flags & COMMIT_LENGTH_MASK;
    this.position = page + dataOffset;
    this.pageEnd = this.position + length;
    if (this.pageEnd > limit) {
      const torn = limit < this.nextPage;
      this.issues.add(
        torn ? 'torn-tail' : 'bad-record',
        this.at + page,
        0,
        `${length} bytes in a page of CPU ${this.cpu}`,
      );
      this.pageEnd = limit;
      this.cutPage = true;
    }
    if ((flags & MISSING_EVENTS) !== 0) {
      const stored = (flags & MISSING_STORED) !== 0 && this.pageEnd + commitSize <= limit;
      this.noteMissing(
        stored ? this.view.getUint32(this.pageEnd + (commitSize === 8 && !little ? 4 : 0), little) : 0,
      );
    }
    return true;
  }
}

/** The timestamp of the first page in `bytes`, undefined when it is too short. */
export function firstStamp(bytes: Uint8Array, bigEndian: boolean): bigint | undefined {
  if (bytes.length < 8) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, !bigEndian);
}
