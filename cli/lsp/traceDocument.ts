/**
 * A document that is open in the client, with the worker that judges its trace. The file on disk is judged;
 * where the document has no file, its text. An edited document no longer lines up with what was judged, and
 * is told nothing of until it is saved.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Report } from '../../extension/protocol/report.js';
import type { FromWorker, Method, Methods, Progress } from '../../extension/protocol/requests.js';
import type { NodeFile } from '../../extension/worker/worker.node.js';
import { RpcCode, RpcError } from './rpc.js';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

export class TraceDocument {
  report: Report | undefined;
  isDirty = false;
  private worker: Worker | undefined;
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();
  private judging: Promise<Report | undefined> | undefined;

  constructor(
    readonly uri: string,
    private content: string,
    private readonly tell: (progress: Progress) => void,
  ) {}

  get text(): string {
    return this.content;
  }

  /** Judges what is saved now; undefined for what is no trace. */
  judge(text = this.content): Promise<Report | undefined> {
    this.content = text;
    this.end('judged anew');
    this.isDirty = false;
    this.report = undefined;
    this.judging = this.judgeNow();
    return this.judging;
  }

  private async judgeNow(): Promise<Report | undefined> {
    if (!(await this.ask('holdsTrace', {}))) return undefined;
    const report = await this.ask('check', {});
    // What is told of a listing has other lines than the document.
    if (report.shown === 'file') this.report = report;
    return this.report;
  }

  /** The report, once there is one: features that are asked for early wait for it. */
  async settled(): Promise<Report | undefined> {
    try {
      await this.judging;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    return this.isDirty ? undefined : this.report;
  }

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
    const workerData: NodeFile = this.uri.startsWith('file:')
      ? { path: fileURLToPath(this.uri) }
      : { bytes: Buffer.from(this.content) };
    const worker = new Worker(new URL('./lspWorker.js', import.meta.url), { workerData });
    worker.on('message', (message: FromWorker) => {
      if ('progress' in message) this.tell(message.progress);
      else if ('id' in message) this.settle(message);
    });
    worker.on('error', (error) => {
      if (this.worker === worker) this.end(error.message);
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
