/**
 * What is set aside of a trace's findings: by the .shimtrace.json at the root of its workspace folder,
 * or beside the trace.
 */
import * as vscode from 'vscode';
import {
  evidenceKinds,
  NO_SUPPRESSIONS,
  parseSuppressions,
  PROJECT_FILE,
  setAside,
  withoutSuppression,
  withSuppression,
  type About,
  type SetAside,
  type Stale,
  type Suppressions,
} from '../model/findings/suppress.js';
import type { Report, ReportedFinding } from './protocol/report.js';
import { fileOf } from './tabs.js';

export type Sorted = SetAside<ReportedFinding>;

export class SuppressionStore implements vscode.Disposable {
  private readonly known = new Map<string, Suppressions>();
  /** Findings that were sorted, until what they were sorted by is read again. */
  private sorted = new WeakMap<Report, Sorted>();
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

  /** A report's findings: those that count, those that are set aside, and what is stale of what was. */
  sort(trace: vscode.Uri, report: Report): Sorted {
    const before = this.sorted.get(report);
    if (before) return before;
    const file = projectFile(trace);
    const files = report.files?.map(({ uri }) => fileOf(trace, uri)) ?? [trace];
    const sorted = setAside(this.known.get(file.toString()) ?? NO_SUPPRESSIONS, {
      paths: files.map((of) => relativePath(file, of)),
      recording: () => report.recording,
      rules: new Set(report.rules.map(({ id }) => id)),
      findings: report.findings,
      about,
    });
    this.sorted.set(report, sorted);
    return sorted;
  }

  /** Rejects, with what the user should know, where it cannot be done. */
  async add(trace: vscode.Uri, report: Report, finding: ReportedFinding, reason: string): Promise<void> {
    const { recording } = report;
    if (recording === '')
      throw new Error(vscode.l10n.t('This page came over plain HTTP, where a browser makes no digests.'));
    const file = projectFile(trace);
    const path = relativePath(file, fileOf(trace, finding.at.file));
    const added = { ...about(finding), trace: path, recording, reason };
    await this.rewrite(file, (text) => withSuppression(text, added, finding.id));
  }

  /** Lets a finding that is set aside count again, and what is alike with it. */
  async remove(trace: vscode.Uri, report: Report, { id }: Pick<ReportedFinding, 'id'>): Promise<void> {
    const { aside } = this.sort(trace, report);
    const entry = aside.find(({ finding }) => finding.id === id)?.entry;
    if (entry) await this.rewrite(projectFile(trace), (text) => withoutSuppression(text, entry));
  }

  async removeStale(trace: vscode.Uri, { entry }: Stale): Promise<void> {
    await this.rewrite(projectFile(trace), (text) => withoutSuppression(text, entry));
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
    this.sorted = new WeakMap();
    this.changed.fire();
  }

  dispose(): void {
    this.watcher.dispose();
    this.changed.dispose();
  }
}

function about({ rule, verdict, message, pages, evidence }: ReportedFinding): About {
  const events = evidence.map(({ role, place }) => ({ role, event: place.event }));
  return { rule, verdict, message, pages: pages?.label ?? '', evidence: evidenceKinds(events) };
}

function projectFile(trace: vscode.Uri): vscode.Uri {
  const folder = vscode.workspace.getWorkspaceFolder(trace)?.uri ?? vscode.Uri.joinPath(trace, '..');
  return vscode.Uri.joinPath(folder, PROJECT_FILE);
}

/** The path of a file below the project's folder, relative to that; of any other the whole path. */
function relativePath(project: vscode.Uri, file: vscode.Uri): string {
  const folder = project.path.slice(0, -PROJECT_FILE.length);
  return file.path.startsWith(folder) ? file.path.slice(folder.length) : file.path;
}

/** '' when there is no such file. */
async function textOf(file: vscode.Uri): Promise<string> {
  return vscode.workspace.fs.readFile(file).then(
    (bytes) => new TextDecoder('utf-8').decode(bytes),
    () => '',
  );
}
