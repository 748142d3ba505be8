/**
 * Worker entry of the browser host. The first message is the whole file, or those of a run;
 * those after it are requests.
 */
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import { webCodecs } from '../../shell/codecs.web.js';
import type { Beside } from '../../recorder/names.js';
import type { FromWorker, Request } from '../protocol/requests.js';
import type { RunSource } from './run.js';
import type { WorkerTools } from './judged.js';
import { serve } from './worker.js';
import { bytesHex } from '../../parsers/base/bytes.js';

/** A whole file. */
export interface WebFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly traceEvents: string | undefined;
  readonly beside: Beside | undefined;
}

export interface WebRun {
  readonly run: readonly (WebFile & {
    readonly described: Omit<RunSource, 'open' | 'traceEvents' | 'beside'>;
  })[];
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

/** SHA-256 of a file; '' where the browser offers none, on a page that came over plain HTTP. */
async function digestOf({ bytes }: WebFile): Promise<string> {
  const { subtle } = scope.crypto as Partial<Crypto>;
  if (!subtle) return '';
  const sum = await subtle.digest('SHA-256', bytes);
  return bytesHex(new Uint8Array(sum));
}

/**
 * The files that the worker opens, each with the digest that was made of it before: only then is there time
 * to wait.
 */
async function inputOf(
  data: WebFile | WebRun,
): Promise<Pick<WorkerTools, 'open' | 'run' | 'traceEvents' | 'beside' | 'digest'>> {
  const digests = new Map<ByteSource, string>();
  const opened = async (file: WebFile): Promise<() => ByteSource> => {
    const source = new MemorySource(file.bytes);
    digests.set(source, await digestOf(file));
    return () => source;
  };
  const digest = (source: ByteSource): string => digests.get(source) ?? '';
  if (!('run' in data))
    return { open: await opened(data), traceEvents: data.traceEvents, beside: data.beside, digest };
  const run = await Promise.all(
    data.run.map(
      async (file): Promise<RunSource> => ({
        ...file.described,
        traceEvents: file.traceEvents,
        beside: file.beside,
        open: await opened(file),
      }),
    ),
  );
  return { open: () => run[0]!.open(), run, digest };
}

async function begin(): Promise<void> {
  const [codecs, data] = await Promise.all([webCodecs(), file]);
  const input = await inputOf(data);
  serve(
    {
      post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) =>
        scope.postMessage(message, [...moved]),
      onMessage: (handler) => {
        handle = handler;
        for (const request of waiting.splice(0)) handler(request);
      },
    },
    { ...input, now: () => performance.now(), decompress: codecs },
  );
}

void begin();
