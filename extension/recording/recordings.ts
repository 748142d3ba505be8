/** The recordings of this window: starting them, and opening a trace as soon as there is something in it. */
import * as vscode from 'vscode';
import type { Platform } from '../platform.js';
import { revealLine } from '../tabs.js';
import { Recording } from './recording.js';
import { argumentsOf, newTraceName, tracesOf, type RecordRequest } from './request.js';

export class Recordings implements vscode.Disposable {
  private readonly all: Recording[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly platform: Platform,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The newest first. */
  list(): readonly Recording[] {
    return [...this.all].reverse();
  }

  /** Where recordings are written; undefined where none may or can be made, which has been said. */
  async folder(): Promise<vscode.Uri | undefined> {
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
    const problem = problemOf(this.platform.startRecorder !== undefined, folder);
    if (problem !== undefined) await say(problem);
    return problem === undefined ? folder : undefined;
  }

  /** Starts one; undefined where it may not or cannot be, which has been said. */
  async start(request: RecordRequest): Promise<Recording | undefined> {
    const { startRecorder } = this.platform;
    const folder = await this.folder();
    if (!folder || !startRecorder) return undefined;
    const path = request.output ?? newTraceName(new Date(), request);
    const [live, trace] = Object.values(tracesOf(request, path)).map((name) =>
      name.startsWith('/') ? vscode.Uri.file(name) : vscode.Uri.joinPath(folder, name),
    ) as [vscode.Uri, vscode.Uri];
    const recorder = startRecorder(argumentsOf(request, trace.fsPath), folder.fsPath);
    const recording = new Recording(this.all.length, request, trace, recorder);
    this.all.push(recording);
    let isOpen = false;
    recording.onDidSay((line) => this.log.info(`recording: ${line}`));
    recording.onDidChange(() => {
      this.changed.fire();
      if (isOpen || recording.progress.events === 0) return;
      isOpen = true;
      void revealLine(live, 1, 0, true);
    });
    void recording.done.then((hasTrace) => {
      if (!hasTrace) void sayFailed(recording);
      else if (live !== trace) void revealLine(trace, 1);
    });
    this.changed.fire();
    return recording;
  }

  dispose(): void {
    for (const recording of this.all) recording.dispose();
    this.changed.dispose();
  }
}

type Problem = 'no-program' | 'no-trust' | 'no-folder';

function problemOf(hasProgram: boolean, folder: vscode.Uri | undefined): Problem | undefined {
  if (!hasProgram) return 'no-program';
  if (!vscode.workspace.isTrusted) return 'no-trust';
  return folder === undefined ? 'no-folder' : undefined;
}

async function say(problem: Problem): Promise<void> {
  const texts: Readonly<Record<Problem, string>> = {
    'no-program': vscode.l10n.t('Recording runs a program: use a desktop window, or a remote one.'),
    'no-trust': vscode.l10n.t(
      'Recording runs commands that this folder may have named, on a host of yours: trust the folder first.',
    ),
    'no-folder': vscode.l10n.t('Open a folder first: the recording is written into it.'),
  };
  if (problem !== 'no-trust') {
    await vscode.window.showWarningMessage(texts[problem]);
    return;
  }
  const manage = vscode.l10n.t('Manage Trust');
  // Not waited for: the message stands until it is dismissed.
  void vscode.window.showWarningMessage(texts[problem], manage).then((picked) => {
    if (picked === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
}

async function sayFailed({ lines }: Recording): Promise<void> {
  const last = lines.slice(-2).join(' ');
  await vscode.window.showErrorMessage(
    last === ''
      ? vscode.l10n.t('The recorder ended without a trace.')
      : vscode.l10n.t('Nothing was recorded: {0}', last),
  );
}
