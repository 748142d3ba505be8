/**
 * The container of a perf.data: its header, its table of attrs, and the feature sections that follow the
 * data; in pipe mode the same things come as records.
 *
 *     "PERFILE2" u64 header-size  u64 attr-size  {attrs} {data} {event-types}  u64 features[4]
 *     {…} is u64 offset, u64 size
 *     pipe mode: "PERFILE2" u64 16
 *
 * Producer: tools/perf/util/header.c, Linux 7.2.
 */
import { TWO_32 } from '../base/words.js';
import { ByteReader, textUntilNul } from '../base/bytes.js';
import type { ByteSource } from '../base/source.js';
import type { IssueLog } from '../events/issues.js';
import { Kallsyms } from '../tep/kallsyms.js';
import { PrintkFormats } from '../tep/printk.js';
import type { TraceContext } from '../tep/record.js';
import {
  readAttr,
  ATTR_SIZE_MAX,
  ATTR_SIZE_MIN,
  SOFTWARE_DUMMY,
  TYPE_SOFTWARE,
  type PerfAttr,
  type SampleLayout,
} from './abi.js';
import { readTracingData, type TracingData } from './tracingdata.js';

const FEATURE_TRACING_DATA = 1;
const FEATURE_HOSTNAME = 3;
const FEATURE_OSRELEASE = 4;
const FEATURE_VERSION = 5;
const FEATURE_NRCPUS = 7;
const FEATURE_CMDLINE = 11;
const FEATURE_EVENT_DESC = 12;
const FEATURE_DIR_FORMAT = 24;
const FEATURE_CLOCK_DATA = 29;
const FEATURE_COUNT = 256;

const HEADER_BYTES = 104;
const PIPE_HEADER_BYTES = 16;
/** 256 bits, in words of 64. */
const FEATURES_OFFSET = 72;
/**
 * A feature section larger than this is not read: tracing data of a whole kernel is some 10 MB, with kallsyms
 * 20.
 */
const FEATURE_LIMIT = 256 << 20;
const NAME_LIMIT = 4096;
const IDS_LIMIT = 1 << 22;
const DENSE_IDS = 1 << 18;
/** Attrs are far fewer: a recording of all tracepoints on all CPUs has one per tracepoint. */
const ATTRS_LIMIT = 65534;

/** What the first 8 bytes say, undefined where they are not perf's. */
export function perfMagic(head: Uint8Array): { bigEndian: boolean; version: 1 | 2 } | undefined {
  const text = String.fromCharCode(...head.subarray(0, 8));
  if (text === 'PERFILE2') return { bigEndian: false, version: 2 };
  if (text === '2ELIFREP') return { bigEndian: true, version: 2 };
  if (text === 'PERFFILE') return { bigEndian: false, version: 1 };
  if (text === 'ELIFFREP') return { bigEndian: true, version: 1 };
  return undefined;
}

/** True when a file's header tells of a CLOCK_DATA section; in pipe mode it may come as a record. */
export function perfSaysWallTime(head: Uint8Array): boolean {
  const magic = perfMagic(head);
  if (!magic || head.length < PIPE_HEADER_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(magic.bigEndian ? 12 : 8, !magic.bigEndian) === PIPE_HEADER_BYTES) return true;
  const bits =
    head.length >= HEADER_BYTES
      ? view.getUint32(magic.bigEndian ? FEATURES_OFFSET + 4 : FEATURES_OFFSET, !magic.bigEndian)
      : 0;
  return ((bits >>> FEATURE_CLOCK_DATA) & 1) === 1;
}

/** Everything the file says besides its records. Filled from the header, or record by record in pipe mode. */
export class PerfInfo {
  readonly attrs: PerfAttr[] = [];
  /** Event names, by attr; '' where the file does not say. */
  readonly names: string[] = [];
  /** Sample id to index in attrs. */
  readonly attrOfId = new Map<number, number>();
  tracing: TracingData | undefined;
  /** The same for small ids, which all are that the kernel counts up: index + 1. */
  private readonly dense = new Uint16Array(DENSE_IDS);
  private kallsyms: Kallsyms | undefined;
  private printk: PrintkFormats | undefined;
  private traceContext: TraceContext | undefined;
  private uniform: SampleLayout | undefined;
  private uniformOf = -1;
  hostName = '';
  osRelease = '';
  version = '';
  /** Words of the command line; often the program's name alone. */
  command: readonly string[] = [];
  cpus = 0;
  isDirectory = false;
  /** Time of the recording's clock and of the wall clock at one moment, in ns; from CLOCK_DATA. */
  clockTime = 0n;
  wallTime = 0n;

  constructor(
    readonly bigEndian: boolean,
    readonly issues: IssueLog,
  ) {}

  /**
   * What it takes to read and print the events' records. The kernel's symbols are there where an old perf
   * recorded them.
   */
  get context(): TraceContext {
    this.traceContext ??= {
      bigEndian: this.bigEndian,
      longSize: this.tracing?.longSize ?? 8,
      symbols: () => this.symbols(),
      printk: () => this.printkFormats(),
    };
    return this.traceContext;
  }

  private symbols(): Kallsyms | undefined {
    if (!this.tracing || this.tracing.kallsyms.length === 0) return undefined;
    this.kallsyms ??= new Kallsyms(this.tracing.kallsyms);
    return this.kallsyms;
  }

  private printkFormats(): PrintkFormats | undefined {
    if (!this.tracing || this.tracing.printk === '') return undefined;
    this.printk ??= new PrintkFormats(this.tracing.printk);
    return this.printk;
  }

  get cmdline(): string {
    return this.command.join(' ').trim();
  }

  /** Adds an attr with its sample ids and returns its index, or -1 when it cannot be read. */
  addAttr(bytes: Uint8Array, at: number, size: number, ids: readonly number[]): number {
    const attr = readAttr(bytes, at, size, this.bigEndian);
    if (!attr || this.attrs.length >= ATTRS_LIMIT) return -1;
    const index = this.attrs.length;
    this.attrs.push(attr);
    this.names.push('');
    for (const id of ids) this.setId(id, index);
    return index;
  }

  /** Index of the attr that the sample at `offset` belongs to; -1 when the file has none with its id. */
  attrOf(view: DataView, offset: number, size: number): number {
    const first = this.attrs[0]?.layout;
    if (first === undefined || this.attrs.length === 1) return this.attrs.length - 1;
    // The id stands at one place whatever the attr: at the start, or in samples that are all alike.
    if (first.id < 0 || first.id + 8 > size) return -1;
    const at = offset + first.id;
    const low = view.getUint32(this.bigEndian ? at + 4 : at, !this.bigEndian);
    const high = view.getUint32(this.bigEndian ? at : at + 4, !this.bigEndian);
    if (high === 0 && low < DENSE_IDS) return this.dense[low]! - 1;
    return this.attrOfId.get(high * TWO_32 + low) ?? -1;
  }

  private setId(id: number, index: number): void {
    if (id < DENSE_IDS) this.dense[id] = index + 1;
    this.attrOfId.set(id, index);
  }

  /** The one layout that all samples have; undefined where they have several. */
  get layoutOfAll(): SampleLayout | undefined {
    if (this.uniformOf !== this.attrs.length) this.findUniform();
    return this.uniform;
  }

  /** Layout of the sample at `offset`; undefined when there is no attr at all. */
  layoutOf(view: DataView, offset: number, size: number): SampleLayout | undefined {
    if (this.uniformOf !== this.attrs.length) this.findUniform();
    if (this.uniform) return this.uniform;
    return this.attrs[Math.max(0, this.attrOf(view, offset, size))]?.layout;
  }

  /**
   * The one layout of all samples, when there is but one. A dummy event, which perf adds for COMM and the
   * like, has none.
   */
  private findUniform(): void {
    this.uniformOf = this.attrs.length;
    const sampling = this.attrs.filter((a) => a.type !== TYPE_SOFTWARE || a.config !== SOFTWARE_DUMMY);
    const first = sampling[0]?.layout;
    const same = sampling.every(
      (a) =>
        a.layout.sampleType === first?.sampleType &&
        (!a.layout.hasRead || a.layout.readFormat === first.readFormat),
    );
    this.uniform = same ? first : undefined;
  }

  /**
   * Reads one feature section's bytes. Unknown features are ignored; a short one leaves what it could not say
   * empty.
   */
  readFeature(feature: number, bytes: Uint8Array, offset: number): void {
    const reader = new ByteReader(bytes, this.bigEndian);
    if (feature === FEATURE_TRACING_DATA) this.readTracing(bytes, offset);
    else if (feature === FEATURE_HOSTNAME) this.hostName = readString(reader);
    else if (feature === FEATURE_OSRELEASE) this.osRelease = readString(reader);
    else if (feature === FEATURE_VERSION) this.version = readString(reader);
    else if (feature === FEATURE_NRCPUS) this.cpus = reader.u32();
    else if (feature === FEATURE_CMDLINE) {
      const words: string[] = [];
      const count = reader.u32();
      for (let i = 0; i < count && reader.ok && i < NAME_LIMIT; i++) words.push(readString(reader));
      this.command = words;
    } else if (feature === FEATURE_EVENT_DESC) this.readEventDesc(reader);
    else if (feature === FEATURE_DIR_FORMAT) this.isDirectory = true;
    else if (feature === FEATURE_CLOCK_DATA) {
      reader.skip(8);
      const wall = reader.u64();
      const clock = reader.u64();
      if (reader.ok) [this.wallTime, this.clockTime] = [wall, clock];
    }
  }

  readTracing(bytes: Uint8Array, offset: number): void {
    const tracing = readTracingData(bytes);
    if (!tracing?.complete) this.issues.add('bad-header', offset, 0, 'tracing data');
    if (tracing && tracing.badFormats > 0) this.issues.add('bad-format', offset, 0, '', tracing.badFormats);
    this.tracing ??= tracing;
    this.traceContext = undefined;
  }

  /** Names, and ids where the attr section had none. */
  private readEventDesc(reader: ByteReader): void {
    const count = reader.u32();
    const attrSize = reader.u32();
    for (let i = 0; i < count && reader.ok && i < this.attrs.length; i++) {
      reader.skip(attrSize);
      const ids = reader.u32();
      this.names[i] = readString(reader);
      for (let k = 0; k < ids && reader.need(8) && k < IDS_LIMIT; k++) this.setId(Number(reader.u64()), i);
    }
  }
}

/** A feature's text: u32 length with padding, then NUL-ended bytes. */
function readString(reader: ByteReader): string {
  const bytes = reader.slice(reader.u32());
  return reader.ok ? textUntilNul(bytes, 0, bytes.length) : '';
}

/** Where the records lie. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
  readonly isPipe: boolean;
}

/** Reads header, attrs and features; undefined when the header itself cannot be used (the issue says why). */
export function readContainer(source: ByteSource, info: PerfInfo): DataRange | undefined {
  const bytes = source.read(0, HEADER_BYTES).slice();
  const header = new ByteReader(bytes, info.bigEndian, 8);
  const headerSize = header.size64();
  if (header.ok && headerSize === PIPE_HEADER_BYTES)
    return { start: headerSize, end: source.size, isPipe: true };
  const attrEntrySize = header.size64();
  const [attrsAt, attrsSize, dataAt, dataSize] = [
    header.size64(),
    header.size64(),
    header.size64(),
    header.size64(),
  ];
  header.skip(16);
  if (!header.ok || (headerSize >= HEADER_BYTES && dataAt >= HEADER_BYTES && dataAt > source.size)) {
    info.issues.add('torn-tail', source.size, 0, 'before its first record');
    return undefined;
  }
  if (headerSize < HEADER_BYTES || dataAt < HEADER_BYTES) {
    info.issues.add('bad-header', 0, 0, `data at ${dataAt} of ${source.size} bytes`);
    return undefined;
  }
  const features: bigint[] = [];
  for (let i = 0; i < FEATURE_COUNT / 64; i++) features.push(header.u64());
  readAttrs(source, info, attrEntrySize, attrsAt, attrsSize);
  if (dataSize === 0 || dataAt + dataSize > source.size) {
    info.issues.add('torn-tail', source.size, 0, dataSize === 0 ? 'perf record did not finish' : '');
    return { start: dataAt, end: source.size, isPipe: false };
  }
  readFeatures(source, info, features, dataAt + dataSize);
  return { start: dataAt, end: dataAt + dataSize, isPipe: false };
}

function readAttrs(source: ByteSource, info: PerfInfo, entrySize: number, at: number, size: number): void {
  const attrSize = entrySize - 16;
  if (
    attrSize < ATTR_SIZE_MIN ||
    attrSize > ATTR_SIZE_MAX ||
    at + size > source.size ||
    size > FEATURE_LIMIT
  ) {
    info.issues.add('bad-header', 16, 0, `attrs of ${entrySize} bytes, ${size} in all`);
    return;
  }
  const bytes = source.read(at, size).slice();
  for (let pos = 0; pos + entrySize <= bytes.length; pos += entrySize) {
    const reader = new ByteReader(bytes, info.bigEndian, pos + attrSize);
    const ids = readIds(source, info, reader.size64(), reader.size64());
    info.addAttr(bytes, pos, attrSize, ids);
  }
}

function readIds(source: ByteSource, info: PerfInfo, at: number, size: number): number[] {
  if (at + size > source.size || size > IDS_LIMIT * 8) {
    info.issues.tally('bad-header', at, 0, 'sample ids');
    return [];
  }
  const reader = new ByteReader(source.read(at, size).slice(), info.bigEndian);
  const ids: number[] = [];
  while (reader.left >= 8) ids.push(Number(reader.u64()));
  return ids;
}

function readFeatures(source: ByteSource, info: PerfInfo, bits: readonly bigint[], tableAt: number): void {
  const present: number[] = [];
  for (let i = 0; i < FEATURE_COUNT; i++) if ((bits[i >> 6]! >> BigInt(i & 63)) & 1n) present.push(i);
  const table = new ByteReader(source.read(tableAt, present.length * 16).slice(), info.bigEndian);
  for (const feature of present) {
    const at = table.size64();
    const size = table.size64();
    if (!table.ok || (at >= tableAt && size <= FEATURE_LIMIT && at + size > source.size)) {
      info.issues.add('torn-tail', source.size, 0, 'within the sections that say what the records mean');
      return;
    }
    if (at + size > source.size || size > FEATURE_LIMIT) {
      info.issues.tally('bad-header', tableAt, 0, `feature ${feature}`);
      continue;
    }
    info.readFeature(feature, source.read(at, size).slice(), at);
  }
}
