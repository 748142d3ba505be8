/** The lists of the activity-bar container, on the trace that was looked at last. */
import * as vscode from 'vscode';
import { RequestFailed } from '../analysis/channel.js';
import type { TraceSession } from '../analysis/client.js';
import type { FirstReport, Report } from '../protocol/report.js';
import {
  ROWS_AT_ONCE,
  type ConversionGroups,
  type FaultGroups,
  type Lists,
  type Wanted,
} from '../protocol/shapes.js';
import type { App, Feature } from '../app.js';
import { headlineOfReport, headlineSoFar } from '../headline.js';
import { activeTabUri, onDidChangeActiveTab, revealSpot } from '../tabs.js';
import { traceLine } from '../window.js';
import { violatedFaultsIn } from '../faults.js';
import { findingNodes, type GroupBy } from './findings.js';
import { TreeList } from './list.js';
import { conversionNodes, coverageNodes, faultNodes, pageNodes, referenceNodes } from './others.js';
import { plural } from '../../parsers/base/plural.js';
import { fileName } from '../../parsers/base/fileName.js';

/** The cursor rests this long before the lists follow it. */
const REST_MS = 250;
const GROUPINGS: readonly (readonly [string, GroupBy])[] = [
  ['shimtrace.groupBy.fault', 'fault'],
  ['shimtrace.groupBy.rule', 'rule'],
  ['shimtrace.groupBy.page', 'page'],
  ['shimtrace.groupBy.time', 'time'],
];

/** A report and what else an answer depends on. */
interface Asked {
  readonly report: Report;
  readonly key: string;
}

/** One question to the worker, for some of the lists. */
interface Question<T> {
  readonly name: 'conversions' | 'faults' | 'lists';
  readonly lists: readonly TreeList[];
  /** The instant of the trace that it is about; '' for all of it. */
  readonly instant: string;
  readonly request: (session: TraceSession, wanted: Wanted) => Promise<T>;
  readonly show: (trace: vscode.Uri, answer: T) => void;
}

class Sidebar implements vscode.Disposable {
  private readonly findings = new TreeList('shimtrace.findings');
  private readonly conversions = new TreeList('shimtrace.conversions', true);
  private readonly faults = new TreeList('shimtrace.faults', true);
  private readonly pages = new TreeList('shimtrace.pages', true);
  private readonly references = new TreeList('shimtrace.references', true);
  private readonly coverage = new TreeList('shimtrace.coverage');
  private readonly asked: readonly TreeList[] = [this.conversions, this.faults, this.pages, this.references];
  private readonly all: readonly TreeList[] = [this.findings, ...this.asked, this.coverage];
  private groupBy: GroupBy = 'fault';
  private trace: vscode.Uri | undefined;
  /** Line that pages and references are told of; undefined for the end of the trace. */
  private line: number | undefined;
  private timer: number | undefined;
  private filter = '';
  /** How many entries of a part of a list are shown, where more than at first. */
  private shown: Readonly<Record<string, number>> = {};
  /** What the asked lists show already, or wait for. */
  private readonly answered: Partial<Record<Question<unknown>['name'], Asked | undefined>> = {};
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly app: App) {
    this.disposables = [
      ...this.all,
      app.sessions.onDidChange((session) => {
        if (session.uri.toString() !== this.trace?.toString()) this.lookAt(this.active());
        else if (session.state.kind !== 'running') this.show();
        else if (session.first) this.showFirst(session, session.first);
      }),
      app.sessions.onDidClose((uri) => {
        if (uri.toString() === this.trace?.toString()) this.lookAt(app.sessions.all()[0]?.uri);
      }),
      app.suppressions.onDidChange(() => this.showFindings()),
      onDidChangeActiveTab(() => this.lookAt(this.active())),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.cursorMoved(textEditor)),
      ...this.asked.map((list) => list.view.onDidChangeVisibility(() => void this.ask())),
      ...GROUPINGS.map(([id, by]) => vscode.commands.registerCommand(id, () => this.group(by))),
      vscode.commands.registerCommand('shimtrace.filterViews', () => this.askFilter()),
      vscode.commands.registerCommand('shimtrace.clearFilter', () => this.setFilter('')),
      vscode.commands.registerCommand('shimtrace.pagesAtEnd', () => {
        this.line = undefined;
        void this.ask();
      }),
      vscode.commands.registerCommand('shimtrace.internal.showMore', (list: unknown, part: unknown) =>
        this.showMore(list, part),
      ),
      vscode.commands.registerCommand('shimtrace.reveal', (uri: unknown, spot: unknown) =>
        revealSpot(uri, spot),
      ),
    ];
    this.group('fault');
    this.lookAt(this.active());
  }

  /** The trace of the active tab: the run that its file is part of, where that is open. */
  private active(): vscode.Uri | undefined {
    const uri = activeTabUri();
    return this.app.sessions.runOf(uri)?.uri ?? uri;
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
    this.shown = {};
    this.show();
  }

  private show(): void {
    const report = this.session()?.report;
    if (!report) this.empty();
    this.showFindings();
    void this.ask();
  }

  private empty(): void {
    for (const list of this.all) {
      list.set(this.trace, []);
      list.view.description = '';
    }
    this.findings.view.badge = undefined;
    this.answered.conversions = undefined;
    this.answered.faults = undefined;
    this.answered.lists = undefined;
  }

  private showFindings(): void {
    const { trace } = this;
    const session = this.session();
    const { report, first } = session ?? {};
    if (session && first) this.showFirst(session, first);
    if (!trace || !report) return;
    const sorted = this.app.suppressions.sort(trace, report);
    const faults = violatedFaultsIn(sorted.open);
    const headline = headlineOfReport(report, sorted).text;
    this.findings.set(trace, findingNodes(trace, report, this.groupBy, sorted), headline);
    this.coverage.set(trace, coverageNodes(report), headline);
    this.findings.view.description = fileName(trace.path);
    this.findings.view.badge = faults > 0 ? { value: faults, tooltip: plural(faults, 'fault') } : undefined;
  }

  /** What was found so far; what all of the trace tells is not known yet. */
  private showFirst({ uri, state }: TraceSession, first: FirstReport): void {
    const { open, aside } = this.app.suppressions.sort(uri, first.report);
    const goesOn = state.kind === 'running' ? 'more may come' : 'the rest was not judged';
    const nodes = findingNodes(uri, first.report, this.groupBy, { open, aside, stale: [] });
    this.findings.set(uri, nodes, `${headlineSoFar(first, { open })}: ${goesOn}`);
    this.findings.view.description = fileName(uri.path);
  }

  /** Asks the worker for what the lists in sight show, unless they show it already. */
  private ask(): Promise<unknown> {
    const { line } = this;
    return Promise.all([
      this.askFor({
        name: 'conversions',
        lists: [this.conversions],
        instant: '',
        request: (session, wanted) => session.request('conversionGroups', wanted),
        show: (trace, groups) => this.showConversions(trace, groups),
      }),
      this.askFor({
        name: 'faults',
        lists: [this.faults],
        instant: '',
        request: (session, wanted) => session.request('faultGroups', wanted),
        show: (trace, groups) => this.showFaults(trace, groups),
      }),
      this.askFor({
        name: 'lists',
        lists: [this.pages, this.references],
        instant: String(line),
        request: (session, wanted) =>
          session.request('lists', line === undefined ? wanted : { ...wanted, line }),
        show: (trace, lists) => this.showPages(trace, lists),
      }),
    ]);
  }

  private showConversions(trace: vscode.Uri, groups: ConversionGroups): void {
    this.conversions.set(trace, conversionNodes(groups), '', groups);
    this.conversions.view.description = String(groups.total);
  }

  private showFaults(trace: vscode.Uri, groups: FaultGroups): void {
    this.faults.set(trace, faultNodes(groups), '', groups);
    const repeated = groups.groups.find(({ group }) => group === 'repeated');
    this.faults.view.description = repeated?.total ? String(repeated.total) : '';
  }

  private showPages(trace: vscode.Uri, lists: Lists): void {
    const { runsMatching, runsTotal, holdersMatching, holdersTotal } = lists;
    this.pages.set(trace, pageNodes(lists), lists.at, { matching: runsMatching, total: runsTotal });
    const held = { matching: holdersMatching, total: holdersTotal };
    this.references.set(trace, referenceNodes(lists), lists.at, held);
    this.references.view.description = String(holdersTotal);
  }

  /** Asks when one of the lists is in sight; shows the answer unless another was asked for meanwhile. */
  private async askFor<T>({ name, lists, instant, request, show }: Question<T>): Promise<void> {
    const session = this.session();
    const report = session?.report;
    if (!report || !lists.some((list) => list.view.visible)) return;
    const asked: Asked = {
      report,
      key: `${session.stamp} ${instant} ${this.filter} ${JSON.stringify(this.shown)}`,
    };
    const before = this.answered[name];
    if (before?.report === report && before.key === asked.key) return;
    this.answered[name] = asked;
    try {
      const wanted = { filter: this.filter, shown: this.shown };
      const answer = await vscode.window.withProgress({ location: { viewId: lists[0]!.id } }, () =>
        request(session, wanted),
      );
      if (this.answered[name] === asked) show(session.uri, answer);
    } catch (error) {
      // The worker was ended while it was asked; the next report asks again.
      if (!(error instanceof RequestFailed)) throw error;
      if (this.answered[name] === asked) this.answered[name] = undefined;
    }
  }

  private async showMore(id: unknown, part: unknown): Promise<void> {
    if (typeof part !== 'string') return;
    const before = this.shown[part] ?? ROWS_AT_ONCE;
    this.shown = { ...this.shown, [part]: before + ROWS_AT_ONCE };
    await this.ask();
    await this.asked.find((list) => list.id === id)?.focusOn(part, before);
  }

  private cursorMoved(editor: vscode.TextEditor): void {
    const at = traceLine(editor.document, editor.selection.active.line);
    if (!at || at.trace.toString() !== this.trace?.toString()) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.line = at.line;
      this.findings.follow(at.line);
      this.conversions.follow(at.line);
      this.faults.follow(at.line);
      void this.ask();
    }, REST_MS);
  }

  private group(by: GroupBy): void {
    this.groupBy = by;
    void vscode.commands.executeCommand('setContext', 'shimtrace.groupBy', by);
    this.showFindings();
  }

  private async askFilter(): Promise<void> {
    const filter = await vscode.window.showInputBox({
      prompt: vscode.l10n.t('Show only what contains this text, in all lists'),
      value: this.filter,
    });
    if (filter !== undefined) this.setFilter(filter);
  }

  private setFilter(filter: string): void {
    this.filter = filter.trim();
    this.shown = {};
    void vscode.commands.executeCommand('setContext', 'shimtrace.filtered', this.filter !== '');
    for (const list of this.all) list.setFilter(filter);
    void this.ask();
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

export const sidebar: Feature = (app) => new Sidebar(app);
