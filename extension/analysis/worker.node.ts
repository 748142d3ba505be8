/** Worker entry of the desktop and remote host: reads the file where it lies, by descriptor, or bytes it was handed. */
import { parentPort, workerData } from 'node:worker_threads';
import { MemorySource } from '../../parsers/base/source.js';
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
      findSource: (frame, map) => kernel.find(frame, map),
      decompress: codecs,
    },
  ),
);
