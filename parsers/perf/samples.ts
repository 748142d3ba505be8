/**
 * Samples as rows: where their fields lie is known by the attr's layout, what their raw data means by its
 * event's program. This is the hot path of a perf.data: no object, no string, no closure per sample.
 */
import { UNKNOWN_CPU, UNKNOWN_TID, type TableBuilder } from '../events/table.js';
import { SEGMENT_ROWS, type Segment } from '../events/segment.js';
import { fillSlots, fillSlotsByWords, keepsWhatItNeeds } from '../tep/plan.js';
import { chainStart, rawStart, TYPE_TRACEPOINT, type SampleLayout } from './abi.js';
import type { PerfInfo } from './container.js';
import { fileOffset, type Chunk } from './feed.js';
import { NO_PROGRAM, Programs, type RawProgram } from './programs.js';
import type { Stacks } from './stacks.js';
import type { Stage } from './stage.js';
import type { Threads } from './threads.js';

export class Samples {
  readonly programs: Programs;
  /**
   * By segment: position of each row's record in the decompressed stream, -1 for one that is not compressed.
   */
  readonly positions: Float64Array[] = [];
  private readonly little: boolean;
  private readonly programOfAttr = new Map<number, number>();
  private maxCpu = -1;
  /** Times of the first and the latest row. */
  firstTime = NaN;
  lastTime = -Infinity;

  constructor(
    private readonly info: PerfInfo,
    private readonly builder: TableBuilder,
    private readonly stacks: Stacks,
    private readonly threads: Threads,
  ) {
    this.little = !info.bigEndian;
    this.programs = new Programs(builder.names);
    this.addFormats();
  }

  /** Compiles the formats of the tracing data; to be called again when it comes late, as in pipe mode. */
  addFormats(): void {
    this.programs.addFormats(this.info.tracing?.formats ?? []);
  }

  /** CPUs seen. */
  get cpus(): number {
    return this.maxCpu + 1;
  }

  /** Time of the first row, relative to the base that the clock subtracted; 0 when there is none. */
  get origin(): number {
    return Number.isNaN(this.firstTime) ? 0 : this.firstTime;
  }

  /**
   * Writes the sample at chunk.bytes[offset, offset + size), whose time is stage.times[i]: as an argument it
   * would be boxed.
   */
  write(chunk: Chunk, offset: number, size: number, stage: Stage, i: number): void {
    const { view } = chunk;
    const { little } = this;
    const layout = this.info.layoutOf(view, offset, size);
    if (layout === undefined || layout.rest > size) {
      this.bad(chunk, offset, 'sample shorter than its fields');
      return;
    }
    const end = offset + size;
    const chain = chainStart(view, offset, end, layout, little);
    const raw = rawStart(view, chain, end, layout, little);
    if (raw > end) {
      this.bad(chunk, offset, 'call chain longer than its sample');
      return;
    }
    let rawEnd = raw;
    if (layout.hasRaw && raw + 4 <= end) {
      rawEnd = raw + 4 + view.getUint32(raw, little);
      if (rawEnd > end) {
        this.bad(chunk, offset, 'raw data longer than its sample');
        return;
      }
    }
    const program = this.programOf(chunk, offset, size, raw, rawEnd);
    const segment = this.builder.room();
    const k = segment.length++;
    if (k === 0) this.positions.push(new Float64Array(SEGMENT_ROWS));
    const time = stage.times[i]!;
    if (Number.isNaN(this.firstTime)) this.firstTime = time;
    if (time < this.lastTime) this.builder.issues.tally('clock-back', fileOffset(chunk, offset), 0);
    else this.lastTime = time;
    segment.ts[k] = time - this.firstTime;
    this.fill(segment, k, chunk, offset, layout);
    segment.kind[k] = program.plan.kind;
    if (program.name > segment.idMax) segment.widenIds();
    segment.name[k] = program.name;
    if (program.plan.words > 0) this.payload(segment, k, chunk, raw + 4, rawEnd, program);
    else if (!program.plan.isSure) this.builder.noteUnread();
    if (layout.hasCallchain && raw > chain + 8)
      this.stacks.mark(this.builder.length - 1, chunk, chain, raw, fileOffset(chunk, offset));
  }

  /** A kernel made rows, the first of which is row `k` of its segment: where in the stream they are from. */
  sawRows(k: number, inStream: Float64Array, lastTime: number, maxCpu: number): void {
    if (k === 0) this.positions.push(new Float64Array(SEGMENT_ROWS));
    this.positions[this.positions.length - 1]!.set(inStream, k);
    this.lastTime = lastTime;
    this.maxCpu = Math.max(this.maxCpu, maxCpu);
  }

  private fill(segment: Segment, k: number, chunk: Chunk, offset: number, layout: SampleLayout): void {
    const { little } = this;
    const { view } = chunk;
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
    segment.tid[k] = tid;
    segment.putTgid(k, tgid);
    segment.cpu[k] = cpu;
    const comm = this.threads.comm(tid);
    if (comm > segment.idMax) segment.widenIds();
    segment.comm[k] = comm;
    const isCompressed = chunk.origin >= 0;
    segment.putAt(k, isCompressed ? chunk.origin : chunk.start + offset);
    this.positions[this.positions.length - 1]![k] = isCompressed ? chunk.start + offset : -1;
  }

  private payload(
    segment: Segment,
    k: number,
    chunk: Chunk,
    from: number,
    to: number,
    program: RawProgram,
  ): void {
    const { plan } = program;
    const at = segment.reserve(plan.words);
    segment.payload[k] = at;
    const byWords =
      plan.words4.length > 0 && to - from >= plan.span && chunk.words.length > 0 && (from & 3) === 0;
    if (byWords) fillSlotsByWords(chunk.words, from >> 2, plan.words4, plan.mask, segment.pool, at);
    else fillSlots(chunk.view, from, to, this.little, plan.steps, segment.pool, at);
    if (!(byWords && plan.isSure) && !keepsWhatItNeeds(plan, segment.pool, at)) this.builder.noteUnread();
    segment.pack(at);
  }

  /** A sample that cannot be read is lost, in its turn. */
  private bad(chunk: Chunk, offset: number, detail: string): void {
    const at = fileOffset(chunk, offset);
    this.builder.issues.add('bad-record', at, 0, detail);
    this.builder.addLoss(-1, 1, at, 0);
  }

  /** What the sample means whose raw data lie in chunk.bytes[raw + 4, rawEnd). */
  private programOf(chunk: Chunk, offset: number, size: number, raw: number, rawEnd: number): RawProgram {
    const { view } = chunk;
    const { little, programs } = this;
    const type = rawEnd >= raw + 6 ? view.getUint16(raw + 4, little) : -1;
    let index = type < 0 ? NO_PROGRAM : programs.ofType[type]!;
    if (index === NO_PROGRAM)
      index = this.programByAttr(this.info.attrOf(view, offset, size), type, chunk, offset);
    const program = programs.all[index]!;
    return program.probe === undefined
      ? program
      : programs.placed(program, program.probe, view, raw + 4, rawEnd, little, this.info.context);
  }

  /** The program of an event that has no format, or no raw data: known by its attr's name, or not at all. */
  private programByAttr(attr: number, type: number, chunk: Chunk, offset: number): number {
    const key = attr >= 0 ? attr : -2 - type;
    const known = this.programOfAttr.get(key);
    if (known !== undefined) return known;
    const config = this.info.attrs[attr];
    const isTracepoint = config?.type === TYPE_TRACEPOINT && config.config < this.programs.ofType.length;
    let index = isTracepoint ? this.programs.ofType[config.config]! : NO_PROGRAM;
    if (index === NO_PROGRAM) {
      const name = this.info.names[attr] || (type >= 0 ? `event#${type}` : 'event');
      if (type >= 0 || attr < 0)
        this.builder.issues.tally('unknown-event-id', fileOffset(chunk, offset), 0, name);
      index = this.programs.addBare(name).index;
    }
    this.programOfAttr.set(key, index);
    return index;
  }
}
