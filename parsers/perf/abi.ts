/**
 * The perf ABI: record types, `struct perf_event_attr`, and where a sample's fields lie.
 *
 * Producer: include/uapi/linux/perf_event.h,
 * tools/lib/perf/include/perf/event.h, tools/perf/util/header.c, Linux 7.2.
 */
import { TWO_32 } from '../base/words.js';
import type { ClockName } from '../events/table.js';

export const RECORD_LOST = 2;
export const RECORD_COMM = 3;
export const RECORD_EXIT = 4;
export const RECORD_FORK = 7;
export const RECORD_SAMPLE = 9;
export const RECORD_LOST_SAMPLES = 13;
/** First of the types that perf itself writes; they carry no sample_id trailer. */
export const RECORD_USER_START = 64;
export const RECORD_HEADER_ATTR = 64;
export const RECORD_TRACING_DATA = 66;
export const RECORD_FINISHED_ROUND = 68;
export const RECORD_AUXTRACE = 71;
export const RECORD_EVENT_UPDATE = 78;
export const RECORD_HEADER_FEATURE = 80;
export const RECORD_COMPRESSED = 81;
export const RECORD_COMPRESSED2 = 83;

/** LOST_SAMPLES that a filter dropped on purpose. */
export const MISC_LOST_SAMPLES_BPF = 1 << 15;

/** `struct perf_event_header`: u32 type, u16 misc, u16 size. */
export const RECORD_HEADER_BYTES = 8;
/**
 * Every field of a sample that has a fixed place takes as much, and
 * so does each field of a sample_id trailer.
 */
const FIELD_BYTES = 8;

const SAMPLE_IP = 1 << 0;
const SAMPLE_TID = 1 << 1;
const SAMPLE_TIME = 1 << 2;
const SAMPLE_ADDR = 1 << 3;
const SAMPLE_READ = 1 << 4;
const SAMPLE_CALLCHAIN = 1 << 5;
const SAMPLE_ID = 1 << 6;
const SAMPLE_CPU = 1 << 7;
const SAMPLE_PERIOD = 1 << 8;
const SAMPLE_STREAM_ID = 1 << 9;
const SAMPLE_RAW = 1 << 10;
const SAMPLE_IDENTIFIER = 1 << 16;

/**
 * PERF_TYPE_SOFTWARE with PERF_COUNT_SW_DUMMY: an event that never happens, for records that are no samples.
 */
export const TYPE_SOFTWARE = 1;
export const SOFTWARE_DUMMY = 9;
/** `attr.type` of a tracepoint; `attr.config` is then the event's format ID. */
export const TYPE_TRACEPOINT = 2;

/** The first version of the structure: type to bp_len. */
export const ATTR_SIZE_MIN = 64;
/** Far above any version so far (144 bytes in Linux 7.2). */
export const ATTR_SIZE_MAX = 4096;

/** Bytes from the start of `struct perf_event_attr`. */
const ATTR_CONFIG_AT = 8;
const ATTR_PERIOD_AT = 16;
const ATTR_SAMPLE_TYPE_AT = 24;
const ATTR_READ_FORMAT_AT = 32;
const ATTR_FLAGS_AT = 40;
const ATTR_CLOCKID_AT = 92;
const ATTR_CLOCKID_END = 96;

/** Bits of the flags. */
const FLAG_EXCLUDE_KERNEL = 5;
const FLAG_FREQUENCY = 10;
const FLAG_ENABLE_ON_EXEC = 12;
const FLAG_SAMPLE_ID_ALL = 18;
const FLAG_USE_CLOCKID = 25;

/**
 * Where a sample's fields lie: bytes from the record's start, -1 for a field that the samples do not have.
 */
export interface SampleLayout {
  readonly sampleType: number;
  readonly id: number;
  readonly tid: number;
  readonly time: number;
  readonly cpu: number;
  /** Start of what has no fixed place: READ, CALLCHAIN, RAW, in this order. */
  readonly rest: number;
  readonly hasRead: boolean;
  readonly readFormat: number;
  readonly hasCallchain: boolean;
  readonly hasRaw: boolean;
  /**
   * The sample_id trailer of records that are not samples: bytes back from the record's end, 0 for absent.
   */
  readonly trailerTid: number;
  readonly trailerTime: number;
  readonly trailerCpu: number;
}

/** What Shimtrace needs of one `struct perf_event_attr`. */
export interface PerfAttr {
  readonly type: number;
  readonly config: number;
  readonly layout: SampleLayout;
  /** Of so many events one is a sample; 0 for none. With `isFrequency`, samples a second. */
  readonly period: number;
  readonly isFrequency: boolean;
  readonly excludesKernel: boolean;
  /** It begins with a command that perf runs, and is of that command's tasks alone. */
  readonly isOfCommand: boolean;
  /** `undefined`: perf's own clock (sched_clock). */
  readonly clockId: number | undefined;
}

const CLOCKS: ReadonlyMap<number, ClockName> = new Map([
  [0, 'realtime'],
  [1, 'mono'],
  [4, 'mono_raw'],
  [7, 'boot'],
  [11, 'tai'],
]);

/** Name of the clock that `--clockid` chose. */
export function clockName(attr: PerfAttr | undefined): ClockName {
  if (attr === undefined) return 'unknown';
  if (attr.clockId === undefined) return 'perf';
  return CLOCKS.get(attr.clockId) ?? 'unknown';
}

/** Reads the attr in bytes[at, at + size); undefined when it is too short. */
export function readAttr(
  bytes: Uint8Array,
  at: number,
  size: number,
  bigEndian: boolean,
): PerfAttr | undefined {
  if (size < ATTR_SIZE_MIN || at + size > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
  const little = !bigEndian;
  const u64 = (offset: number): number => Number(view.getBigUint64(offset, little));
  const has = (bit: number): boolean => flag(view, bit, bigEndian);
  const useClock = has(FLAG_USE_CLOCKID) && size >= ATTR_CLOCKID_END;
  return {
    type: view.getUint32(0, little),
    config: u64(ATTR_CONFIG_AT),
    layout: sampleLayout(
      u64(ATTR_SAMPLE_TYPE_AT) % TWO_32,
      u64(ATTR_READ_FORMAT_AT) % TWO_32,
      has(FLAG_SAMPLE_ID_ALL),
    ),
    period: u64(ATTR_PERIOD_AT),
    isFrequency: has(FLAG_FREQUENCY),
    excludesKernel: has(FLAG_EXCLUDE_KERNEL),
    isOfCommand: has(FLAG_ENABLE_ON_EXEC),
    clockId: useClock ? view.getInt32(ATTR_CLOCKID_AT, little) : undefined,
  };
}

/**
 * Bit fields fill each byte from its low end on little-endian machines
 * and from its high end on big-endian ones.
 */
function flag(view: DataView, bit: number, bigEndian: boolean): boolean {
  const byte = view.getUint8(ATTR_FLAGS_AT + (bit >> 3));
  return (byte & (bigEndian ? 0x80 >> (bit & 7) : 1 << (bit & 7))) !== 0;
}

/** Works out the fields' places once per sample type. */
export function sampleLayout(sampleType: number, readFormat: number, idAll: boolean): SampleLayout {
  let pos = RECORD_HEADER_BYTES;
  const take = (bit: number): number => {
    if (!(sampleType & bit)) return -1;
    pos += FIELD_BYTES;
    return pos - FIELD_BYTES;
  };
  const identifier = take(SAMPLE_IDENTIFIER);
  take(SAMPLE_IP);
  const tid = take(SAMPLE_TID);
  const time = take(SAMPLE_TIME);
  take(SAMPLE_ADDR);
  const id = take(SAMPLE_ID);
  take(SAMPLE_STREAM_ID);
  const cpu = take(SAMPLE_CPU);
  take(SAMPLE_PERIOD);
  let back = 0;
  const takeBack = (bit: number): number => {
    if (!idAll || !(sampleType & bit)) return 0;
    back += FIELD_BYTES;
    return back;
  };
  takeBack(SAMPLE_IDENTIFIER);
  const trailerCpu = takeBack(SAMPLE_CPU);
  takeBack(SAMPLE_STREAM_ID);
  takeBack(SAMPLE_ID);
  const trailerTime = takeBack(SAMPLE_TIME);
  const trailerTid = takeBack(SAMPLE_TID);
  return {
    sampleType,
    readFormat,
    tid,
    time,
    cpu,
    trailerTid,
    trailerTime,
    trailerCpu,
    id: identifier >= 0 ? identifier : id,
    rest: pos,
    hasRead: (sampleType & SAMPLE_READ) !== 0,
    hasCallchain: (sampleType & SAMPLE_CALLCHAIN) !== 0,
    hasRaw: (sampleType & SAMPLE_RAW) !== 0,
  };
}

const READ_TOTAL_TIME_ENABLED = 1;
const READ_TOTAL_TIME_RUNNING = 2;
const READ_ID = 4;
const READ_GROUP = 8;
const READ_LOST = 16;

/**
 * Bytes of the READ field that starts at `at`. Infinity when it
 * cannot be inside the record that ends at `end`.
 */
function readFieldBytes(
  view: DataView,
  at: number,
  end: number,
  readFormat: number,
  little: boolean,
): number {
  const times =
    (readFormat & READ_TOTAL_TIME_ENABLED ? 8 : 0) + (readFormat & READ_TOTAL_TIME_RUNNING ? 8 : 0);
  const each = 8 + (readFormat & READ_ID ? 8 : 0) + (readFormat & READ_LOST ? 8 : 0);
  if (!(readFormat & READ_GROUP)) return times + each;
  if (at + 8 > end) return Infinity;
  return 8 + times + each * count64(view, at, little);
}

/** A 64-bit count; one that needs the high word is a lie and comes back as Infinity. */
export function count64(view: DataView, at: number, little: boolean): number {
  const hi = view.getUint32(little ? at + 4 : at, little);
  return hi !== 0 ? Infinity : view.getUint32(little ? at : at + 4, little);
}

/**
 * Where the sample's call chain starts: after READ. Infinity when READ
 * cannot be inside the record that ends at `end`.
 */
export function chainStart(
  view: DataView,
  offset: number,
  end: number,
  layout: SampleLayout,
  little: boolean,
): number {
  const at = offset + layout.rest;
  return layout.hasRead ? at + readFieldBytes(view, at, end, layout.readFormat, little) : at;
}

/**
 * Where the sample's raw data starts, given its call chain's start;
 * beyond any record when the chain's count is a lie.
 */
export function rawStart(
  view: DataView,
  chain: number,
  end: number,
  layout: SampleLayout,
  little: boolean,
): number {
  if (!layout.hasCallchain) return chain;
  return chain + 8 > end ? Infinity : chain + 8 + 8 * count64(view, chain, little);
}
