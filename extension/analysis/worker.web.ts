/** Worker entry of the browser host. The first message is the whole file; those after it are requests. */
import { assert } from '../../parsers/base/assert.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { FromWorker, Request } from './job.js';
import { serve } from './worker.js';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
let bytes: Uint8Array | undefined;
let handle: ((request: Request) => void) | undefined;

scope.addEventListener('message', (event: MessageEvent<Uint8Array | Request>) => {
  const { data } = event;
  if (data instanceof Uint8Array) {
    bytes = data;
    return;
  }
  assert(handle !== undefined, 'request before the worker serves');
  handle(data);
});

serve(
  {
    post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) => scope.postMessage(message, [...moved]),
    onMessage: (handler) => {
      handle = handler;
    },
  },
  {
    open: () => {
      assert(bytes !== undefined, 'request before the file');
      return new MemorySource(bytes);
    },
    now: () => performance.now(),
    // A browser has no synchronous decompression of its own; compressed binary formats say so.
    decompress: {},
  },
);
