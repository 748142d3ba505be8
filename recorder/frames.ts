/**
 * What a raw recording's output is: runs of pages and small files, each behind a line that says what it
 * is and how long (see hostRaw.ts). It comes from a host that nobody vouches for: lengths and counts are
 * bounded, and what is not as the script writes it ends the reading.
 */
import { joinBytes } from '../parsers/base/bytes.js';

/** Who takes what comes; bytes are valid until it returns. */
export interface FrameTaker {
  /** Bytes of a CPU's pages, in their order; a page may come in pieces. */
  pages(cpu: number, bytes: Uint8Array): void;
  file(name: string, text: Uint8Array): void;
}

const HEAD = /^@shimtrace [0-9a-f]+ (pages|file) (\S{1,200}) (\d{1,12})$/;
const HEAD_MAX = 300;
const CPU_MAX = 65534;
const RUN_MAX = 1 << 30;
const FILES_MAX = 8192;
const FILE_BYTES_MAX = 64 << 20;
const NEWLINE = 10;

/** Takes pieces as they come. Throws where they are not what the script writes. */
export class FrameReader {
  private head = '';
  /** What is left of the frame at hand. */
  private left = 0;
  private cpu = -1;
  private name = '';
  private pieces: Uint8Array[] = [];
  private files = 0;
  private fileBytes = 0;

  constructor(private readonly taker: FrameTaker) {}

  /** True between two frames. */
  get isWhole(): boolean {
    return this.left === 0 && this.head === '';
  }

  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.left > 0 ? this.body(bytes, at) : this.line(bytes, at);
  }

  /** Takes what belongs to the frame at hand; gives the place behind it. */
  private body(bytes: Uint8Array, at: number): number {
    const piece = bytes.subarray(at, at + this.left);
    this.left -= piece.length;
    if (this.name === '') this.taker.pages(this.cpu, piece);
    else {
      this.pieces.push(piece.slice());
      if (this.left === 0) this.endFile();
    }
    return at + piece.length;
  }

  private line(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(NEWLINE, at);
    const until = end < 0 ? bytes.length : end;
    this.head += String.fromCharCode(...bytes.subarray(at, Math.min(until, at + HEAD_MAX)));
    if (this.head.length > HEAD_MAX) throw new Error('the host sent what is no page of a ring buffer');
    if (end < 0) return until;
    this.begin(this.head);
    this.head = '';
    return end + 1;
  }

  private begin(line: string): void {
    const [, what, name = '', size = ''] = HEAD.exec(line) ?? [];
    this.left = Number(size);
    if (what === 'pages') {
      this.cpu = /^\d{1,5}$/.test(name) ? Number(name) : CPU_MAX + 1;
      this.name = '';
      if (this.cpu <= CPU_MAX && this.left <= RUN_MAX) return;
    } else if (what === 'file') {
      this.name = name;
      this.files++;
      this.fileBytes += this.left;
      if (this.files > FILES_MAX || this.fileBytes > FILE_BYTES_MAX)
        throw new Error('the host sent more descriptions of events than any kernel has');
      if (this.left === 0) this.endFile();
      return;
    }
    throw new Error('the host sent what is no page of a ring buffer');
  }

  private endFile(): void {
    const text = joinBytes(this.pieces);
    this.pieces = [];
    this.taker.file(this.name, text);
  }
}
