/**
 * Text tabs and the places they show. A large file has a tab and no text editor, so tabs are what is asked.
 */
import * as vscode from 'vscode';
import { openDocument } from './openDocument.js';
import { untilEvent } from './untilEvent.js';
import { shownAt, traceLine, windowAddress } from './window.js';

/** What a tab shows; a window into a trace counts as the trace. */
function uriOf(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  if (!(tab?.input instanceof vscode.TabInputText)) return undefined;
  return windowAddress(tab.input.uri)?.trace ?? tab.input.uri;
}

/** URIs of the given tabs, or of all open ones. */
export function openTabUris(
  tabs: readonly vscode.Tab[] = vscode.window.tabGroups.all.flatMap((group) => group.tabs),
): vscode.Uri[] {
  return tabs.flatMap((tab) => uriOf(tab) ?? []);
}

/** True when a tab shows the file itself, not its listing. */
export function hasOwnTab(file: vscode.Uri): boolean {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === file.toString());
}

/** What the active tab was of, before a page of ours or a preview came into focus. */
let lastUri: vscode.Uri | undefined;

/** The document of the active tab; with a timeline or a preview in focus, the one that was active before. */
export function activeTabUri(): vscode.Uri | undefined {
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  const { input } = activeTab ?? {};
  // A timeline in the place of a text is of that file, whatever was active before.
  if (input instanceof vscode.TabInputCustom && /^shimtrace/.test(input.viewType)) return input.uri;
  if (!isPage(activeTab)) lastUri = uriOf(activeTab);
  else if (!openTabUris().some((uri) => uri.toString() === lastUri?.toString())) lastUri = undefined;
  return lastUri;
}

/** True for a page about a trace: the timeline, a finding explained, verdicts. */
function isPage(tab: vscode.Tab | undefined): boolean {
  return (
    tab?.input instanceof vscode.TabInputWebview && /markdown\.preview|shimtrace/.test(tab.input.viewType)
  );
}

/**
 * The editor that a command is about: the active one; with a page about a trace in focus, one that shows the
 * trace.
 */
export function editorAtHand(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const trace = activeTabUri()?.toString();
  const showsTrace = ({ document }: vscode.TextEditor): boolean =>
    traceLine(document, 0)?.trace.toString() === trace;
  return activeTextEditor ?? visibleTextEditors.find(showsTrace);
}

/** The editor at hand; where a page lies over the trace's own, that comes to the front, at its cursor. */
export async function editorInFront(): Promise<vscode.TextEditor | undefined> {
  const shown = editorAtHand();
  const trace = activeTabUri()?.toString();
  if (shown || trace === undefined) return shown;
  for (const { tabs, viewColumn } of vscode.window.tabGroups.all) {
    const tab = tabs.find((each) => uriOf(each)?.toString() === trace);
    if (tab) return vscode.window.showTextDocument((tab.input as vscode.TabInputText).uri, { viewColumn });
  }
  return undefined;
}

/** The file that a menu hands over; with a page of ours in front it is that page's own address, and none. */
export function givenFile(target: unknown): vscode.Uri | undefined {
  return target instanceof vscode.Uri && target.scheme !== 'webview-panel' ? target : undefined;
}

/** Calls `handler` whenever another tab may have become the active one. */
export function onDidChangeActiveTab(handler: () => void): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.tabGroups.onDidChangeTabs(handler),
    vscode.window.tabGroups.onDidChangeTabGroups(handler),
  );
}

/**
 * Shows a 1-based line of a file of any size, or of its listing, where it is open already if it is. The
 * cursor goes to its event: selecting it would scroll its task out of sight.
 */
export async function revealLine(
  uri: vscode.Uri,
  line: number,
  column = 0,
  preserveFocus = false,
): Promise<void> {
  const place = shownAt(uri, line);
  await untilItReaches(place.uri, place.line);
  const selection = new vscode.Range(place.line, column, place.line, column);
  const { activeTabGroup, all } = vscode.window.tabGroups;
  // The group in front first: it may be the only one to be seen.
  const shown = [activeTabGroup, ...all].find((group) =>
    group.tabs.some((tab) => uriOf(tab)?.toString() === uri.toString()),
  );
  const options: vscode.TextDocumentShowOptions = {
    selection,
    preserveFocus,
    ...(shown ? { viewColumn: shown.viewColumn } : {}),
  };
  await vscode.commands.executeCommand('vscode.open', place.uri, options);
  const editor = vscode.window.visibleTextEditors.find(
    ({ document, viewColumn }) =>
      document.uri.toString() === place.uri.toString() &&
      (!shown || viewColumn === undefined || viewColumn === shown.viewColumn),
  );
  if (editor) showName(editor, new vscode.Position(place.line, column));
}

/** A listing is shown anew so long after its trace was read, at most. */
const SHOWN_ANEW_MS = 2000;

/**
 * Waits for a listing that is open and has not this 0-based line: it is still that of before, and the cursor
 * would not stay where it is put.
 */
async function untilItReaches(uri: vscode.Uri, line: number): Promise<void> {
  const document = windowAddress(uri) && openDocument(uri);
  if (!document || document.lineCount > line) return;
  const { onDidChangeTextDocument } = vscode.workspace;
  await untilEvent(onDidChangeTextDocument, () => document.lineCount > line, SHOWN_ANEW_MS);
}

/** Columns of an event's arguments that are shown with its name. */
const ARGUMENTS_SHOWN = 24;

/** Scrolls an event's name into sight, sideways too: in a narrow editor its columns before take all of it. */
export function showName(editor: vscode.TextEditor, at: vscode.Position): void {
  const { document } = editor;
  if (at.line >= document.lineCount) return;
  const { text } = document.lineAt(at.line);
  const name = /^[^\s(]*/.exec(text.slice(at.character))![0];
  const end = Math.min(text.length, at.character + name.length + ARGUMENTS_SHOWN);
  editor.revealRange(
    new vscode.Range(at, new vscode.Position(at.line, end)),
    vscode.TextEditorRevealType.InCenterIfOutsideViewport,
  );
}

/** The file that a place is in: its own where the trace is of several. */
export function fileOf(trace: vscode.Uri, file: unknown): vscode.Uri {
  return typeof file === 'string' ? vscode.Uri.parse(file, true) : trace;
}

/**
 * What a list hands over: a trace and a place in it.
 * The list keeps the focus, so that one can step through it.
 */
export async function revealSpot(uri: unknown, spot: unknown): Promise<void> {
  if (!(uri instanceof vscode.Uri) || typeof spot !== 'object' || spot === null) return;
  const { line, column, file } = spot as {
    readonly line?: unknown;
    readonly column?: unknown;
    readonly file?: unknown;
  };
  if (typeof line === 'number' && line > 0)
    await revealLine(fileOf(uri, file), line, typeof column === 'number' ? column : 0, true);
}
