/** Launch configurations of the debug type `shimtrace`, and the commands that start and steer a replay. */
import * as vscode from 'vscode';
import type { ReportedFinding } from '../protocol/report.js';
import type { App, Feature } from '../app.js';
import { requestOf } from '../recording/request.js';
import { activeTabUri, editorAtHand, givenFile } from '../tabs.js';
import { traceLine, windowAddress } from '../window.js';
import { currentReplay, DEBUG_TYPE, replayOf, runningReplays, traceUri } from './running.js';
import { fileName } from '../../parsers/base/fileName.js';

/** What a replay command can be given. */
export interface ReplayFrom {
  readonly trace: vscode.Uri;
  readonly from?: object | string;
  readonly follow?: object | string;
}

/** The trace of the active tab: its text, a window on it, or the timeline that a binary one opens as. */
function activeTrace(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = input instanceof vscode.TabInputCustom ? input.uri : activeTabUri();
  return uri && (windowAddress(uri)?.trace ?? uri);
}

/**
 * A path for local files, so that breakpoints and stack frames name
 * the file as the editor does; else the URI.
 */
function traceText(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

const provider = (app: App): vscode.DebugConfigurationProvider => ({
  provideDebugConfigurations: () => [
    {
      type: DEBUG_TYPE,
      request: 'launch',
      name: vscode.l10n.t('Replay the open trace'),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of launch.json
      trace: '${file}',
    },
  ],
  /** F5 without a launch.json comes with an empty configuration: the open trace is meant. */
  resolveDebugConfiguration: (_folder, config) => {
    if (config.type && config.request)
      return config['trace'] === undefined && config['record'] === undefined ? withActive(config) : config;
    return withActive({ ...config, type: DEBUG_TYPE, request: 'launch', name: vscode.l10n.t('Replay') });
  },
  resolveDebugConfigurationWithSubstitutedVariables: async (folder, given) => {
    const config = given['record'] === undefined ? given : await recorded(app, given);
    if (!config) return undefined;
    const trace: unknown = config['trace'];
    if (typeof trace !== 'string') return config;
    const relative =
      folder && !trace.startsWith('/') && !/^[A-Za-z][\w+.-]*:/.test(trace) && !trace.startsWith('\\\\');
    const uri = relative ? vscode.Uri.joinPath(folder.uri, trace) : traceUri(config);
    return uri ? { ...config, trace: traceText(uri) } : config;
  },
});

/** Records first; the trace is then replayed. Undefined where nothing was recorded, which has been said. */
async function recorded(
  app: App,
  { record, ...config }: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> {
  const request = requestOf(record);
  if (!request) {
    await vscode.window.showErrorMessage(
      vscode.l10n.t('"record" in launch.json has a member that is not as it should be.'),
    );
    return undefined;
  }
  const recording = await app.recordings.start(request);
  const hasTrace = await recording?.done;
  return recording && hasTrace === true
    ? ({ ...config, trace: traceText(recording.trace) } as vscode.DebugConfiguration)
    : undefined;
}

/** Where the cursor is in the trace; nothing on its first line, where every document opens. */
function atCursor(trace: vscode.Uri): { readonly from?: { readonly line: number } } {
  const editor = editorAtHand();
  const at = editor && traceLine(editor.document, editor.selection.active.line);
  return at && at.line > 1 && at.trace.toString() === trace.toString() ? { from: { line: at.line } } : {};
}

async function withActive(config: vscode.DebugConfiguration): Promise<vscode.DebugConfiguration | undefined> {
  const uri = activeTrace();
  if (uri) return { ...atCursor(uri), ...config, trace: traceText(uri) };
  await vscode.window.showInformationMessage(
    vscode.l10n.t('Open a trace to replay, or name it as "trace" in launch.json.'),
  );
  return undefined;
}

/** Starts a replay. Resolves to false when it did not start. */
export async function startReplay({ trace, from, follow }: ReplayFrom): Promise<boolean> {
  const name = fileName(trace.path);
  return vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(trace), {
    type: DEBUG_TYPE,
    request: 'launch',
    name: vscode.l10n.t('Replay {0}', name),
    trace: traceText(trace),
    ...(from !== undefined && { from }),
    ...(follow !== undefined && { follow }),
  });
}

function given(target: unknown): ReplayFrom | undefined {
  const file = givenFile(target);
  if (file) return { trace: file };
  if (
    typeof target === 'object' &&
    target !== null &&
    'trace' in target &&
    target.trace instanceof vscode.Uri
  )
    return target as ReplayFrom;
  const trace = activeTrace();
  return trace && { trace };
}

async function replay(target: unknown): Promise<void> {
  const wanted = given(target);
  if (wanted) await startReplay(wanted);
  else await vscode.window.showInformationMessage(vscode.l10n.t('Open a trace to replay.'));
}

/** The trace and the line of the cursor, also in a window that shows a piece of a large trace. */
function cursorPlace(): { readonly trace: vscode.Uri; readonly line: number } | undefined {
  const editor = editorAtHand();
  return editor && traceLine(editor.document, editor.selection.active.line);
}

async function replayHere(): Promise<void> {
  const place = cursorPlace();
  if (place) await startReplay({ trace: place.trace, from: { line: place.line } });
}

/** From the event of the cursor's line, following its page. */
async function replayPage(): Promise<void> {
  const place = cursorPlace();
  if (place) await startReplay({ trace: place.trace, from: { line: place.line }, follow: 'page' });
}

/** What a link or another page says is to be watched: pages by their id, or those of an event. */
interface WatchTarget {
  readonly trace?: unknown;
  readonly row?: unknown;
  readonly dataId?: unknown;
}

/**
 * Stops the replay whenever a page changes, or no longer; by default the page of the event at the cursor. A
 * trace that is not being replayed begins to be, at the event that was pointed at.
 */
async function stopOnChange(target: unknown): Promise<void> {
  const { trace, row, dataId } = (typeof target === 'object' && target !== null ? target : {}) as WatchTarget;
  const cursor = cursorPlace();
  const uri = typeof trace === 'string' ? vscode.Uri.parse(trace, true) : (cursor?.trace ?? activeTrace());
  if (!uri) return;
  const place = typeof row === 'number' ? { row } : { line: cursor?.line ?? 1 };
  if (!replayOf(uri) && !(await startReplay({ trace: uri, from: place }))) return;
  const session = replayOf(uri);
  if (!session) return;
  try {
    const { on, description }: { on: boolean; description: string } = await session.customRequest(
      'shimtrace/watch',
      typeof dataId === 'string' ? { dataId } : place,
    );
    // Not waited for: the message stands until it is dismissed.
    void vscode.window.showInformationMessage(
      on
        ? vscode.l10n.t('The replay stops at changes: {0}', description)
        : vscode.l10n.t('The replay no longer stops at changes: {0}', description),
    );
  } catch (error) {
    void vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
  }
}

async function replayFinding(app: App, target: unknown): Promise<void> {
  const wanted = given(target);
  const report = wanted && (await app.sessions.report(wanted.trace));
  if (!wanted || !report) return;
  const picked = await vscode.window.showQuickPick(
    report.findings.map((finding) => ({
      label: `${finding.rule} ${finding.verdict}`,
      description: placeText(finding),
      detail: finding.message,
      finding,
    })),
    { placeHolder: vscode.l10n.t('Replay from which finding?'), matchOnDetail: true },
  );
  if (picked) await startReplay({ trace: wanted.trace, from: { finding: picked.finding.id } });
}

function placeText({ at }: ReportedFinding): string {
  return at.line > 0 ? vscode.l10n.t('line {0}', at.line) : vscode.l10n.t('event {0}', at.row);
}

async function replayConversion(app: App, target: unknown): Promise<void> {
  const wanted = given(target);
  if (!wanted || !(await app.sessions.report(wanted.trace))) return;
  const conversions = await app.sessions.open(wanted.trace).request('conversions', {});
  const picked = await vscode.window.showQuickPick(
    conversions.map(({ index, label, line, row }) => ({
      label,
      description: line > 0 ? vscode.l10n.t('line {0}', line) : vscode.l10n.t('event {0}', row),
      index,
    })),
    {
      placeHolder:
        conversions.length === 0
          ? vscode.l10n.t('This trace shows no conversion.')
          : vscode.l10n.t('Replay which conversion?'),
    },
  );
  if (picked) await startReplay({ trace: wanted.trace, from: { conversion: picked.index } });
}

/** Steps that the editor has no button for. */
function step(kind: 'change' | 'conversion', direction: 1 | -1): () => Promise<void> {
  return async () => {
    await currentReplay()?.customRequest('shimtrace/step', { kind, direction });
  };
}

/** Offers a replay on the line of a finding. */
const actions = (app: App): vscode.CodeActionProvider => ({
  provideCodeActions: (document, range) => {
    const place = traceLine(document, range.start.line);
    const findings = (place && app.sessions.find(place.trace)?.report?.findings) ?? [];
    return findings
      .filter((finding) => finding.at.line === place?.line)
      .slice(0, 5)
      .map((finding) => {
        const title = vscode.l10n.t('Replay from this {0} of {1}', finding.verdict, finding.rule);
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.Empty);
        action.command = {
          command: 'shimtrace.replay',
          title,
          arguments: [{ trace: place!.trace, from: { finding: finding.id } } satisfies ReplayFrom],
        };
        return action;
      });
  },
});

/** Registers configurations, commands and the code action. */
export const debugConfig: Feature = (app) => {
  const register = (id: string, run: (target?: unknown) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(id, run);
  return vscode.Disposable.from(
    runningReplays(),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, provider(app)),
    register('shimtrace.replay', replay),
    register('shimtrace.replayHere', replayHere),
    register('shimtrace.replayPage', replayPage),
    register('shimtrace.replay.stopOnChange', stopOnChange),
    register('shimtrace.replayFinding', (target) => replayFinding(app, target)),
    register('shimtrace.replayConversion', (target) => replayConversion(app, target)),
    register('shimtrace.replay.previousChange', step('change', -1)),
    register('shimtrace.replay.startOfConversion', step('conversion', -1)),
    vscode.languages.registerCodeActionsProvider({ language: 'ftrace' }, actions(app)),
  );
};
