/** A long text that is shown to an onlooker now and then while it is read: at ends of lines, and seldom. */
import { Ascii } from './base/ascii.js';
import { copyOf } from './base/copy.js';
import { limitMetBy } from './base/limits.js';
import type { ByteSource } from './base/source.js';
import type { TextReader } from './base/textSource.js';
import { AGAIN, SHOWN_PART } from './events/shownRows.js';
import type { EventTable, TableGrowth } from './events/table.js';
import type { EventLinesReader } from './events/textreader.js';

/** Bytes of a text that are read, and judged, in a tenth of a second. */
const FIRST_BYTES = 2 << 20;

/** What was read of a text that goes on. */
export interface TextSoFar extends Omit<TableGrowth, 'goesOn'> {
  readonly table: EventTable;
}

/**
 * The table of what a reader has read, which goes on after that. To end it is to say what holds of the end of
 * a text, which is not where it ends next time: so a copy is ended, whose rows are the reader's own.
 */
export function tableSoFar(reader: EventLinesReader): TextSoFar {
  const { builder } = reader;
  const ended = copyOf(reader, reader.sharedWithCopy?.() ?? builder.sharedWithCopy());
  const table = ended.finish();
  // What the end disowned may be a row that both have.
  const isLasting = ended.builder.disowned === builder.disowned;
  return { table, segments: table.segments, lastingRows: isLasting ? builder.length : -1 };
}

/** Passes on what is read. */
export class ShownText implements TextReader {
  private at = 0;

  constructor(
    private readonly reader: EventLinesReader,
    private readonly show: (table: EventTable) => void,
    private readonly source: Pick<ByteSource, 'size' | 'likelySize'>,
    private next = FIRST_BYTES,
  ) {}

  get room(): Uint8Array | undefined {
    return this.reader.room;
  }

  push(chunk: Uint8Array): void {
    this.at += chunk.length;
    const end = this.at < this.next ? 0 : chunk.lastIndexOf(Ascii.Newline) + 1;
    if (end === 0) {
      this.reader.push(chunk);
      return;
    }
    // A copy: who is shown the text may read its source, whose bytes are valid until then only.
    const rest = chunk.slice(end);
    this.reader.push(chunk.subarray(0, end));
    const size = this.source.likelySize ?? this.source.size;
    this.next = this.at * AGAIN <= size * SHOWN_PART ? this.at * AGAIN : Infinity;
    // What has no room for a look may still have room for the rest of the text.
    if (limitMetBy(() => this.showNow()) !== undefined) this.next = Infinity;
    if (rest.length > 0) this.reader.push(rest);
  }

  /** An event that the next line may go on with is not shown: what it says is not known yet. */
  private showNow(): void {
    const { table, lastingRows } = tableSoFar(this.reader);
    if (lastingRows === table.length) this.show(table);
  }

  sourceShrank(offset: number): void {
    this.reader.sourceShrank(offset);
  }

  limitMet(limit: string): void {
    this.reader.limitMet(limit);
  }
}
