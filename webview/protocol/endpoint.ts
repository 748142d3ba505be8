/**
 * One end of a channel of requests: every request ends in a reply, an error or a cancel, in either direction.
 */
import type { FailureCode } from './messages.js';

/** Requests by name, as the interfaces of messages.ts have them. */
export type Requests<R> = { readonly [K in keyof R]: { readonly params: unknown; readonly result: unknown } };

/** What crosses the channel. */
export type Packet =
  | { readonly type: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly code: FailureCode; readonly message: string }
  | { readonly type: 'cancel'; readonly id: number };

/** A request that did not end in a reply. */
export class RequestError extends Error {
  constructor(
    readonly code: FailureCode,
    message: string,
  ) {
    super(message);
  }
}

/** Tells a handler that nobody waits for its answer any more. */
export interface Cancelled {
  readonly cancelled: boolean;
}

export type Handlers<R extends Requests<R>> = {
  readonly [K in keyof R]: (
    params: R[K]['params'],
    token: Cancelled,
  ) => R[K]['result'] | Promise<R[K]['result']>;
};

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RequestError) => void;
}

export interface Pending<T> {
  readonly result: Promise<T>;
  /** Ends the request: its promise is rejected with `cancelled`, and the other end is told. */
  cancel(): void;
}

/** Mine are the requests that this end answers, Theirs those that it makes. */
export class Endpoint<Mine extends Requests<Mine>, Theirs extends Requests<Theirs>> {
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();
  private readonly running = new Map<number, { cancelled: boolean }>();

  constructor(
    private readonly send: (packet: Packet) => void,
    private readonly handlers: Handlers<Mine>,
  ) {}

  request<K extends keyof Theirs & string>(
    name: K,
    params: Theirs[K]['params'],
  ): Promise<Theirs[K]['result']> {
    return this.start(name, params).result;
  }

  start<K extends keyof Theirs & string>(name: K, params: Theirs[K]['params']): Pending<Theirs[K]['result']> {
    const id = this.nextId++;
    const result = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.send({ type: 'request', id, name, params });
    return {
      result: result as Promise<Theirs[K]['result']>,
      cancel: () => {
        if (!this.waiting.has(id)) return;
        this.send({ type: 'cancel', id });
        this.settle(id, (w) => w.reject(new RequestError('cancelled', `${name} was cancelled`)));
      },
    };
  }

  /** Ends every open request of this end, for a channel that closes. */
  close(): void {
    for (const id of [...this.waiting.keys()])
      this.settle(id, (w) => w.reject(new RequestError('cancelled', 'the channel was closed')));
    for (const token of this.running.values()) token.cancelled = true;
  }

  /**
   * Takes what came over the channel; anything that is not a packet is
   * ignored, since a page gets other messages too.
   */
  receive(message: unknown): void {
    if (!isPacket(message)) return;
    switch (message.type) {
      case 'request':
        void this.answer(message.id, message.name, message.params);
        break;
      case 'reply':
        this.settle(message.id, (w) => w.resolve(message.result));
        break;
      case 'error':
        this.settle(message.id, (w) => w.reject(new RequestError(message.code, message.message)));
        break;
      case 'cancel': {
        const token = this.running.get(message.id);
        if (token) token.cancelled = true;
        break;
      }
    }
  }

  private settle(id: number, end: (waiting: Waiting) => void): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (waiting) end(waiting);
  }

  private async answer(id: number, name: string, params: unknown): Promise<void> {
    const token = { cancelled: false };
    this.running.set(id, token);
    try {
      if (!Object.hasOwn(this.handlers, name)) throw new RequestError('failed', `nothing answers ${name}`);
      const handler = this.handlers[name as keyof Mine] as (params: unknown, token: Cancelled) => unknown;
      const result = await handler(params, token);
      // Whoever cancelled has ended the request at its end.
      if (!token.cancelled) this.send({ type: 'reply', id, result });
    } catch (error) {
      const code = error instanceof RequestError ? error.code : 'failed';
      if (!token.cancelled)
        this.send({
          type: 'error',
          id,
          code,
          message: error instanceof Error ? error.message : String(error),
        });
    } finally {
      this.running.delete(id);
    }
  }
}

function isPacket(message: unknown): message is Packet {
  if (typeof message !== 'object' || message === null) return false;
  const { type, id } = message as { type?: unknown; id?: unknown };
  return (
    typeof id === 'number' &&
    (type === 'request' || type === 'reply' || type === 'error' || type === 'cancel')
  );
}
