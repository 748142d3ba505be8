/**
 * perf.data: what `perf record` writes, as a file or through a pipe, compressed (`-z`) or not, of either byte
 * order. Events are decoded by the format files in its own tracing data. Two streams of records: the file's,
 * and, where records are compressed, the one stream that all COMPRESSED records together hold; a record may
 * cross any of their borders. Both feed one stage that orders by time (see stage.ts).
 *
 * Producer: tools/perf/util/session.c and header.c, Linux 7.2.
 */
import type { ByteSource } from '../base/source.js';
import { SEGMENT_ROWS } from '../events/segment.js';
import { TableBuilder, type EventTable } from '../events/table.js';
import type { OpenTrace, ReadOptions, TraceFormat } from '../reader.js';
import { ShownRows } from '../events/shownRows.js';
import {
  clockName,
  RECORD_AUXTRACE,
  RECORD_COMM,
  RECORD_COMPRESSED,
  RECORD_COMPRESSED2,
  RECORD_EVENT_UPDATE,
  RECORD_EXIT,
  RECORD_FINISHED_ROUND,
  RECORD_FORK,
  RECORD_HEADER_ATTR,
  RECORD_HEADER_FEATURE,
  RECORD_LOST,
  RECORD_LOST_SAMPLES,
  RECORD_SAMPLE,
  RECORD_TRACING_DATA,
} from './abi.js';
import { PerfClock } from './clock.js';
import { PerfInfo, perfMagic, readContainer, type DataRange } from './container.js';
import { Feed, type Chunk } from './feed.js';
import { KeptBytes } from './kept.js';
import { openPerfTrace, type RecordPositions } from './describe.js';
import { aheadPieces, inflatePieces } from './inflate.js';
import { kernelFor, KernelSamples } from './kernelSamples.js';
import { readPipeAttr, readPipeFeature, readPipeName } from './pipe.js';
import { compressedBody, compressedRanges, skippedAfter } from './records.js';
import { Rows } from './rows.js';
import { Samples } from './samples.js';
import { Stacks } from './stacks.js';
import { MANY_ROWS, Stage } from './stage.js';
import { tellRecording } from './told.js';
import { Threads } from './threads.js';

const READ_BYTES = 1 << 20;
/** Of such a file many records wait. */
const LARGE_BYTES = 1 << 22;
/** Tracing data in pipe mode is kept until it is whole. */
const TRACING_LIMIT = 256 << 20;
const STOP = -1;

export const perfData: TraceFormat = {
  id: 'perf.data',
  sniff: (head) => (perfMagic(head) ? 1 : 0),
  read: readPerfData,
  again,
};

function readPerfData(source: ByteSource, options: ReadOptions): OpenTrace {
  const builder = new TableBuilder(true);
  builder.meta.format = 'perf.data';
  const magic = perfMagic(source.read(0, 8));
  const info = new PerfInfo(magic?.bigEndian ?? false, builder.issues);
  if (!magic) builder.issues.add('not-a-trace', 0, 0);
  else if (magic.version === 1)
    builder.issues.add('unsupported-version', 0, 0, 'perf.data version 1 (before Linux 3.2)');
  const range = magic?.version === 2 ? readContainer(source, info) : undefined;
  if (!range) return openPerfTrace(builder.finish(), source, info, { start: 0, end: 0, ofRow: [] }, options);
  const reader = new RecordReader(source, info, builder, range, options);
  const { onlooker } = options;
  const show = (soFar: TableBuilder): void => {
    fillMeta(soFar, info, reader);
    onlooker!.show(openPerfTrace(soFar.finish(), source, info, reader.positions, options));
  };
  reader.run(onlooker && new ShownRows(builder, () => reader.readTo / source.size, show));
  fillMeta(builder, info, reader);
  if (info.isDirectory)
    builder.issues.add(
      'unsupported-version',
      0,
      0,
      'a perf.data directory keeps its samples in data.0, data.1, …: give the output of perf script -i DIRECTORY',
    );
  else if (builder.length === 0) builder.issues.add('empty', 0, 0);
  return openPerfTrace(builder.finish(), source, info, reader.positions, options);
}

/** Only what stands before the records is read; in what a pipe wrote, formats stand among them. */
function again(
  source: ByteSource,
  options: ReadOptions,
  table: EventTable,
  places: readonly Float64Array[],
): OpenTrace | undefined {
  const magic = perfMagic(source.read(0, 8));
  const info = new PerfInfo(magic?.bigEndian ?? false, new TableBuilder().issues);
  const range = magic?.version === 2 ? readContainer(source, info) : undefined;
  const inSegment = (i: number): number => Math.min(SEGMENT_ROWS, table.length - i * SEGMENT_ROWS);
  const segments = Array.from({ length: Math.ceil(table.length / SEGMENT_ROWS) }, (_, i) => inSegment(i));
  const isWhole = segments.every((rows, i) => rows <= (places[i]?.length ?? 0));
  if (!range || !isWhole || !info.tracing) return undefined;
  return openPerfTrace(table, source, info, { start: range.start, end: range.end, ofRow: places }, options);
}

function fillMeta(builder: TableBuilder, info: PerfInfo, reader: RecordReader): void {
  const meta = builder.meta;
  const timed = info.attrs.some((a) => a.layout.time >= 0);
  meta.clock = timed ? clockName(info.attrs[0]) : 'unknown';
  meta.timeUnit = timed ? 'ns' : 'none';
  meta.t0 = BigInt(reader.base) + BigInt(reader.samples.origin);
  meta.cpus = Math.max(info.cpus, reader.samples.cpus);
  meta.kernel = info.osRelease;
  meta.host = info.hostName;
  meta.producer = info.cmdline === '' && info.version !== '' ? `perf ${info.version}` : info.cmdline;
  meta.hasTgid = info.attrs.some((a) => a.layout.tid >= 0);
  if (timed && info.wallTime > 0n) meta.wallOffsetNs = info.wallTime - info.clockTime;
  if (!timed) builder.issues.add('untimed', 0, 0);
  tellRecording(info, builder);
}

class RecordReader {
  readonly samples: Samples;
  private readonly little: boolean;
  readonly rows: Rows;
  private readonly stage: Stage;
  private readonly outer: Feed;
  private readonly inner: Feed;
  private readonly clock = new PerfClock();
  private readonly time = new Float64Array(1);
  private compressed: Uint8Array | undefined;
  private compressedAt = 0;
  /** Up to where the file is read. */
  readTo = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly info: PerfInfo,
    private readonly builder: TableBuilder,
    private readonly range: DataRange,
    private readonly options: ReadOptions,
  ) {
    this.little = !info.bigEndian;
    const threads = new Threads(builder.comms);
    const kept = new KeptBytes(this.little);
    this.stage = new Stage(kept, source.size >= LARGE_BYTES ? MANY_ROWS : undefined);
    this.samples = new Samples(info, builder, new Stacks(builder, this.little), threads);
    this.rows = new Rows(info, builder, this.stage, this.samples, threads);
    const keep = kept.keep.bind(kept);
    this.outer = new Feed(
      range.start,
      this.little,
      (chunk, offset, type, size) => this.takeOuter(chunk, offset, type, size),
      keep,
    );
    this.inner = new Feed(
      0,
      this.little,
      (chunk, offset, type, size) => this.takeInner(chunk, offset, type, size),
      keep,
    );
    if (!range.isPipe) this.startKernel(threads);
  }

  private startKernel(threads: Threads): void {
    const { info, builder, stage, samples, clock, source } = this;
    const kernel = kernelFor(info, source.size, this.options);
    if (!kernel) return;
    const rows = new KernelSamples(kernel, { info, builder, stage, samples, threads, clock });
    stage.bytes.room = rows.room;
    this.rows.kernel = rows;
    for (const feed of [this.outer, this.inner]) feed.takeMany = (chunk, at) => rows.walk(chunk, at);
  }

  /** What was subtracted from every time. */
  get base(): bigint {
    return this.clock.base;
  }

  /** Where each row's record lies, for reading it again. */
  get positions(): RecordPositions {
    return { start: this.range.start, end: this.range.end, ofRow: this.samples.positions };
  }

  /** Reads all records. */
  run(shown: ShownRows | undefined): void {
    const { issues } = this.builder;
    const ranges = this.options.unzstdStreamAhead && compressedRanges(this.source, this.range, this.little);
    const ahead = ranges && this.options.unzstdStreamAhead?.(ranges);
    if (ahead) this.stage.bytes.lender = ahead;
    const at = (): number => this.compressedAt;
    const plain = ahead
      ? aheadPieces(this.compressedPieces(shown), ahead, issues, at)
      : inflatePieces(this.compressedPieces(shown), this.options, issues, at);
    const isLimited = this.builder.isLimited(this.options.cancel, () => {
      for (const piece of plain) {
        this.inner.append(piece, this.compressedAt);
        this.rows.relieve();
      }
      this.rows.finish(this.range.end);
    });
    if (isLimited) return;
    for (const feed of [this.outer, this.inner]) {
      const at = feed === this.outer ? feed.position : this.compressedAt;
      if (feed.isBad) {
        issues.add('bad-record', at, 0, 'a record of less than 8 bytes');
        this.builder.addLoss(-1, 0, at, 0);
      } else if (feed.pending > 0 && !this.options.cancel.cancelled) {
        issues.add('torn-tail', at, 0);
        this.builder.addLoss(-1, 0, at, 0);
      }
    }
  }

  /**
   * Walks the file's own records; yields what is compressed, and goes on when all of it has been taken in.
   */
  private *compressedPieces(shown: ShownRows | undefined): Generator<Uint8Array> {
    for (this.readTo = this.range.start; this.readTo < this.range.end && !this.outer.stopped; ) {
      if (this.options.cancel.cancelled) return;
      const bytes = this.source.read(this.readTo, Math.min(READ_BYTES, this.range.end - this.readTo));
      if (bytes.length === 0) {
        this.builder.issues.add('changed-while-read', this.readTo, 0);
        return;
      }
      this.readTo += bytes.length;
      yield* this.takeBytes(bytes);
      this.rows.relieve();
      this.options.progress?.(this.readTo);
      shown?.look();
    }
  }

  /** Feeds bytes of the file, pausing at each compressed record. */
  private *takeBytes(bytes: Uint8Array): Generator<Uint8Array> {
    this.outer.append(bytes, -1);
    while (this.compressed) {
      yield this.compressed;
      this.compressed = undefined;
      this.outer.resume();
    }
  }

  /** A record of the file. Returns how many bytes after it to skip. */
  private takeOuter(chunk: Chunk, offset: number, type: number, size: number): number {
    if (type === RECORD_COMPRESSED || type === RECORD_COMPRESSED2) {
      this.compressed = compressedBody(chunk, offset, type, size, this.little);
      this.compressedAt = chunk.start + offset;
      this.outer.pause();
    } else if (type === RECORD_TRACING_DATA) return this.takeTracing(chunk, offset, size);
    else if (type === RECORD_AUXTRACE) return skippedAfter(chunk, offset, type, size, this.little);
    else if (type === RECORD_HEADER_ATTR) readPipeAttr(this.info, chunk, offset, size);
    else if (type === RECORD_HEADER_FEATURE) readPipeFeature(this.info, chunk, offset, size);
    else if (type === RECORD_EVENT_UPDATE) readPipeName(this.info, chunk, offset, size);
    else return this.takeInner(chunk, offset, type, size);
    return 0;
  }

  /** In pipe mode the tracing data follow their record. */
  private takeTracing(chunk: Chunk, offset: number, recordSize: number): number {
    const size = skippedAfter(chunk, offset, RECORD_TRACING_DATA, recordSize, this.little);
    const at = chunk.start + offset;
    if (size > TRACING_LIMIT || size > this.range.end - at) {
      this.builder.issues.add('bad-header', at, 0, `tracing data of ${size} bytes`);
      return STOP;
    }
    const data = new Uint8Array(size);
    let have = 0;
    this.outer.collectSkipped((bytes) => {
      data.set(bytes, have);
      have += bytes.length;
      if (have < size) return;
      this.info.readTracing(data, at);
      this.samples.addFormats();
    });
    return size;
  }

  /** A record of either stream that waits for its turn by time, or ends a round. */
  private takeInner(chunk: Chunk, offset: number, type: number, size: number): number {
    if (type === RECORD_SAMPLE) this.takeSample(chunk, offset, size);
    else if (type === RECORD_FINISHED_ROUND) this.rows.finishRound();
    else if (
      type === RECORD_COMM ||
      type === RECORD_FORK ||
      type === RECORD_EXIT ||
      type === RECORD_LOST ||
      type === RECORD_LOST_SAMPLES
    ) {
      this.takeTask(chunk, offset, type, size);
    }
    return 0;
  }

  /** A sample waits for its turn; one that is too short to have a time is where the file is by now. */
  private takeSample(chunk: Chunk, offset: number, size: number): void {
    const { stage } = this;
    const layout = this.info.layoutOf(chunk.view, offset, size);
    const i = stage.add(chunk, offset);
    if (layout === undefined || layout.rest > size) stage.times[i] = Math.max(stage.newest, 0);
    else if (layout.time < 0) stage.times[i] = 0;
    else this.clock.read(chunk.view, offset + layout.time, this.little, stage.times, i);
    stage.enqueue(i);
  }

  /** What has no time, or none yet (0), is due at once, as in perf. */
  private takeTask(chunk: Chunk, offset: number, type: number, size: number): void {
    const back = this.info.attrs[0]?.layout.trailerTime ?? 0;
    const hasTime =
      back > 0 &&
      back <= size - 16 &&
      this.clock.read(chunk.view, offset + size - back, this.little, this.time, 0);
    if (!hasTime) {
      this.rows.task(chunk, offset, type, size);
      return;
    }
    const { stage } = this;
    const i = stage.add(chunk, offset);
    stage.times[i] = this.time[0]!;
    stage.enqueue(i);
  }
}
