/**
 * The debug adapter protocol without a transport: requests in, responses and events out as plain
 * objects. Needs neither Node nor an editor, so that the same session runs in a worker, in a
 * browser and behind a socket.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { assert } from '../../parsers/base/assert.js';
import { visibleMessage } from './visibleMessage.js';

/** Something that the user should read: the request fails with this message. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** `id` is stable; `shown` false keeps it out of notifications (a hover that finds nothing). */
  constructor(
    readonly id: number,
    message: string,
    readonly shown = true,
  ) {
    super(message);
  }
}

/** Serves one command: gives the response's body, at once or later; undefined where success says it all. */
export type Handler = (args: never) => unknown;

export class Connection {
  private sequence = 1;
  private readonly handlers = new Map<string, Handler>();
  /** What the request whose handler is running wants done once it is answered. */
  private later: (() => Promise<void>)[] | undefined;

  constructor(private readonly send: (message: DebugProtocol.ProtocolMessage) => void) {}

  /** Serves a command. The handler's result is the response's body; what it throws makes the request fail. */
  on(command: string, handler: Handler): void {
    this.handlers.set(command, handler);
  }

  /**
   * Does something once the request at hand is answered with success; to be called before the handler first
   * waits. What goes wrong there is told to the user.
   */
  after(work: () => Promise<void>): void {
    assert(this.later !== undefined, 'work after a request, outside of one');
    this.later.push(work);
  }

  event(event: string, body?: object): void {
    this.post({ seq: 0, type: 'event', event, ...(body && { body }) } as DebugProtocol.Event);
  }

  /** Takes one message from the client. Every request gets exactly one response; anything else is ignored. */
  async receive(message: unknown): Promise<void> {
    const request = asRequest(message);
    if (!request) return;
    const response: DebugProtocol.Response = {
      seq: 0,
      type: 'response',
      request_seq: request.seq,
      command: request.command,
      success: true,
    };
    const later: (() => Promise<void>)[] = [];
    try {
      const handler = this.handlers.get(request.command);
      if (!handler) throw new UserError(1, `shimtrace does not know the request '${request.command}'`, false);
      this.later = later;
      const answer = handler((request.arguments ?? {}) as never);
      this.later = undefined;
      const body = await answer;
      if (body !== undefined) response.body = body;
    } catch (error) {
      fail(response, error);
    } finally {
      this.later = undefined;
    }
    this.post(response);
    if (response.success) for (const work of later) await this.guarded(work);
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.event('output', {
        category: 'important',
        output: `${error instanceof Error ? error.message : String(error)}\n`,
      });
    }
  }

  private post(message: DebugProtocol.ProtocolMessage): void {
    message.seq = this.sequence++;
    this.send(visibleMessage(message));
  }
}

/** A failure that nobody foresaw is told as such, and the session goes on. */
function fail(response: DebugProtocol.Response, error: unknown): void {
  const known = error instanceof UserError;
  const message = error instanceof Error ? error.message : String(error);
  response.success = false;
  response.message = message;
  response.body = {
    error: {
      id: known ? error.id : 99,
      format: known ? '{text}' : 'Internal error: {text}',
      variables: { text: message },
      showUser: !known || error.shown,
    },
  };
}

function asRequest(message: unknown): DebugProtocol.Request | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, seq, command } = message as Partial<DebugProtocol.Request>;
  return type === 'request' && typeof seq === 'number' && typeof command === 'string'
    ? (message as DebugProtocol.Request)
    : undefined;
}
