/**
 * Text tabs and the places they show. A large file has a tab and no text editor, so tabs are what is asked.
 */
import * as vscode from 'vscode';
import { shownAt, windowAddress } from './window.js';

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

export function activeTabUri(): vscode.Uri | undefined {
  return uriOf(vscode.window.tabGroups.activeTabGroup.activeTab);
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
  const selection = new vscode.Range(place.line, column, place.line, column);
  const shown = vscode.window.tabGroups.all.find((group) =>
    group.tabs.some((tab) => uriOf(tab)?.toString() === uri.toString()),
  );
  const options: vscode.TextDocumentShowOptions = {
    selection,
    preserveFocus,
    ...(shown ? { viewColumn: shown.viewColumn } : {}),
  };
  await vscode.commands.executeCommand('vscode.open', place.uri, options);
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
