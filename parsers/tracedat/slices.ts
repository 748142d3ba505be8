/**
 * A trace.dat cut by time into slices that can be read without each other, for listings that need no table:
 * each in any thread, and one after another they are what a reader from the start makes.
 *
 * A slice begins, in each recording, at its first record from a time on. Where it does is looked for by the
 * times of pages, which in a damaged trace may go back: so a reader of the slice before checks that what it
 * comes to at that time is the record that was found, and says so where it is another one.
 */
import { HOST_IS_LITTLE, TWO_32 } from '../base/words.js';
import type { Interner } from '../base/intern.js';
import type { ByteSource } from '../base/source.js';
import { IssueLog } from '../events/issues.js';
import type { TraceMeta } from '../events/table.js';
import { earliest, runnerUp } from '../order/merge.js';
import type { ReadOptions } from '../reader.js';
import { TickClock } from './clock.js';
import { type Lane, LanePieces, laneOf } from './lanes.js';
import type { TraceDatFile } from './model.js';
import type { PlanBook, EventPlan } from './recordPlans.js';
import { RecordTexts } from './recordTexts.js';
import { CpuStream, firstStamp } from './stream.js';
import type { Threads } from './threads.js';

/** Plain bytes of a slice: enough that its ends, which are read twice, are little of it. */
const SLICE_BYTES = 4 << 20;

/** Where a slice begins: a time, then for each lane a place in its plain bytes. */
export type Boundary = Float64Array;

/** A record of one lane within a slice. */
export class LaneStream extends CpuStream {
  /** Its event, and its thread. */
  plan: EventPlan | undefined;
  hasThread = false;
  /** Place of the latest record that was taken. */
  taken = -1;

  constructor(
    readonly lane: number,
    ...of: ConstructorParameters<typeof CpuStream>
  ) {
    super(...of);
  }

  /** Place of the record in the lane. */
  get place(): number {
    return this.at + this.start;
  }
}

/** Takes the records of a slice in their order. */
export interface RecordTaker {
  take(stream: LaneStream): void;
}

/** What it takes to make sense of records. */
export interface SliceParts {
  readonly file: TraceDatFile;
  readonly meta: Pick<TraceMeta, 'timeUnit' | 'resolution'>;
  readonly plans: PlanBook;
  readonly threads: Threads;
  readonly names: Interner;
  readonly comms: Interner;
}

export class TimeSlices {
  readonly texts: RecordTexts;
  readonly clock: TickClock;
  private readonly baseHi: number;
  private readonly baseLo: number;
  private readonly pieces: readonly LanePieces[];
  /** What is damaged is no matter of a listing. */
  private readonly issues = new IssueLog();

  private constructor(
    readonly parts: SliceParts,
    private readonly lanes: readonly Lane[],
    base: bigint,
    source: ByteSource,
    options: ReadOptions,
    private readonly sliceBytes: number,
  ) {
    this.texts = new RecordTexts(parts.plans);
    this.clock = new TickClock(base, parts.file.options);
    this.baseHi = Number(base >> 32n);
    this.baseLo = Number(base & 0xffffffffn);
    this.pieces = lanes.map((lane) => new LanePieces(lane, source, parts.file.compression, options));
  }

  /** Undefined where the trace has something that takes a reader from the start, or is too short for it. */
  static of(
    parts: SliceParts,
    source: ByteSource,
    options: ReadOptions,
    sliceBytes = SLICE_BYTES,
  ): TimeSlices | undefined {
    const { file } = parts;
    const isUsual = HOST_IS_LITTLE && !file.bigEndian && ['none', 'zstd'].includes(file.compression);
    if (!isUsual) return undefined;
    const lanes: Lane[] = [];
    let base: bigint | undefined;
    for (const buffer of file.buffers)
      for (const recording of buffer.cpus.filter(({ size }) => size > 0)) {
        const lane = laneOf(source, file, buffer, recording);
        if (!lane) return undefined;
        const pieces = new LanePieces(lane, source, file.compression, options);
        if (!pieces.next()) continue;
        const stamp = firstStamp(pieces.bytes, file.bigEndian);
        if (stamp !== undefined && stamp > 0n && (base === undefined || stamp < base)) base = stamp;
        lanes.push(lane);
      }
    const bytes = lanes.reduce((sum, { length }) => sum + length, 0);
    if (bytes < 2 * sliceBytes) return undefined;
    return new TimeSlices(parts, lanes, base ?? 0n, source, options, sliceBytes);
  }

  /** Numbers of a boundary. */
  get width(): number {
    return 1 + this.lanes.length;
  }

  /** More slices than there are. */
  get most(): number {
    return 2 * Math.ceil(this.lanes.reduce((sum, { length }) => sum + length, 0) / this.sliceBytes) + 2;
  }

  get laneCount(): number {
    return this.lanes.length;
  }

  /** Bytes for pieces of the recordings; from then on they are kept there. */
  get roomBytes(): number {
    return this.pieces.reduce((sum, { roomBytes }) => sum + roomBytes, 0);
  }
  keepIn(room: Uint8Array): void {
    let from = 0;
    for (const pieces of this.pieces) {
      pieces.keepIn(room.subarray(from, from + pieces.roomBytes));
      from += pieces.roomBytes;
    }
  }

  /** Where the first slice begins. */
  first(): Boundary {
    const boundary = new Float64Array(this.width);
    boundary[0] = -Infinity;
    return boundary;
  }

  /** Where the last one ends. */
  last(): Boundary {
    return new Float64Array(this.width).fill(Infinity);
  }

  /** Where the slice ends that begins here. */
  end(from: Boundary): Boundary {
    const left = this.lanes.map(({ length }, i) => Math.max(0, length - from[1 + i]!));
    const all = left.reduce((sum, bytes) => sum + bytes, 0);
    if (all <= 2 * this.sliceBytes) return this.last();
    const share = this.sliceBytes / all;
    const lead = left.indexOf(Math.max(...left));
    const target = this.lanes[lead]!.pieceAt(from[1 + lead]! + left[lead]! * share) + 1;
    const time = target < this.lanes[lead]!.count ? this.timeOf(lead, target) : NaN;
    // Times that go back are for a reader that goes on to the end.
    if (!(time > from[0]!)) return this.last();
    const until = new Float64Array(this.width);
    until[0] = time;
    for (let i = 0; i < this.lanes.length; i++)
      until[1 + i] = this.placeOf(i, from[1 + i]!, time, left[i]! * share);
    return until;
  }

  /**
   * Hands over the records of the slice between two boundaries. False where it does not end where the other
   * boundary says: what was handed over counts for nothing then.
   */
  read(from: Boundary, until: Boundary, taker: RecordTaker): boolean {
    const time = until[0]!;
    let fits = true;
    /** Steps to the next record of the slice; false behind its last one. */
    const advance = (stream: LaneStream): boolean => {
      const more = stream.advance();
      if (more && stream.ts < time) return true;
      const end = until[1 + stream.lane]!;
      if (stream.taken >= end || (more && stream.place < end)) fits = false;
      return false;
    };
    const live: LaneStream[] = [];
    for (let i = 0; i < this.lanes.length; i++) {
      const stream = this.streamAt(i, from[1 + i]!);
      let more = advance(stream);
      while (more && stream.place < from[1 + i]!) more = advance(stream);
      if (more) live.push(stream);
    }
    while (live.length > 0) {
      const chosen = earliest(live);
      const stream = live[chosen]!;
      const next = runnerUp(live, chosen);
      const limit = next < 0 ? Infinity : live[next]!.ts;
      let more = true;
      do {
        stream.taken = stream.at + stream.start;
        if (!this.takeInto(taker, stream, from)) fits = false;
        more = advance(stream);
      } while (more && (stream.ts < limit || (stream.ts === limit && chosen < next)));
      if (!more) live.splice(chosen, 1);
    }
    return fits;
  }

  /**
   * Hands over one record. False where it has no thread: it is taken for one of the thread before it, which a
   * slice does not know.
   */
  takeInto(taker: RecordTaker, stream: LaneStream, from: Boundary): boolean {
    if (!this.understands(stream)) return true;
    taker.take(stream);
    return stream.hasThread || from[0] === -Infinity;
  }

  /** Looks up a record's event and thread; false of what has no room for the fields that every event has. */
  private understands(stream: LaneStream): boolean {
    const { plans, threads } = this.parts;
    const { start, end } = stream;
    if (start + plans.typeOffset + plans.typeSize > end) return false;
    stream.plan = plans.plan(plans.idIn(stream.view, start, true));
    if (start + plans.pidOffset + 4 <= end) {
      const tid = stream.view.getInt32(start + plans.pidOffset, true);
      stream.hasThread = true;
      if (tid !== stream.lastTid) {
        stream.lastTid = tid;
        stream.lastComm = threads.comm(tid);
      }
    }
    return true;
  }

  /** A lane from the page on that holds a place. */
  streamAt(lane: number, place: number): LaneStream {
    const { file } = this.parts;
    const { cpu, pageSize } = this.lanes[lane]!;
    const pieces = this.pieces[lane]!;
    pieces.seek(this.lanes[lane]!.pieceAt(place));
    pieces.next();
    const stream = new LaneStream(
      ...([lane, cpu, pieces, pageSize, file.page, true] as const),
      ...([this.baseHi, this.baseLo, this.issues] as const),
    );
    // A piece that could not be had was stepped over.
    if (place > pieces.at && place < pieces.at + pieces.bytes.length)
      stream.startAt(Math.floor((place - pieces.at) / pageSize) * pageSize);
    return stream;
  }

  /** Place of a lane's first record from a time on, not before `from`; `guess` bytes behind it, it may be. */
  private placeOf(index: number, from: number, time: number, guess: number): number {
    const lane = this.lanes[index]!;
    let low = lane.pieceAt(from);
    let step = Math.max(1, lane.pieceAt(from + guess) - low);
    let high = low + step;
    while (high < lane.count && this.timeOf(index, high) < time) {
      low = high;
      step *= 2;
      high += step;
    }
    high = Math.min(high, lane.count);
    while (high - low > 1) {
      const mid = (low + high) >>> 1;
      if (this.timeOf(index, mid) < time) low = mid;
      else high = mid;
    }
    const { bytes, at } = this.pieces[index]!.load(low);
    let page = Math.floor((bytes.length - 1) / lane.pageSize);
    while (page >= 0 && !(this.timeIn(bytes, page * lane.pageSize) < time)) page--;
    if (page < 0) return from;
    const end = at + (page + 1) * lane.pageSize;
    const stream = this.streamAt(index, at + page * lane.pageSize);
    while (stream.advance() && stream.place < end) if (stream.ts >= time) return Math.max(from, stream.place);
    return Math.max(from, end);
  }

  /** Time of the first page from a piece on. */
  private timeOf(lane: number, piece: number): number {
    for (let i = piece; i < this.lanes[lane]!.count; i++) {
      const { bytes } = this.pieces[lane]!.load(i);
      if (bytes.length >= 8) return this.timeIn(bytes, 0);
    }
    return Infinity;
  }

  private timeIn(bytes: Uint8Array, page: number): number {
    if (page + 8 > bytes.length) return Infinity;
    const view = new DataView(bytes.buffer, bytes.byteOffset + page, 8);
    return (view.getUint32(4, true) - this.baseHi) * TWO_32 + (view.getUint32(0, true) - this.baseLo);
  }
}
