/** Judges a trace again when its file changes on disk: saved, copied over, or growing while something records into it. */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';

/** A growing file is read again once it has been quiet for this long, or at the latest after {@link LATEST_MS}. */
const QUIET_MS = 700;
const LATEST_MS = 5000;

class Follower implements vscode.Disposable {
  private timer: number | undefined;
  private changedAt = 0;
  private readonly watcher: vscode.FileSystemWatcher;

  constructor(private readonly app: App, private readonly uri: vscode.Uri) {
    const folder = vscode.Uri.joinPath(uri, '..');
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    this.watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, globLiteral(name)));
    this.watcher.onDidChange(() => this.changed());
    this.watcher.onDidCreate(() => this.changed());
  }

  private changed(): void {
    const now = this.app.platform.now();
    if (this.timer === undefined) this.changedAt = now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.readAgain(), Math.max(0, Math.min(QUIET_MS, this.changedAt + LATEST_MS - now)));
  }

  private async readAgain(): Promise<void> {
    this.timer = undefined;
    const session = this.app.sessions.find(this.uri);
    // Events about a change from before the reading arrive late and mean nothing.
    if (!session || (await this.app.platform.stamp(this.uri)) === session.stamp) return;
    this.app.log.info(`changed on disk, read again: ${this.uri.toString()}`);
    session.forget();
    void this.app.sessions.check(this.uri);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watcher.dispose();
  }
}

/** A file name as a glob that means only itself. */
function globLiteral(name: string): string {
  return name.replace(/[[\]{}*?]/g, (character) => `[${character}]`);
}

export const follow: Feature = (app) => {
  const followers = new Map<string, Follower>();
  return vscode.Disposable.from(
    app.sessions.onDidChange(({ uri }) => {
      if (!followers.has(uri.toString())) followers.set(uri.toString(), new Follower(app, uri));
    }),
    app.sessions.onDidClose((uri) => {
      followers.get(uri.toString())?.dispose();
      followers.delete(uri.toString());
    }),
    { dispose: () => followers.forEach((follower) => follower.dispose()) },
  );
};
