/**
 * `perf data convert --to-json` as a format of the registry. Read twice: first for where the probes sit, then
 * for the rows. Each sample becomes one line of fields, decoded as `trace-cmd report -R` is, which the same
 * library prints.
 *
 * Producer: tools/perf/util/data-convert-json.c, Linux 7.2.
 */
import { Ascii } from '../../base/ascii.js';
import type { ByteSource } from '../../base/source.js';
import { fillPayload, PlanBook, type EventPlan } from '../../events/payload.js';
import { TableBuilder, UNKNOWN_CPU } from '../../events/table.js';
import type { EventText, OpenTrace, ReadOptions, TraceFormat } from '../../reader.js';
import { ProbeSymbols, tracepointOf } from './names.js';
import { JsonObjects, type TakeObject } from './objects.js';
import { readObject, readSample, type JsonSample } from './sample.js';

const PERF_JSON = 'perf-json';
const READ_BYTES = 1 << 20;
/** A sample's own text, read again to describe it. */
const SAMPLE_BYTES = 1 << 16;
const KERNEL_HALF = 1n << 63n;
const HEAD_BYTES = 300;
const MARKER = '"linux-perf-json-version"';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export const perfJson: TraceFormat = {
  id: PERF_JSON,

  /** The member that perf writes first. */
  sniff(head: Uint8Array): number {
    return head[0] === Ascii.OpenBrace && decoder.decode(head.subarray(0, HEAD_BYTES)).includes(MARKER)
      ? 1
      : 0;
  },

  read(source: ByteSource, options: ReadOptions): OpenTrace {
    const symbols = new ProbeSymbols();
    walk(source, options, (bytes, _at, _line, isMember) => {
      const sample = isMember ? readSample(bytes) : undefined;
      if (sample) symbols.learn(sample);
    });
    const rows = new JsonRows(symbols);
    const { builder } = rows;
    const objects = new JsonObjects((bytes, at, line, isMember) => rows.object(bytes, at, line, isMember));
    const isLimited = builder.isLimited(options.cancel, () => pushAll(source, options, objects));
    if (objects.isOpen && !options.cancel.cancelled && !isLimited) {
      builder.issues.add('torn-tail', source.size, 0);
      builder.addLoss(-1, 0, source.size, 0);
    }
    if (objects.tooLong > 0) builder.issues.add('long-line', 0, 0, 'a sample', objects.tooLong);
    const table = rows.finish();
    return { table, describe: (row) => describeSample(source, table.at(row), table.name(row)) };
  },
};

/** Pushes the whole source through a splitter of objects. */
function walk(source: ByteSource, options: ReadOptions, take: TakeObject): JsonObjects {
  const objects = new JsonObjects(take);
  pushAll(source, options, objects);
  return objects;
}

function pushAll(source: ByteSource, options: ReadOptions, objects: JsonObjects): void {
  for (let at = 0; at < source.size && !options.cancel.cancelled; ) {
    const chunk = source.read(at, READ_BYTES);
    if (chunk.length === 0) break;
    objects.push(chunk);
    at += chunk.length;
    options.progress?.(at);
  }
}

class JsonRows {
  readonly builder = new TableBuilder();
  private readonly book = new PlanBook(this.builder.names, true);
  private first: bigint | undefined;
  private last = 0;
  private maxCpu = -1;

  constructor(private readonly symbols: ProbeSymbols) {
    const { meta } = this.builder;
    meta.format = PERF_JSON;
    // As in the text of perf script: the least that perf's clocks order.
    meta.clock = 'perf';
    meta.hasTgid = true;
  }

  object(bytes: Uint8Array, at: number, line: number, isMember: boolean): void {
    if (!isMember) {
      this.headers(bytes);
      return;
    }
    const sample = readSample(bytes);
    if (!sample) {
      this.builder.issues.tally('bad-line', at, line, 'not a sample');
      this.builder.addLoss(-1, 1, at, line);
      return;
    }
    this.row(sample, at, line, at + bytes.length);
  }

  finish(): ReturnType<TableBuilder['finish']> {
    const { builder } = this;
    const { meta } = builder;
    meta.timeUnit = this.first === undefined ? 'none' : 'ns';
    meta.t0 = this.first ?? 0n;
    meta.cpus = Math.max(meta.cpus, this.maxCpu + 1);
    if (builder.length === 0) builder.issues.add('empty', 0, 1);
    return builder.finish();
  }

  private headers(bytes: Uint8Array): void {
    const headers = readObject(bytes) ?? {};
    const { meta } = this.builder;
    if (typeof headers['os-release'] === 'string') meta.kernel = headers['os-release'];
    if (typeof headers['nrcpus-online'] === 'number') meta.cpus = headers['nrcpus-online'];
    if (Array.isArray(headers['cmdline'])) meta.producer = headers['cmdline'].join(' ').trim();
  }

  private row(sample: JsonSample, at: number, line: number, end: number): void {
    const { builder } = this;
    const { plan, bytes, start } = this.plan(sample);
    let ts = this.last;
    if (sample.time === undefined) builder.issues.tally('untimed', at, line);
    else {
      this.first ??= sample.time;
      ts = Number(sample.time - this.first);
      if (ts < this.last) builder.issues.tally('clock-back', at, line);
    }
    this.last = ts;
    const cpu = sample.cpu >= 0 && sample.cpu < UNKNOWN_CPU ? sample.cpu : UNKNOWN_CPU;
    if (cpu !== UNKNOWN_CPU && cpu > this.maxCpu) this.maxCpu = cpu;
    const comm = builder.comms.internString(sample.comm);
    const row = builder.addRow(ts, cpu, sample.tid, sample.pid, comm, plan.kind, plan.name, at, line);
    fillPayload(builder, plan, bytes, start, bytes.length);
    for (const user of [false, true]) {
      const addresses = sample.chain.map((frame) => frame.ip).filter((ip) => ip < KERNEL_HALF === user);
      if (addresses.length > 0)
        builder.stacks.push({ row, user, offset: at, endOffset: end, line, addresses });
    }
  }

  /** The sample as a line of raw fields, and how to read it. */
  private plan(sample: JsonSample): {
    readonly plan: EventPlan;
    readonly bytes: Uint8Array;
    readonly start: number;
  } {
    const probe = this.symbols.placeOf(sample);
    const isProbe = sample.fields.some(([name]) => name === '__probe_ip' || name === '__probe_func');
    const name = probe?.name ?? (isProbe ? undefined : tracepointOf(sample));
    if (name === undefined)
      this.builder.issues.tally('unknown-event-id', 0, 0, 'the JSON does not name its events');
    const fields = sample.fields
      .filter(([field]) => !field.startsWith('__probe_'))
      .map(([field, value]) => `${field}=${value}`);
    const head = encoder.encode(name ?? (isProbe ? 'probe' : 'event'));
    const bytes = encoder.encode(
      `${decoder.decode(head)} ${[probe?.place ?? '', ...fields].filter((part) => part !== '').join(' ')}`,
    );
    return {
      plan: this.book.event(bytes, 0, head.length, head.length + 1, bytes.length),
      bytes,
      start: head.length + 1,
    };
  }
}

function describeSample(source: ByteSource, at: number, name: string): EventText {
  let sample: JsonSample | undefined;
  const objects = new JsonObjects((bytes, _at, _line, isMember) => {
    if (isMember) sample ??= readSample(bytes);
  });
  // The object stands as a member of an array of the top level.
  objects.push(encoder.encode('{"samples":['));
  for (let from = at; !sample && from < source.size; from += SAMPLE_BYTES)
    objects.push(source.read(from, SAMPLE_BYTES));
  const fields = (sample?.fields ?? []).map(([field, value]) => ({ name: field, value }));
  return { name, fields, text: fields.map((field) => `${field.name}=${field.value}`).join(' ') };
}
