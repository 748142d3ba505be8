/**
 * Our Markdown documents as pages: VS Code's own preview runs no commands, so that no line number in it could
 * lead to its line.
 */
import * as vscode from 'vscode';
import { fileName } from '../parsers/base/fileName.js';
import { GO } from './links.js';
import { nonceText, textPageHtml } from './textPageHtml.js';

const PANEL = 'shimtrace.text';

/** A kind of document: what it says now, and when it says something else. */
interface Kind {
  readonly text: (uri: vscode.Uri) => string | Promise<string>;
  readonly onDidChange?: vscode.Event<vscode.Uri>;
}

interface Page {
  readonly panel: vscode.WebviewPanel;
  /** The Markdown that it shows, and how often it was asked for anew. */
  shown: string | undefined;
  asked: number;
}

const kinds = new Map<string, Kind>();
const open = new Map<string, Page>();

/** Registers a kind by the scheme of its addresses: its documents can be read as texts and shown as pages. */
export function registerTexts(scheme: string, kind: Kind): vscode.Disposable {
  kinds.set(scheme, kind);
  return vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: kind.text,
      ...(kind.onDidChange && { onDidChange: kind.onDidChange }),
    }),
    kind.onDidChange?.((uri) => void write(uri)) ?? new vscode.Disposable(() => undefined),
  );
}

/** Shows a document as a page, or as text where Markdown is turned off. */
export async function showText(uri: vscode.Uri, log: vscode.LogOutputChannel): Promise<void> {
  const known = open.get(uri.toString());
  try {
    if (known) known.panel.reveal();
    else adopt(uri, vscode.window.createWebviewPanel(PANEL, titleOf(uri), vscode.ViewColumn.Active));
    await write(uri);
  } catch (error) {
    log.debug(`no Markdown, shown as text: ${String(error)}`);
    open.get(uri.toString())?.panel.dispose();
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}

/** Pages come back with their window. */
export const restoredTexts = (): vscode.Disposable =>
  vscode.window.registerWebviewPanelSerializer(PANEL, {
    deserializeWebviewPanel: async (panel: vscode.WebviewPanel, state: unknown) => {
      const { uri } = (state ?? {}) as { readonly uri?: unknown };
      if (typeof uri !== 'string') panel.dispose();
      else {
        adopt(vscode.Uri.parse(uri, true), panel);
        await write(vscode.Uri.parse(uri, true));
      }
    },
  });

function titleOf(uri: vscode.Uri): string {
  return fileName(uri.path).replace(/\.md$/, '');
}

function adopt(uri: vscode.Uri, panel: vscode.WebviewPanel): void {
  open.set(uri.toString(), { panel, shown: undefined, asked: 0 });
  panel.webview.options = { enableScripts: true, enableCommandUris: [GO], localResourceRoots: [] };
  panel.onDidDispose(() => open.delete(uri.toString()));
}

/** What the document says now, where that is not shown: a trace that is read announces itself often. */
async function write(uri: vscode.Uri): Promise<void> {
  const page = open.get(uri.toString());
  const kind = kinds.get(uri.scheme);
  if (!page || !kind) return;
  const turn = ++page.asked;
  const markdown = await kind.text(uri);
  if (markdown === page.shown || turn !== page.asked) return;
  const body = await vscode.commands.executeCommand<string>('markdown.api.render', markdown);
  if (turn !== page.asked) return;
  page.shown = markdown;
  page.panel.webview.html = textPageHtml({
    title: titleOf(uri),
    body,
    address: uri.toString(),
    nonce: nonceText(),
  });
}
