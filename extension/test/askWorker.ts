/** A worker in this process, asked as the host asks it: what it answers, and what it says on the way. */
import * as fs from 'node:fs';
import { MemorySource } from '../../parsers/base/source.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import type {
  DebugMessage,
  FromWorker,
  JobError,
  Method,
  Methods,
  Progress,
  Request,
} from '../protocol/requests.js';
import type { FirstReport } from '../protocol/report.js';
import type { WorkerTools } from '../worker/judged.js';
import type { RunSource } from '../worker/run.js';
import { serve } from '../worker/worker.js';
import { fileName } from '../../parsers/base/fileName.js';

/** A kernel that stores private while page 4 is pinned: G9 in line 702, the pin in line 662. */
export const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';

/** A request that was answered by an error. */
export class Refused extends Error {
  constructor(readonly error: JobError) {
    super(`${error.code}: ${error.message}`);
  }
}

export class AskedWorker {
  readonly progress: Progress[] = [];
  readonly debugged: DebugMessage[] = [];
  /** It has said that what was kept is of another file. */
  isStale = false;
  /** What was found before the rest was there. */
  readonly first: FirstReport[] = [];
  /** Buffers that the last reply handed over rather than copied. */
  moved: readonly ArrayBuffer[] = [];
  private reply: FromWorker | undefined;
  private handle: (request: Request) => void = () => undefined;
  private nextId = 1;

  constructor(tools: Pick<WorkerTools, 'open'> & Partial<WorkerTools>) {
    serve(
      {
        post: (message, moved = []) => this.take(message, moved),
        onMessage: (handler) => {
          this.handle = handler;
        },
      },
      { now: () => 0, decompress: {}, ...tools },
    );
  }

  /** What a request is answered with; throws {@link Refused} where that is an error. */
  ask<M extends Method>(method: M, params: Methods[M]['params']): Methods[M]['result'] {
    const id = this.post(method, params);
    const reply = this.reply as FromWorker | undefined;
    if (!reply || !('id' in reply) || reply.id !== id) throw new Error(`no reply to ${method}`);
    if ('error' in reply) throw new Refused(reply.error);
    return reply.result as Methods[M]['result'];
  }

  /** The same where the answer takes a moment. */
  async later<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    const id = this.post(method, params);
    while (!this.reply) await new Promise((done) => setTimeout(done, 1));
    const reply = this.reply as FromWorker;
    if (!('id' in reply) || reply.id !== id) throw new Error(`another reply than to ${method}`);
    if ('error' in reply) throw new Refused(reply.error);
    return reply.result as Methods[M]['result'];
  }

  private post(method: Method, params: unknown): number {
    const id = this.nextId++;
    this.reply = undefined;
    this.handle({ id, method, params } as Request);
    return id;
  }

  private take(message: FromWorker, moved: readonly ArrayBuffer[]): void {
    if ('progress' in message) this.progress.push(message.progress);
    else if ('debug' in message) this.debugged.push(message.debug);
    else if ('stale' in message) this.isStale = true;
    else if ('first' in message) this.first.push(message.first);
    else {
      this.reply = message;
      this.moved = moved;
    }
  }
}

/** A worker on one file; `onOpen` is told whenever it opens it. */
export async function workerOn(
  file: string,
  { onOpen, ...tools }: Partial<WorkerTools> & { readonly onOpen?: () => void } = {},
): Promise<AskedWorker> {
  const bytes = fs.readFileSync(file);
  const open = (): MemorySource => {
    onOpen?.();
    return new MemorySource(bytes);
  };
  return new AskedWorker({ open, decompress: await nodeCodecs(), ...tools });
}

/** A worker on a text. */
export function textWorker(text: string): AskedWorker {
  const bytes = new TextEncoder().encode(text);
  return new AskedWorker({ open: () => new MemorySource(bytes) });
}

/** A worker on the files of a run, whose clocks say how they stand to each other, or are put so. */
export async function workerOnRun(
  files: readonly string[],
  { offsetNs, ...tools }: Partial<WorkerTools> & { readonly offsetNs?: bigint } = {},
): Promise<AskedWorker> {
  const run = files.map(
    (file): RunSource => ({
      uri: `file:///${file}`,
      path: `/${file}`,
      name: fileName(file),
      role: undefined,
      offsetNs,
      traceEvents: undefined,
      beside: undefined,
      open: () => new MemorySource(fs.readFileSync(file)),
    }),
  );
  return new AskedWorker({ open: () => run[0]!.open(), run, decompress: await nodeCodecs(), ...tools });
}
