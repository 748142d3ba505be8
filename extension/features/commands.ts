/** Commands that act on a trace as a whole. */
import { askOnce } from '../analysis/channel.js';
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { fileOf, hasOwnTab, openTabUris, revealLine } from '../tabs.js';
import { headlineOfReport } from '../headline.js';
import { listingLines } from '../window.js';
import { firstFinding } from './navigation.js';
import { showListing } from './openListing.js';
import { traceOf } from './target.js';

/** A recording from a kernel with one bug put in; the walkthrough opens it. */
const SAMPLE = 'sample-traces/labelled/inplace/M2.p.txt';

export const commands: Feature = (app) => {
  const register = (id: string, run: (target?: unknown) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(id, run);
  return vscode.Disposable.from(
    register('shimtrace.check', (target) => check(app, target)),
    register('shimtrace.cancel', (target) => {
      const trace = traceOf(target);
      if (trace) app.sessions.find(trace)?.cancel();
    }),
    register('shimtrace.openSample', () => openSample(app)),
    register('shimtrace.goToFirstViolation', (target) => goToFirstViolation(app, target)),
    register('shimtrace.openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${app.context.extension.id}#start`),
    ),
    register('shimtrace.clearCache', async () => {
      await app.index.clear();
      await askOnce(app.platform, 'clearKept', {});
      await vscode.window.showInformationMessage(
        vscode.l10n.t('The reports that Shimtrace kept of large traces are gone.'),
      );
    }),
    register('shimtrace.showLog', () => app.log.show()),
  );
};

/** Reads the file again, whatever it looks like, and shows it. */
async function check(app: App, target: unknown): Promise<void> {
  const trace = traceOf(target);
  if (!trace) {
    await vscode.window.showInformationMessage(
      vscode.l10n.t('Open a trace first: the text of an ftrace buffer, for example.'),
    );
    return;
  }
  app.sessions.find(trace)?.forget();
  await app.sessions.check(trace);
  // A trace with a listing may have nothing open yet that could show its findings.
  if (
    listingLines(trace) !== undefined &&
    (hasOwnTab(trace) || !openTabUris().some((open) => open.toString() === trace.toString()))
  )
    await showListing(trace, {});
}

async function openSample(app: App): Promise<void> {
  const uri = vscode.Uri.joinPath(app.context.extensionUri, SAMPLE);
  await vscode.commands.executeCommand('vscode.open', uri);
  await app.sessions.report(uri);
}

async function goToFirstViolation(app: App, target: unknown): Promise<void> {
  const active = traceOf(target);
  const trace =
    active && app.sessions.find(active) ? active : vscode.Uri.joinPath(app.context.extensionUri, SAMPLE);
  const report = await app.sessions.report(trace);
  const first = report && firstFinding(report);
  if (!first) {
    if (report) {
      const { text } = headlineOfReport(report, app.suppressions.sort(trace, report));
      await vscode.window.showInformationMessage(text);
    }
    return;
  }
  await revealLine(fileOf(trace, first.at.file), first.at.line, first.at.startColumn);
  await vscode.commands.executeCommand('editor.action.showHover');
}
