/**
 * Lines of a slice by the kernel of records (parsers/tracedat/kernel), which is told what it does not know,
 * and leaves to {@link SliceLines} what is not usual.
 */
import { cpuText, taskText } from '../../model/findings/listing.js';
import { startOf } from '../../model/findings/report.js';
import { secondDigits } from '../../parsers/base/units.js';
import { endsLine } from '../../parsers/tep/writer.js';
import {
  Ended,
  startRecordKernel,
  type RecordKernel,
  type RecordKernelCode,
} from '../../parsers/tracedat/kernelExports.js';
import type { Boundary, LaneStream, TimeSlices } from '../../parsers/tracedat/slices.js';
import { KernelTexts } from './kernelTexts.js';
import { SliceLines } from './sliceLines.js';

const WASM_PAGE_BYTES = 1 << 16;
const encoder = new TextEncoder();

/** The lines of slices, by the kernel where there is one for them. */
export function linesOf(slices: TimeSlices, code: RecordKernelCode | undefined): SliceLines {
  const { parts, clock, laneCount } = slices;
  const { seconds, rest } = startOf({ t0: clock.t0 });
  const isUsual = parts.meta.timeUnit === 'ns' && clock.isIdentity && rest >= 0 && parts.plans.isUsualHeader;
  if (!code || !isUsual) return new SliceLines(slices);
  const kernel = startRecordKernel(code);
  if (laneCount > kernel.LANES_MAX.value) return new SliceLines(slices);
  kernel.setTime(seconds, rest, secondDigits(parts.meta.resolution));
  return new KernelLines(slices, kernel);
}

export class KernelLines extends SliceLines {
  /** Lines that the kernel left to the host. */
  left = 0;
  private readonly texts: KernelTexts;
  private readonly bytes: Uint8Array;
  private streams: LaneStream[] = [];
  private fits = true;

  constructor(
    slices: TimeSlices,
    private readonly kernel: RecordKernel,
  ) {
    super(slices);
    const { memory, PIECES } = kernel;
    const room = PIECES.value + slices.roomBytes - memory.buffer.byteLength;
    if (room > 0) memory.grow(Math.ceil(room / WASM_PAGE_BYTES));
    this.bytes = new Uint8Array(memory.buffer);
    slices.keepIn(this.bytes.subarray(PIECES.value));
    this.texts = new KernelTexts(kernel);
  }

  protected override read(from: Boundary, until: Boundary): boolean {
    const { kernel, slices } = this;
    this.fits = true;
    this.streams = Array.from({ length: slices.laneCount }, (_, i) => slices.streamAt(i, from[1 + i]!));
    kernel.begin(this.streams.length, until[0]!, 0);
    for (const { lane, cpu } of this.streams) {
      const text = encoder.encode(cpuText(cpu));
      kernel.setLane(lane, from[1 + lane]!, wordOf(text), text.length);
    }
    kernel.startLines();
    for (;;) {
      const ended = kernel.run();
      if (ended === Ended.All) break;
      this.goOn(ended, from, until);
    }
    this.flush();
    return this.fits;
  }

  /** Does what the kernel ended for. */
  private goOn(ended: Ended, from: Boundary, until: Boundary): void {
    const { kernel } = this;
    const stream = this.streams[kernel.current.value]!;
    if (ended === Ended.Page) this.nextPage(stream, until);
    else if (ended === Ended.Until) this.endLane(stream, kernel.place(), until);
    else if (ended === Ended.Full) this.flush();
    else if (ended === Ended.Task) this.addTask(kernel.wanted.value | 0);
    else if (ended === Ended.Program) this.addProgram(kernel.wanted.value);
    else if (ended === Ended.Kept) this.addKept(stream, from);
    else if (ended === Ended.Stamp) {
      stream.ts = kernel.ts();
      stream.absolute(kernel.extra.value >>> 0, kernel.delta.value);
      kernel.setTs(stream.ts);
    } else if (ended !== Ended.Bad) this.takeHere(stream, from);
  }

  private addTask(tid: number): void {
    const { threads, comms } = this.slices.parts;
    this.texts.addTask(tid, encoder.encode(taskText(comms.text(threads.comm(tid)), tid)));
  }

  private nextPage(stream: LaneStream, until: Boundary): void {
    if (!stream.toNextPage()) this.endLane(stream, Infinity, until);
    else {
      const { byteOffset } = stream.bytes;
      const [position, end] = [stream.unread + byteOffset, stream.unreadEnd + byteOffset];
      this.kernel.setPage(stream.lane, stream.ts, position, end, stream.at - byteOffset);
    }
  }

  /** The lane's next record, if any, is at a place behind the slice. */
  private endLane(stream: LaneStream, place: number, until: Boundary): void {
    const { kernel } = this;
    const end = until[1 + stream.lane]!;
    if (kernel.takenPlace() >= end || place < end) this.fits = false;
    kernel.endLane(stream.lane);
  }

  private addProgram(id: number): void {
    const { parts, texts } = this.slices;
    const plan = parts.plans.plan(id);
    const name = parts.names.text(plan.nameId);
    this.texts.addProgram(id, `${name}: `, texts.steps(plan, name));
  }

  private addKept(stream: LaneStream, from: Boundary): void {
    const { kernel } = this;
    const record = this.recordOf(stream);
    const step = this.texts.stepAt(kernel.wanted.value);
    const text = step.print!(record);
    if (endsLine(text) || !this.texts.addKept(step, kernel.low.value, kernel.high.value, text))
      this.takeHere(stream, from);
  }

  /** The kernel's current record, which the stream points at from now on. */
  private recordOf(stream: LaneStream): LaneStream {
    const { kernel } = this;
    const { byteOffset } = stream.bytes;
    stream.start = kernel.start() - byteOffset;
    stream.end = kernel.end() - byteOffset;
    stream.ts = kernel.ts();
    return stream;
  }

  /** Prints a line here. */
  private takeHere(stream: LaneStream, from: Boundary): void {
    const { kernel, slices } = this;
    this.left++;
    this.flush();
    this.recordOf(stream);
    if (kernel.hasThread(stream.lane) !== 0) {
      stream.hasThread = true;
      stream.lastTid = kernel.thread(stream.lane);
      stream.lastComm = slices.parts.threads.comm(stream.lastTid);
    }
    if (!slices.takeInto(this, stream, from)) this.fits = false;
    kernel.take();
  }

  /** What the kernel has printed. */
  private flush(): void {
    const { kernel } = this;
    const from = kernel.OUT.value;
    const until = kernel.used.value;
    if (until > from) this.add(this.bytes.subarray(from, until), kernel.mayBeUnseen(from, until) !== 0);
    kernel.startLines();
  }
}

/** Up to eight bytes as a word of the kernel's memory. */
function wordOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}
