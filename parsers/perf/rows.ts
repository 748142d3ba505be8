/**
 * Staged records in their final order become rows: samples as they were decoded, COMM, FORK and EXIT as the names of
 * threads, LOST and LOST_SAMPLES as marks of loss.
 */
import { SEGMENT_ROWS, UNKNOWN_CPU, type TableBuilder } from '../events/table.js';
import {
  count64, MISC_LOST_SAMPLES_BPF, RECORD_COMM, RECORD_EXIT, RECORD_FORK, RECORD_LOST, RECORD_LOST_SAMPLES, RECORD_SAMPLE,
} from './abi.js';
import type { PerfInfo } from './container.js';
import type { RawProgram } from './programs.js';
import type { Stacks } from './stacks.js';
import { IS_TASK, type Stage } from './stage.js';
import { Threads } from './threads.js';

/** Without FINISHED_ROUND, more waiting records than this are written out by half, as perf does when it runs out of memory. */
const WAITING_LIMIT = 1 << 22;

export class Rows {
  private readonly threads: Threads;
  private firstTime = NaN;
  private lastTime = -Infinity;
  private roundLimit = -Infinity;
  private lostInGaps = 0;
  private lostSamples = 0;
  /** By segment: position of each row's record in the decompressed stream, -1 for one that is not compressed. */
  readonly positions: Float64Array[] = [];

  constructor(
    private readonly info: PerfInfo, private readonly builder: TableBuilder, private readonly stage: Stage,
    private readonly programs: readonly RawProgram[], private readonly stacks: Stacks,
  ) {
    this.threads = new Threads(builder.comms);
  }

  /** Time of the first row, relative to the base that the caller subtracted; 0 when there is none. */
  get origin(): number {
    return Number.isNaN(this.firstTime) ? 0 : this.firstTime;
  }

  /** A round ends: what the round before had seen is in order now. */
  finishRound(): void {
    this.flush(this.roundLimit);
    this.roundLimit = this.stage.newest;
  }

  /** To be called now and then: bounds what waits where the file has no rounds. */
  relieve(): void {
    const { stage } = this;
    if (stage.count < WAITING_LIMIT) return;
    let oldest = Infinity;
    for (let i = 0; i < stage.count; i++) if (stage.times[i]! < oldest) oldest = stage.times[i]!;
    this.flush(oldest + (stage.newest - oldest) / 2);
  }

  /** Writes out what is not newer than `limit`, in order. */
  private flush(limit: number): void {
    const { stage } = this;
    if (stage.count === 0) return;
    const order = stage.sorted();
    const { live } = stage;
    let done = 0;
    for (; done < live; done++) {
      const i = order[done]!;
      if (stage.times[i]! > limit) break;
      if (stage.programs[i] === IS_TASK) this.task(stage.tasks[stage.payloads[i]!]!, stage.at[i]!);
      else this.row(i);
    }
    if (done > 0) stage.keep(order, live, done);
  }

  /** One sample. Its columns are filled here, and not by a call, which would box the time and the place. */
  private row(i: number): void {
    const { stage, builder } = this;
    const time = stage.times[i]!;
    if (this.firstTime !== this.firstTime) this.firstTime = time;
    if (time < this.lastTime) builder.issues.tally('clock-back', stage.at[i]!, 0);
    else this.lastTime = time;
    const program = this.programs[stage.programs[i]!]!;
    const tid = stage.tids[i]!;
    const segment = builder.room();
    const k = segment.length++;
    segment.ts[k] = time - this.firstTime;
    segment.cpu[k] = stage.cpus[i]!;
    segment.tid[k] = tid;
    segment.tgid[k] = stage.tgids[i]!;
    segment.comm[k] = this.threads.comm(tid);
    segment.kind[k] = program.plan.kind;
    segment.name[k] = program.name;
    segment.at[k] = stage.at[i]!;
    const words = stage.words[i]!;
    if (words > 0) {
      const into = segment.reserve(words);
      segment.payload[k] = into;
      copyWords(stage.pool, stage.payloads[i]!, segment.pool, into, words);
    }
    if (k === 0) this.positions.push(new Float64Array(SEGMENT_ROWS));
    this.positions[this.positions.length - 1]![k] = stage.positions[i]!;
    const chain = stage.chains[i]!;
    if (chain >= 0) this.stacks.mark(builder.length - 1, chain, stage.at[i]!);
  }

  /** A record that is no sample, in its turn, or at once where it has no time. */
  task(record: Uint8Array, at: number): void {
    const little = !this.info.bigEndian;
    const view = new DataView(record.buffer, record.byteOffset, record.length);
    const type = view.getUint32(0, little);
    const size = record.length;
    // A sample is here only when it could not be read.
    if (type === RECORD_SAMPLE) this.builder.addLoss(-1, 1, at, 0);
    else if (type === RECORD_LOST && size >= 24) this.lost(view, at, little);
    else if (type === RECORD_LOST_SAMPLES && size >= 16) {
      const count = count64(view, 8, little);
      if (!(view.getUint16(4, little) & MISC_LOST_SAMPLES_BPF) && count !== Infinity) this.lostSamples += count;
    } else if (type === RECORD_COMM && size >= 16) this.threads.rename(view.getInt32(12, little), record, 16, size);
    else if (type === RECORD_FORK && size >= 24) this.threads.fork(view.getInt32(16, little), view.getInt32(20, little));
    else if (type === RECORD_EXIT && size >= 24) this.threads.exit(view.getInt32(16, little));
  }

  /** LOST: the kernel dropped records of this CPU's buffer, here. */
  private lost(view: DataView, at: number, little: boolean): void {
    const size = view.byteLength;
    const count = count64(view, 16, little);
    const back = this.info.attrs[0]?.layout.trailerCpu ?? 0;
    const cpu = back > 0 && back <= size - 24 ? view.getUint32(size - back, little) : UNKNOWN_CPU;
    const known = count === Infinity ? 0 : count;
    this.lostInGaps += known;
    this.builder.addLoss(cpu < UNKNOWN_CPU ? cpu : -1, known, at, 0);
    this.builder.issues.add('lost-events', at, 0, cpu < UNKNOWN_CPU ? `CPU ${cpu}` : '', Math.max(known, 1));
  }

  /**
   * Writes everything out. The totals that perf wrote at the end count what LOST records told already, and what was
   * dropped after the last of them: that part is missing at the end, or, without any LOST, nobody knows where.
   */
  finish(endOffset: number): void {
    this.flush(Infinity);
    const untold = this.lostSamples - this.lostInGaps;
    if (untold <= 0) return;
    this.builder.addLoss(-1, untold, endOffset, 0, this.lostInGaps === 0);
    this.builder.issues.add('lost-events', endOffset, 0, 'by the totals at the end', untold);
  }
}

function copyWords(from: Uint32Array, at: number, into: Uint32Array, to: number, words: number): void {
  for (let w = 0; w < words; w++) into[to + w] = from[at + w]!;
}
