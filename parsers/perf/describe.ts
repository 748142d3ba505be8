/** One row of a perf.data again, as its format prints it. Records of a compressed trace are decompressed again. */
import type { ByteSource } from '../base/source.js';
import { SEGMENT_ROWS, SEGMENT_SHIFT, type EventTable } from '../events/table.js';
import { IssueLog } from '../events/issues.js';
import { EventPrinter } from '../format/printfmt.js';
import type { RecordBytes } from '../format/record.js';
import type { EventFormat } from '../format/tep.js';
import type { EventText, OpenTrace, ReadOptions } from '../reader.js';
import { chainStart, rawStart, RECORD_COMPRESSED, RECORD_COMPRESSED2 } from './abi.js';
import type { PerfInfo } from './container.js';
import { Feed } from './feed.js';
import { inflatePieces } from './inflate.js';
import { compressedBody, skippedAfter } from './records.js';

const RECORD_MAX = 1 << 16;
const READ_BYTES = 1 << 20;
/** Decompressed bytes kept behind the furthest that was asked for: rows in time order lie within a few rounds. */
const WINDOW_BYTES = 48 << 20;

/** Where the rows' records lie in the file, and in the decompressed stream where they are compressed. */
export interface RecordPositions {
  readonly start: number;
  readonly end: number;
  /** By segment: position in the decompressed stream by row; -1 for a record that lies in the file as it is. */
  readonly ofRow: readonly Float64Array[];
}

/** Puts the table and the way back to its source together. */
export function openPerfTrace(
  table: EventTable, source: ByteSource, info: PerfInfo, positions: RecordPositions, options: ReadOptions,
): OpenTrace {
  const formats = new Map<number, EventFormat>();
  for (const format of info.tracing?.formats ?? []) if (!formats.has(format.id)) formats.set(format.id, format);
  const printers = new Map<number, EventPrinter>();
  const stream = new StreamWindow(source, positions, !info.bigEndian, options);
  const describe = (row: number): EventText => {
    const name = table.name(row);
    const record = recordOf(table, row, source, positions, stream, info);
    const raw = record && rawOf(record, info);
    if (!raw) return { name, fields: [], text: '' };
    const id = new DataView(raw.bytes.buffer, raw.bytes.byteOffset).getUint16(raw.start, !info.bigEndian);
    const format = formats.get(id);
    if (!format) return { name, fields: [], text: '' };
    let printer = printers.get(id);
    if (!printer) printers.set(id, (printer = new EventPrinter(format, info.context)));
    return { name, fields: printer.fields(raw), text: printer.text(raw) };
  };
  return { table, describe, symbolOf: (address) => info.context.symbols()?.lookup(address) };
}

/** The bytes of a row's record, whole; undefined when they are no longer there. */
function recordOf(
  table: EventTable, row: number, source: ByteSource, positions: RecordPositions, stream: StreamWindow, info: PerfInfo,
): Uint8Array | undefined {
  const position = positions.ofRow[row >>> SEGMENT_SHIFT]?.[row & (SEGMENT_ROWS - 1)] ?? -1;
  const bytes = position >= 0 ? stream.read(position) : source.read(table.at(row), RECORD_MAX);
  if (!bytes || bytes.length < 8) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset, 8).getUint16(6, !info.bigEndian);
  return size >= 8 && size <= bytes.length ? bytes.subarray(0, size) : undefined;
}

/** The sample's raw data: the tracepoint's own record. */
function rawOf(record: Uint8Array, info: PerfInfo): RecordBytes | undefined {
  const little = !info.bigEndian;
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const layout = info.layoutOf(view, 0, record.length);
  if (!layout || !layout.hasRaw || layout.rest > record.length) return undefined;
  const raw = rawStart(view, chainStart(view, 0, record.length, layout, little), record.length, layout, little);
  if (raw + 6 > record.length) return undefined;
  const end = raw + 4 + view.getUint32(raw, little);
  return end > record.length || end < raw + 6 ? undefined : { bytes: record, start: raw + 4, end };
}

/** A window on the decompressed stream that moves forward as it is read, and starts over when asked for what it passed. */
class StreamWindow {
  private pieces: { at: number; bytes: Uint8Array }[] = [];
  private held = 0;
  private next = 0;
  private output: Generator<Uint8Array> | undefined;

  constructor(
    private readonly source: ByteSource, private readonly positions: RecordPositions, private readonly little: boolean,
    private readonly options: ReadOptions,
  ) {}

  /** Bytes from `position` on, at least one record's unless the stream ends before; undefined beyond the stream's end. */
  read(position: number): Uint8Array | undefined {
    if (!this.output || position < (this.pieces[0]?.at ?? 0)) this.restart();
    while (this.next < position + RECORD_MAX && this.advance());
    let low = 0;
    for (let high = this.pieces.length; high - low > 1; ) {
      const mid = (low + high) >>> 1;
      if (this.pieces[mid]!.at <= position) low = mid;
      else high = mid;
    }
    const first = this.pieces[low];
    if (!first || position < first.at || position >= this.next) return undefined;
    const head = first.bytes.subarray(position - first.at);
    return head.length >= RECORD_MAX ? head : this.join(low, position);
  }

  private join(from: number, position: number): Uint8Array {
    const out = new Uint8Array(RECORD_MAX);
    let have = 0;
    for (let i = from; i < this.pieces.length && have < RECORD_MAX; i++) {
      const piece = this.pieces[i]!;
      const part = piece.bytes.subarray(Math.max(0, position - piece.at)).subarray(0, RECORD_MAX - have);
      out.set(part, have);
      have += part.length;
    }
    return out.subarray(0, have);
  }

  private restart(): void {
    this.pieces = [];
    this.held = this.next = 0;
    this.output = inflatePieces(this.compressed(), this.options, new IssueLog(), () => 0);
  }

  private advance(): boolean {
    const next = this.output!.next();
    if (next.done) return false;
    this.pieces.push({ at: this.next, bytes: next.value });
    this.next += next.value.length;
    this.held += next.value.length;
    while (this.held > WINDOW_BYTES && this.pieces.length > 1) this.held -= this.pieces.shift()!.bytes.length;
    return true;
  }

  /** The compressed pieces of the file, in order. */
  private *compressed(): Generator<Uint8Array> {
    let found: Uint8Array | undefined;
    const feed: Feed = new Feed(this.positions.start, this.little, (chunk, offset, type, size) => {
      if (type !== RECORD_COMPRESSED && type !== RECORD_COMPRESSED2) return skippedAfter(chunk, offset, type, size, this.little);
      found = compressedBody(chunk, offset, type, size, this.little);
      feed.pause();
      return 0;
    });
    for (let at = this.positions.start; at < this.positions.end && !feed.stopped; ) {
      const bytes = this.source.read(at, Math.min(READ_BYTES, this.positions.end - at));
      if (bytes.length === 0) return;
      at += bytes.length;
      feed.append(bytes.slice(), -1);
      while (found) {
        yield found;
        found = undefined;
        feed.resume();
      }
    }
  }
}
