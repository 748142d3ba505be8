/** The other thread of a listing: see listSlices.ts. */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import type { ReadOptions } from '../../parsers/reader.js';
import { recordKernel } from '../../shell/kernels.js';
import { slicesOf } from '../../parsers/tracedat/format.js';
import { DescriptorSource } from './descriptorSource.js';
import { linesOf } from './kernelLines.js';
import { SliceQueue, type QueueMemory } from './sliceQueue.js';

/** What the other thread is told. */
export interface ListingJob {
  readonly path: string;
  readonly fd: number;
  readonly size: number;
  readonly sliceBytes: number | undefined;
  readonly queue: QueueMemory;
  readonly port: MessagePort;
}

/** What it says of a slice: its lines. */
export interface PrintedSlice {
  readonly slice: number;
  readonly bytes: Uint8Array;
}

/** Prints slices as long as there are any. */
export function printSlices(
  { path, fd, size, sliceBytes, queue: memory, port }: ListingJob,
  codecs: Partial<ReadOptions>,
): void {
  const options = { ...codecs, cancel: NEVER_CANCELLED };
  const slices = slicesOf(new DescriptorSource(path, fd, size), options, sliceBytes);
  if (!slices) return;
  const queue = new SliceQueue(slices, memory);
  const lines = linesOf(slices, recordKernel());
  for (;;) {
    while (queue.isFull && !queue.isBroken(0)) queue.waitForRoom();
    const slice = queue.take();
    if (slice < 0) return;
    let bytes: Uint8Array | undefined;
    try {
      bytes = lines.print(queue.at(slice), queue.at(slice + 1), roomFrom(port));
    } finally {
      // Whatever ends it here is met again where it is printed as one.
      if (!bytes) {
        queue.breakAt(slice);
        queue.isReady();
      }
    }
    if (!bytes) return;
    port.postMessage({ slice, bytes } satisfies PrintedSlice, [bytes.buffer as ArrayBuffer]);
    queue.isReady();
  }
}

/** Memory of lines that were written; undefined where there is none yet. */
function roomFrom(port: MessagePort): Uint8Array | undefined {
  const given = receiveMessageOnPort(port) as { readonly message: ArrayBuffer } | undefined;
  return given && new Uint8Array(given.message);
}
