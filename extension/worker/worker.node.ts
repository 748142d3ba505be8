/**
 * Worker entry of the desktop and remote host:
 * reads the file where it lies, by descriptor, or bytes it was handed.
 */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import { assert } from '../../parsers/base/assert.js';
import type { Beside } from '../../recorder/names.js';
import type { FromWorker, Request } from '../protocol/requests.js';
import { FileSource } from './fileSource.node.js';
import type { RunSource } from './run.js';
import { serve } from './worker.js';
import { cacheSettings } from '../../shell/cache/folder.node.js';
import { TraceCache, type CacheSettings } from '../../shell/cache/traceCache.node.js';
import { digestInSteps } from '../../shell/cache/wholeTraces.node.js';
import { keptTraces } from './keptTraces.node.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import { openSpool } from '../../shell/spool.node.js';
import { MemoryWatch, mostFindings } from '../../shell/memory.node.js';
import { KernelSources } from '../../shell/kernelSource.node.js';

/** What the host starts this worker with: a path, or the whole file. */
export type NodeFile = ({ readonly path: string } | { readonly bytes: Uint8Array }) & {
  readonly traceEvents?: string | undefined;
  readonly beside?: Beside | undefined;
};
/** Or with the files of a run. */
export type NodeWorkerData = {
  /** How traces are kept, where it is not as the environment says. */
  readonly cache?: CacheSettings;
} & (
  | NodeFile
  | {
      readonly run: readonly (NodeFile & {
        readonly described: Omit<RunSource, 'open' | 'traceEvents' | 'beside'>;
      })[];
    }
);

const port = parentPort;
assert(port !== null, 'worker.node runs in a worker thread');
const data = workerData as NodeWorkerData;
const kernel = new KernelSources();

function sourceOf(file: NodeFile): ByteSource {
  return 'path' in file ? new FileSource(file.path) : new MemorySource(file.bytes);
}

/** The file that lies at a path now: it may be another one. */
function openedAgain(before: ByteSource, path: string): ByteSource {
  if (before instanceof FileSource) before.close();
  return new FileSource(path);
}

const DIGEST_CHUNK_BYTES = 4 << 20;

/** What the last digest was made of, and could go on from. */
let summed: { readonly size: number; readonly sum: Hash } | undefined;

/** SHA-256, at hundreds of megabytes a second; of bytes that are known it goes on from what it knows. */
function digest(source: ByteSource, known = 0): string {
  const goesOn = known > 0 && summed?.size === known;
  const sum = goesOn ? summed!.sum : createHash('sha256');
  for (let at = goesOn ? known : 0; at < source.size; at += DIGEST_CHUNK_BYTES)
    sum.update(source.read(at, DIGEST_CHUNK_BYTES));
  summed = { size: source.size, sum: sum.copy() };
  return sum.digest('hex');
}

const keeps = data.cache ?? cacheSettings(process.env, process.platform);

/** Where the trace's files lie; undefined where one was handed over. */
function pathsOf(files: readonly NodeFile[]): readonly string[] | undefined {
  const paths = files.flatMap((file) => ('path' in file ? file.path : []));
  return paths.length === files.length ? paths : undefined;
}
const paths = pathsOf('run' in data ? data.run : [data]);

// Requests wait in the port until the worker listens.
void nodeCodecs().then((codecs) =>
  serve(
    {
      post: (message: FromWorker, moved: readonly ArrayBuffer[] = []) => port.postMessage(message, moved),
      onMessage: (handler) => port.on('message', (request: Request) => handler(request)),
    },
    {
      ...('run' in data
        ? {
            open: () => sourceOf(data.run[0]!),
            run: data.run.map((file) => ({
              ...file.described,
              traceEvents: file.traceEvents,
              beside: file.beside,
              open: () => sourceOf(file),
            })),
          }
        : {
            open: () => sourceOf(data),
            traceEvents: data.traceEvents,
            beside: data.beside,
            ...('path' in data && { openAgain: (before) => openedAgain(before, data.path) }),
          }),
      now: () => performance.now(),
      later: (next) => void setImmediate(next),
      digest,
      digestInSteps: (source) => digestInSteps(source, createHash('sha256')),
      ...(keeps && { spool: (bytes) => openSpool(keeps.folder, bytes) }),
      ...(keeps && { clearKept: () => new TraceCache(keeps).clear().entries }),
      ...(keeps && paths && { kept: keptTraces(new TraceCache(keeps), paths, codecs) }),
      findSource: (frame, map) => kernel.find(frame, map),
      decompress: codecs,
      memory: { watch: (doing) => new MemoryWatch(doing), mostFindings },
    },
  ),
);
