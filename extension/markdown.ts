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
