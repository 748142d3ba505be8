/** Shows a Markdown document of ours rendered, or as text where the preview is turned off. */
import * as vscode from 'vscode';

export async function showMarkdown(uri: vscode.Uri, log: vscode.LogOutputChannel): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch (error) {
    log.debug(`no Markdown preview, shown as text: ${String(error)}`);
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}

/** Text as it stands, in a table cell or a sentence of Markdown. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~]/g, '\\$&').replace(/\r?\n/g, ' ');
}

/** Text as code on one line; a run of backticks inside it is outdone. */
export function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 || text.startsWith(' ') ? ' ' : '';
  return `${fence}${pad}${text.replace(/\r?\n/g, ' ')}${pad}${fence}`;
}
