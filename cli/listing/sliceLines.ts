/**
 * Lines of `shimtrace events` of one slice of a trace.dat, as bytes that may go to a terminal: byte for byte
 * what the table's rows would give.
 */
import { cpuText, eventText, taskText } from '../../model/findings/listing.js';
import { Ascii } from '../../parsers/base/ascii.js';
import { ByteSink } from '../../parsers/base/byteSink.js';
import { mayBeUnseen, visible } from '../../parsers/base/visible.js';
import type { Boundary, LaneStream, RecordTaker, TimeSlices } from '../../parsers/tracedat/slices.js';
import { PrintedTimes, TIME_BYTES } from './printedTimes.js';

/** Room for a slice at first, and by how much more than the largest one there is afterwards. */
const SINK_BYTES = 8 << 20;
const MORE = 1 / 8;
/** Looked through for what a terminal must not get, while it is at hand. */
const CHECKED_BYTES = 1 << 15;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The latest task of a lane. */
interface Task {
  tid: number;
  comm: number;
  bytes: Uint8Array;
}

interface Name {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export class SliceLines implements RecordTaker {
  private sink = new ByteSink(0);
  private room = SINK_BYTES;
  private checked = 0;
  private write: ((bytes: Uint8Array) => void) | undefined;
  private readonly times: PrintedTimes;
  private readonly tasks: Task[];
  private readonly names: Name[] = [];

  constructor(protected readonly slices: TimeSlices) {
    const { parts, clock, laneCount } = slices;
    this.times = new PrintedTimes({ ...parts.meta, t0: clock.t0 });
    this.tasks = Array.from({ length: laneCount }, () => ({ tid: NaN, comm: -1, bytes: new Uint8Array(0) }));
  }

  /** The lines of a slice, in `room` where they fit; undefined where it is none. */
  print(from: Boundary, until: Boundary, room?: Uint8Array): Uint8Array | undefined {
    const sink = new ByteSink(room ? 0 : this.room);
    if (room) sink.bytes = room;
    this.sink = sink;
    this.checked = 0;
    if (!this.read(from, until)) return undefined;
    this.check();
    this.room = Math.max(this.room, Math.ceil(sink.used * (1 + MORE)));
    return sink.bytes.subarray(0, sink.used);
  }

  /** Puts the lines of a slice; false where it is none. */
  protected read(from: Boundary, until: Boundary): boolean {
    return this.slices.read(from, until, this);
  }

  /** Adds lines that were printed elsewhere; `isUnseen` where they may have what a terminal must not get. */
  protected add(lines: Uint8Array, isUnseen: boolean): void {
    this.check();
    this.sink.put(lines);
    if (!isUnseen) this.checked = this.sink.used;
    this.check();
  }

  /**
   * Writes all lines from a boundary on, in parts. The trace is read from its start: a record without a
   * thread is taken for one of the thread before it, wherever that was.
   */
  printAll(from: Boundary, write: (bytes: Uint8Array) => void): void {
    const { slices } = this;
    this.sink = new ByteSink(SINK_BYTES);
    this.checked = 0;
    this.write = write;
    const take = (stream: LaneStream): void => {
      if (stream.place >= from[1 + stream.lane]!) this.take(stream);
    };
    slices.read(slices.first(), slices.last(), { take });
    this.check();
    this.write = undefined;
  }

  take(stream: LaneStream): void {
    const { sink, slices } = this;
    const { clock } = slices;
    sink.put(this.task(stream));
    sink.need(TIME_BYTES);
    const ts = clock.isIdentity ? stream.ts : clock.convert(stream.ts, stream.cpu);
    sink.used = this.times.write(ts, sink.bytes, sink.used);
    this.putText(stream);
    sink.bytes[sink.used++] = Ascii.Newline;
    if (sink.used - this.checked >= CHECKED_BYTES) this.check();
  }

  private putText(stream: LaneStream): void {
    const { sink, slices } = this;
    const plan = stream.plan!;
    const nested = plan.markers?.find(stream);
    const { text, bytes } = this.name(nested ? nested.plan.name : plan.nameId);
    const from = sink.used;
    sink.put(bytes);
    if (slices.texts.write(plan, text, stream, sink)) return;
    sink.used = from;
    sink.putText(eventText(slices.texts.describe(plan, text, stream, 'text')));
  }

  private task(stream: LaneStream): Uint8Array {
    const task = this.tasks[stream.lane]!;
    const { lastTid, lastComm } = stream;
    if (task.tid !== lastTid || task.comm !== lastComm) {
      task.tid = lastTid;
      task.comm = lastComm;
      const comm = this.slices.parts.comms.text(lastComm);
      task.bytes = encoder.encode(taskText(comm, lastTid) + cpuText(stream.cpu));
    }
    return task.bytes;
  }

  private name(id: number): Name {
    const known = this.names[id];
    if (known) return known;
    const text = this.slices.parts.names.text(id);
    const name = { text, bytes: encoder.encode(`${text}: `) };
    this.names[id] = name;
    return name;
  }

  /** Makes visible what would move or colour a terminal, in the lines that were not looked through yet. */
  private check(): void {
    const { sink, checked } = this;
    if (!this.write && sink.used === checked) return;
    const bytes = sink.bytes.subarray(checked, sink.used);
    if (mayBeUnseen(bytes)) {
      // Of line ends, a carriage return alone may be in a text that is copied.
      const shown = encoder.encode(visible(decoder.decode(bytes).replace(/\r+/g, ' ')));
      sink.used = checked;
      sink.put(shown);
    }
    if (this.write) {
      this.write(sink.bytes.subarray(0, sink.used));
      sink.used = 0;
    }
    this.checked = sink.used;
  }
}
