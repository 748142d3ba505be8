/** A recording of the ring buffers' pages, which becomes a trace.dat when all of it is there. */
import fs from 'node:fs';
import type { RecordLog } from '../../recorder/control.js';
import { FrameReader } from '../../recorder/frames.js';
import { eventsIn, pageShape, type PageShape } from '../../recorder/pageEvents.js';
import { traceDatHead } from '../../recorder/traceDat.js';
import { PRODUCER } from '../version.js';
import { writeAll } from '../writeAll.js';
import { makeNew, type Kept } from './traceFile.js';

/** Where pages lie until the end: a trace.dat has those of one CPU after the other. */
const PAGES_SUFFIX = '.pages';
const COPY_BYTES = 1 << 20;

/** A run of pages in the file of pages. */
interface Run {
  readonly at: number;
  length: number;
}

export class RawFile implements Kept {
  bytes = 0;
  events = 0;
  readonly letGo = 0;
  readonly letGoBytes = 0;
  private readonly fd: number;
  private readonly pagesPath: string;
  private readonly pagesFd: number;
  /** By CPU. */
  private readonly runs: Run[][] = [];
  private pagesBytes = 0;
  private readonly files = new Map<string, Uint8Array>();
  private readonly frames = new FrameReader({
    pages: (cpu, bytes) => this.pages(cpu, bytes),
    file: (name, text) => this.files.set(name, text),
  });
  private shape: PageShape | undefined;
  /** The page at hand, as far as it has come. */
  private page = new Uint8Array(0);
  private filled = 0;

  /** Makes both files; one that is there stays as it is, and InputError says so. */
  constructor(readonly path: string) {
    this.fd = makeNew(path);
    this.pagesPath = `${path}${PAGES_SUFFIX}`;
    try {
      this.pagesFd = makeNew(this.pagesPath, 'wx+');
    } catch (error) {
      fs.closeSync(this.fd);
      fs.rmSync(path);
      throw error;
    }
  }

  write(bytes: Uint8Array): void {
    this.frames.take(bytes);
  }

  /** Writes the trace.dat; gives what is wrong with it, a sentence each. */
  finish(log: RecordLog): readonly string[] {
    if (this.events === 0 || this.shape === undefined) return [];
    const sizes = Array.from(this.runs, (runs = []) => runs.reduce((sum, { length }) => sum + length, 0));
    const head = traceDatHead(log, this.files, this.shape, sizes, PRODUCER);
    try {
      writeAll(this.fd, head);
      const buffer = new Uint8Array(COPY_BYTES);
      for (const run of this.runs.flat()) this.copy(run, buffer);
    } catch (error) {
      // Half of it would be taken for a trace; it is removed.
      fs.ftruncateSync(this.fd, 0);
      return [`The trace could not be written: ${error instanceof Error ? error.message : String(error)}`];
    }
    this.bytes = fs.fstatSync(this.fd).size;
    const isWhole = this.frames.isWhole && this.filled === 0 && this.files.has('header_event');
    return isWhole ? [] : ['The pages of the ring buffers broke off.'];
  }

  /** Closes it; an empty one is removed. */
  close(): void {
    fs.closeSync(this.pagesFd);
    fs.rmSync(this.pagesPath);
    fs.closeSync(this.fd);
    if (this.bytes === 0) fs.rmSync(this.path);
  }

  private pages(cpu: number, bytes: Uint8Array): void {
    this.shape ??= pageShape(new TextDecoder().decode(this.files.get('header_page')));
    if (!this.shape) throw new Error('the host did not say how its pages are laid out');
    writeAll(this.pagesFd, bytes);
    const runs = this.runs[cpu] ?? [];
    this.runs[cpu] = runs;
    const last = runs[runs.length - 1];
    if (last && last.at + last.length === this.pagesBytes) last.length += bytes.length;
    else runs.push({ at: this.pagesBytes, length: bytes.length });
    this.pagesBytes += bytes.length;
    this.count(bytes, this.shape);
  }

  private count(bytes: Uint8Array, shape: PageShape): void {
    if (this.page.length !== shape.bytes) this.page = new Uint8Array(shape.bytes);
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + shape.bytes - this.filled);
      this.page.set(piece, this.filled);
      this.filled += piece.length;
      at += piece.length;
      if (this.filled < shape.bytes) return;
      this.events += eventsIn(this.page, shape);
      this.filled = 0;
    }
  }

  private copy({ at, length }: Run, buffer: Uint8Array): void {
    for (let done = 0; done < length; ) {
      const got = fs.readSync(this.pagesFd, buffer, 0, Math.min(buffer.length, length - done), at + done);
      if (got === 0) throw new Error('the pages that were kept are gone');
      writeAll(this.fd, buffer, 0, got);
      done += got;
    }
  }
}
