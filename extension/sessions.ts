/** The traces that are open: one session per file, by its URI. */
import * as vscode from 'vscode';
import { TraceSession } from './analysis/client.js';
import { affectsReading, affectsVerdicts, checkOptions } from './config.js';
import type { Platform } from './platform.js';
import type { Report } from './protocol/report.js';
import type { ReportIndex } from './reportIndex.js';
import { untilEvent } from './untilEvent.js';

const SOON_MS = 1500;

export class Sessions implements vscode.Disposable {
  private readonly byUri = new Map<string, TraceSession>();
  private readonly changed = new vscode.EventEmitter<TraceSession>();
  /** A session's state or report changed. */
  readonly onDidChange = this.changed.event;
  private readonly closed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidClose = this.closed.event;
  private readonly held = new Map<string, number>();
  private readonly settings: vscode.Disposable;
  /** Texts that are shown without their padding. */
  private readonly compact = new Set<string>();

  constructor(
    private readonly platform: Platform,
    private readonly index?: ReportIndex,
  ) {
    this.settings = vscode.workspace.onDidChangeConfiguration((event) => {
      if (affectsReading(event)) for (const session of this.all()) session.forget();
      if (affectsVerdicts(event) || affectsReading(event))
        for (const session of this.all()) if (session.report) void this.check(session.uri);
    });
  }

  all(): readonly TraceSession[] {
    return [...this.byUri.values()];
  }

  find(uri: vscode.Uri | undefined): TraceSession | undefined {
    return uri && this.byUri.get(uri.toString());
  }

  /** The run that a file is judged as part of, undefined when no open one names it. */
  runOf(uri: vscode.Uri | undefined): TraceSession | undefined {
    return (
      uri && this.all().find((session) => session.files.some((file) => file.toString() === uri.toString()))
    );
  }

  /** The session of a file, made when it is new. */
  open(uri: vscode.Uri): TraceSession {
    const key = uri.toString();
    let session = this.byUri.get(key);
    if (!session) {
      session = new TraceSession(uri, this.platform, this.index);
      const opened = session;
      session.onDidChange(() => this.changed.fire(opened));
      this.byUri.set(key, session);
    }
    return session;
  }

  /** Judges a trace with the settings of the moment. */
  check(uri: vscode.Uri): Promise<Report | undefined> {
    const options = checkOptions(uri);
    return this.open(uri).check(this.compact.has(uri.toString()) ? { ...options, compact: true } : options);
  }

  isCompact(uri: vscode.Uri): boolean {
    return this.compact.has(uri.toString());
  }

  /** Shows a text without its padding, or as it is. */
  showCompact(uri: vscode.Uri, isCompact: boolean): Promise<Report | undefined> {
    if (isCompact) this.compact.add(uri.toString());
    else this.compact.delete(uri.toString());
    return this.check(uri);
  }

  /**
   * The report of a trace, waiting for one that is being made; checks when there is none yet. Undefined where
   * that failed, or was cancelled.
   */
  async report(uri: vscode.Uri): Promise<Report | undefined> {
    const session = this.open(uri);
    const { state, forgotten } = session;
    await this.untilSettled(session);
    // Who cancels it does not want it to begin again; with other settings it must.
    const isCancelled =
      state.kind === 'running' && session.state.kind === 'idle' && session.forgotten === forgotten;
    return session.report ?? (isCancelled ? undefined : this.check(uri));
  }

  /**
   * The session of a trace once nothing runs in it. One that is not there yet is waited for, but not for
   * long: whether a text is a trace is decided at once when it is opened.
   */
  async settled(uri: vscode.Uri): Promise<TraceSession | undefined> {
    const session = this.find(uri) ?? (await this.soon(uri));
    if (session) await this.untilSettled(session);
    return session;
  }

  private async soon(uri: vscode.Uri): Promise<TraceSession | undefined> {
    await untilEvent(this.onDidChange, (session) => session.uri.toString() === uri.toString(), SOON_MS);
    return this.find(uri);
  }

  private untilSettled(session: TraceSession): Promise<void> {
    if (session.state.kind !== 'running') return Promise.resolve();
    return new Promise((done) => {
      const waits = vscode.Disposable.from(
        session.onDidChange(() => {
          if (session.state.kind === 'running') return;
          waits.dispose();
          done();
        }),
        // A trace that is closed meanwhile announces nothing more.
        this.onDidClose((uri) => {
          if (uri.toString() !== session.uri.toString()) return;
          waits.dispose();
          done();
        }),
      );
    });
  }

  /** Keeps the session of a file open while something other than a tab uses it. */
  hold(uri: vscode.Uri): vscode.Disposable {
    const key = uri.toString();
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
    return new vscode.Disposable(() => {
      const left = (this.held.get(key) ?? 1) - 1;
      if (left > 0) this.held.set(key, left);
      else this.held.delete(key);
    });
  }

  close(uri: vscode.Uri): void {
    if (this.held.has(uri.toString())) return;
    const session = this.byUri.get(uri.toString());
    if (!session) return;
    this.byUri.delete(uri.toString());
    this.compact.delete(uri.toString());
    session.dispose();
    this.closed.fire(uri);
  }

  dispose(): void {
    this.settings.dispose();
    for (const session of this.byUri.values()) session.dispose();
    this.byUri.clear();
    this.changed.dispose();
    this.closed.dispose();
  }
}
