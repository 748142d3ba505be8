/** Rows of a trace.dat by the kernel of records; what it leaves becomes a row by {@link addRecord}. */
import { isUnderstood } from '../events/understood.js';
import { RunColumns } from '../events/runColumns.js';
import type { Segment } from '../events/segment.js';
import { headOf } from '../events/slots.js';
import type { TableBuilder } from '../events/table.js';
import type { ReadOptions } from '../reader.js';
import type { ShownRows } from '../events/shownRows.js';
import { ROW_ID_MAX, rowProgram, rowProgramBytes } from '../tep/rowProgram.js';
import { Ended, type RecordKernel } from './kernelExports.js';
import { addRecord, choosePlan, endStream, POLL_ROWS, type Recordings } from './read.js';
import type { EventPlan, PlanBook } from './recordPlans.js';
import type { CpuStream } from './stream.js';
import type { Threads } from './threads.js';

/** Records of such an event are left to the host. */
const BY_HOST = 1;
const WORD_BYTES = 4;
/** The columns of a run's rows. */
class Columns extends RunColumns {
  readonly checks: Uint32Array;
  private readonly at: Float64Array;

  constructor(kernel: RecordKernel) {
    super(kernel, Uint16Array);
    const { buffer } = kernel.memory;
    const rows = kernel.ROWS.value;
    this.at = new Float64Array(buffer, kernel.AT.value, rows);
    this.checks = new Uint32Array(buffer, kernel.CHECKS.value, 2 * rows);
  }

  override appendTo(segment: Segment, rows: number, words: number): void {
    segment.putAll(segment.length, this.at.subarray(0, rows));
    super.appendTo(segment, rows, words);
  }
}

export class KernelRows {
  /** Rows that were made by the host. */
  left = 0;
  private readonly columns: Columns;
  private readonly words: Int32Array;
  private nextProgram: number;
  /** Of each event that has a program, where it is. */
  private readonly programs = new Map<number, number>();
  /** The segment of the run under way. */
  private segment: Segment;
  private sincePoll = 0;

  constructor(
    private readonly kernel: RecordKernel,
    private readonly recordings: Recordings,
    private readonly plans: PlanBook,
    private readonly threads: Threads,
    private readonly builder: TableBuilder,
    private readonly options: ReadOptions,
    private readonly shown: ShownRows | undefined,
  ) {
    this.columns = new Columns(kernel);
    this.words = new Int32Array(kernel.memory.buffer);
    this.nextProgram = kernel.ARENA.value;
    this.segment = builder.room();
  }

  /** Adds the rows of all streams in order. */
  run(): void {
    const { kernel, recordings } = this;
    const { streams } = recordings;
    kernel.begin(streams.length, Infinity, 1);
    for (const [lane, { cpu }] of streams.entries()) kernel.setRowLane(lane, cpu);
    this.start();
    for (;;) {
      const ended = kernel.run();
      if (ended === Ended.All) break;
      this.goOn(ended, streams[kernel.current.value]!);
      this.shown?.look();
      if (this.sincePoll < POLL_ROWS) continue;
      this.sincePoll = 0;
      if (this.options.cancel.cancelled) break;
      this.options.progress?.(recordings.done());
    }
    this.flush();
  }

  /** Does what the kernel ended for. */
  private goOn(ended: Ended, stream: CpuStream): void {
    const { kernel } = this;
    const lane = kernel.current.value;
    if (ended === Ended.Page) this.nextPage(stream, lane);
    else if (ended === Ended.Full) this.flush();
    else if (ended === Ended.Task) this.addThread(kernel.wanted.value | 0);
    else if (ended === Ended.Program) this.addProgram(kernel.wanted.value, stream);
    else if (ended === Ended.Bad) {
      stream.noteBad(kernel.extra.value - stream.bytes.byteOffset);
      kernel.leaveNext(lane);
    } else if (ended === Ended.Stamp) {
      stream.ts = kernel.ts();
      stream.absolute(kernel.extra.value >>> 0, kernel.delta.value);
      kernel.setTs(stream.ts);
    } else this.addHere(stream, lane);
  }

  private nextPage(stream: CpuStream, lane: number): void {
    const { kernel } = this;
    if (!stream.toNextPage()) {
      this.flush();
      endStream(stream, this.builder);
      kernel.endLane(lane);
      return;
    }
    const { byteOffset } = stream.bytes;
    const [position, end] = [stream.unread + byteOffset, stream.unreadEnd + byteOffset];
    kernel.setPage(lane, stream.ts, position, end, stream.at - byteOffset);
    // What is missing is told before the next row.
    if (stream.missing >= 0) kernel.leaveNext(lane);
  }

  private addThread(tid: number): void {
    const { TASKS, TASK_COUNT, TASK_BYTES } = this.kernel;
    const entry = (TASKS.value + TASK_BYTES.value * (tid & (TASK_COUNT.value - 1))) >> 2;
    this.words.set([tid, this.threads.comm(tid) + 1, this.threads.tgid(tid)], entry);
  }

  /** The program of an event, of a probe for the address of the record at hand. */
  private addProgram(id: number, stream: CpuStream): void {
    const { plans } = this;
    // Rows so far are looked through by the plan that they were made by.
    this.flush();
    const plan = plans.plan(id);
    this.recordOf(stream);
    const { view, start, end } = stream;
    if (plan.addressOffset >= 0) choosePlan(plan, plans, view, start + plan.addressOffset, end, true);
    this.words[(this.kernel.PROGRAMS.value >> 2) + id] = this.layProgram(id, plan);
  }

  private layProgram(id: number, plan: EventPlan): number {
    const { kernel } = this;
    if (plan.isStack || plan.markers !== undefined || plan.nameId > ROW_ID_MAX) return BY_HOST;
    const head = kernel.ROW_PROGRAM_BYTES.value;
    const place = this.programs.get(id) ?? this.nextProgram;
    if (place === this.nextProgram) {
      // What else a probe's address may mean has no more steps than the event has fields.
      const most = head + rowProgramBytes(Math.max(plan.steps.length, plan.format?.fields.length ?? 0));
      if (place + most > kernel.ARENA.value + kernel.ARENA_BYTES.value) return BY_HOST;
      this.nextProgram += most;
      this.programs.set(id, place);
    }
    const address = [plan.addressOffset, plan.addressSize, plan.addressLo, plan.addressHi] as const;
    this.words.set(rowProgram(plan, plan.nameId, address, place + head), place / WORD_BYTES);
    return place;
  }

  /** The kernel's current record, which the stream points at from now on. */
  private recordOf(stream: CpuStream): void {
    const { kernel } = this;
    const { byteOffset } = stream.bytes;
    stream.start = kernel.start() - byteOffset;
    stream.end = kernel.end() - byteOffset;
    stream.ts = kernel.ts();
  }

  /** Makes a row here. */
  private addHere(stream: CpuStream, lane: number): void {
    const { kernel, builder } = this;
    this.left++;
    this.flush();
    this.recordOf(stream);
    addRecord(stream, this.plans, this.threads, builder, this.recordings.clock);
    this.forgetProgram(stream);
    this.sincePoll++;
    kernel.noteRow(lane, stream.lastTs);
    kernel.take();
    this.start();
  }

  /** A probe's plan may be for another address now: the next record of it asks for its program. */
  private forgetProgram({ view, start, end }: CpuStream): void {
    const { plans } = this;
    if (start + plans.typeOffset + plans.typeSize > end) return;
    const id = plans.idIn(view, start, true);
    if (plans.plan(id).addressOffset >= 0) this.words[(this.kernel.PROGRAMS.value >> 2) + id] = 0;
  }

  private start(): void {
    this.segment = this.builder.room();
    const { length, rows, poolUsed } = this.segment;
    this.kernel.startRows(Math.min(this.kernel.ROWS.value, rows - length), poolUsed);
  }

  /** Takes over the rows of the run under way. */
  private flush(): void {
    const { kernel, builder, segment } = this;
    const rows = kernel.rows.value;
    const before = builder.length;
    if (rows > 0) this.columns.appendTo(segment, rows, kernel.pooled.value);
    for (const [lane, stream] of this.recordings.streams.entries()) this.noteRows(stream, lane, before);
    this.check(segment.length - rows);
    this.sincePoll += rows;
    this.start();
  }

  /** What a stream has to know of its rows in the run. */
  private noteRows(stream: CpuStream, lane: number, before: number): void {
    const { kernel, threads } = this;
    stream.events += kernel.events(lane);
    const last = kernel.lastRow(lane);
    if (last >= 0) {
      if (stream.firstRow < 0) stream.firstRow = before + kernel.firstRow(lane);
      stream.lastRow = before + last;
      stream.lastTs = kernel.lastTs(lane);
      stream.lastTid = kernel.thread(lane);
      stream.lastComm = threads.comm(stream.lastTid);
      stream.lastTgid = threads.tgid(stream.lastTid);
    }
    kernel.forgetRows(lane);
  }

  /** Looks at payloads that may say less than their kind needs. */
  private check(first: number): void {
    const { kernel, builder, plans } = this;
    const { checks } = this.columns;
    const { segment } = this;
    const end = 2 * kernel.checks.value;
    for (let k = 0; k < end; k += 2) {
      const i = first + checks[k]!;
      const plan = plans.plan(checks[k + 1]!);
      if (!isUnderstood(plan.kind, headOf(segment, segment.payload[i]!))) builder.noteUnread(i);
    }
  }
}
