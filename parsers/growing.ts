/**
 * A file that is read again and again while it grows. Of a text the reader is kept, and reads on where it was
 * as long as nothing speaks against it; it is the reader of a fresh reading of the same bytes, so that its
 * table is that reading's table.
 */
import type { ByteSource } from './base/source.js';
import { pushSource, type TextReader } from './base/textSource.js';
import type { TableGrowth } from './events/table.js';
import type { EventLinesReader } from './events/textreader.js';
import {
  kernelFor,
  type Grown,
  type LineFormat,
  type OpenTrace,
  type ReadOptions,
  type TraceFormat,
} from './reader.js';
import { Samples } from './samples.js';
import { tableSoFar } from './shownText.js';

/**
 * What lies between the samples is believed to be unchanged, but not for ever: of a file that has grown to so
 * many times what it was when that was last looked at, all bytes are compared, by their sum. All in all, that
 * reads them twice, and takes the lines apart once.
 */
const COMPARED_AGAIN = 2;

/** Where a reading began. */
export interface ReadFrom {
  /** Byte of the file; 0 where all of it was read. */
  readonly offset: number;
  /** Why all of it was read; '' where it was not. */
  readonly why: string;
}

interface Kept {
  readonly format: TraceFormat;
  readonly reader: EventLinesReader;
  readonly samples: Samples;
  /** Bytes that were read, and how many there were when all were compared. */
  readonly size: number;
  readonly comparedSize: number;
}

export class Growing implements Grown {
  /** Where the last reading began. */
  from: ReadFrom = { offset: 0, why: 'first' };
  /** What came of it; undefined where that is no table that could go on. */
  table: TableGrowth | undefined;
  private kept: Kept | undefined;
  /** What was kept of the look before, while this one goes on. */
  private before: Kept | undefined;

  begin(): void {
    this.before = this.kept;
    this.kept = undefined;
    this.from = { offset: 0, why: 'compressed, or no trace' };
    this.table = undefined;
  }

  /**
   * Reads a source, which is the file as it is now. The table of the reading before must not be used any
   * more: it shares its rows.
   */
  read(format: TraceFormat, source: ByteSource, options: ReadOptions): OpenTrace {
    const kept = this.before;
    const why = kept ? whyWhole(kept, format, source) : 'first';
    this.from = { offset: kept && why === '' ? kept.size : 0, why: format.lines ? why : 'no text' };
    if (!format.lines) return format.read(source, options);
    return this.readOn(format, format.lines, kept && why === '' ? kept : undefined, source, options);
  }

  private readOn(
    format: TraceFormat,
    lines: LineFormat,
    kept: Kept | undefined,
    source: ByteSource,
    options: ReadOptions,
  ): OpenTrace {
    const from = kept?.size ?? 0;
    const reader = kept?.reader ?? lines.reader(kernelFor(source, options));
    const tap = new Tap(reader, kept?.samples ?? new Samples(), from);
    pushSource(source, tap, options, from);
    if (tap.isDoubted || tap.at !== source.size) return lines.open(source, reader.finish());
    const { table, segments, lastingRows } = tableSoFar(reader);
    this.table = { goesOn: kept !== undefined, segments, lastingRows };
    if (lastingRows >= 0)
      this.kept = {
        format,
        reader,
        samples: tap.samples,
        size: source.size,
        comparedSize: kept && !isToBeCompared(kept, source) ? kept.comparedSize : source.size,
      };
    return lines.open(source, table);
  }
}

/** Why a source is not what was kept of it, and more; '' where it is. */
function whyWhole(kept: Kept, format: TraceFormat, source: ByteSource): string {
  if (format !== kept.format) return 'another format';
  if (source.size < kept.size) return 'shorter than before';
  if (source.size === kept.size) return 'as long as before';
  const { samples } = kept;
  const isSame = samples.areIn(source) && (!isToBeCompared(kept, source) || samples.areAllIn(source));
  return isSame ? '' : 'other bytes than before';
}

function isToBeCompared({ comparedSize }: Kept, { size }: ByteSource): boolean {
  return size >= COMPARED_AGAIN * comparedSize;
}

/** Passes on what is read, and takes samples of it. */
class Tap implements TextReader {
  /** Something in it says that it may be written again where it was read. */
  isDoubted = false;

  constructor(
    private readonly reader: TextReader,
    readonly samples: Samples,
    public at: number,
  ) {}

  push(chunk: Uint8Array): void {
    this.samples.take(this.at, chunk);
    this.at += chunk.length;
    // What was not written yet reads as zeros.
    if (chunk.includes(0)) this.isDoubted = true;
    this.reader.push(chunk);
  }

  sourceShrank(offset: number): void {
    this.isDoubted = true;
    this.reader.sourceShrank(offset);
  }

  limitMet(limit: string): void {
    this.isDoubted = true;
    this.reader.limitMet(limit);
  }
}
