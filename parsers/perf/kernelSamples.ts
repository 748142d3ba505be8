/**
 * Samples of a perf.data by the kernel of samples: it goes by those that come in, and makes rows of those
 * whose turn it is; what it leaves becomes a row by {@link Samples.write}.
 */
import { HOST_IS_LITTLE } from '../base/words.js';
import { RunColumns } from '../events/runColumns.js';
import type { Segment } from '../events/segment.js';
import { headOf } from '../events/slots.js';
import type { TableBuilder } from '../events/table.js';
import { isUnderstood } from '../events/understood.js';
import type { ReadOptions } from '../reader.js';
import { ROW_ID_MAX, rowProgram, rowProgramBytes, type RowAddress } from '../tep/rowProgram.js';
import { rawStart, type SampleLayout } from './abi.js';
import type { PerfClock } from './clock.js';
import type { PerfInfo } from './container.js';
import type { Chunk } from './feed.js';
import { Ended, startSampleKernel, type SampleKernel } from './kernelExports.js';
import { hasRoom, KERNEL_LIMIT, KernelRoom } from './kernelRoom.js';
import { NO_PROGRAM, type RawProgram } from './programs.js';
import type { Samples } from './samples.js';
import type { Stage } from './stage.js';
import type { Threads } from './threads.js';

/** Records of such a format are left to the host. */
const BY_HOST = 1;
const WORD_BYTES = 4;
const NO_ADDRESS: RowAddress = [-1, 0, 0, 0];

/** What of the reader it works with. */
interface Parts {
  readonly info: PerfInfo;
  readonly builder: TableBuilder;
  readonly stage: Stage;
  readonly samples: Samples;
  readonly threads: Threads;
  readonly clock: PerfClock;
}

/** A kernel for a file whose samples are all alike; undefined where it has others, or there is none. */
export function kernelFor(
  info: PerfInfo,
  fileBytes: number,
  { sampleKernel }: ReadOptions,
): SampleKernel | undefined {
  const layout = info.layoutOfAll;
  const isUsual = layout && layout.tid >= 0 && layout.time >= 0 && layout.cpu >= 0 && layout.hasRaw;
  if (!isUsual || layout.hasRead || info.bigEndian || !HOST_IS_LITTLE || fileBytes < KERNEL_LIMIT.bytesMin)
    return undefined;
  const code = sampleKernel?.();
  const kernel = code && startSampleKernel(code);
  if (!kernel || !hasRoom(kernel, fileBytes)) return undefined;
  const { tid, time, cpu, rest, hasCallchain } = layout;
  kernel.setLayout(tid, time, cpu, rest, Number(hasCallchain));
  return kernel;
}

export class KernelSamples {
  readonly room: KernelRoom;
  /** Rows that the kernel made. */
  made = 0;
  private readonly columns: RunColumns;
  private readonly words: Int32Array;
  private readonly checks: Uint32Array;
  private readonly times: Float64Array;
  private readonly offsets: Uint32Array;
  private readonly back: Uint32Array;
  private readonly records: Uint32Array;
  private readonly when: Float64Array;
  /** Of the records that become rows: their places in the file, and in the stream of what is compressed. */
  private readonly at: Float64Array;
  private readonly inStream: Float64Array;
  private readonly layout: SampleLayout;
  private nextProgram: number;
  /** Of each format that has a program, where it is. */
  private readonly programs = new Map<number, number>();
  /** The segment of the run under way, and the first of its records. */
  private segment: Segment;
  private first = 0;

  constructor(
    private readonly kernel: SampleKernel,
    private readonly parts: Parts,
  ) {
    this.room = new KernelRoom(kernel);
    const { buffer } = this.room;
    const rows = kernel.ROWS.value;
    this.columns = new RunColumns(kernel, Uint16Array, kernel.POOL_WORDS.value);
    this.words = new Int32Array(buffer);
    this.checks = new Uint32Array(buffer, kernel.CHECKS.value, 2 * rows);
    this.times = new Float64Array(buffer, kernel.TIMES.value, rows);
    this.offsets = new Uint32Array(buffer, kernel.OFFSETS.value, rows);
    this.back = new Uint32Array(buffer, kernel.BACK.value, rows);
    this.records = new Uint32Array(buffer, kernel.RECORDS.value, rows);
    this.when = new Float64Array(buffer, kernel.WHEN.value, rows);
    this.at = new Float64Array(rows);
    this.inStream = new Float64Array(rows);
    this.layout = parts.info.layoutOfAll!;
    this.nextProgram = kernel.ARENA.value;
    this.segment = parts.builder.current;
  }

  /** Lets the samples wait that begin at `at`; returns where the first one is that is left to the host. */
  walk(chunk: Chunk, at: number): number {
    const { clock, stage } = this.parts;
    if (chunk.place < 0 || !clock.isStarted) return at;
    const { kernel, times, offsets, back } = this;
    kernel.setBase(clock.high, clock.low);
    const end = chunk.place + chunk.bytes.length;
    let position = chunk.place + at;
    for (;;) {
      position = kernel.walk(position, end, chunk.place, stage.latest, stage.newest);
      const count = kernel.walked.value;
      if (count === 0) return position - chunk.place;
      const older = back.subarray(0, kernel.back.value);
      stage.addAll(chunk.id, times.subarray(0, count), offsets.subarray(0, count), older);
      stage.latest = kernel.latest.value;
      stage.newest = kernel.newest.value;
    }
  }

  /** Makes rows of the records that wait, up to a time; returns how many of them are done. */
  take(order: Uint32Array, limit: number, host: (i: number) => void): number {
    const { stage, samples } = this.parts;
    let done = 0;
    while (done < stage.waiting) {
      const count = Number.isNaN(samples.firstTime) ? 0 : this.gather(order, done, limit);
      if (count > 0) this.makeRows(order, done, count, host);
      else if (stage.times[order[done]!]! > limit) break;
      else host(order[done]!);
      done += Math.max(count, 1);
    }
    return done;
  }

  /** The names of threads may be others now. */
  forgetThreads(): void {
    const { TASKS, TASK_COUNT, TASK_BYTES } = this.kernel;
    const from = TASKS.value / WORD_BYTES;
    this.words.fill(0, from, from + (TASK_COUNT.value * TASK_BYTES.value) / WORD_BYTES);
  }

  /** Lays down the records from `done` on that the kernel can reach; returns how many. */
  private gather(order: Uint32Array, done: number, limit: number): number {
    const { records, when, at, inStream } = this;
    const { stage } = this.parts;
    const { times, chunks, offsets } = stage;
    const most = Math.min(records.length, stage.waiting - done);
    let id = -1;
    let chunk: Chunk | undefined;
    let k = 0;
    for (; k < most; k++) {
      const i = order[done + k]!;
      const time = times[i]!;
      if (time > limit) break;
      if (chunks[i] !== id || chunk === undefined) {
        id = chunks[i]!;
        chunk = stage.bytes.chunk(id);
        if (chunk.place < 0) break;
      }
      const offset = offsets[i]!;
      records[k] = chunk.place + offset;
      when[k] = time;
      const isCompressed = chunk.origin >= 0;
      at[k] = isCompressed ? chunk.origin : chunk.start + offset;
      inStream[k] = isCompressed ? chunk.start + offset : -1;
    }
    return k;
  }

  private makeRows(order: Uint32Array, done: number, count: number, host: (i: number) => void): void {
    const { kernel } = this;
    this.start(0);
    for (let from = 0; ; ) {
      const ended = kernel.run(from, count);
      from = kernel.next.value;
      if (ended === Ended.All) break;
      if (ended === Ended.Task) {
        this.addThread(kernel.wanted.value);
        continue;
      }
      this.flush();
      if (ended === Ended.Program) this.addProgram(kernel.wanted.value, order[done + from]!);
      else if (ended === Ended.Other) {
        host(order[done + from]!);
        from++;
      }
      this.start(from);
    }
    this.flush();
  }

  private start(from: number): void {
    const { samples, builder } = this.parts;
    this.segment = builder.room();
    this.first = from;
    const { length, rows, poolUsed } = this.segment;
    const most = Math.min(this.kernel.ROWS.value, rows - length);
    this.kernel.startRows(most, poolUsed, samples.firstTime, samples.lastTime);
  }

  /** Takes over the rows of the run under way. */
  private flush(): void {
    const { kernel, segment, first } = this;
    const rows = kernel.rows.value;
    if (rows === 0) return;
    const to = segment.length;
    this.made += rows;
    segment.putAll(to, this.at.subarray(first, first + rows));
    this.columns.appendTo(segment, rows, kernel.pooled.value);
    const inStream = this.inStream.subarray(first, first + rows);
    this.parts.samples.sawRows(to, inStream, kernel.lastTime.value, kernel.maxCpu.value);
    this.check(to);
  }

  /** Looks at payloads that may say less than their kind needs. */
  private check(first: number): void {
    const { kernel, segment, checks } = this;
    const end = 2 * kernel.checks.value;
    for (let k = 0; k < end; k += 2) {
      const i = first + checks[k]!;
      if (!isUnderstood(segment.kind[i]!, headOf(segment, segment.payload[i]!)))
        this.parts.builder.noteUnread(i);
    }
  }

  private addThread(tid: number): void {
    const { TASKS, TASK_COUNT, TASK_BYTES } = this.kernel;
    const entry = (TASKS.value + TASK_BYTES.value * (tid & (TASK_COUNT.value - 1))) / WORD_BYTES;
    this.words.set([tid, this.parts.threads.comm(tid) + 1], entry);
  }

  /** The program of a format, of a probe for the address of the record at hand. */
  private addProgram(type: number, i: number): void {
    const { programs } = this.parts.samples;
    const index = programs.ofType[type]!;
    const program = programs.all[index];
    const entry = this.kernel.PROGRAMS.value / WORD_BYTES + type;
    if (index === NO_PROGRAM || !program || program.name > ROW_ID_MAX) this.words[entry] = BY_HOST;
    else if (!program.probe) this.words[entry] = this.lay(type, program, 0, NO_ADDRESS);
    else this.words[entry] = this.layProbe(type, program, program.probe, i);
  }

  private layProbe(
    type: number,
    program: RawProgram,
    probe: NonNullable<RawProgram['probe']>,
    i: number,
  ): number {
    const { stage, samples, info } = this.parts;
    const { view } = stage.bytes.chunk(stage.chunks[i]!);
    const offset = stage.offsets[i]!;
    const end = offset + view.getUint16(offset + 6, true);
    const raw = rawStart(view, offset + this.layout.rest, end, this.layout, true) + 4;
    const placed = samples.programs.placed(program, probe, view, raw, end, true, info.context);
    const low = view.getInt32(raw + probe.addressAt, true);
    const high = probe.addressSize === 8 ? view.getInt32(raw + probe.addressAt + 4, true) : 0;
    const address: RowAddress = [probe.addressAt, probe.addressSize, low, high];
    return this.lay(type, placed, probe.format.fields.length, address);
  }

  /** `fields`: as many steps what else a probe's address means may have. */
  private lay(type: number, { plan, name }: RawProgram, fields: number, address: RowAddress): number {
    const { kernel } = this;
    const head = kernel.ROW_PROGRAM_BYTES.value;
    const place = this.programs.get(type) ?? this.nextProgram;
    if (place === this.nextProgram) {
      const most = head + rowProgramBytes(Math.max(plan.steps.length, fields));
      if (place + most > kernel.ARENA.value + kernel.ARENA_BYTES.value) return BY_HOST;
      this.nextProgram += most;
      this.programs.set(type, place);
    }
    this.words.set(rowProgram(plan, name, address, place + head), place / WORD_BYTES);
    return place;
  }
}
