/**
 * Lines of `shimtrace events` as bytes: the text of an event is copied from the trace where it stands there,
 * and what stands before it is kept from event to event, so that a listing of millions of events makes few
 * strings. What is printed is, byte for byte, what `eventLine` makes.
 */
import { eventText, taskOf } from '../model/findings/listing.js';
import { Ascii } from '../parsers/base/ascii.js';
import { ByteSink } from '../parsers/base/byteSink.js';
import { mayBeUnseen } from '../parsers/base/visible.js';
import type { OpenTrace } from '../parsers/reader.js';
import { PrintedTimes, TIME_BYTES } from './listing/printedTimes.js';
import type { Output } from './output.js';

/** Printed at a time. */
const FLUSH_BYTES = 1 << 16;
const TASKS_KEPT = 1 << 12;
const CPUS = 1 << 16;
const BETWEEN = ': ';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Task {
  readonly comm: number;
  readonly bytes: Uint8Array;
}

export class EventLines {
  private readonly sink = new ByteSink(2 * FLUSH_BYTES);
  /** By thread and CPU, of those that were printed last. */
  private readonly tasks = new Map<number, Task>();
  private lastKey = NaN;
  private lastTask: Task = { comm: -1, bytes: new Uint8Array(0) };
  private readonly names: Uint8Array[] = [];
  private readonly times: PrintedTimes;

  constructor(
    private readonly open: OpenTrace,
    private readonly output: Output,
  ) {
    this.times = new PrintedTimes(open.table.meta);
  }

  /** Prints one event. */
  print(row: number): void {
    const { open, sink } = this;
    sink.put(this.task(row));
    sink.need(TIME_BYTES);
    const text = open.textInPlace?.(row);
    if (!text?.isTimed) sink.used = this.times.write(open.table.ts(row), sink.bytes, sink.used);
    if (!text) this.putEvent(row);
    else {
      if (!text.isTimed) sink.put(this.name(open.table.nameId(row)));
      sink.put(text.bytes, text.start, text.end);
    }
    sink.bytes[sink.used++] = Ascii.Newline;
    if (sink.used >= FLUSH_BYTES) this.flush();
  }

  /** The name and the text of an event that is no source's bytes. */
  private putEvent(row: number): void {
    const { open, sink } = this;
    const from = sink.used;
    if (open.writeText) {
      sink.put(this.name(open.table.nameId(row)));
      if (open.writeText(row, sink)) return;
      sink.used = from;
    }
    sink.putText(eventText(open.describe(row, 'text')));
  }

  /** Prints what was not printed yet. */
  flush(): void {
    const { sink } = this;
    const bytes = sink.bytes.subarray(0, sink.used);
    sink.used = 0;
    if (this.output.bytes && !mayBeUnseen(bytes)) this.output.bytes(bytes);
    // Of line ends, a carriage return alone may be in a text that is copied.
    else this.output.out(decoder.decode(bytes).replace(/\r+/g, ' '));
  }

  private task(row: number): Uint8Array {
    const { table } = this.open;
    const key = table.tid(row) * CPUS + table.cpu(row);
    const comm = table.commId(row);
    // Traces stay with one task for long.
    if (key !== this.lastKey || comm !== this.lastTask.comm) {
      const known = this.tasks.get(key);
      this.lastTask = known?.comm === comm ? known : this.newTask(row, key, comm);
      this.lastKey = key;
    }
    return this.lastTask.bytes;
  }

  private newTask(row: number, key: number, comm: number): Task {
    const task = { comm, bytes: encoder.encode(taskOf(this.open.table, row)) };
    if (this.tasks.size >= TASKS_KEPT) this.tasks.clear();
    this.tasks.set(key, task);
    return task;
  }

  private name(id: number): Uint8Array {
    this.names[id] ??= encoder.encode(`${this.open.table.names.text(id)}${BETWEEN}`);
    return this.names[id];
  }
}
