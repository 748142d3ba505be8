/**
 * The page's end of its line to the host: questions about the trace,
 * requests to the editor, and how they fail.
 */
import type { AskName, TimelineAsks } from '../model/timeline/asks.js';
import { Endpoint, type Handlers } from './protocol/endpoint.js';
import type { HostRequests, PageRequests } from './protocol/messages.js';

type RequestName = keyof PageRequests & string;

export class Host {
  private readonly endpoint: Endpoint<HostRequests, PageRequests>;

  /** `failed` is told of all that goes wrong in {@link run}. */
  constructor(
    post: (message: unknown) => void,
    handlers: Handlers<HostRequests>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.endpoint = new Endpoint<HostRequests, PageRequests>(post, handlers);
  }

  /** Takes a message of the window. */
  receive(message: unknown): void {
    this.endpoint.receive(message);
  }

  /** Asks about the trace. */
  ask<K extends AskName>(name: K, params: TimelineAsks[K]['params']): Promise<TimelineAsks[K]['result']> {
    const asked = this.endpoint.request(name, params as PageRequests[K]['params']);
    return asked as Promise<TimelineAsks[K]['result']>;
  }

  /** Asks the editor for something. */
  request<K extends RequestName>(
    name: K,
    params: PageRequests[K]['params'],
  ): Promise<PageRequests[K]['result']> {
    return this.endpoint.request(name, params);
  }

  /** Asks the editor for something whose result nobody waits for. */
  tell<K extends RequestName>(name: K, params: PageRequests[K]['params']): void {
    this.run(this.request(name, params));
  }

  /** Runs something that may fail, and has it told when it does. */
  run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.failed(error));
  }
}
