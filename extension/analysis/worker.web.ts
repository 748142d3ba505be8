/** Worker entry of the browser host. The first message is the whole file; those after it are requests. */
import { MemorySource } from '../../parsers/base/source.js';
import { webCodecs } from '../../shell/codecs.web.js';
import type { FromWorker, Request } from './job.js';
import { INDEXED_FROM_BYTES, serve } from './worker.js';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
let handle: ((request: Request) => void) | undefined;
/** Requests that came before all was ready. */
const waiting: Request[] = [];

const file = new Promise<Uint8Array<ArrayBuffer>>((got) => {
  scope.addEventListener('message', ({ data }: MessageEvent<Uint8Array<ArrayBuffer> | Request>) => {
    if (data instanceof Uint8Array) got(data);
    else if (handle === undefined) waiting.push(data);
    else handle(data);
  });
});

/** SHA-256 of a file that is worth an index; '' where the browser offers none, on a page that came over plain HTTP. */
async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = scope.crypto as Partial<Crypto>;
  if (!subtle || bytes.length < INDEXED_FROM_BYTES) return '';
  const sum = await subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function begin(): Promise<void> {
  const [codecs, bytes] = await Promise.all([webCodecs(), file]);
  const digest = await digestOf(bytes);
  serve(
    {
      post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) => scope.postMessage(message, [...moved]),
      onMessage: (handler) => {
        handle = handler;
        for (const request of waiting.splice(0)) handler(request);
      },
    },
    { open: () => new MemorySource(bytes), now: () => performance.now(), digest: () => digest, decompress: codecs },
  );
}

void begin();
