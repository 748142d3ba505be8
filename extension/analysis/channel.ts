/** Requests to one worker and what it answers: each ends in a result or a JobError. */
import type { AnalysisWorker, Platform } from '../platform.js';
import type { FromWorker, JobError, Method, Methods } from '../protocol/requests.js';

export const CANCELLED: JobError = { code: 'cancelled', message: 'cancelled' };

/** A request that ended without a result. */
export class RequestFailed extends Error {
  constructor(readonly error: JobError) {
    super(error.message);
  }
}

interface Pending {
  readonly resolve: (result: Methods[Method]['result']) => void;
  readonly reject: (error: RequestFailed) => void;
}

/** What a worker says besides its answers. */
export type Told = Exclude<FromWorker, { readonly id: number }>;

export class Channel {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;

  constructor(
    private readonly worker: AnalysisWorker,
    private readonly tell: (told: Told) => void,
  ) {
    worker.onMessage((message) => this.receive(message));
  }

  request<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    const id = this.nextId++;
    return new Promise<Methods[M]['result']>((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      this.worker.post({ id, method, params } as Parameters<AnalysisWorker['post']>[0]);
    });
  }

  /** Ends the worker; what it was asked ends with this error. */
  end(error: JobError): void {
    this.worker.terminate();
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(new RequestFailed(error));
  }

  private receive(message: FromWorker): void {
    if (!('id' in message)) {
      this.tell(message);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if ('error' in message) pending?.reject(new RequestFailed(message.error));
    else pending?.resolve(message.result);
  }
}

/** Asks a worker that has no files one thing. Rejects with RequestFailed, also where the worker dies. */
export async function askOnce<M extends Method>(
  platform: Platform,
  method: M,
  params: Methods[M]['params'],
): Promise<Methods[M]['result']> {
  const worker = await platform.startReview([]);
  const channel = new Channel(worker, () => undefined);
  worker.onExit((error) => channel.end(error));
  try {
    return await channel.request(method, params);
  } finally {
    channel.end(CANCELLED);
  }
}
