/**
 * JSON-RPC 2.0 as the language server protocol has it, on a byte stream. Every request that comes ends in a
 * result or an error; what is asked of the client ends in its answer, or never where it goes away.
 */
import type { Readable, Writable } from 'node:stream';
import { frame, type FramingError, MessageReader, takeMessages } from '../dapFraming.js';

/** Documents come whole, and a trace may be long. */
const LSP = { protocol: 'the language server protocol', bytesMax: 256 * 1024 * 1024 };

/** Codes of the protocol's errors. */
export const RpcCode = {
  MethodNotFound: -32601,
  InvalidParams: -32602,
  Internal: -32603,
  NotInitialized: -32002,
  RequestCancelled: -32800,
} as const;

/** An error that the client is answered with. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

type Id = number | string;

interface Message {
  readonly id?: Id | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown };
}

export interface Handlers {
  /** Answers a request; `isCancelled` tells whether the client still wants it. */
  request(method: string, params: unknown, isCancelled: () => boolean): unknown;
  notification(method: string, params: unknown): void;
}

export class Connection {
  private nextId = 1;
  private readonly waiting = new Map<Id, (message: Message) => void>();
  private readonly cancelled = new Set<Id>();
  private readonly running = new Set<Id>();
  private isOver = false;

  constructor(
    private readonly out: Writable,
    private readonly handlers: Handlers,
  ) {}

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  /** Asks the client; rejects where it answers with an error. */
  ask(method: string, params: unknown): Promise<unknown> {
    const id = this.nextId++;
    this.send({ id, method, params });
    return new Promise((done, fail) => {
      this.waiting.set(id, ({ result, error }) => {
        if (error) fail(new RpcError(RpcCode.Internal, String(error.message)));
        else done(result);
      });
    });
  }

  /** Serves until the stream ends or says something that is no message, which is the error. */
  serve(input: Readable): Promise<FramingError | undefined> {
    const reader = new MessageReader((message) => void this.receive(message), LSP);
    return new Promise((done) => {
      takeMessages(input, this.out, reader, (error) => {
        this.isOver = true;
        done(error);
      });
    });
  }

  private send(message: object): void {
    if (!this.isOver) this.out.write(frame({ jsonrpc: '2.0', ...message }));
  }

  private async receive(raw: unknown): Promise<void> {
    if (typeof raw !== 'object' || raw === null) return;
    const message = raw as Message;
    const { id, method, params } = message;
    if (method === undefined) {
      if (id === undefined || id === null) return;
      this.waiting.get(id)?.(message);
      this.waiting.delete(id);
    } else if (id === undefined || id === null) this.notified(method, params);
    else await this.answer(id, method, params);
  }

  private notified(method: string, params: unknown): void {
    if (method === '$/cancelRequest') {
      const { id } = params as { readonly id: Id };
      if (this.running.has(id)) this.cancelled.add(id);
    } else this.handlers.notification(method, params);
  }

  private async answer(id: Id, method: string, params: unknown): Promise<void> {
    this.running.add(id);
    try {
      const result = await this.handlers.request(method, params, () => this.cancelled.has(id));
      if (this.cancelled.has(id)) throw new RpcError(RpcCode.RequestCancelled, 'cancelled');
      this.send({ id, result: result ?? null });
    } catch (error) {
      const code = error instanceof RpcError ? error.code : RpcCode.Internal;
      this.send({ id, error: { code, message: error instanceof Error ? error.message : String(error) } });
    } finally {
      this.running.delete(id);
      this.cancelled.delete(id);
    }
  }
}
