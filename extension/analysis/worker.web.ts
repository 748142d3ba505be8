/** Worker entry of the browser host. The first message is the whole file; those after it are requests. */
import { assert } from '../../parsers/base/assert.js';
import { MemorySource } from '../../parsers/base/source.js';
import { webCodecs } from '../../shell/codecs.web.js';
import type { FromWorker, Request } from './job.js';
import { serve } from './worker.js';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
let bytes: Uint8Array | undefined;
let handle: ((request: Request) => void) | undefined;
/** Requests that came before the decompressors were ready. */
const waiting: Request[] = [];

scope.addEventListener('message', (event: MessageEvent<Uint8Array | Request>) => {
  const { data } = event;
  if (data instanceof Uint8Array) {
    bytes = data;
    return;
  }
  if (handle === undefined) waiting.push(data);
  else handle(data);
});

void webCodecs().then((codecs) =>
  serve(
    {
      post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) => scope.postMessage(message, [...moved]),
      onMessage: (handler) => {
        handle = handler;
        for (const request of waiting.splice(0)) handler(request);
      },
    },
    {
      open: () => {
        assert(bytes !== undefined, 'request before the file');
        return new MemorySource(bytes);
      },
      now: () => performance.now(),
      decompress: codecs,
    },
  ),
);
