/**
 * Plain lines of ftrace text, many at a time, by the kernel in `kernel/`: WebAssembly that makes of them the
 * rows that the reader would have made, and leaves it every line of which it is not certain. What the kernel
 * has to know of the text so far is the reader's, and is told before each run; what lines were like, their
 * tasks and the plans of their events, it learns from those that the reader takes.
 */
import type { ManyLines } from '../base/lines.js';
import type { EventPlan, PlanBook } from '../events/payload.js';
import { lateMax } from '../events/stepBack.js';
import { RunColumns } from '../events/runColumns.js';
import type { Segment } from '../events/segment.js';
import type { TableBuilder } from '../events/table.js';
import { TASK_COLUMN, type TextColumns } from '../events/textColumns.js';
import type { TextCuts } from '../events/textCuts.js';
import type { LastRows, StackLines } from '../events/textstacks.js';
import type { ClockTracker } from './clock.js';
import { LAYOUT_NORMAL, type LineContext } from './context.js';
import { startKernel, type KernelExports, type KernelCode } from './kernelExports.js';
import { ID_MAX, LaidPlans } from './laidPlans.js';
import type { Prediction } from './predict.js';

/** After so many calls for nothing, it rests: the reader takes lines alone, each time twice as many. */
const CALLS_IN_VAIN = 64;
const REST_MIN = 64;
const REST_MAX = 1 << 13;

/** The parts of a reader that say how its text went on so far. */
export interface ReaderParts {
  readonly builder: TableBuilder;
  readonly book: PlanBook;
  readonly clock: ClockTracker;
  readonly columns: TextColumns;
  readonly cuts: TextCuts;
  readonly lastRows: LastRows;
  readonly stacks: StackLines;
}

/** Takes lines for a reader, and learns from those that the reader takes. */
export interface LineTaker extends ManyLines {
  /** Where chunks best lie. */
  readonly room?: Uint8Array;
  /** The reader has made, or taken back, a row of a plan: what it knows of its lines may have changed. */
  touched(plan: EventPlan): void;
  /**
   * The reader has taken a line with a context, at byte `at` of the source and in `bytes` from `start` on,
   * whose event `event` foresees.
   */
  learn(bytes: Uint8Array, start: number, at: number, context: LineContext, event?: Prediction): void;
}

/** Where there is no kernel. */
export const NO_LINES: LineTaker = {
  position: 0,
  begin: () => undefined,
  take: () => 0,
  touched: () => undefined,
  learn: () => undefined,
};

export class PlainLines implements LineTaker {
  position = 0;
  private readonly kernel: KernelExports;
  private readonly columns: KernelColumns;
  private readonly plans: LaidPlans;
  /** The bytes under way, where the kernel does not have them yet; and how many it takes. */
  private chunk: Uint8Array | undefined;
  private length = 0;
  /** Where in the kernel's memory they begin. */
  private start = 0;
  /** Calls one after another that took no line. */
  private inVain = 0;
  /** Lines that the reader still takes alone, and how many it will the next time. */
  private resting = 0;
  private rest = REST_MIN;
  private readonly begun: number;

  constructor(
    code: KernelCode,
    private readonly parts: ReaderParts,
  ) {
    this.kernel = startKernel(code);
    this.columns = new KernelColumns(this.kernel);
    this.plans = new LaidPlans(this.kernel);
    this.begun = parts.book.startedOver;
  }

  begin(chunk: Uint8Array): void {
    const isThere = chunk.buffer === this.kernel.memory.buffer;
    // Chunks are no longer than that; what is beyond is left to the reader.
    this.length = Math.min(chunk.length, this.columns.input.length);
    this.chunk = isThere ? undefined : chunk;
    this.start = isThere ? chunk.byteOffset : this.kernel.INPUT.value;
  }

  get room(): Uint8Array {
    return this.columns.input;
  }

  take(pos: number, at: number, line: number): number {
    if (this.resting > 0) {
      this.resting--;
      // What lines were like has not been learned since.
      if (this.resting === 0) this.plans.forget();
      return 0;
    }
    const lines = this.run(pos, at, line);
    if (lines > 0) {
      this.inVain = 0;
      this.rest = REST_MIN;
    } else if (++this.inVain === CALLS_IN_VAIN) {
      this.inVain = 0;
      this.resting = this.rest;
      this.rest = Math.min(REST_MAX, 2 * this.rest);
    }
    return lines;
  }

  private run(pos: number, at: number, line: number): number {
    const { kernel, parts } = this;
    const { builder, clock, columns, cuts, book } = parts;
    const first = clock.firstTime;
    const usual = columns.sure;
    if (first === undefined || usual < 0 || cuts.isOpen || pos >= this.length) return 0;
    // Other plans than those that were laid down may be asked for from here on.
    if (book.startedOver !== this.begun) return 0;
    if (this.chunk) this.columns.input.set(this.chunk.subarray(0, this.length));
    this.chunk = undefined;
    this.plans.refresh();
    this.columns.setTimes(clock.lastOfCpu);
    kernel.setClock(...first, clock.highest, clock.highestCpu, lateMax(builder.meta));
    const segment = builder.room();
    const most = Math.min(this.columns.rows, segment.rows - segment.length);
    const { start } = this;
    const origin = segment.originFor(at);
    kernel.run(start + pos, start + this.length, at - origin, most, usual, segment.poolUsed);
    const rows = kernel.rows.value;
    if (rows === 0) return 0;
    this.position = kernel.position.value - start;
    this.takeOver(segment, rows, origin, line);
    return rows;
  }

  /** Appends the rows of the last run to the table, and tells the reader's parts of them. */
  private takeOver(segment: Segment, rows: number, origin: number, line: number): void {
    const { kernel } = this;
    const { builder, clock, columns, lastRows, stacks } = this.parts;
    stacks.close();
    if (kernel.sawTgid.value !== 0) builder.meta.hasTgid = true;
    const firstRow = builder.length;
    segment.putLines(segment.length, line, rows);
    this.columns.appendFrom(origin, segment, rows, kernel.poolUsed.value - segment.poolUsed);
    clock.wentOn(kernel.lastTime.value, kernel.highest.value, kernel.highestCpu.value);
    if (kernel.sawUsual.value !== 0) columns.sawUsual();
    const { cpusSeen, cpuRows, cpuTimes } = this.columns;
    for (let i = 0; i < kernel.cpusSeen.value; i++) {
      const cpu = cpusSeen[i]!;
      clock.sawCpu(cpu, cpuTimes[cpu]!);
      lastRows.saw(firstRow + cpuRows[cpu]!, cpu);
    }
    lastRows.saw(firstRow + rows - 1, segment.cpu[segment.length - 1]!);
  }

  touched(plan: EventPlan): void {
    if (this.resting === 0) this.plans.touched(plan);
  }

  learn(bytes: Uint8Array, start: number, at: number, context: LineContext, event?: Prediction): void {
    if (this.resting > 0) return;
    const { current } = this.parts.builder;
    const last = current.length - 1;
    if (last < 0 || current.atOf(last) !== at) return;
    const isPadded = context.layout === LAYOUT_NORMAL && context.commEnd - start === TASK_COLUMN;
    const comm = current.comm[last]!;
    if (isPadded && comm <= ID_MAX) this.columns.setTask(context.tid, bytes, start, comm);
    if (event) this.plans.lay(event);
  }
}

/** The kernel's memory as typed arrays. */
class KernelColumns extends RunColumns {
  readonly input: Uint8Array;
  readonly rows: number;
  readonly cpuTimes: Float64Array;
  readonly cpuRows: Int32Array;
  readonly cpusSeen: Int32Array;
  private readonly at: Uint32Array;
  private readonly timeAt: Uint8Array;
  private readonly bytes: Uint8Array;
  private readonly words: DataView;

  constructor(private readonly kernel: KernelExports) {
    super(kernel, Uint16Array, kernel.POOL_WORDS.value);
    const { buffer } = kernel.memory;
    const rows = kernel.ROWS.value;
    const cpus = kernel.CPUS.value;
    this.rows = rows;
    this.input = new Uint8Array(buffer, kernel.INPUT.value, kernel.INPUT_BYTES.value);
    this.at = new Uint32Array(buffer, kernel.AT.value, rows);
    this.timeAt = new Uint8Array(buffer, kernel.TIME_AT.value, rows);
    this.cpuTimes = new Float64Array(buffer, kernel.CPU_TIMES.value, cpus).fill(-Infinity);
    this.cpuRows = new Int32Array(buffer, kernel.CPU_ROWS.value, cpus).fill(-1);
    this.cpusSeen = new Int32Array(buffer, kernel.CPUS_SEEN.value, cpus);
    this.bytes = new Uint8Array(buffer);
    this.words = new DataView(buffer);
  }

  /** Appends rows whose places are distances from `origin`. */
  appendFrom(origin: number, segment: Segment, rows: number, words: number): void {
    const to = segment.length;
    segment.putPlaces(to, origin, this.at.subarray(0, rows));
    segment.timeAt.set(this.timeAt.subarray(0, rows), to);
    this.appendTo(segment, rows, words);
  }

  setTimes(lastOfCpu: Float64Array): void {
    this.cpuTimes.set(
      lastOfCpu.length <= this.cpuTimes.length ? lastOfCpu : lastOfCpu.subarray(0, this.cpuTimes.length),
    );
  }

  /** The name in a task's column of a line that begins at `start`, by the low bits of its thread. */
  setTask(tid: number, bytes: Uint8Array, start: number, comm: number): void {
    const { TASK_NAMES, TASKS, TASK_BYTES } = this.kernel;
    const to = TASK_NAMES.value + TASK_BYTES.value * (tid & (TASKS.value - 1));
    for (let i = 0; i < TASK_COLUMN; i++) this.bytes[to + i] = bytes[start + i]!;
    this.words.setUint32(to + TASK_COLUMN, comm, true);
  }
}
