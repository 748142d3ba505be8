/**
 * Suppressions of findings: the .shimtrace.json at the root of a
 * trace's workspace folder, or beside the trace.
 */
import * as vscode from 'vscode';
import {
  NO_SUPPRESSIONS,
  parseSuppressions,
  PROJECT_FILE,
  suppressionFor,
  withoutSuppression,
  withSuppression,
  type Suppression,
  type Suppressions,
} from '../model/findings/suppress.js';
import type { ReportedFinding } from './protocol/report.js';
import { fileOf } from './tabs.js';

/** A finding of a run is set aside in the file that it stands in. */
type Suppressible = Pick<ReportedFinding, 'id'> & Partial<Pick<ReportedFinding, 'at'>>;

export class SuppressionStore implements vscode.Disposable {
  private readonly known = new Map<string, Suppressions>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly watcher = vscode.workspace.createFileSystemWatcher(`**/${PROJECT_FILE}`);

  constructor(private readonly log: vscode.LogOutputChannel) {
    const again = (file: vscode.Uri): void => void this.read(file);
    this.watcher.onDidChange(again);
    this.watcher.onDidCreate(again);
    this.watcher.onDidDelete(again);
  }

  /** Reads what concerns a trace, once; later changes are announced. */
  async load(trace: vscode.Uri): Promise<void> {
    const file = projectFile(trace);
    if (!this.known.has(file.toString())) await this.read(file);
  }

  find(of: vscode.Uri, finding: Suppressible): Suppression | undefined {
    const trace = fileOf(of, finding.at?.file);
    const file = projectFile(trace);
    return suppressionFor(
      this.known.get(file.toString()) ?? NO_SUPPRESSIONS,
      relativePath(file, trace),
      finding,
    );
  }

  async add(of: vscode.Uri, finding: Suppressible, reason: string): Promise<void> {
    const trace = fileOf(of, finding.at?.file);
    const file = projectFile(trace);
    await this.rewrite(file, (text) =>
      withSuppression(text, { trace: relativePath(file, trace), finding: finding.id, reason }),
    );
  }

  async remove(of: vscode.Uri, finding: Suppressible): Promise<void> {
    const trace = fileOf(of, finding.at?.file);
    const file = projectFile(trace);
    await this.rewrite(file, (text) =>
      withoutSuppression(text, { trace: relativePath(file, trace), finding: finding.id }),
    );
  }

  private async rewrite(file: vscode.Uri, change: (text: string) => string): Promise<void> {
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(change(await textOf(file))));
    await this.read(file);
  }

  private async read(file: vscode.Uri): Promise<void> {
    const text = await textOf(file);
    const found = text === '' ? NO_SUPPRESSIONS : parseSuppressions(text);
    for (const problem of found.problems) this.log.warn(`${file.toString()}: ${problem}`);
    this.known.set(file.toString(), found);
    this.changed.fire();
  }

  dispose(): void {
    this.watcher.dispose();
    this.changed.dispose();
  }
}

function projectFile(trace: vscode.Uri): vscode.Uri {
  const folder = vscode.workspace.getWorkspaceFolder(trace)?.uri ?? vscode.Uri.joinPath(trace, '..');
  return vscode.Uri.joinPath(folder, PROJECT_FILE);
}

function relativePath(file: vscode.Uri, trace: vscode.Uri): string {
  return trace.path.slice(file.path.length - PROJECT_FILE.length);
}

/** '' when there is no such file. */
async function textOf(file: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.readFile(file).then(
    (bytes) => new TextDecoder('utf-8').decode(bytes),
    () => '',
  );
}
