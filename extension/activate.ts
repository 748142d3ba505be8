/**
 * What both hosts start: the sessions and the features on them.
 * Nothing is read, and no worker runs, until a trace is open.
 */
import * as vscode from 'vscode';
import type { App, Feature } from './app.js';
import { PastedFiles } from './pastedFiles.js';
import type { Platform } from './platform.js';
import { ReportIndex } from './reportIndex.js';
import { Sessions } from './sessions.js';
import { SuppressionStore } from './suppressions.js';
import { debugConfig } from './debugger/config.js';
import { debugAdapter } from './debugger/factory.js';
import { hoverValue } from './debugger/hoverValue.js';
import { ask } from './features/ask.js';
import { commands } from './features/commands.js';
import { compact } from './features/compact.js';
import { diagnostics } from './features/diagnostics.js';
import { follow } from './features/follow.js';
import { hover } from './features/hover.js';
import { findingActions } from './features/findingActions.js';
import { navigation } from './features/navigation.js';
import { openListing } from './features/openListing.js';
import { outline } from './features/outline.js';
import { notices } from './features/notices.js';
import { pasted } from './features/pasted.js';
import { recognise } from './features/recognise.js';
import { replayInSight } from './features/replayInSight.js';
import { replayOffer } from './features/replayOffer.js';
import { report } from './features/report.js';
import { rulePages } from './features/rulePages.js';
import { status } from './features/status.js';
import { review } from './review/feature.js';
import { restoredTexts } from './textPage.js';
import { timeline } from './timeline/panel.js';
import { inTerminals } from './recording/inTerminals.js';
import { record } from './recording/record.js';
import { Recordings } from './recording/recordings.js';
import { exportPerfetto } from './sql/exportPerfetto.js';
import { sqlNotebook } from './sql/notebook.js';
import { sidebar } from './views/sidebar.js';

/**
 * `openListing` comes first, since the others ask where a trace is shown; `recognise` last: it opens the
 * sessions that the others watch.
 */
const FEATURES: readonly Feature[] = [
  openListing,
  compact,
  diagnostics,
  hover,
  status,
  report,
  restoredTexts,
  rulePages,
  commands,
  findingActions,
  ask,
  navigation,
  outline,
  sidebar,
  debugConfig,
  debugAdapter,
  hoverValue,
  replayInSight,
  replayOffer,
  notices,
  follow,
  timeline,
  pasted,
  review,
  record,
  inTerminals,
  sqlNotebook,
  exportPerfetto,
  recognise,
];

export function activate(
  context: vscode.ExtensionContext,
  platform: Platform,
): App & { readonly activatedInMs: number } {
  const start = platform.now();
  const log = vscode.window.createOutputChannel('Shimtrace', { log: true });
  const index = new ReportIndex(context, log);
  const sessions = new Sessions(platform, index);
  const suppressions = new SuppressionStore(log);
  const pastes = new PastedFiles();
  const recordings = new Recordings(platform, log);
  const app: App = { context, platform, sessions, suppressions, pastes, recordings, index, log };
  sessions.onDidChange(({ uri }) => void suppressions.load(uri));
  context.subscriptions.push(
    log,
    sessions,
    suppressions,
    recordings,
    ...FEATURES.map((feature) => feature(app)),
  );
  const activatedInMs = platform.now() - start;
  log.info(`activated in ${activatedInMs.toFixed(1)} ms on the ${platform.host} host`);
  return { ...app, activatedInMs };
}
