/**
 * Worker entry of the browser host. The first message is the whole file, or those of a run;
 * those after it are requests.
 */
import { MemorySource } from '../../parsers/base/source.js';
import { webCodecs } from '../../shell/codecs.web.js';
import type { FromWorker, Request } from '../protocol/requests.js';
import type { RunSource } from './run.js';
import type { WorkerTools } from './judged.js';
import { INDEXED_FROM_BYTES, serve } from './worker.js';

/** A whole file. */
export interface WebFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly traceEvents: string | undefined;
}

export interface WebRun {
  readonly run: readonly (WebFile & { readonly described: Omit<RunSource, 'open' | 'traceEvents'> })[];
}

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
let handle: ((request: Request) => void) | undefined;
/** Requests that came before all was ready. */
const waiting: Request[] = [];

const file = new Promise<WebFile | WebRun>((got) => {
  scope.addEventListener('message', ({ data }: MessageEvent<WebFile | WebRun | Request>) => {
    if (!('id' in data)) got(data);
    else if (handle === undefined) waiting.push(data);
    else handle(data);
  });
});

/**
 * SHA-256 of a file that is worth an index;
 * '' where the browser offers none, on a page that came over plain HTTP.
 */
async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = scope.crypto as Partial<Crypto>;
  if (!subtle || bytes.length < INDEXED_FROM_BYTES) return '';
  const sum = await subtle.digest('SHA-256', bytes);
  return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function inputOf(data: WebFile | WebRun): Pick<WorkerTools, 'open' | 'run' | 'traceEvents'> {
  if (!('run' in data)) return { open: () => new MemorySource(data.bytes), traceEvents: data.traceEvents };
  const run = data.run.map(
    (file): RunSource => ({
      ...file.described,
      traceEvents: file.traceEvents,
      open: () => new MemorySource(file.bytes),
    }),
  );
  return { open: () => run[0]!.open(), run };
}

async function begin(): Promise<void> {
  const [codecs, data] = await Promise.all([webCodecs(), file]);
  const digest = 'run' in data ? '' : await digestOf(data.bytes);
  serve(
    {
      post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) =>
        scope.postMessage(message, [...moved]),
      onMessage: (handler) => {
        handle = handler;
        for (const request of waiting.splice(0)) handler(request);
      },
    },
    { ...inputOf(data), now: () => performance.now(), digest: () => digest, decompress: codecs },
  );
}

void begin();
