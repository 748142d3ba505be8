/**
 * Judges a trace again when a file of it changes on disk:
 * saved, copied over, or growing while something records into it.
 */
import * as vscode from 'vscode';
import { LOG_SUFFIX, SIDECAR_SUFFIX } from '../../recorder/names.js';
import type { App, Feature } from '../app.js';
import { DEBUG_TYPE, traceUri } from '../debugger/running.js';
import { fileName } from '../../parsers/base/fileName.js';

/**
 * A growing file is read again once it has been quiet for this long,
 * or at the latest after {@link LATEST_MS}.
 */
const QUIET_MS = 700;
const LATEST_MS = 5000;
/**
 * A reading is of what came, but where that tells otherwise what the trace holds, of the whole file. One that
 * takes long gets as many times its own duration of rest in between: following costs a fifth of a core at
 * most, whatever the size.
 */
const REST_FACTOR = 4;

/** What a recorder writes beside a trace when it ends tells more of it. */
const BESIDE = `{,${SIDECAR_SUFFIX},${LOG_SUFFIX}}`;

class Follower implements vscode.Disposable {
  private timer: number | undefined;
  private changedAt = 0;
  /** When the run in progress began; 0 while there is none. */
  private startedAt = 0;
  /** No reading begins before this. */
  private earliestAt = 0;
  private readonly watchers = new Map<string, vscode.FileSystemWatcher>();

  constructor(
    private readonly app: App,
    private readonly uri: vscode.Uri,
    private readonly isReplayed: () => boolean,
  ) {
    this.watch([uri]);
  }

  /** Watches these files, and no others. */
  private watch(files: readonly vscode.Uri[]): void {
    const wanted = new Map(files.map((file) => [file.toString(), file]));
    for (const [key, watcher] of this.watchers) {
      if (wanted.has(key)) continue;
      watcher.dispose();
      this.watchers.delete(key);
    }
    for (const [key, file] of wanted) {
      if (this.watchers.has(key)) continue;
      const name = fileName(file.path);
      const watcher = vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(vscode.Uri.joinPath(file, '..'), `${globLiteral(name)}${BESIDE}`),
      );
      watcher.onDidChange(() => this.changed());
      watcher.onDidCreate(() => this.changed());
      this.watchers.set(key, watcher);
    }
  }

  /** A run of the session began or ended; `files` are those that the trace is of, where it is of several. */
  sessionChanged(isRunning: boolean, files: readonly vscode.Uri[]): void {
    this.watch([this.uri, ...files]);
    const now = this.app.platform.now();
    if (isRunning && this.startedAt === 0) this.startedAt = now;
    if (isRunning || this.startedAt === 0) return;
    this.earliestAt = now + REST_FACTOR * (now - this.startedAt);
    this.startedAt = 0;
  }

  changed(): void {
    const now = this.app.platform.now();
    if (this.timer === undefined) this.changedAt = now;
    clearTimeout(this.timer);
    const at = Math.max(this.earliestAt, Math.min(now + QUIET_MS, this.changedAt + LATEST_MS));
    this.timer = setTimeout(() => void this.readAgain(), Math.max(0, at - now));
  }

  private async readAgain(): Promise<void> {
    this.timer = undefined;
    const session = this.app.sessions.find(this.uri);
    // Events about a change from before the reading arrive late and mean nothing.
    if (!session || (await session.stampNow()) === session.stamp) return;
    // A reading that was cut off by the next one would never end, and a replay would lose its trace under its
    // feet.
    if (session.state.kind === 'running' || this.isReplayed() || this.app.platform.now() < this.earliestAt) {
      this.changed();
      return;
    }
    this.app.log.info(`changed on disk, read again: ${this.uri.toString()}`);
    await session.readAgain();
    void this.app.sessions.check(this.uri);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watch([]);
  }
}

/** The traces that are replayed: their files may change, and are read again when the replay has ended. */
class Replays implements vscode.Disposable {
  private readonly traces = new Map<string, string>();
  private readonly subscriptions = [
    vscode.debug.onDidStartDebugSession(({ id, type, configuration }) => {
      const trace = type === DEBUG_TYPE ? traceUri(configuration) : undefined;
      if (trace) this.traces.set(id, trace.toString());
    }),
    vscode.debug.onDidTerminateDebugSession(({ id }) => this.traces.delete(id)),
  ];

  has(trace: vscode.Uri): boolean {
    return [...this.traces.values()].includes(trace.toString());
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}

/** A file name as a glob that means only itself. */
function globLiteral(name: string): string {
  return name.replace(/[[\]{}*?]/g, (character) => `[${character}]`);
}

export const follow: Feature = (app) => {
  const followers = new Map<string, Follower>();
  const replays = new Replays();
  return vscode.Disposable.from(
    replays,
    app.sessions.onDidChange(({ uri, state, files }) => {
      const follower = followers.get(uri.toString()) ?? new Follower(app, uri, () => replays.has(uri));
      followers.set(uri.toString(), follower);
      follower.sessionChanged(state.kind === 'running', files);
    }),
    app.sessions.onDidClose((uri) => {
      followers.get(uri.toString())?.dispose();
      followers.delete(uri.toString());
    }),
    new vscode.Disposable(() => vscode.Disposable.from(...followers.values()).dispose()),
  );
};
