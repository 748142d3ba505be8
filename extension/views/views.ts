/** The lists of the activity-bar container, on the trace that was looked at last. */
import * as vscode from 'vscode';
import { RequestFailed, type TraceSession } from '../analysis/client.js';
import type { Lists } from '../analysis/views.js';
import type { App, Feature } from '../app.js';
import { activeTabUri, onDidChangeActiveTab, revealSpot } from '../tabs.js';
import { traceLine } from '../window.js';
import { findingNodes, type GroupBy } from './findings.js';
import { ListView } from './list.js';
import { conversionNodes, coverageNodes, pageNodes, referenceNodes } from './others.js';

/** The cursor rests this long before the lists follow it. */
const REST_MS = 250;
const GROUPINGS: readonly (readonly [string, GroupBy])[] = [['shimtrace.groupBy.rule', 'rule'], ['shimtrace.groupBy.page', 'page'], ['shimtrace.groupBy.time', 'time']];

class Views implements vscode.Disposable {
  private readonly findings = new ListView('shimtrace.findings');
  private readonly conversions = new ListView('shimtrace.conversions');
  private readonly pages = new ListView('shimtrace.pages');
  private readonly references = new ListView('shimtrace.references');
  private readonly coverage = new ListView('shimtrace.coverage');
  private readonly asked: readonly ListView[] = [this.conversions, this.pages, this.references];
  private readonly all: readonly ListView[] = [this.findings, ...this.asked, this.coverage];
  private groupBy: GroupBy = 'rule';
  private trace: vscode.Uri | undefined;
  /** Line that pages and references are told of; undefined for the end of the trace. */
  private line: number | undefined;
  private timer: number | undefined;
  /** What the asked lists show already. */
  private shownFor = '';
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly app: App) {
    this.disposables = [
      ...this.all,
      app.sessions.onDidChange((session) => {
        if (session.uri.toString() !== this.trace?.toString()) this.lookAt(activeTabUri());
        else if (session.state.kind !== 'running') this.show();
      }),
      app.sessions.onDidClose((uri) => {
        if (uri.toString() === this.trace?.toString()) this.lookAt(app.sessions.all()[0]?.uri);
      }),
      app.suppressions.onDidChange(() => this.showFindings()),
      onDidChangeActiveTab(() => this.lookAt(activeTabUri())),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.cursorMoved(textEditor)),
      ...this.asked.map((list) => list.view.onDidChangeVisibility(() => void this.ask())),
      ...GROUPINGS.map(([id, by]) => vscode.commands.registerCommand(id, () => this.group(by))),
      vscode.commands.registerCommand('shimtrace.filterViews', () => this.askFilter()),
      vscode.commands.registerCommand('shimtrace.clearFilter', () => this.setFilter('')),
      vscode.commands.registerCommand('shimtrace.pagesAtEnd', () => {
        this.line = undefined;
        void this.ask();
      }),
      vscode.commands.registerCommand('shimtrace.reveal', (uri: unknown, spot: unknown) => revealSpot(uri, spot)),
    ];
    this.group('rule');
    this.lookAt(activeTabUri());
  }

  private session(): TraceSession | undefined {
    return this.app.sessions.find(this.trace);
  }

  /** Another trace comes into sight; a tab that is no trace leaves the lists as they are. */
  private lookAt(uri: vscode.Uri | undefined): void {
    const gone = this.trace !== undefined && !this.session();
    if (!gone && (!uri || uri.toString() === this.trace?.toString() || !this.app.sessions.find(uri))) return;
    this.trace = this.app.sessions.find(uri) ? uri : undefined;
    this.line = undefined;
    this.shownFor = '';
    this.show();
  }

  private show(): void {
    const report = this.session()?.report;
    if (!report) for (const list of this.all) list.set(this.trace, []);
    else this.coverage.set(this.trace, coverageNodes(report));
    this.shownFor = '';
    this.showFindings();
    void this.ask();
  }

  private showFindings(): void {
    const { trace } = this;
    const report = this.session()?.report;
    if (!trace || !report) return;
    const open = report.findings.filter((finding) => !this.app.suppressions.find(trace, finding));
    const violations = open.filter((finding) => finding.verdict === 'violation').length;
    this.findings.set(trace, findingNodes(report, this.groupBy, (finding) => this.app.suppressions.find(trace, finding)));
    this.findings.view.description = name(trace);
    this.findings.view.badge = violations > 0 ? { value: violations, tooltip: `${violations} violation${violations === 1 ? '' : 's'}` } : undefined;
  }

  /** Asks the worker for what the lists in sight show, unless they show it already. */
  private async ask(): Promise<void> {
    const session = this.session();
    if (!session?.report || !this.asked.some((list) => list.view.visible)) return;
    const key = `${session.uri.toString()} ${this.line ?? ''} ${session.stamp} ${session.report.profiles.join()}`;
    if (key === this.shownFor) return;
    this.shownFor = key;
    try {
      const lists = await session.request('lists', this.line === undefined ? {} : { line: this.line });
      if (this.shownFor === key) this.showLists(session.uri, lists);
    } catch (error) {
      // The worker was ended while it was asked; the next report asks again.
      if (!(error instanceof RequestFailed)) throw error;
      this.shownFor = '';
    }
  }

  private showLists(trace: vscode.Uri, lists: Lists): void {
    this.conversions.set(trace, conversionNodes(lists));
    this.conversions.view.description = String(lists.conversionsTotal);
    this.pages.set(trace, pageNodes(lists), lists.at);
    this.references.set(trace, referenceNodes(lists), lists.at);
    this.references.view.description = String(lists.holders.length);
  }

  private cursorMoved(editor: vscode.TextEditor): void {
    const at = traceLine(editor.document, editor.selection.active.line);
    if (!at || at.trace.toString() !== this.trace?.toString()) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.line = at.line;
      this.findings.follow(at.line);
      this.conversions.follow(at.line);
      void this.ask();
    }, REST_MS);
  }

  private group(by: GroupBy): void {
    this.groupBy = by;
    void vscode.commands.executeCommand('setContext', 'shimtrace.groupBy', by);
    this.showFindings();
  }

  private async askFilter(): Promise<void> {
    const filter = await vscode.window.showInputBox({ prompt: vscode.l10n.t('Show only what contains this text, in all lists') });
    if (filter !== undefined) this.setFilter(filter);
  }

  private setFilter(filter: string): void {
    void vscode.commands.executeCommand('setContext', 'shimtrace.filtered', filter.trim() !== '');
    for (const list of this.all) list.setFilter(filter);
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

function name(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

export const views: Feature = (app) => new Views(app);
