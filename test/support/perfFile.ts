/** Writes small perf.data files, in either byte order, as a file or as a pipe writes them. */
const FORMAT = `name: kvm_userspace_exit
ID: 42
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__u32 reason;\toffset:8;\tsize:4;\tsigned:0;
\tfield:int errno;\toffset:12;\tsize:4;\tsigned:1;

print fmt: "reason %u (%d)", REC->reason, REC->errno
`;
export const EVENT_ID = 42;

/** Bytes in one byte order. */
export class Writer {
  private readonly parts: number[] = [];
  constructor(readonly bigEndian: boolean) {}

  u8(value: number): this {
    this.parts.push(value);
    return this;
  }
  u16(value: number): this {
    return this.number(2, BigInt(value));
  }
  u32(value: number): this {
    return this.number(4, BigInt(value));
  }
  u64(value: bigint | number): this {
    return this.number(8, BigInt(value));
  }
  text(value: string): this {
    this.parts.push(...new TextEncoder().encode(value), 0);
    return this;
  }
  raw(bytes: Uint8Array): this {
    this.parts.push(...bytes);
    return this;
  }
  pad(to: number): this {
    while (this.parts.length % to !== 0) this.parts.push(0);
    return this;
  }
  get length(): number {
    return this.parts.length;
  }
  get bytes(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
  private number(size: number, value: bigint): this {
    const bytes = Array.from({ length: size }, (_, i) =>
      Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xffn),
    );
    this.parts.push(...(this.bigEndian ? bytes.reverse() : bytes));
    return this;
  }
}

export const TID = 1 << 1;
export const TIME = 1 << 2;
export const CALLCHAIN = 1 << 5;
export const ID = 1 << 6;
export const CPU = 1 << 7;
export const RAW = 1 << 10;
export const IDENTIFIER = 1 << 16;
export const STANDARD = IDENTIFIER | TID | TIME | CPU | RAW;

/** `struct perf_event_attr` of 112 bytes: a tracepoint with sample_id_all, on the clock given. */
export function attr(
  bigEndian: boolean,
  sampleType: number,
  clockId = -1,
  config = EVENT_ID,
  more: { readonly period?: number; readonly flags?: readonly number[] } = {},
): Uint8Array {
  const flags = [18, ...(clockId >= 0 ? [25] : []), ...(more.flags ?? [])];
  const out = new Writer(bigEndian)
    .u32(2)
    .u32(112)
    .u64(config)
    .u64(more.period ?? 1)
    .u64(sampleType)
    .u64(4);
  // Bit fields fill each byte from its other end on big-endian machines.
  for (let byte = 0; byte < 8; byte++) {
    out.u8(
      flags
        .filter((f) => f >> 3 === byte)
        .reduce((sum, f) => sum | (bigEndian ? 0x80 >> (f & 7) : 1 << (f & 7)), 0),
    );
  }
  while (out.length < 92) out.u8(0);
  return out.u32(Math.max(0, clockId)).pad(112).bytes;
}

export function record(bigEndian: boolean, type: number, body: Uint8Array, misc = 0): Uint8Array {
  const out = new Writer(bigEndian)
    .u32(type)
    .u16(misc)
    .u16(8 + body.length)
    .raw(body);
  return out.bytes;
}

export interface Sample {
  readonly id?: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly time: bigint | number;
  readonly cpu?: number;
  readonly reason?: number;
  readonly errno?: number;
  readonly chain?: readonly bigint[];
  /** Of another event than the usual one: what the kernel recorded, common fields included. */
  readonly raw?: Uint8Array;
}

export function sample(bigEndian: boolean, sampleType: number, s: Sample): Uint8Array {
  const out = new Writer(bigEndian);
  if (sampleType & IDENTIFIER) out.u64(s.id ?? 1);
  if (sampleType & TID) out.u32(s.pid ?? 100).u32(s.tid ?? 101);
  if (sampleType & TIME) out.u64(s.time);
  if (sampleType & ID) out.u64(s.id ?? 1);
  if (sampleType & CPU) out.u32(s.cpu ?? 0).u32(0);
  if (sampleType & CALLCHAIN) {
    out.u64(s.chain?.length ?? 0);
    for (const ip of s.chain ?? []) out.u64(ip);
  }
  if (sampleType & RAW && s.raw) out.u32(s.raw.length).raw(s.raw);
  else if (sampleType & RAW)
    out
      .u32(20)
      .u16(EVENT_ID)
      .u8(0)
      .u8(0)
      .u32(s.tid ?? 101)
      .u32(s.reason ?? 39)
      .u32(s.errno ?? -14)
      .u32(0);
  return record(bigEndian, 9, out.bytes);
}

/** The trailer of records that are no samples, for STANDARD. */
function trailer(out: Writer, s: Sample): Writer {
  return out
    .u32(s.pid ?? 100)
    .u32(s.tid ?? 101)
    .u64(s.time)
    .u32(s.cpu ?? 0)
    .u32(0)
    .u64(s.id ?? 1);
}

export function comm(bigEndian: boolean, name: string, s: Sample): Uint8Array {
  return record(
    bigEndian,
    3,
    trailer(
      new Writer(bigEndian)
        .u32(s.pid ?? 100)
        .u32(s.tid ?? 101)
        .text(name)
        .pad(8),
      s,
    ).bytes,
  );
}

export function fork(bigEndian: boolean, child: number, parent: number, s: Sample): Uint8Array {
  return record(
    bigEndian,
    7,
    trailer(new Writer(bigEndian).u32(child).u32(parent).u32(child).u32(parent).u64(s.time), s).bytes,
  );
}

export function exit(bigEndian: boolean, tid: number, s: Sample): Uint8Array {
  return record(
    bigEndian,
    4,
    trailer(new Writer(bigEndian).u32(tid).u32(1).u32(tid).u32(1).u64(s.time), s).bytes,
  );
}

export function lost(bigEndian: boolean, count: number, s: Sample): Uint8Array {
  return record(bigEndian, 2, trailer(new Writer(bigEndian).u64(1).u64(count), s).bytes);
}

export function lostSamples(bigEndian: boolean, count: number, misc = 0): Uint8Array {
  return record(bigEndian, 13, trailer(new Writer(bigEndian).u64(count), { time: 0 }).bytes, misc);
}

export function finishedRound(bigEndian: boolean): Uint8Array {
  return record(bigEndian, 68, new Uint8Array(0));
}

/** The one event of a file: where it belongs, and its format as the kernel tells it. */
interface EventFormat {
  readonly system: string;
  readonly format: string;
}

const USERSPACE_EXIT: EventFormat = { system: 'kvm', format: FORMAT };

function tracingData(bigEndian: boolean, event: EventFormat): Uint8Array {
  const out = new Writer(bigEndian)
    .raw(Uint8Array.from([0x17, 0x08, 0x44]))
    .raw(new TextEncoder().encode('tracing'))
    .text('0.6');
  out
    .u8(bigEndian ? 1 : 0)
    .u8(8)
    .u32(4096)
    .text('header_page')
    .u64(0)
    .text('header_event')
    .u64(0)
    .u32(0)
    .u32(1)
    .text(event.system)
    .u32(1);
  const format = new TextEncoder().encode(event.format);
  return out.u64(format.length).raw(format).u32(0).u32(0).u64(0).pad(8).bytes;
}

/** A file with these attrs (each with the one id given) and records. */
export function perfFile(
  bigEndian: boolean,
  attrs: readonly { readonly attr: Uint8Array; readonly id: number }[],
  records: readonly Uint8Array[],
  event = USERSPACE_EXIT,
  command?: readonly string[],
): Uint8Array {
  const entrySize = 112 + 16;
  const idsAt = 104;
  const attrsAt = idsAt + 8 * attrs.length;
  const dataAt = attrsAt + entrySize * attrs.length;
  const dataSize = records.reduce((sum, r) => sum + r.length, 0);
  const tracing = tracingData(bigEndian, event);
  const out = new Writer(bigEndian).raw(new TextEncoder().encode(bigEndian ? '2ELIFREP' : 'PERFILE2'));
  out
    .u64(104)
    .u64(entrySize)
    .u64(attrsAt)
    .u64(entrySize * attrs.length)
    .u64(dataAt)
    .u64(dataSize)
    .u64(0)
    .u64(0)
    .u64(command ? 2 | (1 << 11) : 2)
    .u64(0)
    .u64(0)
    .u64(0);
  for (const { id } of attrs) out.u64(id);
  for (const [i, { attr: bytes }] of attrs.entries()) {
    const idAt = idsAt + 8 * i;
    out.raw(bytes).u64(idAt).u64(8);
  }
  for (const r of records) out.raw(r);
  const words = commandLine(bigEndian, command ?? []);
  const tracingAt = dataAt + dataSize + (command ? 32 : 16);
  out.u64(tracingAt).u64(tracing.length);
  if (command) out.u64(tracingAt + tracing.length).u64(words.length);
  out.raw(tracing);
  return (command ? out.raw(words) : out).bytes;
}

function commandLine(bigEndian: boolean, words: readonly string[]): Uint8Array {
  const out = new Writer(bigEndian).u32(words.length);
  for (const word of words) out.u32(word.length + 1).text(word);
  return out.bytes;
}

/** The same as a pipe writes it. */
export function perfPipe(
  bigEndian: boolean,
  attrs: readonly { readonly attr: Uint8Array; readonly id: number }[],
  records: readonly Uint8Array[],
): Uint8Array {
  const out = new Writer(bigEndian)
    .raw(new TextEncoder().encode(bigEndian ? '2ELIFREP' : 'PERFILE2'))
    .u64(16);
  for (const { attr: bytes, id } of attrs)
    out.raw(record(bigEndian, 64, new Writer(bigEndian).raw(bytes).u64(id).bytes));
  const release = new Writer(bigEndian).u64(4).u32(8).text('7.2.13').pad(8);
  out.raw(record(bigEndian, 80, release.bytes));
  const tracing = tracingData(bigEndian, USERSPACE_EXIT);
  out.raw(record(bigEndian, 66, new Writer(bigEndian).u32(tracing.length).u32(0).bytes)).raw(tracing);
  for (const r of records) out.raw(r);
  return out.bytes;
}
