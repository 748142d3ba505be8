/**
 * The debug adapter in VS Code: it passes messages between the editor and the analysis worker of
 * the trace, where the session runs. The place that a replay has reached is announced, for
 * everything else that shows the trace.
 */
import * as vscode from 'vscode';
import type { TraceSession } from '../analysis/client.js';
import { RequestFailed } from '../analysis/channel.js';
import type { App, Feature } from '../app.js';
import { listingUri, WINDOW_SCHEME, windowAddress } from '../window.js';
import { DEBUG_TYPE, replayOf, traceUri } from './running.js';
import { fromDocuments, toDocuments } from './sources.js';

/** Where a replay stands. */
export interface Instant {
  readonly uri: vscode.Uri;
  readonly row: number;
  /** 1-based line of the trace's file or its listing. */
  readonly line: number;
  readonly page?:
    | { readonly vm: number; readonly gfn: number; readonly inode: number; readonly pgoff: number }
    | undefined;
}

const moved = new vscode.EventEmitter<Instant | undefined>();
/** A replay stopped somewhere; undefined when the last one ended. */
export const onDidMoveReplay: vscode.Event<Instant | undefined> = moved.event;

/** Takes the replay of a trace to an event. False when the trace is not being replayed. */
export async function goToInReplay(
  uri: vscode.Uri,
  place: { readonly row: number } | { readonly line: number },
): Promise<boolean> {
  const session = replayOf(uri);
  if (!session) return false;
  await session.customRequest('shimtrace/goto', place);
  return true;
}

interface Message {
  readonly seq: number;
  readonly type: string;
  readonly command?: string;
}

class WorkerAdapter implements vscode.DebugAdapter {
  private static next = 1;
  private readonly id = WorkerAdapter.next++;
  private readonly sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;
  private readonly trace: TraceSession;
  private readonly undo: vscode.Disposable;
  /** Messages go to the worker one after another: a launch waits until the trace is judged. */
  private queue: Promise<void> = Promise.resolve();
  private ended = false;

  constructor(
    private readonly app: App,
    private readonly uri: vscode.Uri,
  ) {
    this.trace = app.sessions.open(uri);
    this.undo = vscode.Disposable.from(
      app.sessions.hold(uri),
      this.trace.onDidDebug(({ session, message }) => {
        if (session === this.id)
          this.sent.fire(
            toDocuments(message, (part) => listingUri(uri, part).toString()) as vscode.DebugProtocolMessage,
          );
      }),
      this.trace.onDidDrop(() => this.end()),
    );
  }

  handleMessage(message: vscode.DebugProtocolMessage): void {
    const request = message as Message;
    this.queue = this.queue
      .then(() => this.pass(request))
      .catch((error: unknown) => this.refuse(request, error));
  }

  dispose(): void {
    this.ended = true;
    this.undo.dispose();
    this.trace.endDebug(this.id);
    this.sent.dispose();
  }

  private async pass(request: Message): Promise<void> {
    if (request.command === 'launch' && !(await this.app.sessions.report(this.uri))) {
      const { state } = this.trace;
      throw new Error(
        state.kind === 'failed' ? state.error.message : vscode.l10n.t('The trace was not read.'),
      );
    }
    await this.trace.request('debug', {
      session: this.id,
      message: fromDocuments(request, (address) => this.partAt(address)),
    });
  }

  private partAt(address: string): number | undefined {
    const shown = address.startsWith(`${WINDOW_SCHEME}:`)
      ? windowAddress(vscode.Uri.parse(address))
      : undefined;
    return shown && 'part' in shown && shown.trace.toString() === this.uri.toString()
      ? shown.part
      : undefined;
  }

  private refuse(request: Message, error: unknown): void {
    if (this.ended) return;
    const text = error instanceof RequestFailed || error instanceof Error ? error.message : String(error);
    this.sent.fire({
      type: 'response',
      seq: 0,
      request_seq: request.seq,
      command: request.command,
      success: false,
      message: text,
    } as vscode.DebugProtocolMessage);
  }

  /** The worker is gone: the file has changed, or the work was cancelled. */
  private end(): void {
    if (!this.ended)
      this.sent.fire({ type: 'event', seq: 0, event: 'terminated' } as vscode.DebugProtocolMessage);
  }
}

/** Registers the adapter and tells where replays stand. */
export const debugAdapter: Feature = (app) =>
  vscode.Disposable.from(
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, {
      createDebugAdapterDescriptor: (session) => {
        const uri = traceUri(session.configuration);
        if (!uri) throw new Error(vscode.l10n.t('The launch configuration names no trace.'));
        return new vscode.DebugAdapterInlineImplementation(new WorkerAdapter(app, uri));
      },
    }),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      const uri =
        session.type === DEBUG_TYPE && event === 'shimtrace/at' ? traceUri(session.configuration) : undefined;
      if (uri) moved.fire({ uri, row: body.row, line: body.line, page: body.page });
    }),
    vscode.debug.onDidTerminateDebugSession((session) => {
      if (session.type === DEBUG_TYPE) moved.fire(undefined);
    }),
  );
