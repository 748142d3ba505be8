/**
 * Staged records in their final order: samples become rows, COMM, FORK and EXIT the names of threads, LOST
 * and LOST_SAMPLES marks of loss.
 */
import { UNKNOWN_CPU, type TableBuilder } from '../events/table.js';
import {
  count64,
  MISC_LOST_SAMPLES_BPF,
  RECORD_COMM,
  RECORD_EXIT,
  RECORD_FORK,
  RECORD_LOST,
  RECORD_LOST_SAMPLES,
  RECORD_SAMPLE,
} from './abi.js';
import type { PerfInfo } from './container.js';
import { fileOffset, type Chunk } from './feed.js';
import type { KernelSamples } from './kernelSamples.js';
import type { Samples } from './samples.js';
import type { Stage } from './stage.js';
import type { Threads } from './threads.js';

/** Places in the records, in bytes from their start. */
const MISC_AT = 4;
const COMM_TID_AT = 12;
const COMM_NAME_AT = 16;
/** FORK and EXIT. */
const TASK_TID_AT = 16;
const TASK_PARENT_TID_AT = 20;
const TASK_PARENT_TID_END = 24;
const LOST_COUNT_AT = 16;
const LOST_BYTES = 24;
const LOST_SAMPLES_COUNT_AT = 8;
const LOST_SAMPLES_BYTES = 16;

/**
 * Without FINISHED_ROUND, more bytes than these do not wait: half of the time that they span is written out,
 * as perf does when it runs out of memory.
 */
const WAITING_BYTES = 256 << 20;

export class Rows {
  private roundLimit = -Infinity;
  private lostInGaps = 0;
  private lostSamples = 0;
  private relieveAt = WAITING_BYTES;

  constructor(
    private readonly info: PerfInfo,
    private readonly builder: TableBuilder,
    private readonly stage: Stage,
    private readonly samples: Samples,
    private readonly threads: Threads,
  ) {}

  /** What makes most of the rows; undefined where nothing does. */
  kernel: KernelSamples | undefined;

  /** A round ends: what the round before had seen is in order now. */
  finishRound(): void {
    this.flush(this.roundLimit);
    this.roundLimit = this.stage.newest;
  }

  /** To be called now and then: bounds what waits where the file has no rounds. */
  relieve(): void {
    const { stage } = this;
    if (stage.bytes.size < this.relieveAt) return;
    if (stage.waiting > 0) this.flush(stage.oldest + (stage.newest - stage.oldest) / 2);
    // Where times are so uneven that this gave up little, trying again at once would sort the same rows over
    // and over.
    this.relieveAt = Math.max(WAITING_BYTES, 2 * stage.bytes.size);
  }

  /** Writes out what is not newer than `limit`, in order. */
  private flush(limit: number): void {
    const { stage } = this;
    if (stage.waiting === 0) return;
    const order = stage.sorted();
    const done = this.kernel?.take(order, limit, (i) => this.take(i)) ?? this.takeAll(order, limit);
    if (done > 0) stage.keep(done);
  }

  private takeAll(order: Uint32Array, limit: number): number {
    const { stage } = this;
    let done = 0;
    for (; done < stage.waiting; done++) {
      const i = order[done]!;
      if (stage.times[i]! > limit) break;
      this.take(i);
    }
    return done;
  }

  private take(i: number): void {
    const { stage } = this;
    const chunk = stage.bytes.chunk(stage.chunks[i]!);
    const offset = stage.offsets[i]!;
    const little = !this.info.bigEndian;
    const type = chunk.view.getUint32(offset, little);
    const size = chunk.view.getUint16(offset + 6, little);
    if (type === RECORD_SAMPLE) this.samples.write(chunk, offset, size, stage, i);
    else this.task(chunk, offset, type, size);
  }

  /** A record that is no sample, in its turn, or at once where it has no time. */
  task(chunk: Chunk, offset: number, type: number, size: number): void {
    const { view, bytes } = chunk;
    this.kernel?.forgetThreads();
    const word = (at: number): number => view.getInt32(offset + at, !this.info.bigEndian);
    if (type === RECORD_LOST && size >= LOST_BYTES) this.lost(chunk, offset, size);
    else if (type === RECORD_LOST_SAMPLES && size >= LOST_SAMPLES_BYTES) this.countLostSamples(chunk, offset);
    else if (type === RECORD_COMM && size >= COMM_NAME_AT)
      this.threads.rename(word(COMM_TID_AT), bytes, offset + COMM_NAME_AT, offset + size);
    else if (type === RECORD_FORK && size >= TASK_PARENT_TID_END)
      this.threads.fork(word(TASK_TID_AT), word(TASK_PARENT_TID_AT));
    else if (type === RECORD_EXIT && size >= TASK_PARENT_TID_END) this.threads.exit(word(TASK_TID_AT));
  }

  /** LOST_SAMPLES: a total of what was dropped; not what a filter dropped on purpose. */
  private countLostSamples({ view }: Chunk, offset: number): void {
    const little = !this.info.bigEndian;
    const misc = view.getUint16(offset + MISC_AT, little);
    const count = count64(view, offset + LOST_SAMPLES_COUNT_AT, little);
    if (!(misc & MISC_LOST_SAMPLES_BPF) && count !== Infinity) this.lostSamples += count;
  }

  /** LOST: the kernel dropped records of this CPU's buffer, here. */
  private lost(chunk: Chunk, offset: number, size: number): void {
    const { view } = chunk;
    const little = !this.info.bigEndian;
    const at = fileOffset(chunk, offset);
    const count = count64(view, offset + LOST_COUNT_AT, little);
    const back = this.info.attrs[0]?.layout.trailerCpu ?? 0;
    const cpu =
      back > 0 && back <= size - LOST_BYTES ? view.getUint32(offset + size - back, little) : UNKNOWN_CPU;
    const known = count === Infinity ? 0 : count;
    this.lostInGaps += known;
    this.builder.addLoss(cpu < UNKNOWN_CPU ? cpu : -1, known, at, 0);
    this.builder.issues.add('lost-events', at, 0, cpu < UNKNOWN_CPU ? `CPU ${cpu}` : '', Math.max(known, 1));
  }

  /**
   * Writes everything out. The totals that perf wrote at the end count what LOST records told already, and
   * what was dropped after the last of them: that part is missing at the end, or, without any LOST, nobody
   * knows where.
   */
  finish(endOffset: number): void {
    this.flush(Infinity);
    const untold = this.lostSamples - this.lostInGaps;
    if (untold <= 0) return;
    this.builder.addLoss(-1, untold, endOffset, 0, this.lostInGaps === 0);
    this.builder.issues.add('lost-events', endOffset, 0, 'by the totals at the end', untold);
  }
}
