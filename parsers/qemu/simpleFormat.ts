/**
 * QEMU's simple backend: a binary file of records.
 *
 *     u64 ~0   u64 magic f2b177cb0aa429b4   u64 version
 *     version 4: u64 0, u64 id, u32 length, name         the name of an event
 *                u64 1, then a record
 *     versions 2, 3: records only; the id is the event's place in the trace-events file
 *     record: u64 id, u64 nanoseconds, u32 length with this header, u32 pid, arguments
 *     argument: u64, or for a string u32 length and its bytes
 *     id ~0 - 1: events were dropped, the argument tells how many
 *
 * Producer: trace/simple.c and scripts/simpletrace.py of QEMU 11.
 */
import { Ascii } from '../base/ascii.js';
import { ByteReader } from '../base/bytes.js';
import type { ByteSource } from '../base/source.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { fillPayload, PlanBook } from '../events/payload.js';
import { TableBuilder, UNKNOWN_CPU, UNKNOWN_TID } from '../events/table.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../reader.js';
import { builtInEvents, printEvent, printFields, readTraceEvents, type QemuEvent } from './traceevents.js';

export const QEMU_SIMPLE = 'qemu-simple';

const HEADER_ID = (1n << 64n) - 1n;
const DROPPED_ID = HEADER_ID - 1n;
const MAGIC = 0xf2b177cb0aa429b4n;
const MAGIC_AT = 8;
const VERSION_AT = 16;
const HEADER_BYTES = 24;
const FIRST_VERSION = 2n;
const LAST_VERSION = 4n;
/** From this version on the file names its events, and each item has a type before it. */
const NAMES_VERSION = 4;
const TYPE_BYTES = 8;
const RECORD_HEADER = 24;
const TYPE_MAPPING = 0n;
const TYPE_EVENT = 1n;
/** A record is written into a ring of 64 KiB; a name is an identifier. */
const RECORD_LIMIT = 1 << 20;
const NAME_LIMIT = 1 << 10;
const READ_BYTES = 1 << 20;
/** The most bytes of any record, so that one read always holds it whole. */
const AHEAD = RECORD_LIMIT + TYPE_BYTES;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const qemuSimple: TraceFormat = {
  id: QEMU_SIMPLE,
  sniff: (head) => (byteOrder(head) === undefined ? 0 : 1),
  read: (source, options) => new SimpleReader(source, options).read(),
};

/** True for big-endian, undefined for another format. */
function byteOrder(head: Uint8Array): boolean | undefined {
  if (head.length < HEADER_BYTES) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, HEADER_BYTES);
  for (const bigEndian of [false, true]) {
    if (view.getBigUint64(0, !bigEndian) === HEADER_ID && view.getBigUint64(MAGIC_AT, !bigEndian) === MAGIC)
      return bigEndian;
  }
  return undefined;
}

class SimpleReader {
  private readonly builder = new TableBuilder();
  private readonly book = new PlanBook(this.builder.names);
  private readonly comm = this.builder.comms.internString('');
  private readonly nameOf = new Map<bigint, string>();
  private readonly events: ReadonlyMap<string, readonly QemuEvent[]>;
  private readonly bigEndian: boolean;
  private version = 0;
  private start = -1n;

  constructor(
    private readonly source: ByteSource,
    private readonly options: ReadOptions,
  ) {
    this.bigEndian = byteOrder(source.read(0, HEADER_BYTES)) ?? false;
    const given = options.traceEvents === undefined ? [] : readTraceEvents(options.traceEvents);
    for (const [id, event] of given.entries()) this.nameOf.set(BigInt(id), event.name);
    this.events = new Map([...builtInEvents(), ...given.map((event) => [event.name, [event]] as const)]);
    const { meta } = this.builder;
    meta.format = QEMU_SIMPLE;
    meta.producer = 'QEMU';
    meta.clock = 'mono';
    meta.hasTgid = true;
  }

  read(): OpenTrace {
    const { builder, source, options } = this;
    const version = new ByteReader(source.read(0, HEADER_BYTES), this.bigEndian, VERSION_AT).u64();
    if (version < FIRST_VERSION || version > LAST_VERSION)
      builder.issues.add('unsupported-version', VERSION_AT, 0, `version ${version}`);
    else {
      this.version = Number(version);
      if (version < NAMES_VERSION && options.traceEvents === undefined)
        builder.issues.add('needs-trace-events', VERSION_AT, 0, `version ${version}`);
      builder.isLimited(options.cancel, () => this.records());
      if (builder.length === 0) builder.issues.add('empty', 0, 0);
    }
    builder.meta.t0 = this.start < 0n ? 0n : this.start;
    const table = builder.finish();
    return { table, describe: (row) => this.describe(table.at(row), table.name(row)) };
  }

  private records(): void {
    const { builder, source, options } = this;
    let window = new Uint8Array(0);
    let base = HEADER_BYTES;
    for (let at = HEADER_BYTES; at < source.size && !options.cancel.cancelled; ) {
      if (at + AHEAD > base + window.length && base + window.length < source.size) {
        base = at;
        window = source.read(at, READ_BYTES + AHEAD).slice();
        options.progress?.(at);
      }
      const size = this.item(new ByteReader(window, this.bigEndian, at - base), at);
      if (size <= 0) {
        builder.issues.add(size < 0 ? 'bad-record' : 'torn-tail', at, 0);
        builder.addLoss(-1, 0, at, 0);
        return;
      }
      at += size;
    }
  }

  /** One mapping or record; returns its bytes, 0 when it is not all there, -1 when it is impossible. */
  private item(reader: ByteReader, at: number): number {
    const from = reader.pos;
    if (this.version >= NAMES_VERSION) {
      const type = reader.u64();
      if (!reader.ok) return 0;
      if (type === TYPE_MAPPING) {
        const id = reader.u64();
        const length = reader.u32();
        if (length > NAME_LIMIT) return -1;
        const name = decoder.decode(reader.slice(length));
        if (reader.ok) this.nameOf.set(id, name);
        return reader.ok ? reader.pos - from : 0;
      }
      if (type !== TYPE_EVENT) return -1;
    }
    const record = readRecord(reader);
    if (!record) return reader.ok ? -1 : 0;
    this.row(record, at);
    return reader.pos - from;
  }

  private row(record: SimpleRecord, at: number): void {
    const { builder } = this;
    if (record.id === DROPPED_ID) {
      const count = record.body.size64();
      builder.addLoss(-1, count === Infinity ? 0 : count, at, 0);
      builder.issues.add('lost-events', at, 0, '', Math.max(1, Math.min(count, Number.MAX_SAFE_INTEGER)));
      return;
    }
    if (this.start < 0n) this.start = record.time;
    const name = this.nameOf.get(record.id);
    const forms = name === undefined ? [] : (this.events.get(name) ?? []);
    const read = readArgs(forms, record.body);
    if (name === undefined) builder.issues.tally('unknown-event-id', at, 0, `event ${record.id}`);
    else if (forms.length > 0 && !read) builder.issues.tally('other-arguments', at, 0, name);
    const line = encoder.encode(
      `${name ?? `event#${record.id}`} ${read ? printEvent(read.event, read.values) : ''}`,
    );
    const nameEnd = line.indexOf(Ascii.Blank);
    const plan = read && this.book.qemuEvent(line, 0, nameEnd);
    const nameId =
      plan?.name ?? builder.names.internString(`qemu:${decoder.decode(line.subarray(0, nameEnd))}`);
    builder.addRow(
      Number(record.time - this.start),
      UNKNOWN_CPU,
      UNKNOWN_TID,
      record.pid,
      this.comm,
      plan?.kind ?? KIND_UNKNOWN,
      nameId,
      at,
      0,
    );
    if (plan) fillPayload(builder, plan, line, nameEnd + 1, line.length);
  }

  private describe(at: number, name: string): EventText {
    const reader = new ByteReader(this.source.read(at, AHEAD).slice(), this.bigEndian);
    if (this.version >= NAMES_VERSION) reader.skip(TYPE_BYTES);
    const record = readRecord(reader);
    const forms = this.events.get(name.slice(name.indexOf(':') + 1)) ?? [];
    const read = record && readArgs(forms, record.body);
    if (!read) return { name, fields: [], text: '' };
    return { name, fields: printFields(read.event, read.values), text: printEvent(read.event, read.values) };
  }
}

interface SimpleRecord {
  readonly id: bigint;
  readonly time: bigint;
  readonly pid: number;
  /** The arguments. */
  readonly body: ByteReader;
}

/**
 * The record at the reader's place; undefined when it is not all there (`ok` cleared) or its length is
 * impossible.
 */
function readRecord(reader: ByteReader): SimpleRecord | undefined {
  const from = reader.pos;
  const id = reader.u64();
  const time = reader.u64();
  const length = reader.u32();
  const pid = reader.u32() | 0;
  if (!reader.ok) return undefined;
  if (length < RECORD_HEADER || length > RECORD_LIMIT) return undefined;
  reader.skip(length - RECORD_HEADER);
  return reader.ok
    ? {
        id,
        time,
        pid,
        body: new ByteReader(reader.bytes, reader.bigEndian, from + RECORD_HEADER, from + length),
      }
    : undefined;
}

/**
 * The arguments' values, by the one form of the event that takes all of the record: of another QEMU's the
 * values would be those of other arguments. Undefined where none does.
 */
function readArgs(
  forms: readonly QemuEvent[],
  body: ByteReader,
): { readonly event: QemuEvent; readonly values: (bigint | string)[] } | undefined {
  const from = body.pos;
  for (const event of forms) {
    const reader = new ByteReader(body.bytes, body.bigEndian, from, body.end);
    const values = event.strings.map((isString) =>
      isString ? decoder.decode(reader.slice(reader.u32())) : reader.u64(),
    );
    if (reader.ok && reader.left === 0) return { event, values };
  }
  return undefined;
}
