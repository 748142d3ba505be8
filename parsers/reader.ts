/** What every format module offers to the registry. */
import type { ByteSink } from './base/byteSink.js';
import type { CancelToken } from './base/cancel.js';
import type { ByteSource } from './base/source.js';
import { pushSource } from './base/textSource.js';
import { ShownText } from './shownText.js';
import type { StreamCodec } from './compressed/detect.js';
import type { OpenSpool } from './base/spool.js';
import type { Decompress } from './compressed/plainSource.js';
import type { EventTable, TableBuilder } from './events/table.js';
import type { EventLinesReader } from './events/textreader.js';
import type { KernelCode } from './ftrace/kernelExports.js';
import type { SymbolPlace } from './tep/kallsyms.js';
import type { SampleKernelCode } from './perf/kernelExports.js';
import type { RecordKernelCode } from './tracedat/kernelExports.js';

/** One compressed piece of a source: `size` bytes at `offset` hold `plainSize`. */
export interface CompressedRange {
  readonly offset: number;
  readonly size: number;
  readonly plainSize: number;
}

/** Pieces that are decompressed elsewhere, ahead of their need. */
export interface Ahead {
  /**
   * The next piece of a lane, waited for; valid until the lane's next one is asked for. Empty where it is
   * damaged, undefined when whoever decompresses has failed: the rest must then be decompressed here.
   */
  next(lane: number): Uint8Array | undefined;
  close(): void;
}

/** One stream that is decompressed elsewhere, ahead of its need. */
export interface AheadStream {
  /**
   * Waits for the next output and tells whether there is one: 1, 0 at the end, -1 where the stream is damaged
   * or whoever decompresses has failed.
   */
  next(): 1 | 0 | -1;
  /** The output, valid until the next one is asked for unless it is borrowed. */
  readonly bytes: Uint8Array;
  /** Index of the piece that it came out of, or of a later one. */
  readonly piece: number;
  /**
   * Keeps the latest output as it is until it is given back by the number that is returned; -1 where too much
   * is borrowed already.
   */
  borrow(): number;
  giveBack(borrowed: number): void;
  close(): void;
}

export interface ReadOptions {
  readonly cancel: CancelToken;
  /** Called now and then with the bytes read so far. */
  readonly progress?: (bytesDone: number) => void;
  /** Text of QEMU's trace-events file, for a recording of its simple backend. */
  readonly traceEvents?: string;
  /**
   * Decompressors that the shell injects; a format that needs a missing one reports
   * `unsupported-compression`.
   */
  readonly inflate?: (bytes: Uint8Array, expectedLength: number) => Uint8Array;
  readonly unzstd?: (bytes: Uint8Array, expectedLength: number, room?: Uint8Array) => Uint8Array;
  /**
   * Decompresses one zstd stream lazily: pulls a piece of it only when it needs more to go on. The stream may
   * stop without its end, as perf's does. What it yields is the caller's to keep. Throws where the stream is
   * damaged.
   */
  readonly unzstdStream?: (pieces: Iterable<Uint8Array>) => Iterable<Uint8Array>;
  /**
   * Decompresses zstd pieces of the source on another thread: in lanes, each in the order in which its pieces
   * will be asked for. Undefined where that is not worth its start.
   */
  readonly unzstdAhead?: (lanes: readonly (readonly CompressedRange[])[]) => Ahead | undefined;
  /** The same for the pieces of one stream, as in a compressed perf.data. */
  readonly unzstdStreamAhead?: (
    pieces: readonly Pick<CompressedRange, 'offset' | 'size'>[],
  ) => AheadStream | undefined;
  /** Decompressors of whole files, for a trace inside a .gz, .zst, .xz or .bz2. */
  readonly decompress?: Partial<Record<StreamCodec, Decompress>>;
  /** What a compressed binary trace may take when decompressed; undefined: 2 GiB. */
  readonly memoryBytes?: number;
  /** The kernel that reads plain lines of ftrace text, where the host has WebAssembly with vectors. */
  readonly lineKernel?: () => KernelCode | undefined;
  /** The same of the kernel that reads the records of a trace.dat. */
  readonly recordKernel?: () => RecordKernelCode | undefined;
  /** The same of the kernel that reads the samples of a perf.data. */
  readonly sampleKernel?: () => SampleKernelCode | undefined;
  /** What was kept of an earlier reading of the same file; undefined where it is read once. */
  readonly grown?: Grown;
  /** Is given the builder of a long text's rows, to hand them over to another thread while they are read. */
  readonly handOver?: (builder: TableBuilder) => void;
  /** Is shown a long text that nothing has to be done to, now and then while it is read. */
  readonly onlooker?: Onlooker;
}

/** Who looks at a text while it is read. */
export interface Onlooker {
  /** How much of it there must be for the first time; undefined: what is judged in a tenth of a second. */
  readonly firstBytes?: number;
  /** Takes what there is, ended as if the text did; the source may be read. */
  show(text: OpenTrace): void;
}

/**
 * One event's printed fields, for hovers, listings and `shimtrace events`. Values as the trace's own format
 * prints them.
 */
export interface EventText {
  /** `system:name` where the system is known, else the name. */
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** The payload as the source prints it. */
  readonly text: string;
}

export type EventPart = 'fields' | 'text';

/** The text of an event in its source: bytes [start, end) of `bytes`, until another event is asked for. */
export interface TextInPlace {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** True where it begins with `time: name: `, as the table's row is printed. */
  readonly isTimed: boolean;
}

/** A trace that was read: its table, and access to what the table does not keep. */
export interface OpenTrace {
  readonly table: EventTable;
  /**
   * Decodes one row again from the source, on demand. With `part` only that part is wanted, and the other may
   * be empty: a listing of millions of rows prints one of them.
   */
  describe(row: number, part?: EventPart): EventText;
  /**
   * Where the text that {@link describe} gives of a row stands in the source, for a listing of millions of
   * rows; the event's name is then the table's. Undefined where it stands nowhere as it is.
   */
  readonly textInPlace?: (row: number) => TextInPlace | undefined;
  /**
   * Puts the text that {@link describe} gives of a row as bytes; the event's name is then the table's. False
   * where it cannot, and nothing of what was put counts.
   */
  readonly writeText?: (row: number, sink: ByteSink) => boolean;
  /** The kernel symbol that holds an address, where a symbol table came with the trace. */
  readonly symbolOf?: (address: bigint) => SymbolPlace | undefined;
  /** What the table's places refer to, where the file was compressed: its decompressed content. */
  readonly plain?: ByteSource;
  /** What the table's byte offsets refer to, where a paste was mended; its lines are those of the file. */
  readonly mended?: ByteSource;
  /** Line of the file (1-based) on which each line of {@link mended} begins, in ascending order. */
  readonly mendedLines?: Int32Array;
  /** Bytes of what the offsets of a row's file refer to; valid until the next call. */
  readonly bytesAt?: (row: number, offset: number, length: number) => Uint8Array;
  /**
   * Puts what texts of rows are read from where it can be read at any place, in steps; absent where it can be
   * already.
   */
  readonly spoolInto?: (open: OpenSpool) => Generator<undefined, void>;
  /**
   * Where records lie besides what the table says of them: with this {@link TraceFormat.again} finds them.
   */
  readonly recordPlaces?: () => readonly Float64Array[];
}

/** The same trace with another table, and what else is to differ. */
export function withTable(
  open: OpenTrace,
  table: EventTable,
  more: Partial<Omit<OpenTrace, 'table' | 'describe'>> = {},
): OpenTrace {
  const { plain, mended, mendedLines } = open;
  return {
    table,
    describe: (row, part) => open.describe(row, part),
    ...(open.textInPlace && { textInPlace: (row: number) => open.textInPlace!(row) }),
    ...(open.writeText && { writeText: (row: number, sink: ByteSink) => open.writeText!(row, sink) }),
    ...(open.symbolOf && { symbolOf: (address: bigint) => open.symbolOf?.(address) }),
    ...(open.bytesAt && {
      bytesAt: (row: number, offset: number, length: number) => open.bytesAt!(row, offset, length),
    }),
    ...(plain && { plain }),
    ...(mended && { mended }),
    ...(mendedLines && { mendedLines }),
    ...(open.spoolInto && { spoolInto: (spool: OpenSpool) => open.spoolInto!(spool) }),
    ...(open.recordPlaces && { recordPlaces: () => open.recordPlaces!() }),
    ...more,
  };
}

/** A format whose rows are lines, in their order: a text of it can be read on from where it was read to. */
export interface LineFormat {
  reader(kernel?: KernelCode): EventLinesReader;
  /** A table that such a reader made of this source, with its rows' texts. */
  open(source: ByteSource, table: EventTable): OpenTrace;
}

/** A shorter text is read before a kernel has started. */
const KERNEL_BYTES_MIN = 1 << 18;

/** The kernel, for a source that is worth its start. */
export function kernelFor(source: ByteSource, { lineKernel }: ReadOptions): KernelCode | undefined {
  return source.size >= KERNEL_BYTES_MIN ? lineKernel?.() : undefined;
}

/** Reads all of a source by the lines of a format. */
export function readLines(format: LineFormat, source: ByteSource, options: ReadOptions): OpenTrace {
  const reader = format.reader(kernelFor(source, options));
  const { onlooker, handOver } = options;
  handOver?.(reader.builder);
  const show = (table: EventTable): void => onlooker?.show(format.open(source, table));
  const shown = onlooker && new ShownText(reader, show, source, onlooker.firstBytes);
  pushSource(source, shown ?? reader, options);
  return format.open(source, reader.finish());
}

/** Reads a source that was read before, when there was less of it. */
export interface Grown {
  /** Whatever is there now, it is looked at. */
  begin(): void;
  /** It is no compressed file, and of this format. */
  read(format: TraceFormat, source: ByteSource, options: ReadOptions): OpenTrace;
}

export interface TraceFormat {
  readonly id: string;
  /** True when it reads its source from start to end, so that a compressed one may pass through. */
  readonly isSequential?: boolean;
  /** How sure the head of a file (up to 64 KiB) is of this format: 0 not at all, 1 certain. */
  sniff(head: Uint8Array): number;
  /** Reads a whole source. Never throws on content: what could not be read is an issue in the table. */
  read(source: ByteSource, options: ReadOptions): OpenTrace;
  /** How it reads, where it does so line by line. */
  readonly lines?: LineFormat;
  /**
   * A table that was read of the same source before, with its rows' texts: its records are not read again.
   * Undefined where that cannot be, or the places are none of this source.
   */
  again?(
    source: ByteSource,
    options: ReadOptions,
    table: EventTable,
    places: readonly Float64Array[],
  ): OpenTrace | undefined;
}
