/**
 * `shimtrace events` of a large trace.dat without a table: two threads print slices of it, and one writes
 * them in their order.
 */
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { recordKernel } from '../../shell/kernels.js';
import { slicesOf } from '../../parsers/tracedat/format.js';
import type { TimeSlices } from '../../parsers/tracedat/slices.js';
import { DescriptorSource } from './descriptorSource.js';
import type { ListingJob, PrintedSlice } from './printSlices.js';
import { linesOf } from './kernelLines.js';
import type { SliceLines } from './sliceLines.js';
import { SliceQueue } from './sliceQueue.js';

export interface ListingOptions {
  /** For tests. */
  readonly sliceBytes?: number;
  readonly worker: Worker;
}

/** The other thread, which never keeps the process alive. */
export function startThread(): Worker {
  const worker = new Worker(new URL('./listWorker.js', import.meta.url));
  // What it meets is met again by this thread, which goes on from there.
  worker.on('error', () => undefined);
  worker.unref();
  return worker;
}

/**
 * Writes the lines of a trace.dat that is open; false where it has to be read from the start, and nothing was
 * written. `codecs` decompress.
 */
export function listSlices(
  path: string,
  fd: number,
  codecs: Partial<ReadOptions>,
  write: (bytes: Uint8Array) => void,
  { sliceBytes, worker }: ListingOptions,
): boolean {
  const { size } = fs.fstatSync(fd);
  const options = { ...codecs, cancel: NEVER_CANCELLED };
  const slices = slicesOf(new DescriptorSource(path, fd, size), options, sliceBytes);
  if (!slices) return false;
  const queue = new SliceQueue(slices);
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  const job: ListingJob = { ...{ path, fd, size, sliceBytes }, queue: queue.memory, port: port2 };
  worker.postMessage(job, [port2]);
  try {
    new Listing(slices, queue, port1, write).run();
  } finally {
    queue.breakAt(0);
    queue.wrote();
    port1.close();
  }
  return true;
}

class Listing {
  private readonly lines: SliceLines;
  /** Slices that were printed before what comes before them was written. */
  private readonly waiting = new Map<number, Uint8Array>();
  /** Those of the other thread, which gets its memory back. */
  private readonly others = new Set<Uint8Array>();
  private written = 0;
  /** Of this thread. */
  private room: Uint8Array | undefined;

  constructor(
    slices: TimeSlices,
    private readonly queue: SliceQueue,
    private readonly port: MessagePort,
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    this.lines = linesOf(slices, recordKernel());
  }

  run(): void {
    const { queue } = this;
    for (;;) {
      const ready = queue.ready;
      this.receive();
      this.writeAll();
      if (queue.isEnd(this.written)) return;
      const isStuck = !this.step(ready);
      if (!queue.isBroken(this.written) && !isStuck) continue;
      this.lines.printAll(queue.at(this.written), this.write);
      return;
    }
  }

  /** Prints a slice, or waits for one of the other thread; false where none comes. */
  private step(ready: number): boolean {
    const { queue } = this;
    if (queue.isFull) return queue.waitForMore(ready);
    const slice = queue.take();
    if (slice < 0)
      return queue.isEnd(this.written) || queue.isBroken(this.written) || queue.waitForMore(ready);
    const bytes = this.lines.print(queue.at(slice), queue.at(slice + 1), this.room);
    this.room = undefined;
    if (bytes) this.waiting.set(slice, bytes);
    else queue.breakAt(slice);
    return true;
  }

  private receive(): void {
    for (;;) {
      const message = receiveMessageOnPort(this.port) as { readonly message: PrintedSlice } | undefined;
      if (!message) return;
      const { slice, bytes } = message.message;
      this.waiting.set(slice, bytes);
      this.others.add(bytes);
    }
  }

  private writeAll(): void {
    for (;;) {
      const bytes = this.waiting.get(this.written);
      if (!bytes || this.queue.isBroken(this.written)) return;
      this.waiting.delete(this.written);
      this.write(bytes);
      const buffer = bytes.buffer as ArrayBuffer;
      if (this.others.delete(bytes)) this.port.postMessage(buffer, [buffer]);
      else this.room = new Uint8Array(buffer);
      this.written++;
      this.queue.wrote();
    }
  }
}
