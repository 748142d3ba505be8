/** What every feature is given. */
import type * as vscode from 'vscode';
import type { PastedFiles } from './pastedFiles.js';
import type { Platform } from './platform.js';
import type { Recordings } from './recording/recordings.js';
import type { ReportIndex } from './reportIndex.js';
import type { Sessions } from './sessions.js';
import type { SuppressionStore } from './suppressions.js';

export interface App {
  readonly context: vscode.ExtensionContext;
  readonly platform: Platform;
  readonly sessions: Sessions;
  readonly suppressions: SuppressionStore;
  readonly pastes: PastedFiles;
  readonly recordings: Recordings;
  readonly index: ReportIndex;
  readonly log: vscode.LogOutputChannel;
}

/** A feature wires itself up and returns what undoes it. */
export type Feature = (app: App) => vscode.Disposable;
