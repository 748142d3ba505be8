/**
 * Opens traces that no editor can show, binary and compressed ones, as their listings. A file is recognised
 * by its content: when VS Code opens a tab for something that it has no text of, or asks us by the file's
 * name, the first bytes are looked at.
 */
import * as vscode from 'vscode';
import { RequestFailed } from '../analysis/channel.js';
import type { App, Feature } from '../app.js';
import { firstOf, lastOf, partCount, partOf } from '../debugger/parts.js';
import { Listings } from '../listing.js';
import { binaryKind, MAGIC_BYTES } from '../magic.js';
import { activeTabUri, revealLine } from '../tabs.js';
import { listingLines, listingUri, traceLine, WINDOW_SCHEME, windowAddress } from '../window.js';
import { traceOf } from './target.js';

const EDITOR = 'shimtrace.listing';
/** How long a word in the status bar stays. */
const STATUS_MS = 3000;

export const openListing: Feature = (app) =>
  vscode.Disposable.from(
    new Listings(app),
    vscode.window.registerCustomEditorProvider(EDITOR, {
      openCustomDocument: (uri: vscode.Uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: (document: vscode.CustomDocument, panel: vscode.WebviewPanel) =>
        resolve(app, document.uri, panel),
    }),
    vscode.commands.registerCommand('shimtrace.openListing', async (target?: unknown) => {
      const trace = traceOf(target);
      if (trace) await showListing(trace, {});
    }),
    vscode.commands.registerCommand('shimtrace.nextPart', () => step(1)),
    vscode.commands.registerCommand('shimtrace.previousPart', () => step(-1)),
    vscode.commands.registerCommand('shimtrace.goToEvent', (line?: unknown) => goTo(line)),
    vscode.languages.registerCodeLensProvider({ scheme: WINDOW_SCHEME }, { provideCodeLenses: partLenses }),
  );

/** What was found out about files, by their stamps: a file that is no trace is not looked into each time. */
const known = new Map<string, { readonly stamp: string; readonly is: Promise<boolean> }>();

/**
 * True for a binary trace, or a compressed one; for text false, which VS Code shows itself.
 * Rejects when it cannot be read.
 */
export async function isListed(app: App, uri: vscode.Uri): Promise<boolean> {
  const kind = binaryKind(await app.platform.readHead(uri, MAGIC_BYTES));
  if (kind === undefined || kind === 'trace') return kind !== undefined;
  const stamp = await app.platform.stamp(uri);
  const before = known.get(uri.toString());
  if (before?.stamp === stamp) return before.is;
  const is = holdsTrace(app, uri);
  known.set(uri.toString(), { stamp, is });
  return is;
}

/** Asks the worker, which has the decompressors. */
async function holdsTrace(app: App, uri: vscode.Uri): Promise<boolean> {
  if (app.sessions.find(uri)) return true;
  try {
    const is = await app.sessions.open(uri).request('holdsTrace', {});
    if (!is) app.sessions.close(uri);
    return is;
  } catch (error) {
    app.sessions.close(uri);
    if (error instanceof RequestFailed) return false;
    throw error;
  }
}

/** Puts the listing in the place of whatever tab shows the file. */
export async function showListing(trace: vscode.Uri, options: vscode.TextDocumentShowOptions): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => isTabOf(tab, trace));
  const [first] = tabs;
  await vscode.commands.executeCommand('vscode.open', listingUri(trace, 0), {
    preview: first?.isPreview ?? false,
    ...(first && { viewColumn: first.group.viewColumn, preserveFocus: !first.group.isActive }),
    ...options,
  } satisfies vscode.TextDocumentShowOptions);
  const left = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => isTabOf(tab, trace));
  if (left.length > 0) await vscode.window.tabGroups.close(left, true);
}

function isTabOf({ input }: vscode.Tab, uri: vscode.Uri): boolean {
  const isOurs =
    input instanceof vscode.TabInputText ||
    (input instanceof vscode.TabInputCustom && input.viewType === EDITOR);
  return isOurs && input.uri.toString() === uri.toString();
}

/** VS Code asks us for a file by its name; what is no trace goes back to its own editor. */
async function resolve(app: App, uri: vscode.Uri, panel: vscode.WebviewPanel): Promise<void> {
  const tab = vscode.window.tabGroups.all.flatMap((group) => group.tabs).find((open) => isTabOf(open, uri));
  const is = await isListed(app, uri).catch((error: unknown) => {
    app.log.debug(`not looked at: ${uri.toString()}: ${String(error)}`);
    return false;
  });
  // In a comparison of two files there is no tab of this one, and nothing that could take its place.
  if (!tab)
    panel.webview.html = noteHtml(
      vscode.l10n.t('Binary traces are compared by their verdicts: run "shimtrace check" on each.'),
    );
  else if (is) await showListing(uri, {});
  else {
    const options = {
      viewColumn: tab.group.viewColumn,
      preview: tab.isPreview,
      preserveFocus: !tab.group.isActive,
    };
    await vscode.commands.executeCommand('vscode.openWith', uri, 'default', options);
    panel.dispose();
  }
}

/** A page with one paragraph, of our own words: nothing in it is escaped. */
function noteHtml(note: string): string {
  return `<!DOCTYPE html><html lang="en"><body><p>${note}</p></body></html>`;
}

/** The part of a listing that the cursor is in: its trace, its number and how many lines there are. */
function partHere():
  | { readonly trace: vscode.Uri; readonly part: number; readonly total: number }
  | undefined {
  const document = vscode.window.activeTextEditor?.document;
  const at = document && windowAddress(document.uri) && traceLine(document, 0);
  const total = at && listingLines(at.trace);
  return at && total !== undefined ? { trace: at.trace, part: partOf(at.line, total), total } : undefined;
}

async function step(by: 1 | -1): Promise<void> {
  const here = partHere();
  if (!here) return;
  const next = here.part + by;
  if (next < 0 || next >= partCount(here.total))
    vscode.window.setStatusBarMessage(
      by > 0
        ? vscode.l10n.t('This is the last part of the listing')
        : vscode.l10n.t('This is the first part of the listing'),
      STATUS_MS,
    );
  else await revealLine(here.trace, by > 0 ? firstOf(next) : lastOf(next, here.total));
}

/** To an event by its number, which is its line in the whole listing. */
async function goTo(wanted: unknown): Promise<void> {
  const trace = activeTabUri();
  const total = trace && listingLines(trace);
  if (!trace || total === undefined) return;
  const text =
    typeof wanted === 'number'
      ? String(wanted)
      : await vscode.window.showInputBox({
          prompt: vscode.l10n.t('Number of the event, 1 to {0}', total),
          validateInput: (typed) =>
            /^\d+$/.test(typed) && Number(typed) >= 1 && Number(typed) <= total
              ? undefined
              : vscode.l10n.t('A number from 1 to {0}', total),
        });
  if (text !== undefined) await revealLine(trace, Math.max(1, Math.min(total, Number(text))));
}

/** Above the first and below the last line of a part: the way to its neighbours. */
function partLenses(document: vscode.TextDocument): vscode.CodeLens[] {
  const address = windowAddress(document.uri);
  const total = address && listingLines(address.trace);
  if (!address || !('part' in address) || total === undefined) return [];
  const lens = (line: number, icon: string, part: number, event: number): vscode.CodeLens => {
    const range = vscode.l10n.t('Lines {0} to {1} of {2}', firstOf(part), lastOf(part, total), total);
    return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
      title: `$(${icon}) ${range}`,
      command: 'shimtrace.goToEvent',
      arguments: [event],
    });
  };
  const out: vscode.CodeLens[] = [];
  if (address.part > 0) out.push(lens(0, 'arrow-up', address.part - 1, lastOf(address.part - 1, total)));
  if (address.part + 1 < partCount(total))
    out.push(lens(document.lineCount - 1, 'arrow-down', address.part + 1, firstOf(address.part + 1)));
  return out;
}
