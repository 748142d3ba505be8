/**
 * The timeline's panel and custom editor: a page beside the trace, its questions taken to the trace's worker.
 */
import * as vscode from 'vscode';
import type { App, Feature } from '../app.js';
import { RequestFailed } from '../analysis/channel.js';
import { goToInReplay, onDidMoveReplay } from '../debugger/factory.js';
import { watchIdOfRange } from '../debugger/watchId.js';
import { traceOf } from '../features/target.js';
import { fileOf } from '../tabs.js';
import { nonceText } from '../textPageHtml.js';
import { traceLine } from '../window.js';
import { Endpoint, RequestError, type Handlers } from '../../webview/protocol/endpoint.js';
import type { HostRequests, PageRequests } from '../../webview/protocol/messages.js';
import type { AskName, TimelineAsk, TimelineAsks } from '../../model/timeline/asks.js';
import { pageHtml } from './html.js';
import { linkTo, readLink } from './link.js';
import { keepNameInSight, showEvent } from './reveal.js';
import { keepView, keptView } from './keptView.js';
import { fileName } from '../../parsers/base/fileName.js';

const PANEL = 'shimtrace.timeline';
const EDITOR = 'shimtrace.timelineEditor';
const SCRIPT = 'dist/webview/main.js';
/** A cursor that moves through lines asks for its event when it rests this long. */
const CURSOR_REST_MS = 150;

const ASKS: readonly AskName[] = [
  'meta',
  'rows',
  'tile',
  'inspect',
  'lane',
  'table',
  'measure',
  'find',
  'locate',
  'finding',
];

/** Where to go once the page is up. */
interface Goal {
  readonly row: number;
  readonly finding: string;
}

/** One page on one trace. */
class TimelinePage implements vscode.Disposable {
  private readonly endpoint: Endpoint<PageRequests, HostRequests>;
  private readonly subscriptions: vscode.Disposable[] = [];
  private cursorTimer: number | undefined;
  /** Line that this page had shown: the cursor's move there is not news to it. */
  private shownLine = 0;
  private isOpen = false;
  private goal: Goal | undefined;

  constructor(
    private readonly app: App,
    readonly uri: vscode.Uri,
    readonly panel: vscode.WebviewPanel,
    private view = '',
  ) {
    const { webview } = panel;
    const script = vscode.Uri.joinPath(app.context.extensionUri, SCRIPT);
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(app.context.extensionUri, 'dist/webview')],
    };
    this.endpoint = new Endpoint<PageRequests, HostRequests>(
      (packet) => void webview.postMessage(packet),
      this.handlers(),
    );
    this.subscriptions.push(
      webview.onDidReceiveMessage((message: unknown) => this.endpoint.receive(message)),
      app.sessions.hold(uri),
      app.sessions.onDidChange((session) => {
        if (session.uri.toString() === uri.toString() && session.state.kind === 'done' && this.isOpen)
          this.tell(this.endpoint.request('renew', {}));
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => this.cursorMoved(event)),
      onDidMoveReplay((instant) => {
        if (instant?.uri.toString() === uri.toString() && this.isOpen)
          this.go({ row: instant.row, finding: '' });
      }),
    );
    webview.html = pageHtml({
      nonce: nonceText(),
      script: webview.asWebviewUri(script).toString(),
      source: webview.cspSource,
      title: panel.title,
    });
    panel.onDidDispose(() => this.dispose());
  }

  /** Goes to an event, now or when the page is up. */
  go(goal: Goal): void {
    if (this.isOpen) this.tell(this.endpoint.request('select', goal));
    else this.goal = goal;
  }

  show(view: string): void {
    if (this.isOpen) this.tell(this.endpoint.request('show', { view }));
    else this.view = view;
  }

  private handlers(): Handlers<PageRequests> {
    const asks = Object.fromEntries(
      ASKS.map((ask) => [ask, (params: unknown) => this.ask({ ask, params } as TimelineAsk)]),
    ) as unknown as Pick<Handlers<PageRequests>, AskName>;
    return {
      ...asks,
      open: async () => {
        const report = await this.app.sessions.report(this.uri);
        if (!report) throw new RequestError('busy', vscode.l10n.t('The trace could not be read.'));
        const goal = this.goal;
        this.goal = undefined;
        if (!this.isOpen) keepNameInSight(this.uri);
        this.isOpen = true;
        // The page asks for all it needs before it can select anything.
        if (goal) setTimeout(() => this.go(goal), 0);
        // A view from a link is for the first picture: one of a trace judged anew keeps its own.
        const { view } = this;
        this.view = '';
        return {
          trace: fileName(this.uri.path),
          uri: this.uri.toString(),
          hasLines: report.findings.every((f) => f.at.line > 0),
          view,
          kept: keptView(this.app.context.workspaceState, this.uri.toString()),
        };
      },
      reveal: async ({ row, line }) => {
        this.shownLine = line;
        const { files } = this.app.sessions.find(this.uri)?.report ?? {};
        const { file } = files ? await this.app.sessions.open(this.uri).request('spot', { row }) : {};
        await showEvent(this.app, fileOf(this.uri, file), row, line, this.panel.viewColumn);
        return null;
      },
      replay: async ({ row, finding }) => {
        if (await goToInReplay(this.uri, { row })) return null;
        await vscode.commands.executeCommand('shimtrace.replay', {
          trace: this.uri,
          from: finding === '' ? { row } : { finding },
        });
        return null;
      },
      watch: async ({ row, pages }) => {
        await vscode.commands.executeCommand('shimtrace.replay.stopOnChange', {
          trace: this.uri.toString(),
          row,
          dataId: watchIdOfRange(pages),
        });
        return null;
      },
      copy: async ({ text }) => {
        await vscode.env.clipboard.writeText(text);
        return null;
      },
      keep: async (kept) => {
        await keepView(this.app.context.workspaceState, this.uri.toString(), kept);
        return null;
      },
      copyLink: async ({ view }) => {
        await vscode.env.clipboard.writeText(
          linkTo(this.app.context.extension.id, vscode.env.uriScheme, this.uri, view),
        );
        return null;
      },
      save: async ({ name, bytes }) => ({ saved: await this.save(name, bytes) }),
    };
  }

  private async ask<K extends AskName>(ask: TimelineAsk): Promise<TimelineAsks[K]['result']> {
    const session = this.app.sessions.open(this.uri);
    if (!session.report || session.state.kind === 'running')
      throw new RequestError('busy', vscode.l10n.t('The trace is being read.'));
    try {
      return (await session.request('timeline', ask)) as TimelineAsks[K]['result'];
    } catch (error) {
      if (error instanceof RequestFailed)
        throw new RequestError(
          error.error.code === 'cancelled' ? 'cancelled' : 'failed',
          error.error.message,
        );
      throw error;
    }
  }

  private async save(name: string, bytes: Uint8Array): Promise<boolean> {
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.joinPath(this.uri, '..', name),
    });
    if (!target) return false;
    await vscode.workspace.fs.writeFile(target, bytes);
    return true;
  }

  private cursorMoved(event: vscode.TextEditorSelectionChangeEvent): void {
    const at = traceLine(event.textEditor.document, event.selections[0]!.active.line);
    if (at?.trace.toString() !== this.uri.toString() || !this.isOpen) return;
    const { line } = at;
    if (line === this.shownLine) return;
    this.shownLine = 0;
    clearTimeout(this.cursorTimer);
    this.cursorTimer = setTimeout(() => this.tell(this.followLine(line)), CURSOR_REST_MS);
  }

  private async followLine(line: number): Promise<void> {
    const session = this.app.sessions.find(this.uri);
    if (!session?.report) return;
    const event = await session.request('eventAtLine', { line });
    if (!event) return;
    const finding = session.report.findings.find((f) => f.at.row === event.place.row);
    await this.endpoint.request('select', { row: event.place.row, finding: finding?.id ?? '' });
  }

  /** What fails here was asked for by no one in particular: the log says so. */
  private tell(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof RequestError && error.code === 'cancelled'))
        this.app.log.warn(`timeline: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  dispose(): void {
    clearTimeout(this.cursorTimer);
    this.endpoint.close();
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

/** What a command or a tree hands over: a trace, perhaps with the event to go to. */
interface ShowTarget {
  readonly uri: vscode.Uri;
  readonly row?: number;
  readonly finding?: string;
}

function isShowTarget(target: unknown): target is ShowTarget {
  return typeof target === 'object' && target !== null && 'uri' in target && target.uri instanceof vscode.Uri;
}

export const timeline: Feature = (app) => {
  const pages = new Map<string, TimelinePage>();
  const adopt = (uri: vscode.Uri, panel: vscode.WebviewPanel, view = ''): TimelinePage => {
    const page = new TimelinePage(app, uri, panel, view);
    pages.set(uri.toString(), page);
    panel.onDidDispose(() => {
      if (pages.get(uri.toString()) === page) pages.delete(uri.toString());
    });
    return page;
  };
  const show = (uri: vscode.Uri, view = ''): TimelinePage => {
    const known = pages.get(uri.toString());
    if (known) {
      known.panel.reveal(undefined, true);
      if (view !== '') known.show(view);
      return known;
    }
    const title = vscode.l10n.t('Timeline of {0}', fileName(uri.path));
    const panel = vscode.window.createWebviewPanel(
      PANEL,
      title,
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { retainContextWhenHidden: true },
    );
    return adopt(uri, panel, view);
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand('shimtrace.showTimeline', async (target?: unknown) => {
      const uri = isShowTarget(target) ? target.uri : traceOf(target);
      if (!uri) {
        await vscode.window.showInformationMessage(
          vscode.l10n.t('Open a trace first: the text of an ftrace buffer, for example.'),
        );
        return;
      }
      const page = show(uri);
      if (isShowTarget(target) && target.row !== undefined)
        page.go({ row: target.row, finding: target.finding ?? '' });
    }),
    vscode.window.registerWebviewPanelSerializer(PANEL, {
      deserializeWebviewPanel: async (panel: vscode.WebviewPanel, state: unknown) => {
        // The page has the view that the window saved, and is told the one that was kept.
        const { uri } = (state ?? {}) as { readonly uri?: unknown };
        if (typeof uri === 'string') adopt(vscode.Uri.parse(uri), panel);
        else panel.dispose();
      },
    }),
    vscode.window.registerCustomEditorProvider(
      EDITOR,
      {
        openCustomDocument: (uri: vscode.Uri) => ({ uri, dispose: () => undefined }),
        resolveCustomEditor: (document: vscode.CustomDocument, panel: vscode.WebviewPanel) => {
          adopt(document.uri, panel);
        },
      },
      { webviewOptions: { retainContextWhenHidden: true } },
    ),
    vscode.window.registerUriHandler({
      handleUri: (link) => {
        const target = readLink(link);
        if (target) show(target.trace, target.view);
      },
    }),
    new vscode.Disposable(() => vscode.Disposable.from(...pages.values()).dispose()),
  );
};
