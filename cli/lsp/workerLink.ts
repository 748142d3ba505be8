/** The worker of a document, the extension's own, and what it was asked. */
import { Worker } from 'node:worker_threads';
import type { FromWorker, Method, Methods, Progress } from '../../extension/protocol/requests.js';
import type { NodeWorkerData } from '../../extension/worker/worker.node.js';
import { jobErrorOf } from '../../extension/protocol/jobError.js';
import type { FirstReport } from '../../extension/protocol/report.js';
import { RpcCode, RpcError } from './rpc.js';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

export class WorkerLink {
  private worker: Worker | undefined;
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();

  constructor(
    /** What the worker reads, asked for when it starts. */
    private readonly data: () => NodeWorkerData,
    private readonly tell: (progress: Progress) => void,
    /** Hears what was found before the rest is there. */
    private readonly tellFirst?: (first: FirstReport) => void,
    /** What the worker took from what is kept is of another file. */
    private readonly stale?: () => void,
  ) {}

  /** Rejects with an RpcError. */
  ask<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    this.worker ??= this.start();
    const id = this.nextId++;
    const asked = new Promise<Methods[M]['result']>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    });
    this.worker.postMessage({ id, method, params });
    return asked;
  }

  private start(): Worker {
    const worker = new Worker(new URL('./lspWorker.js', import.meta.url), { workerData: this.data() });
    worker.on('message', (message: FromWorker) => {
      if ('progress' in message) this.tell(message.progress);
      else if ('first' in message) this.tellFirst?.(message.first);
      else if ('stale' in message) {
        if (this.worker === worker) this.stale?.();
      } else if ('id' in message) this.settle(message);
    });
    worker.on('error', (error) => {
      if (this.worker === worker) this.end(jobErrorOf(error).message);
    });
    worker.unref();
    return worker;
  }

  private settle(message: Extract<FromWorker, { readonly id: number }>): void {
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('error' in message) waiting?.reject(new RpcError(RpcCode.Internal, message.error.message));
    else waiting?.resolve(message.result);
  }

  /** Ends the worker: what it was asked is cancelled. */
  end(why = 'cancelled'): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    void this.worker?.terminate();
    this.worker = undefined;
    for (const { reject } of waiting) reject(new RpcError(RpcCode.RequestCancelled, why));
  }
}
