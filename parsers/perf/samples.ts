/**
 * Samples into the stage: where their fields lie is known by the attr's layout, what their raw data means by its event's
 * program. This is the hot path of a perf.data: no object, no string, no closure per sample.
 */
import { UNKNOWN_CPU, UNKNOWN_TID, type TableBuilder } from '../events/table.js';
import { fillSlots, fillSlotsByWords } from '../format/plan.js';
import { chainStart, rawStart, TYPE_TRACEPOINT, type SampleLayout } from './abi.js';
import type { PerfClock } from './clock.js';
import type { PerfInfo } from './container.js';
import type { Chunk } from './feed.js';
import { NO_PROGRAM, Programs, type RawProgram } from './programs.js';
import type { Stacks } from './stacks.js';
import type { Stage } from './stage.js';

export class Samples {
  readonly programs: Programs;
  private readonly little: boolean;
  private readonly programOfAttr = new Map<number, number>();
  private maxCpu = -1;

  constructor(
    private readonly info: PerfInfo, private readonly builder: TableBuilder, private readonly stage: Stage, private readonly stacks: Stacks,
    private readonly clock: PerfClock,
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

  /**
   * Decodes the sample at chunk.bytes[offset, offset + size), whose fixed fields are all there, into the stage. Its time
   * goes straight from the bytes into its column: as an argument it would be boxed.
   */
  add(chunk: Chunk, offset: number, size: number, layout: SampleLayout): void {
    const { view } = chunk;
    const little = this.little;
    const end = offset + size;
    const chain = chainStart(view, offset, end, layout, little);
    const raw = rawStart(view, chain, end, layout, little);
    if (raw > end) return this.bad(chunk, offset, size, 'call chain longer than its sample');
    let rawEnd = raw;
    if (layout.hasRaw && raw + 4 <= end) {
      rawEnd = raw + 4 + view.getUint32(raw, little);
      if (rawEnd > end) return this.bad(chunk, offset, size, 'raw data longer than its sample');
    }
    const type = rawEnd >= raw + 6 ? view.getUint16(raw + 4, little) : -1;
    let index = type < 0 ? NO_PROGRAM : this.programs.ofType[type]!;
    if (index === NO_PROGRAM) index = this.programByAttr(this.info.attrOf(view, offset, size), type, chunk, offset);
    let program = this.programs.all[index]!;
    if (program.probe !== undefined) program = this.programs.placed(program, program.probe, view, raw + 4, rawEnd, little, this.info.context);
    const { stage } = this;
    const i = stage.add();
    if (layout.time < 0) stage.times[i] = 0;
    else this.clock.read(view, offset + layout.time, little, stage.times, i);
    if (stage.times[i]! > stage.newest) stage.newest = stage.times[i]!;
    this.fill(i, chunk, offset, layout, program);
    stage.words[i] = 0;
    if (program.plan.words > 0) this.payload(i, chunk, raw + 4, rawEnd, program);
    stage.chains[i] = layout.hasCallchain && raw > chain + 8 ? this.stacks.intern(chunk, chain, raw) : -1;
  }

  private fill(i: number, chunk: Chunk, offset: number, layout: SampleLayout, program: RawProgram): void {
    const { stage, little } = this;
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
    stage.tids[i] = tid;
    stage.tgids[i] = tgid;
    stage.cpus[i] = cpu;
    stage.programs[i] = program.index;
    const isCompressed = chunk.origin >= 0;
    stage.at[i] = isCompressed ? chunk.origin : chunk.start + offset;
    stage.positions[i] = isCompressed ? chunk.start + offset : -1;
  }

  private payload(i: number, chunk: Chunk, from: number, to: number, program: RawProgram): void {
    const { stage } = this;
    const { plan } = program;
    const at = stage.reserve(plan.words);
    stage.payloads[i] = at;
    stage.words[i] = plan.words;
    const byWords = plan.words4.length > 0 && to - from >= plan.span && chunk.words.length > 0 && (from & 3) === 0;
    if (byWords) fillSlotsByWords(chunk.words, from >> 2, plan.words4, plan.mask, stage.pool, at);
    else fillSlots(chunk.view, from, to, this.little, plan.steps, stage.pool, at);
  }

  /** A sample that cannot be read is lost, where the file is by now. */
  bad(chunk: Chunk, offset: number, size: number, detail: string): void {
    const at = chunk.origin >= 0 ? chunk.origin : chunk.start + offset;
    this.builder.issues.add('bad-record', at, 0, detail);
    this.stage.addTask(Math.max(this.stage.newest, 0), chunk.bytes.subarray(offset, offset + size), at);
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
      const at = chunk.origin >= 0 ? chunk.origin : chunk.start + offset;
      if (type >= 0 || attr < 0) this.builder.issues.tally('unknown-event-id', at, 0, name);
      index = this.programs.addBare(name).index;
    }
    this.programOfAttr.set(key, index);
    return index;
  }
}
