/**
 * Writes trace.dat files for tests, of either version, byte order and word size, from
 * ring-buffer pages made record by record. Written from the format's description
 * (trace-cmd.dat.v6(5), v7(5)), independently of the reader.
 */

/** Bytes in a row, numbers in one byte order. */
export class Bytes {
  private buffer = new Uint8Array(256);
  private used = 0;
  constructor(readonly bigEndian: boolean) {}
  get length(): number {
    return this.used;
  }
  int(value: number | bigint, size: number): this {
    this.zeros(size);
    this.patch(this.used - size, value, size);
    return this;
  }
  text(text: string): this {
    return this.raw(Buffer.from(text, 'latin1'));
  }
  raw(bytes: Uint8Array): this {
    this.zeros(bytes.length);
    this.buffer.set(bytes, this.used - bytes.length);
    return this;
  }
  zeros(count: number): this {
    if (this.used + count > this.buffer.length) {
      const bigger = new Uint8Array(Math.max(this.buffer.length * 2, this.used + count));
      bigger.set(this.buffer.subarray(0, this.used));
      this.buffer = bigger;
    }
    this.used += count;
    return this;
  }
  patch(at: number, value: number | bigint, size: number): void {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++) {
      this.buffer[this.bigEndian ? at + size - 1 - i : at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }
  done(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }
}

/** One ring-buffer page. Records go in with the ticks since the one before. */
export class PageWriter {
  private readonly data: Bytes;
  constructor(
    readonly stamp: bigint,
    readonly bigEndian = false,
    readonly longSize = 8,
    readonly pageSize = 4096,
  ) {
    this.data = new Bytes(bigEndian);
  }
  private word(type: number, delta: number): void {
    this.data.int(
      this.bigEndian ? (BigInt(type) << 27n) | BigInt(delta) : (BigInt(delta) << 5n) | BigInt(type),
      4,
    );
  }
  record(delta: number, payload: Uint8Array): this {
    const padded = (payload.length + 3) & ~3;
    if (padded <= 112) this.word(padded / 4, delta);
    else {
      this.word(0, delta);
      this.data.int(padded + 4, 4);
    }
    this.data.raw(payload).zeros(padded - payload.length);
    return this;
  }
  timeExtend(ticks: bigint): this {
    this.word(30, Number(ticks & 0x7ffffffn));
    this.data.int(ticks >> 27n, 4);
    return this;
  }
  timeStamp(ticks: bigint): this {
    this.word(31, Number(ticks & 0x7ffffffn));
    this.data.int((ticks >> 27n) & 0xffffffffn, 4);
    return this;
  }
  /** A discarded record of `length` bytes behind its header word. */
  discarded(delta: number, length: number): this {
    this.word(29, delta);
    this.data.int(length, 4).zeros(length - 4);
    return this;
  }
  pad(): this {
    this.word(29, 0);
    return this;
  }
  /** The page; `missing` events before it, 0 for an unknown number, undefined for none. */
  done(missing?: number): Uint8Array {
    const page = new Bytes(this.bigEndian).int(this.stamp, 8);
    let commit = BigInt(this.data.length);
    if (missing !== undefined) commit |= 1n << 31n;
    if (missing !== undefined && missing > 0) commit |= 1n << 30n;
    page.int(commit, this.longSize).raw(this.data.done());
    if (missing !== undefined && missing > 0) page.int(missing, this.longSize);
    return page.zeros(this.pageSize - page.length).done();
  }
}

export interface Content {
  readonly version: 6 | 7;
  readonly bigEndian?: boolean;
  readonly longSize?: 4 | 8;
  readonly pageSize?: number;
  /** Name and function that compresses; nothing for `none`. */
  readonly compression?: { readonly name: string; readonly compress: (bytes: Uint8Array) => Uint8Array };
  readonly ftraceFormats?: readonly string[];
  readonly formats: readonly { readonly system: string; readonly texts: readonly string[] }[];
  readonly kallsyms?: string;
  readonly printk?: string;
  readonly cmdlines?: string;
  readonly options?: readonly { readonly id: number; readonly data: Uint8Array }[];
  /** By instance ('' for the top one), by CPU: its pages. */
  readonly buffers: readonly {
    readonly name: string;
    readonly clock?: string;
    readonly pageSize?: number;
    readonly cpus: readonly Uint8Array[];
  }[];
  /** Leave the chunk count out of the recordings' sizes, as trace-cmd 3.1's convert does. */
  readonly shortSizes?: boolean;
  /** Text in place of the buffers: a latency trace. */
  readonly latency?: string;
}

export function headerPage(longSize: number, pageSize: number): string {
  return (
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
    `\tfield: local_t commit;\toffset:8;\tsize:${longSize};\tsigned:1;\n` +
    '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
    `\tfield: char data;\toffset:${8 + longSize};\tsize:${pageSize - 8 - longSize};\tsigned:0;\n`
  );
}

const HEADER_EVENT = [
  '# compressed entry header\n',
  '\ttype_len    :    5 bits\n',
  '\ttime_delta  :   27 bits\n',
  '\tarray       :   32 bits\n',
].join('');

/** A whole file. */
export function writeTraceDat(content: Content): Uint8Array {
  const big = content.bigEndian ?? false;
  const out = new Bytes(big).raw(Uint8Array.of(0x17, 0x08, 0x44)).text(`tracing${content.version}\0`);
  out
    .int(big ? 1 : 0, 1)
    .int(content.longSize ?? 8, 1)
    .int(content.pageSize ?? 4096, 4);
  return content.version === 6 ? writeVersion6(out, content) : writeVersion7(out, content);
}

function headerInfo(content: Content): Uint8Array {
  const page = headerPage(content.longSize ?? 8, content.pageSize ?? 4096);
  return new Bytes(content.bigEndian ?? false)
    .text('header_page\0')
    .int(page.length, 8)
    .text(page)
    .text('header_event\0')
    .int(HEADER_EVENT.length, 8)
    .text(HEADER_EVENT)
    .done();
}

function ftraceFormats(content: Content): Uint8Array {
  const list = content.ftraceFormats ?? [];
  const out = new Bytes(content.bigEndian ?? false).int(list.length, 4);
  for (const text of list) out.int(text.length, 8).text(text);
  return out.done();
}

function eventFormats(content: Content): Uint8Array {
  const out = new Bytes(content.bigEndian ?? false).int(content.formats.length, 4);
  for (const { system, texts } of content.formats) {
    out.text(`${system}\0`).int(texts.length, 4);
    for (const text of texts) out.int(text.length, 8).text(text);
  }
  return out.done();
}

function sized(text: string, sizeBytes: number, content: Content): Uint8Array {
  return new Bytes(content.bigEndian ?? false).int(text.length, sizeBytes).text(text).done();
}

function writeVersion6(out: Bytes, content: Content): Uint8Array {
  out.raw(headerInfo(content)).raw(ftraceFormats(content)).raw(eventFormats(content));
  out
    .raw(sized(content.kallsyms ?? '', 4, content))
    .raw(sized(content.printk ?? '', 4, content))
    .raw(sized(content.cmdlines ?? '', 8, content));
  const [top, ...instances] = content.buffers;
  out.int(top?.cpus.length ?? 0, 4);
  out.text('options  \0');
  for (const { id, data } of content.options ?? []) out.int(id, 2).int(data.length, 4).raw(data);
  const pointers = instances.map(({ name }) => {
    const at = out.int(3, 2).int(8 + name.length + 1, 4).length;
    out.int(0, 8).text(`${name}\0`);
    return at;
  });
  out.int(0, 2);
  if (content.latency !== undefined) return out.text('latency  \0').text(content.latency).done();
  writeRecordings6(out, top?.cpus ?? [], content);
  instances.forEach((instance, i) => {
    out.patch(pointers[i]!, out.length, 8);
    writeRecordings6(out, instance.cpus, content);
  });
  return out.done();
}

function writeRecordings6(out: Bytes, cpus: readonly Uint8Array[], content: Content): void {
  const table = out.text('flyrecord\0').length;
  out.zeros(16 * cpus.length);
  const pageSize = content.pageSize ?? 4096;
  cpus.forEach((pages, i) => {
    out.zeros((pageSize - (out.length % pageSize)) % pageSize);
    out.patch(table + 16 * i, out.length, 8);
    out.patch(table + 16 * i + 8, pages.length, 8);
    out.raw(pages);
  });
}

function writeVersion7(out: Bytes, content: Content): Uint8Array {
  const big = content.bigEndian ?? false;
  const codec = content.compression;
  out.text(`${codec?.name ?? 'none'}\0${codec ? '1.0' : ''}\0`);
  const firstOptions = out.length;
  out.int(0, 8);
  const options = new Bytes(big);
  const pointer = (id: number, bytes: Uint8Array): void => {
    options
      .int(id, 2)
      .int(8, 4)
      .int(section(out, id, bytes, codec), 8);
  };
  pointer(16, headerInfo(content));
  pointer(17, ftraceFormats(content));
  pointer(18, eventFormats(content));
  if (content.kallsyms !== undefined) pointer(19, sized(content.kallsyms, 4, content));
  if (content.printk !== undefined) pointer(20, sized(content.printk, 4, content));
  if (content.cmdlines !== undefined) pointer(21, sized(content.cmdlines, 8, content));
  for (const { id, data } of content.options ?? []) options.int(id, 2).int(data.length, 4).raw(data);
  if (content.latency !== undefined) {
    const at = section(out, 22, new Bytes(big).text(content.latency).done(), undefined);
    options
      .int(22, 2)
      .int(8 + 2, 4)
      .int(at, 8)
      .text('\0\0');
  }
  // Two option sections, so that the chain is followed.
  const chained = new Bytes(big);
  for (const buffer of content.buffers) chained.raw(writeBuffer7(out, buffer, content));
  chained.int(0, 2).int(8, 4).int(0, 8);
  const second = section(out, 0, chained.done(), codec);
  options.int(0, 2).int(8, 4).int(second, 8);
  out.patch(firstOptions, section(out, 0, options.done(), codec), 8);
  return out.done();
}

/** Adds a section and returns where it is. */
function section(out: Bytes, id: number, bytes: Uint8Array, codec: Content['compression']): number {
  const at = out.length;
  const small = codec?.compress(bytes);
  const body = small
    ? new Bytes(out.bigEndian).int(small.length, 4).int(bytes.length, 4).raw(small).done()
    : bytes;
  out
    .int(id, 2)
    .int(small ? 1 : 0, 2)
    .int(0, 4)
    .int(body.length, 8)
    .raw(body);
  return at;
}

function writeBuffer7(out: Bytes, buffer: Content['buffers'][number], content: Content): Uint8Array {
  const pageSize = buffer.pageSize ?? content.pageSize ?? 4096;
  const codec = content.compression;
  const at = out.length;
  out
    .int(3, 2)
    .int(codec ? 1 : 0, 2)
    .int(0, 4)
    .int(0, 8);
  const body = new Bytes(out.bigEndian)
    .int(at, 8)
    .text(`${buffer.name}\0${buffer.clock ?? 'local'}\0`)
    .int(pageSize, 4)
    .int(buffer.cpus.length, 4);
  buffer.cpus.forEach((pages, cpu) => {
    out.zeros((pageSize - (out.length % pageSize)) % pageSize);
    const start = out.length;
    out.raw(codec ? chunked(pages, pageSize * 2, codec.compress, out.bigEndian) : pages);
    body
      .int(cpu, 4)
      .int(start, 8)
      .int(out.length - start - (content.shortSizes === true ? 4 : 0), 8);
  });
  out.patch(at + 8, out.length - at - 16, 8);
  return new Bytes(out.bigEndian).int(3, 2).int(body.length, 4).raw(body.done()).done();
}

function chunked(
  pages: Uint8Array,
  chunkBytes: number,
  compress: (bytes: Uint8Array) => Uint8Array,
  bigEndian: boolean,
): Uint8Array {
  const out = new Bytes(bigEndian).int(Math.ceil(pages.length / chunkBytes), 4);
  for (let at = 0; at < pages.length; at += chunkBytes) {
    const plain = pages.subarray(at, at + chunkBytes);
    const small = compress(plain);
    out.int(small.length, 4).int(plain.length, 4).raw(small);
  }
  return out.done();
}

/** A zstd frame that stores its bytes, block by block, uncompressed. */
export function storeZstd(bytes: Uint8Array): Uint8Array {
  // Frame header: single segment, content size in four bytes.
  const out = new Bytes(false).int(0xfd2fb528, 4).int(0xa0, 1).int(bytes.length, 4);
  const block = 1 << 16;
  for (let at = 0; at < bytes.length || at === 0; at += block) {
    const part = bytes.subarray(at, at + block);
    const last = at + block >= bytes.length ? 1 : 0;
    out.int((part.length << 3) | last, 3).raw(part);
  }
  return out.done();
}
