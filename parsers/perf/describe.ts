/**
 * One row of a perf.data again, as its format prints it. Records of a compressed trace are decompressed
 * again.
 */
import type { ByteSink } from '../base/byteSink.js';
import type { ByteSource } from '../base/source.js';
import { Spooling, type OpenSpool } from '../base/spool.js';
import type { EventTable } from '../events/table.js';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from '../events/segment.js';
import { IssueLog } from '../events/issues.js';
import { EventPrinter } from '../tep/printfmt.js';
import type { RecordBytes } from '../tep/record.js';
import type { EventFormat } from '../tep/tep.js';
import type { EventPart, EventText, OpenTrace, ReadOptions } from '../reader.js';
import { chainStart, rawStart, RECORD_COMPRESSED, RECORD_COMPRESSED2, RECORD_HEADER_BYTES } from './abi.js';
import type { PerfInfo } from './container.js';
import { Feed } from './feed.js';
import { inflatePieces } from './inflate.js';
import { compressedBody, skippedAfter } from './records.js';

/** A record's size has 16 bits. */
const BLOCK_BYTES = 1 << 17;
const BLOCKS_KEPT = 256;
const READ_BYTES = 1 << 20;
/**
 * Decompressed bytes kept behind the furthest that was asked for: rows in time order lie within a few rounds.
 */
const WINDOW_BYTES = 48 << 20;

/** Where the rows' records lie in the file, and in the decompressed stream where they are compressed. */
export interface RecordPositions {
  readonly start: number;
  readonly end: number;
  /**
   * By segment: position in the decompressed stream by row; -1 for a record that lies in the file as it is.
   */
  readonly ofRow: readonly Float64Array[];
}

/** Puts the table and the way back to its source together. */
export function openPerfTrace(
  table: EventTable,
  source: ByteSource,
  info: PerfInfo,
  positions: RecordPositions,
  options: ReadOptions,
): OpenTrace {
  const formats = new Map<number, EventFormat>();
  for (const format of info.tracing?.formats ?? [])
    if (!formats.has(format.id)) formats.set(format.id, format);
  const printers = new Map<number, EventPrinter>();
  const stream = new StreamWindow(source, positions, !info.bigEndian, options);
  const blocks = new Blocks(source);
  const rawAt = (row: number): RecordBytes | undefined => {
    const record = recordOf(table, row, blocks, positions, stream, info);
    return record && rawOf(record, info);
  };
  const printerOf = ({ bytes, start }: RecordBytes): EventPrinter | undefined => {
    const id = info.bigEndian
      ? (bytes[start]! << 8) | bytes[start + 1]!
      : bytes[start]! | (bytes[start + 1]! << 8);
    const known = printers.get(id);
    const format = known ? undefined : formats.get(id);
    if (!format) return known;
    const printer = new EventPrinter(format, info.context);
    printers.set(id, printer);
    return printer;
  };
  const describe = (row: number, part?: EventPart): EventText => {
    const name = table.name(row);
    const raw = rawAt(row);
    const printer = raw && printerOf(raw);
    if (!printer) return { name, fields: [], text: '' };
    return {
      name,
      fields: part === 'text' ? [] : printer.fields(raw),
      text: part === 'fields' ? '' : printer.text(raw),
    };
  };
  const writeText = (row: number, sink: ByteSink): boolean => {
    const raw = rawAt(row);
    return raw !== undefined && printerOf(raw)?.write(raw, sink) === true;
  };
  return {
    table,
    describe,
    writeText,
    symbolOf: (address) => info.context.symbols()?.lookup(address),
    recordPlaces: () => positions.ofRow,
    spoolInto: (open) => stream.spoolInto(open),
  };
}

/** The bytes of a row's record, whole; undefined when they are no longer there. */
function recordOf(
  table: EventTable,
  row: number,
  blocks: Blocks,
  positions: RecordPositions,
  stream: StreamWindow,
  info: PerfInfo,
): Uint8Array | undefined {
  const position = positions.ofRow[row >>> SEGMENT_SHIFT]?.[row & (SEGMENT_ROWS - 1)] ?? -1;
  const from = position >= 0 ? stream : blocks;
  const at = position >= 0 ? position : table.at(row);
  const head = from.read(at, RECORD_HEADER_BYTES);
  if (!head || head.length < RECORD_HEADER_BYTES) return undefined;
  const size = info.bigEndian ? (head[6]! << 8) | head[7]! : head[6]! | (head[7]! << 8);
  const record = size >= RECORD_HEADER_BYTES ? from.read(at, size) : undefined;
  return record?.length === size ? record : undefined;
}

/** Blocks of the file that were read last: rows in time order lie in as many places as there are buffers. */
class Blocks {
  private readonly kept = new Map<number, Uint8Array>();

  constructor(private readonly source: ByteSource) {}

  /** Bytes from `at` on, fewer at the end of the file. */
  read(at: number, length: number): Uint8Array {
    const first = Math.floor(at / BLOCK_BYTES);
    const start = at - first * BLOCK_BYTES;
    const block = this.block(first);
    if (start + length <= block.length || block.length < BLOCK_BYTES)
      return block.subarray(start, start + length);
    const head = block.subarray(start);
    const out = new Uint8Array(length);
    out.set(head);
    // A record is shorter than a block, so it lies in two at most.
    const rest = this.block(first + 1).subarray(0, length - head.length);
    out.set(rest, head.length);
    return out.subarray(0, head.length + rest.length);
  }

  private block(index: number): Uint8Array {
    let block = this.kept.get(index);
    if (!block) {
      block = this.source.read(index * BLOCK_BYTES, BLOCK_BYTES).slice();
      this.kept.set(index, block);
      for (const oldest of this.kept.keys()) {
        if (this.kept.size <= BLOCKS_KEPT) break;
        this.kept.delete(oldest);
      }
    }
    return block;
  }
}

/** The sample's raw data: the tracepoint's own record. */
function rawOf(record: Uint8Array, info: PerfInfo): RecordBytes | undefined {
  const little = !info.bigEndian;
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const layout = info.layoutOf(view, 0, record.length);
  if (!layout?.hasRaw || layout.rest > record.length) return undefined;
  const raw = rawStart(
    view,
    chainStart(view, 0, record.length, layout, little),
    record.length,
    layout,
    little,
  );
  if (raw + 6 > record.length) return undefined;
  const end = raw + 4 + view.getUint32(raw, little);
  return end > record.length || end < raw + 6 ? undefined : { bytes: record, start: raw + 4, end };
}

/**
 * A window on the decompressed stream that moves forward as it is read, and starts over when asked for what
 * it passed.
 */
class StreamWindow {
  private pieces: { at: number; bytes: Uint8Array }[] = [];
  private held = 0;
  private next = 0;
  private output: Generator<Uint8Array> | undefined;
  /** Where all of it is, or is being put. */
  private spooling: Spooling | undefined;

  constructor(
    private readonly source: ByteSource,
    private readonly positions: RecordPositions,
    private readonly little: boolean,
    private readonly options: ReadOptions,
  ) {}

  /** `length` bytes from `position` on, fewer where the stream ends before; undefined beyond its end. */
  read(position: number, length: number): Uint8Array | undefined {
    const spooled = this.spooling?.read(position, length);
    if (spooled) return spooled.length > 0 ? spooled : undefined;
    this.spooling = undefined;
    if (!this.output || position < (this.pieces[0]?.at ?? 0)) this.restart();
    while (this.next < position + length && this.advance());
    let low = 0;
    for (let high = this.pieces.length; high - low > 1; ) {
      const mid = (low + high) >>> 1;
      if (this.pieces[mid]!.at <= position) low = mid;
      else high = mid;
    }
    const first = this.pieces[low];
    if (!first || position < first.at || position >= this.next) return undefined;
    const start = position - first.at;
    return start + length <= first.bytes.length
      ? first.bytes.subarray(start, start + length)
      : this.join(low, position, length);
  }

  /** Puts all of the stream elsewhere, in steps, between which it may be read. */
  *spoolInto(open: OpenSpool): Generator<undefined, void> {
    const isStream = this.positions.ofRow.some((places) => places.some((place) => place >= 0));
    const spool = isStream && !this.spooling ? open() : undefined;
    if (!spool) return;
    const spooling = new Spooling(spool, this.inflated());
    this.spooling = spooling;
    if (yield* spooling.rest(() => this.spooling === spooling)) this.restart();
    else if (this.spooling === spooling) this.spooling = undefined;
  }

  private join(from: number, position: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    let have = 0;
    for (let i = from; i < this.pieces.length && have < length; i++) {
      const piece = this.pieces[i]!;
      const part = piece.bytes.subarray(Math.max(0, position - piece.at)).subarray(0, length - have);
      out.set(part, have);
      have += part.length;
    }
    return out.subarray(0, have);
  }

  private restart(): void {
    this.output?.return(undefined);
    this.pieces = [];
    this.held = this.next = 0;
    this.output = this.inflated();
  }

  private inflated(): Generator<Uint8Array> {
    return inflatePieces(this.compressed(), this.options, new IssueLog(), () => 0);
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
      if (type !== RECORD_COMPRESSED && type !== RECORD_COMPRESSED2)
        return skippedAfter(chunk, offset, type, size, this.little);
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
