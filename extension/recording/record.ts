/** Recording from the editor: the commands, the list of recordings and the tasks. */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { revealLine } from '../tabs.js';
import { rememberWays } from './hosts.js';
import { tryInMachine } from './laboratory.js';
import { requestOf, type RecordRequest } from './request.js';
import { recordTasks } from './task.js';
import { recordingAt, recordingsView, VIEW } from './view.js';
import { askFor } from './wizard.js';

export const record: Feature = (app) => {
  const { recordings } = app;
  const command = (name: string, run: (target: unknown) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(name, run);
  return vscode.Disposable.from(
    recordingsView(recordings),
    recordTasks(recordings),
    command('shimtrace.record', (target) => begin(app, requestOf(target))),
    command('shimtrace.recordLack', (node) => beginFor(app, ruleOf(node))),
    command('shimtrace.recordAgain', (node) => beginFor(app, ruleOf(node))),
    command('shimtrace.tryInMachine', () => tryInMachine(app)),
    command('shimtrace.stopRecording', (node) => {
      const running = recordings.list().find(({ isRunning }) => isRunning);
      (recordingAt(recordings, node) ?? running)?.stop();
    }),
    command('shimtrace.openRecording', (node) => {
      const recording = recordingAt(recordings, node);
      return recording && revealLine(recording.trace, 1);
    }),
  );
};

/** A whole request is not asked about; what a rule needs is known, where and while what runs is not. */
async function begin(app: App, given?: RecordRequest): Promise<void> {
  // Before anything is asked.
  if (!(await app.recordings.folder())) return;
  const isWhole =
    given !== undefined && ['host', 'via', 'guest', 'qemu', 'workload'].some((name) => name in given);
  const request = isWhole ? given : await askFor(app, given);
  if (!request) return;
  const recording = await app.recordings.start(request);
  if (!recording) return;
  await rememberWays(app, request);
  await vscode.commands.executeCommand(`${VIEW}.focus`);
}

async function beginFor(app: App, rule: string | undefined): Promise<void> {
  await begin(app, rule === undefined ? undefined : { for: [rule] });
}

/** The rule of an entry of the lists: of a finding, or of a rule and why it is undecided. */
function ruleOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { id, finding } = node as { readonly id?: unknown; readonly finding?: unknown };
  const text = typeof finding === 'string' ? finding : id;
  return typeof text === 'string' ? /(?:^|\s)([A-Z]\d+[a-z]?)(?:@|\s|$)/.exec(text)?.[1] : undefined;
}
