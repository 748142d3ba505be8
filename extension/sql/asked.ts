/**
 * A trace that is asked in SQL: a worker of its own, since nothing but its end interrupts a query, and since
 * a processor that takes all memory shall take no other work with it.
 */
import * as vscode from 'vscode';
import type { AskedPart } from '../../model/tables/part.js';
import { CANCELLED, Channel, type Told } from '../analysis/channel.js';
import type { App } from '../app.js';
import { checkOptions } from '../config.js';
import type { SqlResult } from '../protocol/sql.js';

const PROCESSOR = 'dist/perfetto/trace_processor.wasm';

export class AskedTrace {
  private channel: Promise<Channel> | undefined;
  private stamp = '';

  constructor(
    private readonly app: App,
    readonly uri: vscode.Uri,
    private readonly tell: (told: Told) => void,
  ) {}

  /** Rejects with RequestFailed where the trace cannot be read, or the work is cancelled. */
  async ask(sql: string, limit: number, part: AskedPart): Promise<SqlResult> {
    // A trace that was written on is another one.
    const stamp = await this.app.platform.stamp(this.uri);
    if (stamp !== this.stamp) this.cancel();
    this.stamp = stamp;
    const version = String((this.app.context.extension.packageJSON as { version: unknown }).version);
    const question = { sql, limit, part, version, path: vscode.workspace.asRelativePath(this.uri) };
    if (this.channel) return (await this.channel).request('sql', question);
    const starting = this.start();
    this.channel = starting;
    starting.catch(() => (this.channel = undefined));
    const [channel, code] = await Promise.all([starting, this.processor()]);
    await channel.request('check', checkOptions(this.uri));
    return channel.request('sql', { ...question, ...(code && { code }) });
  }

  /** Ends the query that runs, and what the processor has read. */
  cancel(): void {
    const { channel } = this;
    this.channel = undefined;
    channel?.then(
      (started) => started.end(CANCELLED),
      () => undefined,
    );
  }

  private async start(): Promise<Channel> {
    const worker = await this.app.platform.startWorker(this.uri);
    const channel = new Channel(worker, this.tell);
    worker.onExit((error) => {
      this.channel = undefined;
      channel.end(error);
    });
    return channel;
  }

  /** Undefined where this build has none. */
  private async processor(): Promise<Uint8Array | undefined> {
    const uri = vscode.Uri.joinPath(this.app.context.extensionUri, PROCESSOR);
    return vscode.workspace.fs.readFile(uri).then(
      (bytes) => bytes,
      () => undefined,
    );
  }
}
