/**
 * Lines of `shimtrace events` of one slice of a trace.dat, as bytes that may go to a terminal: byte for byte
 * what the table's rows would give.
 */
import { eventText, taskText } from '../../model/findings/listing.js';
import { Ascii } from '../../parsers/base/ascii.js';
import { ByteSink } from '../../parsers/base/byteSink.js';
import { mayBeUnseen, visible } from '../../parsers/base/visible.js';
import type { Boundary, LaneStream, RecordTaker, TimeSlices } from '../../parsers/tracedat/slices.js';
import { PrintedTimes, TIME_BYTES } from './printedTimes.js';

/** What is printed of a slice at first; it grows. */
const SINK_BYTES = 8 << 20;
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
  private checked = 0;
  private write: ((bytes: Uint8Array) => void) | undefined;
  private readonly times: PrintedTimes;
  private readonly tasks: Task[];
  private readonly names: Name[] = [];

  constructor(private readonly slices: TimeSlices) {
    const { parts, clock, laneCount } = slices;
    this.times = new PrintedTimes({ ...parts.meta, t0: clock.t0 });
    this.tasks = Array.from({ length: laneCount }, () => ({ tid: NaN, comm: -1, bytes: new Uint8Array(0) }));
  }

  /** The lines of a slice, in `room` where they fit; undefined where it is none. */
  print(from: Boundary, until: Boundary, room?: Uint8Array): Uint8Array | undefined {
    const sink = new ByteSink(room ? 0 : SINK_BYTES);
    if (room) sink.bytes = room;
    this.sink = sink;
    this.checked = 0;
    if (!this.slices.read(from, until, this)) return undefined;
    this.check();
    return sink.bytes.subarray(0, sink.used);
  }

  /** Writes all lines from a boundary on, in parts. */
  printAll(from: Boundary, write: (bytes: Uint8Array) => void): void {
    this.write = write;
    const rest = this.print(from, this.slices.last());
    if (rest) write(rest);
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
      task.bytes = encoder.encode(taskText(this.slices.parts.comms.text(lastComm), lastTid, stream.cpu));
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
