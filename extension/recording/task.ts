/** Tasks of the type `shimtrace`: a recording in a terminal, which ends with it. */
import * as vscode from 'vscode';
import type { Recording } from './recording.js';
import type { Recordings } from './recordings.js';
import { hostText, requestOf, type RecordRequest } from './request.js';

export const TASK_TYPE = 'shimtrace';

export function recordTasks(recordings: Recordings): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(TASK_TYPE, {
    provideTasks: () => [],
    resolveTask: (task) => {
      const request = requestOf(task.definition);
      return request && taskOf(recordings, task.definition, request, task.scope);
    },
  });
}

function taskOf(
  recordings: Recordings,
  definition: vscode.TaskDefinition,
  request: RecordRequest,
  scope: vscode.Task['scope'],
): vscode.Task {
  const execution = new vscode.CustomExecution(() =>
    Promise.resolve(new RecordTerminal(recordings, request)),
  );
  const name = vscode.l10n.t('record {0}', hostText(request));
  return new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, name, 'shimtrace', execution);
}

class RecordTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.written.event;
  private readonly closed = new vscode.EventEmitter<number>();
  readonly onDidClose = this.closed.event;
  private recording: Recording | undefined;

  constructor(
    private readonly recordings: Recordings,
    private readonly request: RecordRequest,
  ) {}

  open(): void {
    void this.run();
  }

  /** The terminal was closed, or its task ended. */
  close(): void {
    this.recording?.stop();
  }

  handleInput(data: string): void {
    if (data === '\u0003') this.recording?.stop();
  }

  private async run(): Promise<void> {
    this.recording = await this.recordings.start(this.request);
    if (!this.recording) {
      this.closed.fire(2);
      return;
    }
    this.recording.onDidSay((line) => this.written.fire(`${line}\r\n`));
    const hasTrace = await this.recording.done;
    this.closed.fire(hasTrace ? 0 : 2);
  }
}
