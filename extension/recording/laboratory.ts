/**
 * A first recording in a virtual machine, in a terminal: there it says what it takes, and asks before it
 * downloads anything.
 */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { revealLine } from '../tabs.js';
import { newTraceName } from './request.js';
import { TASK_TYPE } from './task.js';

/** Pages of a file are bound to a VM, become private, and shared again. */
const WORKLOAD = 'workload convert';

/** Opens what was recorded when it ends, whatever was found in it. */
export async function tryInMachine({ platform, recordings }: App): Promise<void> {
  const folder = await recordings.folder();
  const { commandLine } = platform;
  if (!folder || !commandLine) return;
  const name = newTraceName(new Date(), {});
  const { program, args, env } = commandLine;
  const task = new vscode.Task(
    { type: TASK_TYPE },
    vscode.TaskScope.Workspace,
    vscode.l10n.t('first conversion in a virtual machine'),
    'shimtrace',
    new vscode.ProcessExecution(program, [...args, 'lab', 'record', '-o', name, '--', WORKLOAD], {
      cwd: folder.fsPath,
      env: { ...env },
    }),
  );
  task.presentationOptions = { focus: true, clear: true };
  // It may have ended before it is known what was started.
  const ends = new Set<vscode.TaskExecution>();
  let execution: vscode.TaskExecution | undefined;
  const openAtEnd = (): void => {
    if (execution === undefined || !ends.has(execution)) return;
    ended.dispose();
    void openWhereThere(vscode.Uri.joinPath(folder, name));
  };
  const ended = vscode.tasks.onDidEndTaskProcess((end) => {
    ends.add(end.execution);
    openAtEnd();
  });
  try {
    execution = await vscode.tasks.executeTask(task);
  } catch (error) {
    ended.dispose();
    throw error;
  }
  openAtEnd();
}

/** The terminal has said why, where there is none. */
async function openWhereThere(trace: vscode.Uri): Promise<void> {
  const isThere = await vscode.workspace.fs.stat(trace).then(
    () => true,
    () => false,
  );
  if (isThere) await revealLine(trace, 1);
}
