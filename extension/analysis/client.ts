/**
 * One trace as the host knows it: a worker that is started when something is asked and ended when the
 * trace is closed or the work is cancelled, and the last report. State changes are announced; requests
 * end in a result or a JobError.
 */
import * as vscode from 'vscode';
import { besideOf, besideUris } from '../beside.js';
import type { AnalysisWorker, Platform } from '../platform.js';
import type { ReportIndex } from '../reportIndex.js';
import { filesBehind } from '../runs.js';
import type { CheckOptions } from '../protocol/options.js';
import type { FirstReport, Report } from '../protocol/report.js';
import type { DebugMessage, JobError, Method, Methods, Progress } from '../protocol/requests.js';
import { CANCELLED, Channel, RequestFailed, type Told } from './channel.js';

export type SessionState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly progress: Progress | undefined }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: JobError };

export class TraceSession implements vscode.Disposable {
  state: SessionState = { kind: 'idle' };
  /** The last complete report; it outlives a later run that fails or is cancelled. */
  report: Report | undefined;
  /**
   * What was found so far where there is no report yet: while it is read, and when that was cancelled.
   */
  first: FirstReport | undefined;
  /** Stamp of the trace from just before it was read: one that differs later means that it has changed. */
  stamp = '';
  /** How often it was told to be read again: with other settings the same file may give other events. */
  forgotten = 0;
  /** The files of a run; empty for a trace of one file. */
  files: readonly vscode.Uri[] = [];
  private worker: Promise<Channel> | undefined;
  /** Until the trace was read in this session: judging it anew by other rules is faster than any index. */
  private mayUseIndex = true;
  private digest = '';
  /** How it was judged last. */
  private options: CheckOptions = {};
  /** Runs of check, so that an older one that ends late changes nothing. */
  private run = 0;
  /** How often the worker was dropped. */
  private drops = 0;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly debugged = new vscode.EventEmitter<DebugMessage>();
  /** A debug session in the worker says something. */
  readonly onDidDebug = this.debugged.event;
  private readonly dropped = new vscode.EventEmitter<void>();
  /** The worker is gone, and its debug sessions with it. */
  readonly onDidDrop = this.dropped.event;

  constructor(
    readonly uri: vscode.Uri,
    private readonly platform: Platform,
    private readonly index?: ReportIndex,
  ) {}

  /**
   * Reads (once per content) and judges.
   * Resolves to the report, or undefined when it failed or was overtaken; see `state`.
   */
  async check(options: CheckOptions): Promise<Report | undefined> {
    const run = ++this.run;
    this.options = options;
    this.first = undefined;
    this.enter({ kind: 'running', progress: undefined });
    try {
      const { drops } = this;
      const known = await this.fromIndex(options);
      // Cancelled between the two: a new worker must not begin.
      if (drops !== this.drops) throw new RequestFailed(CANCELLED);
      const report = known ?? (await this.fromWorker(options));
      if (run !== this.run) return undefined;
      this.report = report;
      this.first = undefined;
      this.enter({ kind: 'done' });
      return report;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (run === this.run) this.endWithout(error.error);
      return undefined;
    }
  }

  /** Ends a run that has no report; what was found before it was cancelled is kept. */
  private endWithout(error: JobError): void {
    if (error.code === 'cancelled') {
      this.enter({ kind: 'idle' });
      return;
    }
    this.first = undefined;
    this.enter({ kind: 'failed', error });
  }

  /** What was found when the same content was judged in the same way before. */
  private async fromIndex(options: CheckOptions): Promise<Report | undefined> {
    this.digest = '';
    if (!this.mayUseIndex) return undefined;
    const kept = await this.request('kept', options);
    if (kept) return kept;
    if (!this.index) return undefined;
    this.digest = await this.request('digest', options);
    return this.digest === '' ? undefined : this.index.find(this.digest, options);
  }

  private async fromWorker(options: CheckOptions): Promise<Report> {
    const { digest } = this;
    const report = await this.request('check', options);
    this.mayUseIndex = false;
    if (digest !== '') void this.index?.keep(digest, options, report);
    return report;
  }

  /** All that is known of what was found. */
  get found(): Report | undefined {
    return this.report ?? this.first?.report;
  }

  async request<M extends Method>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    const starting = this.startedWorker();
    const channel = await starting;
    if (this.worker !== starting) throw new RequestFailed(CANCELLED);
    return channel.request(method, params);
  }

  /** Ends a debug session, without starting a worker for it. */
  endDebug(session: number): void {
    if (this.worker) this.request('endDebug', { session }).catch(() => undefined);
  }

  /** Ends the work in flight; the next request starts afresh. */
  cancel(): void {
    this.dropWorker(CANCELLED);
  }

  /** Stamp of the trace as it lies there now: of all its files and what lies beside them. */
  async stampNow(): Promise<string> {
    const traces = await filesBehind(this.uri);
    const files = traces.flatMap((trace) => [trace, ...Object.values(besideUris(trace))]);
    return (await Promise.all(files.map((file) => this.platform.stamp(file)))).join(' ');
  }

  /**
   * The file has changed, or shall be read again for certain:
   * what the worker holds and the index knows is old.
   */
  forget(): void {
    this.mayUseIndex = false;
    this.forgotten++;
    this.first = undefined;
    this.dropWorker(CANCELLED);
  }

  /**
   * The file has changed: a worker that can goes on with what it has of it, else it is forgotten. What is
   * replayed must have ended.
   */
  async readAgain(): Promise<void> {
    const { worker } = this;
    const stamp = await this.stampNow();
    if (!worker || worker !== this.worker || !(await this.goesOn())) {
      this.forget();
      return;
    }
    this.stamp = stamp;
    this.mayUseIndex = false;
    this.forgotten++;
  }

  private async goesOn(): Promise<boolean> {
    try {
      return await this.request('again', { beside: await besideOf(this.uri) });
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return false;
    }
  }

  dispose(): void {
    this.dropWorker(CANCELLED);
    this.changed.dispose();
    this.debugged.dispose();
    this.dropped.dispose();
  }

  private startedWorker(): Promise<Channel> {
    this.worker ??= this.startWorker();
    return this.worker;
  }

  private async startWorker(): Promise<Channel> {
    let worker: AnalysisWorker;
    try {
      this.stamp = await this.stampNow();
      worker = await this.platform.startWorker(this.uri);
    } catch (error) {
      this.worker = undefined;
      throw new RequestFailed({
        code: 'io',
        message: error instanceof Error ? error.message : String(error),
      });
    }
    this.files = worker.files ?? [];
    worker.onExit((error) => this.dropWorker(error));
    return new Channel(worker, (told) => this.hear(told));
  }

  private hear(told: Told): void {
    if ('debug' in told) this.debugged.fire(told.debug);
    else if ('stale' in told) this.readAfterAll();
    else if (this.state.kind !== 'running') return;
    else if ('first' in told) this.showFirst(told.first);
    else this.enter({ kind: 'running', progress: told.progress });
  }

  /** A report stands until there is another. */
  private showFirst(first: FirstReport): void {
    if (this.report) return;
    this.first = first;
    this.changed.fire();
  }

  /** What was shown is of another file. */
  private readAfterAll(): void {
    this.forget();
    void this.check(this.options);
  }

  private dropWorker(error: JobError): void {
    const worker = this.worker;
    this.worker = undefined;
    this.drops++;
    if (worker) this.dropped.fire();
    // A worker that is still starting ends as soon as it has started; one that never started has nothing to
    // end.
    worker?.then(
      (channel) => channel.end(error),
      () => undefined,
    );
  }

  private enter(state: SessionState): void {
    this.state = state;
    this.changed.fire();
  }
}
