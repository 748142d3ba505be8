/**
 * Records in their final order become rows: samples through their event's program, COMM, FORK and EXIT into the
 * threads' names, LOST and LOST_SAMPLES into marks of loss. The path of a sample makes no object.
 */
import { UNKNOWN_CPU, UNKNOWN_TID, type TableBuilder } from '../events/table.js';
import { KIND_UNKNOWN } from '../events/kinds.js';
import { fillSlots } from '../format/plan.js';
import {
  chainStart, count64, rawStart, MISC_LOST_SAMPLES_BPF, RECORD_COMM, RECORD_EXIT, RECORD_FORK, RECORD_LOST, RECORD_LOST_SAMPLES,
  RECORD_SAMPLE, TYPE_TRACEPOINT, type SampleLayout,
} from './abi.js';
import type { PerfInfo } from './container.js';
import { bareProgram, compileProgram, placedProgram, type RawProgram } from './programs.js';
import type { Chunk } from './queue.js';
import { Stacks } from './stacks.js';
import { Threads } from './threads.js';

const NO_PROGRAM = -1;
const TYPES = 1 << 16;

export class Samples {
  private readonly little: boolean;
  private readonly threads: Threads;
  private readonly stacks: Stacks;
  private readonly programs: RawProgram[] = [];
  /** Format ID (`common_type`) to index in `programs`. */
  private readonly programOfType = new Int32Array(TYPES).fill(NO_PROGRAM);
  private readonly programOfAttr = new Map<number, number>();
  private firstTime = NaN;
  private lastTime = -Infinity;
  private lostInGaps = 0;
  private lostSamples = 0;
  private maxCpu = -1;
  /** Position of each row's record in the decompressed stream, -1 for one that is not compressed; empty when none is. */
  readonly positions: number[] = [];

  constructor(private readonly info: PerfInfo, private readonly builder: TableBuilder) {
    this.little = !info.bigEndian;
    this.threads = new Threads(builder.comms);
    this.stacks = new Stacks(builder, this.little);
    this.addFormats();
  }

  /** Compiles the formats of the tracing data; to be called again when it comes late, as in pipe mode. */
  addFormats(): void {
    for (const format of this.info.tracing?.formats ?? []) {
      if (format.id >= TYPES || this.programOfType[format.id] !== NO_PROGRAM) continue;
      this.programOfType[format.id] = this.programs.length;
      this.programs.push(compileProgram(format, this.builder.names));
    }
  }

  /** Time of the first row, relative to the base that the caller subtracted; 0 when there is none. */
  get origin(): number {
    return Number.isNaN(this.firstTime) ? 0 : this.firstTime;
  }

  /** CPUs seen. */
  get cpus(): number {
    return this.maxCpu + 1;
  }

  /** One record in its turn. */
  emit(chunk: Chunk, offset: number, time: number): void {
    const type = chunk.view.getUint32(offset, this.little);
    if (type === RECORD_SAMPLE) this.sample(chunk, offset, time);
    else if (type === RECORD_LOST) this.lost(chunk, offset);
    else this.task(chunk, offset, type);
  }

  private sample(chunk: Chunk, offset: number, time: number): void {
    const { view } = chunk;
    const little = this.little;
    const size = view.getUint16(offset + 6, little);
    const layout = this.info.layoutOf(view, offset, size);
    const end = offset + size;
    if (layout === undefined || layout.rest > size) return this.bad(chunk, offset, 'sample shorter than its fields');
    const chain = chainStart(view, offset, end, layout, little);
    const raw = rawStart(view, chain, end, layout, little);
    if (raw > end) return this.bad(chunk, offset, 'call chain longer than its sample');
    let rawEnd = raw;
    if (layout.hasRaw && raw + 4 <= end) {
      rawEnd = raw + 4 + view.getUint32(raw, little);
      if (rawEnd > end) return this.bad(chunk, offset, 'raw data longer than its sample');
    }
    const type = rawEnd >= raw + 6 ? view.getUint16(raw + 4, little) : -1;
    let index = type < 0 ? NO_PROGRAM : this.programOfType[type]!;
    if (index === NO_PROGRAM) index = this.programByAttr(this.info.attrOf(view, offset, size), type, chunk, offset);
    let program = this.programs[index]!;
    if (program.probe !== undefined) program = placedProgram(program.probe, view, raw + 4, rawEnd, little, this.info.context);
    this.row(chunk, offset, time, layout, program);
    const kind = program.kind;
    if (kind !== KIND_UNKNOWN && program.steps.length > 0 && rawEnd > raw) {
      const at = this.builder.payload(kind);
      fillSlots(view, raw + 4, rawEnd, little, program.steps, this.builder.current.pool, at);
    }
    if (layout.hasCallchain && raw > chain + 8) this.stacks.add(chunk, chain, raw);
  }

  private row(chunk: Chunk, offset: number, time: number, layout: SampleLayout, program: RawProgram): void {
    const { view } = chunk;
    const little = this.little;
    if (this.firstTime !== this.firstTime) this.firstTime = time;
    if (time < this.lastTime) this.builder.issues.tally('clock-back', this.place(chunk, offset), 0);
    else this.lastTime = time;
    let tgid = UNKNOWN_TID;
    let tid = UNKNOWN_TID;
    if (layout.tid >= 0) {
      tgid = view.getInt32(offset + layout.tid, little);
      tid = view.getInt32(offset + layout.tid + 4, little);
    }
    let cpu = UNKNOWN_CPU;
    if (layout.cpu >= 0) {
      cpu = view.getUint32(offset + layout.cpu, little);
      if (cpu >= UNKNOWN_CPU) cpu = UNKNOWN_CPU;
      else if (cpu > this.maxCpu) this.maxCpu = cpu;
    }
    const at = chunk.origin >= 0 ? chunk.origin : chunk.start + offset;
    const row = this.builder.addRow(time - this.firstTime, cpu, tid, tgid, this.threads.comm(tid), program.kind, program.name, at, 0);
    if (chunk.origin >= 0) {
      while (this.positions.length < row) this.positions.push(-1);
      this.positions.push(chunk.start + offset);
    }
  }

  private place(chunk: Chunk, offset: number): number {
    return chunk.origin >= 0 ? chunk.origin : chunk.start + offset;
  }

  private bad(chunk: Chunk, offset: number, detail: string): void {
    this.builder.issues.add('bad-record', this.place(chunk, offset), 0, detail);
    this.builder.addLoss(-1, 1, this.place(chunk, offset), 0);
  }

  /** The program of an event that has no format, or no raw data: known by its attr's name, or not at all. */
  private programByAttr(attr: number, type: number, chunk: Chunk, offset: number): number {
    const key = attr >= 0 ? attr : -2 - type;
    const known = this.programOfAttr.get(key);
    if (known !== undefined) return known;
    const config = this.info.attrs[attr];
    let index = config?.type === TYPE_TRACEPOINT && config.config < TYPES ? this.programOfType[config.config]! : NO_PROGRAM;
    if (index === NO_PROGRAM) {
      const name = this.info.names[attr] || (type >= 0 ? `event#${type}` : 'event');
      if (type >= 0 || attr < 0) this.builder.issues.tally('unknown-event-id', this.place(chunk, offset), 0, name);
      index = this.programs.length;
      this.programs.push(bareProgram(name, this.builder.names));
    }
    this.programOfAttr.set(key, index);
    return index;
  }

  /** LOST: the kernel dropped records of this CPU's buffer, here. */
  private lost(chunk: Chunk, offset: number): void {
    const { view } = chunk;
    const size = view.getUint16(offset + 6, this.little);
    if (size < 24) return;
    const count = count64(view, offset + 16, this.little);
    const back = this.info.attrs[0]?.layout.trailerCpu ?? 0;
    const cpu = back > 0 && back <= size - 24 ? view.getUint32(offset + size - back, this.little) : UNKNOWN_CPU;
    const place = this.place(chunk, offset);
    const known = count === Infinity ? 0 : count;
    this.lostInGaps += known;
    this.builder.addLoss(cpu < UNKNOWN_CPU ? cpu : -1, known, place, 0);
    this.builder.issues.add('lost-events', place, 0, cpu < UNKNOWN_CPU ? `CPU ${cpu}` : '', Math.max(known, 1));
  }

  private task(chunk: Chunk, offset: number, type: number): void {
    const { view } = chunk;
    const little = this.little;
    const size = view.getUint16(offset + 6, little);
    if (type === RECORD_LOST_SAMPLES) {
      if (size >= 16 && !(view.getUint16(offset + 4, little) & MISC_LOST_SAMPLES_BPF)) {
        const count = count64(view, offset + 8, little);
        if (count !== Infinity) this.lostSamples += count;
      }
    } else if (type === RECORD_COMM && size >= 16) {
      this.threads.rename(view.getInt32(offset + 12, little), chunk.bytes, offset + 16, offset + size);
    } else if (type === RECORD_FORK && size >= 24) {
      this.threads.fork(view.getInt32(offset + 16, little), view.getInt32(offset + 20, little));
    } else if (type === RECORD_EXIT && size >= 24) {
      this.threads.exit(view.getInt32(offset + 16, little));
    }
  }

  /**
   * The totals that perf wrote at the end count what LOST records told already, and what was dropped after the last
   * of them: that part is missing at the end, or, without any LOST, nobody knows where.
   */
  finish(endOffset: number): void {
    const untold = this.lostSamples - this.lostInGaps;
    if (untold <= 0) return;
    this.builder.addLoss(-1, untold, endOffset, 0, this.lostInGaps === 0);
    this.builder.issues.add('lost-events', endOffset, 0, 'by the totals at the end', untold);
  }
}
