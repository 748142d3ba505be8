/** Worker entry of the desktop and remote host: reads the file where it lies, by descriptor, or bytes it was handed. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import { assert } from '../../parsers/base/assert.js';
import type { FromWorker, Request } from './job.js';
import { FileSource } from './fileSource.node.js';
import { serve } from './worker.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { KernelSources } from '../../shell/kernelSource.node.js';

/** What the host starts this worker with: a path, or the whole file. */
export type NodeWorkerData = { readonly path: string } | { readonly bytes: Uint8Array };

const port = parentPort;
assert(port !== null, 'worker.node runs in a worker thread');
const data = workerData as NodeWorkerData;
const kernel = new KernelSources();
const DIGEST_CHUNK_BYTES = 4 << 20;

/** SHA-256, at hundreds of megabytes a second. */
function digest(source: ByteSource): string {
  const sum = createHash('sha256');
  for (let at = 0; at < source.size; at += DIGEST_CHUNK_BYTES) sum.update(source.read(at, DIGEST_CHUNK_BYTES));
  return sum.digest('hex');
}

// Requests wait in the port until the worker listens.
void nodeCodecs().then((codecs) =>
  serve(
    {
      post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) => port.postMessage(message, moved),
      onMessage: (handler) => port.on('message', (request: Request) => handler(request)),
    },
    {
      open: () => ('path' in data ? new FileSource(data.path) : new MemorySource(data.bytes)),
      now: () => performance.now(),
      digest,
      findSource: (frame, map) => kernel.find(frame, map),
      decompress: codecs,
    },
  ),
);
